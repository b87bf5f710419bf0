import { join } from 'node:path';
import { P2iError, type ErrorCode } from '../../../shared/errors/errors.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import type { Log } from '../../../shared/stream/log.ts';
import { packTaxonomy, TAXONOMY_TOPIC, type TaxonomyVersion } from '../../../workers/taxonomies/topic.ts';

const ROOT = join(import.meta.dirname, '../../..');

export const REGISTRY = new Registry(join(ROOT, 'schemas'));
export const CODEC = REGISTRY.codec<TaxonomyVersion>(TAXONOMY_TOPIC);

/** The JSONL of interests below one another. */
export function chainOf(...names: string[]): Buffer {
  return Buffer.from(
    names.map((name, i) => JSON.stringify({ id: i + 1, name, parent: i === 0 ? null : i })).join('\n'),
  );
}

export function versionOf(jsonl: Uint8Array, version?: string): TaxonomyVersion {
  return packTaxonomy(jsonl, 'made.jsonl', { version, reason: '', published: 1_700_000_000_123 });
}

/** Writes a value as it is, whatever it is. */
export async function writeValue(log: Log, key: string, value: Uint8Array | null): Promise<void> {
  const transaction = log.transaction();
  transaction.append(TAXONOMY_TOPIC, 0, { key, timestamp: 0, headers: {}, value });
  await transaction.commit();
}

export function hasCode(code: ErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof P2iError && error.code === code && message.test(error.message);
}
