import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const SCHEMAS = join(import.meta.dirname, '../../../schemas');
export const HISTORY = join(SCHEMAS, 'history');
export const PAYLOADS = join(import.meta.dirname, 'payloads');

/** A schema that a topic was written with: `history/<topic>.v<version>.avsc`, and a payload under the same name. */
export interface Published {
  topic: string;
  version: number;
  /** `<topic>.v<version>` */
  name: string;
}

/** Every schema of every topic that was ever published, oldest first. */
export function published(): Published[] {
  return readdirSync(HISTORY)
    .map((file) => /^(.+)\.v(\d+)\.avsc$/.exec(file)!)
    .map(([, topic, version]) => ({ topic, version: Number(version), name: `${topic}.v${version}` }))
    .sort((a, b) => a.topic.localeCompare(b.topic) || a.version - b.version);
}

/** Topics that have a schema now, in the order of its files. */
export function topics(): string[] {
  return readdirSync(SCHEMAS)
    .filter((file) => file.endsWith('.avsc'))
    .sort()
    .map((file) => file.slice(0, -'.avsc'.length));
}

/** The recorded bytes of a published schema, under its embedded id. */
export function payload({ name }: Published): Buffer {
  return Buffer.from(readFileSync(join(PAYLOADS, `${name}.avro-hex`), 'utf8').trim(), 'hex');
}

/** What the recorded bytes say, bytes within as `hex:…`. */
export function said({ name }: Published): unknown {
  return JSON.parse(readFileSync(join(PAYLOADS, `${name}.json`), 'utf8'));
}

/** A decoded value as JSON keeps it: bytes as `hex:…`. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return HEX + Buffer.from(value).toString('hex');
  return mapped(value, plain);
}

/** The value that `plain` was made of. */
export function revived(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith(HEX)) {
    return Buffer.from(value.slice(HEX.length), 'hex');
  }
  return mapped(value, revived);
}

function mapped(value: unknown, map: (part: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, map(part)]));
}

const HEX = 'hex:';
