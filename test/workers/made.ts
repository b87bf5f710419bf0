import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATHS } from '../../cli/paths.ts';
import type { P2iError } from '../../shared/errors/errors.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { Registry } from '../../shared/registry/registry.ts';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';
import type { Log } from '../../shared/stream/log.ts';
import { pinsTopic } from '../../shared/stream/pins-topic.ts';
import { createTopics } from '../../shared/stream/topics.ts';
import type { TaxonomyArtefacts } from '../../workers/artefacts.ts';
import type { TaxonomyVersions } from '../../workers/chains.ts';
import { publishPins, type PinInput } from '../../workers/ingest.ts';

/** Of the corpus. */
export const PARTITIONS = 2;

export const registry = new Registry(PATHS.schemas);

/** An embedded log that is gone afterwards, with all topics unless it is to be bare. */
export async function withLog(use: (log: Log) => Promise<void>, bare = false): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'p2i-workers-'));
  const log = await EmbeddedLog.open(directory);
  try {
    if (!bare) await createTopics(log, PARTITIONS);
    await use(log);
  } finally {
    await log.close();
    rmSync(directory, { recursive: true });
  }
}

/** An input of these Pins, and of lines that are none. */
export function inputOf(pins: readonly (Pin | P2iError)[], options: Partial<PinInput> = {}): PinInput {
  return {
    pins: (async function* () {
      yield* pins;
    })(),
    onRejected: (error) => {
      throw error;
    },
    onProgress: () => undefined,
    ...options,
  };
}

export function publish(log: Log, pins: readonly Pin[]): Promise<number> {
  return publishPins(log, pinsTopic(registry), inputOf(pins));
}

/** Versions that are live for good. */
export function versionsOf(...held: TaxonomyArtefacts[]): TaxonomyVersions {
  return {
    versions: () => held.map(({ taxonomy }) => taxonomy.version),
    artefacts: (version) => held.find(({ taxonomy }) => taxonomy.version === version),
    refresh: async () => undefined,
  };
}
