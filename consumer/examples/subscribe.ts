/**
 * Follows p2i-results: as a member of a group that goes on where it was, again from a time, or for what stands there now.
 */
import { Option } from 'commander';
import type { FollowOptions, P2iConsumer, UpdateBatch } from 'p2i/consumer';
import { countOf, formatCount, print, warn } from '../../cli/output.ts';
import { timeOption } from '../../cli/times.ts';
import { runExample } from './support/example.ts';
import { interestTable } from './support/interest-table.ts';

interface Options {
  group: string;
  since?: number;
  latest?: string;
}

/** A service leaves `until` out, and goes on for as long as it lives. */
const UNTIL_NOW: FollowOptions = { until: 'now', onUnreadable: warn };

await runExample<Options>({
  name: 'subscribe',
  description: 'subscribe to p2i-results: run it twice, and the second time there is nothing new',
  usage: 'npm run example -- subscribe --latest A00002',
  options: [
    new Option('--group <name>', 'consumer group: it goes on where it was').default('example'),
    new Option('--since <time>', 'replay from a time on, in no group').argParser(timeOption),
    new Option('--latest <pin>', 'show what stands there now of one Pin').conflicts('since'),
  ],
  async run({ results }, { group, since, latest }) {
    if (latest !== undefined) return showLatest(results, latest);
    if (since !== undefined) return count(results.follow({ ...UNTIL_NOW, from: new Date(since) }));
    return count(results.subscribe({ ...UNTIL_NOW, group }));
  },
});

async function count(batches: AsyncIterable<UpdateBatch>): Promise<void> {
  let [pins, tombstones, interests] = [0, 0, 0];
  for await (const { updates } of batches) {
    for (const { result } of updates) {
      if (result === null) tombstones++;
      else {
        pins++;
        interests += result.interests.length;
      }
    }
  }
  print(
    `${countOf(pins, 'result', 'results')} with ${formatCount(interests)} interests, ${countOf(tombstones, 'tombstone', 'tombstones')}`,
  );
}

async function showLatest(results: P2iConsumer['results'], wanted: string): Promise<void> {
  const latest = await results.latest({ onUnreadable: warn }, (pin) => pin === wanted);
  if (latest.size === 0) print(`${wanted} has no result`);
  for (const { pin, taxonomy, model, lane, run, interests } of latest.values()) {
    print(`${pin} by taxonomy ${taxonomy} and model ${model}, ${lane} lane, ${run}`);
    print(interestTable(interests));
  }
}
