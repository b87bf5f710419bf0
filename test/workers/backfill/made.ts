import { packTaxonomy } from '../../../workers/taxonomies/topic.ts';
import { publishVersion } from '../../../workers/taxonomies/publish.ts';
import type { Log } from '../../../shared/stream/log.ts';
import type { RunPlan } from '../../../workers/backfill/run.ts';
import { registry } from '../made.ts';

/** A plan over two partitions. */
export function planOf(parts: Partial<RunPlan> = {}): RunPlan {
  return {
    ...{ run: 'r1', reason: 'the test', by: 'test', planned: 1, order: 7, taxonomy: 't1' },
    ...{ model: null, generation: null, shadow: false, learns: true, maxLag: 200, schedule: null },
    ranges: [
      { partition: 0, from: 0, to: 4 },
      { partition: 1, from: 0, to: 6 },
    ],
    ...parts,
  };
}

/** Publishes an empty sort of taxonomy under these names, one after another. */
export async function publishTaxonomies(log: Log, ...versions: string[]): Promise<void> {
  for (const version of versions) {
    const jsonl = Buffer.from('{"id":4,"name":"nature","parent":null}');
    await publishVersion(log, registry, packTaxonomy(jsonl, 'made', { version, reason: '', published: 1 }));
  }
}
