import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schema, Type } from 'avsc';
import type { RegistrySecurity } from '../connections/settings.ts';
import { P2iError } from '../errors/errors.ts';
import { typeOf } from './avro.ts';
import type { RegistryClient } from './client.ts';
import { Codec, schemaId } from './codec.ts';

/**
 * The schemas of a directory: `<topic>.avsc` is what a topic is written with now; `history/<topic>.v<N>.avsc` are
 * schemas that it was written with before, kept so that old records decode.
 *
 * Embedded, a schema's id is the first 31 bits of the SHA-256 of its canonical form: the same on every machine, with no
 * list of ids to keep in step. Connected, ids are those of a schema registry, which has the older and newer schemas too.
 */
export class Registry {
  /** What another thread makes one like it of. */
  readonly origin: RegistryOrigin;
  readonly #current = new Map<string, Current>();
  readonly #byId = new Map<number, Type>();
  /** Undefined where the registry is embedded. */
  #client: RegistryClient | undefined;
  /** Ids that the registry had no schema for, a moment ago. */
  readonly #unknown = new Set<number>();
  readonly #learning = new Map<number, Promise<void>>();

  /**
   * The embedded one.
   *
   * @throws P2iError ARTEFACT_INVALID naming the file that is missing or is no Avro schema
   */
  constructor(directory: string, connection?: RegistryConnection) {
    this.origin = { directory, connection };
    for (const [topic, { type, schema }] of readSchemas(directory)) {
      this.#add(topic, { id: idOf(type), type, schema });
    }
    if (namesIn(directory).includes('history')) {
      for (const [, { type }] of readSchemas(join(directory, 'history'))) this.#byId.set(idOf(type), type);
    }
  }

  /**
   * One that takes its ids from a schema registry. The schema of each topic that is written is registered under the subject
   * `<topic>-value`, of compatibility BACKWARD_TRANSITIVE where it is new. Any number of processes may do so at once.
   *
   * @throws P2iError ARTEFACT_INVALID; SCHEMA_INCOMPATIBLE naming the subject that refuses its schema, and why;
   *   REGISTRY_UNAVAILABLE; AUTHENTICATION_FAILED, NOT_AUTHORISED, CERTIFICATE_UNTRUSTED
   */
  static async connect({ directory, writes, ...connection }: ConnectOptions): Promise<Registry> {
    const registry = new Registry(directory, connection);
    // Loaded here: an embedded run needs no HTTP client.
    const { RegistryClient } = await import('./client.ts');
    const client = new RegistryClient(connection.url, connection.security);
    registry.#client = client;
    registry.#byId.clear();
    for (const [topic, { type, schema }] of registry.#current) {
      if (writes?.includes(topic) ?? true)
        registry.#add(topic, { id: await client.register(subjectOf(topic), schema), type, schema });
    }
    return registry;
  }

  /**
   * The codec of the topic's current schema. It reads what any known schema wrote.
   *
   * @throws P2iError ARTEFACT_INVALID where the topic has no schema
   */
  codec<T>(topic: string): Codec<T> {
    const current = this.#current.get(topic);
    if (current === undefined)
      throw new P2iError('ARTEFACT_INVALID', 'there is no schema', { where: `${topic}.avsc` });
    return new Codec<T>(current.type, current.id, (id) => this.#byId.get(id));
  }

  /** The codec of the very schema that a value names, whichever topic that is of; undefined where none is known. */
  codecOf(value: Uint8Array): Codec<unknown> | undefined {
    const id = schemaId(value);
    const type = id === undefined ? undefined : this.#byId.get(id);
    return type && new Codec(type, id!, () => undefined);
  }

  /**
   * False where a value was written with a schema that is to be learned before it decodes. True for what is no value of
   * a registry at all, or of an id that the registry did not have a moment ago: decoding says so.
   */
  knows(value: Uint8Array | null): boolean {
    if (this.#client === undefined) return true;
    const id = schemaId(value);
    return id === undefined || this.#byId.has(id) || this.#unknown.has(id);
  }

  /**
   * Fetches the schema that a value was written with, once for all who wait for it. One that the registry does not have
   * is not asked for again for a minute, so that a flood of broken records does not become a flood of requests.
   *
   * @throws P2iError REGISTRY_UNAVAILABLE
   */
  async learn(value: Uint8Array | null): Promise<void> {
    const id = schemaId(value);
    if (this.#client === undefined || id === undefined || this.knows(value)) return;
    let learning = this.#learning.get(id);
    if (learning === undefined) {
      learning = this.#fetch(id, this.#client).finally(() => this.#learning.delete(id));
      this.#learning.set(id, learning);
    }
    await learning;
  }

  /** Resolves where the registry answers; an embedded one always does. @throws P2iError REGISTRY_UNAVAILABLE */
  async ping(): Promise<void> {
    const [topic] = this.#current.keys();
    await this.#client?.ping(subjectOf(topic));
  }

  async #fetch(id: number, client: RegistryClient): Promise<void> {
    const type = await client.schema(id);
    if (type !== undefined) {
      this.#byId.set(id, type);
      return;
    }
    this.#unknown.add(id);
    setTimeout(() => this.#unknown.delete(id), UNKNOWN_FOR_MS).unref();
  }

  #add(topic: string, current: Current): void {
    this.#current.set(topic, current);
    this.#byId.set(current.id, current.type);
  }
}

/** Where a schema registry is. */
export interface RegistryConnection {
  /** Up to before `/subjects`. */
  url: string;
  /** Absent: neither authenticated nor, with `https://`, encrypted otherwise than the system does. */
  security?: RegistrySecurity;
}

interface ConnectOptions extends RegistryConnection {
  directory: string;
  /** Topics that are written: only their schemas are registered, others are read alone. Absent: all. */
  writes?: readonly string[];
}

/** Plain data: where the schemas are, and the registry that they are registered in, if one. */
export interface RegistryOrigin {
  readonly directory: string;
  readonly connection: RegistryConnection | undefined;
}

/** The schema that a topic is written with. */
interface Current {
  id: number;
  type: Type;
  /** Its JSON, everything kept but the white space: a file that is only formatted anew is the same schema. */
  schema: string;
}

/** How long an id that the registry does not have is taken for unknown, ms. */
const UNKNOWN_FOR_MS = 60_000;

function subjectOf(topic: string): string {
  return `${topic}-value`;
}

function* readSchemas(directory: string): Generator<[name: string, Omit<Current, 'id'>]> {
  for (const name of namesIn(directory)) {
    if (!name.endsWith(SUFFIX)) continue;
    const where = join(directory, name);
    try {
      const schema = JSON.parse(readFileSync(where, 'utf8')) as Schema;
      yield [name.slice(0, -SUFFIX.length), { type: typeOf(schema), schema: JSON.stringify(schema) }];
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
