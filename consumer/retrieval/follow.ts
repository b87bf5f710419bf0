import { P2iError } from '../../shared/errors/errors.ts';
import { RESULTS_TOPIC } from '../../workers/publishing/topic.ts';
import type { P2iConsumer } from '../consumer.ts';
import type { FollowOptions } from '../results/results.ts';
import type { PublishedTaxonomy } from '../taxonomies/published.ts';
import { gather } from './gather.ts';
import type { Applied, RetrievalIndex } from './retrieval-index.ts';

/**
 * Keeps a store up to date with p2i-results, each result exactly once, and with the taxonomy that it was opened with.
 *
 * @returns what came of the batches of each transaction, once it is on disk
 * @throws P2iError STORE_MISMATCH where the store is of another topic; STORE_UNAVAILABLE; of the log
 */
export async function* followInto(
  index: RetrievalIndex,
  p2i: Pick<P2iConsumer, 'opened' | 'results'>,
  taxonomy: Pick<PublishedTaxonomy, 'takeUp'>,
  options: Omit<FollowOptions, 'from'>,
): AsyncGenerator<Applied> {
  const { offsets } = index;
  expectWithin(offsets, await p2i.opened.log.endOffsets(RESULTS_TOPIC));
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  const source = p2i.results.follow({ ...options, from: offsets, signal });
  for await (const batches of gather(source, () => stop.abort())) {
    const updates = batches.flatMap((batch) => batch.updates);
    for (const succession of await taxonomy.takeUp(updates)) await index.carry(succession);
    yield index.apply(batches);
  }
}

function expectWithin(offsets: ReadonlyMap<number, number>, ends: readonly number[]): void {
  for (const [partition, next] of offsets) {
    const end = ends[partition];
    if (end !== undefined && next <= end) continue;
    const is = end === undefined ? 'is not there' : `ends at ${end}`;
    throw new P2iError(
      'STORE_MISMATCH',
      `the store has read ${RESULTS_TOPIC}-${partition} up to ${next}, which ${is}: it was made from another topic`,
    );
  }
}
