/**
 * Search and home feed: the best Pins of an interest, and of a weighted set of interests, from posting lists that are kept up
 * to date with p2i-results.
 */
import { join } from 'node:path';
import { Option } from 'commander';
import { P2iError, type P2iConsumer, type PublishedTaxonomy } from 'p2i/consumer';
import { followInto, RetrievalIndex, RetrievalReader, type FoundPin } from 'p2i/consumer/retrieval';
import { countOf, formatTable, print, printJson, Progress, warn } from '../../cli/output.ts';
import { PATHS } from '../../cli/paths.ts';
import { integerOption } from '../../cli/program.ts';
import { readTate } from '../../shared/pins/tate.ts';
import { runExample } from './support/example.ts';

interface Options {
  store: string;
  interest: number[];
  top: number;
  json?: true;
}

const STORE = join(import.meta.dirname, '../../.p2i/retrieval');

/** Of one kind, for a time that says something. */
const SEARCHES = 31;

/** What a search found, and how long it took: the median. */
interface Found {
  interests: number[];
  pins: FoundPin[];
  microseconds: number;
}

await runExample<Options>({
  name: 'retrieval',
  description: 'search and home feed: the best Pins of interests, from posting lists on disk',
  usage: 'npm run example -- retrieval --interest 60 91',
  options: [
    new Option('--store <directory>', 'the posting lists; made, or brought up to date').default(
      STORE,
      '.p2i/retrieval',
    ),
    new Option('--interest <id...>', 'interests to search for, each alone and all together')
      .argParser((text, ids: number[] | undefined) => [...(ids ?? []), integerOption(1, 2 ** 31 - 1)(text)])
      .default([], 'those with the most Pins, one of each level'),
    new Option('--top <k>', 'how many Pins').argParser(integerOption(1, 1000)).default(10),
    new Option('--json', 'print one JSON document'),
  ],
  async run(p2i, { store, interest, top, json }) {
    const taxonomy = await p2i.taxonomy({ onInvalid: warn });
    await bringUpToDate(p2i, taxonomy, store);
    const reader = RetrievalReader.open(store);
    try {
      const wanted = interest.length > 0 ? known(taxonomy, interest) : mostPins(taxonomy, reader);
      const searches = wanted.length > 1 ? [...wanted.map((id) => [id]), wanted] : [wanted];
      const found = searches.map((interests) => search(reader, interests, top));
      if (json) printJson(found);
      else await show(found, taxonomy);
    } finally {
      await reader.close();
    }
  },
});

async function bringUpToDate(p2i: P2iConsumer, taxonomy: PublishedTaxonomy, store: string): Promise<void> {
  const index = await RetrievalIndex.open(store, taxonomy);
  const progress = new Progress('indexing', 'results', undefined);
  let updates = 0;
  try {
    for await (const applied of followInto(index, p2i, taxonomy, { until: 'now', onUnreadable: warn })) {
      updates += applied.updates;
      progress.update(updates);
    }
    progress.stop();
  } finally {
    await index.close();
  }
}

function known(taxonomy: PublishedTaxonomy, ids: readonly number[]): readonly number[] {
  const unknown = ids.find((id) => taxonomy.newest.indexOf(id) < 0);
  if (unknown === undefined) return ids;
  throw new P2iError('INTEREST_UNKNOWN', `no interest ${unknown} in taxonomy ${taxonomy.newest.version}`);
}

/** Of each level the interest that most Pins have. */
function mostPins({ newest }: PublishedTaxonomy, reader: RetrievalReader): number[] {
  const best = new Map<number, { id: number; pins: number }>();
  newest.ids.forEach((id, index) => {
    const pins = reader.count(id);
    const level = newest.level[index];
    if (pins > (best.get(level)?.pins ?? 0)) best.set(level, { id, pins });
  });
  return [...best.values()].map(({ id }) => id);
}

/** Searches several times, as a server that has run for a while does. */
function search(reader: RetrievalReader, interests: readonly number[], k: number): Found {
  const weights = new Map(interests.map((id) => [id, 1]));
  const times: number[] = [];
  let pins: FoundPin[] = [];
  for (let i = 0; i < SEARCHES; i++) {
    const start = performance.now();
    pins = interests.length === 1 ? reader.top(interests[0], k) : reader.topFor(weights, k);
    times.push((performance.now() - start) * 1000);
  }
  return {
    interests: [...interests],
    pins,
    microseconds: Math.round(times.sort((a, b) => a - b)[SEARCHES >> 1]),
  };
}

async function show(found: readonly Found[], { newest }: PublishedTaxonomy): Promise<void> {
  const { pins } = await readTate(PATHS.tate);
  const titles = new Map(pins.map(({ id, title }) => [id, title]));
  for (const { interests, pins: best, microseconds } of found) {
    const names = interests.map((id) => newest.pathName(newest.indexOf(id)));
    print('', `${names.join(' + ')}: ${countOf(best.length, 'Pin', 'Pins')} in ${microseconds} µs`);
    const rows = best.map(({ pin, score }) => [pin, score.toFixed(4), titles.get(pin) ?? '']);
    print(formatTable(['Pin', 'score', 'title'], rows));
  }
}
