import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schema, Type } from 'avsc';
import { P2iError } from '../errors/errors.ts';
import { typeOf } from './avro.ts';
import { Codec } from './codec.ts';

/**
 * The schemas of a directory: `<topic>.avsc` is what a topic is written with now; `history/<topic>.v<N>.avsc` are
 * schemas that it was written with before, kept so that old records decode.
 *
 * A schema's id is the first 31 bits of the SHA-256 of its canonical form: the same on every machine, with no list of
 * ids to keep in step.
 */
export class Registry {
  readonly #current = new Map<string, Type>();
  readonly #byId = new Map<number, Type>();

  /** @throws P2iError ARTEFACT_INVALID naming the file that is missing or is no Avro schema */
  constructor(directory: string) {
    for (const [topic, type] of readSchemas(directory)) {
      this.#current.set(topic, type);
      this.#byId.set(idOf(type), type);
    }
    if (namesIn(directory).includes('history')) {
      for (const [, type] of readSchemas(join(directory, 'history'))) this.#byId.set(idOf(type), type);
    }
  }

  /**
   * The codec of the topic's current schema. It reads what any known schema wrote.
   *
   * @throws P2iError ARTEFACT_INVALID where the topic has no schema
   */
  codec<T>(topic: string): Codec<T> {
    const type = this.#current.get(topic);
    if (type === undefined)
      throw new P2iError('ARTEFACT_INVALID', 'there is no schema', { where: `${topic}.avsc` });
    return new Codec<T>(type, idOf(type), (id) => this.#byId.get(id));
  }
}

function* readSchemas(directory: string): Generator<[name: string, type: Type]> {
  for (const name of namesIn(directory)) {
    if (!name.endsWith(SUFFIX)) continue;
    const where = join(directory, name);
    try {
      yield [name.slice(0, -SUFFIX.length), typeOf(JSON.parse(readFileSync(where, 'utf8')) as Schema)];
    } catch (cause) {
      throw new P2iError('ARTEFACT_INVALID', `not an Avro schema: ${(cause as Error).message}`, {
        where,
        cause,
      });
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    throw new P2iError('ARTEFACT_INVALID', (cause as Error).message, { where: directory, cause });
  }
}

function idOf(type: Type): number {
  return type.fingerprint('sha256').readInt32BE(0) & 0x7fffffff;
}

const SUFFIX = '.avsc';
