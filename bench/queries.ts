/**
 * Q2I: the interests of a search query, one at a time in one process, against the whole explanation of a Pin of that title
 * (PinExplainer.candidates, what POST /v1/classify answers with for `explain=candidates`). Queries are titles and names of interests of Tate,
 * names of the Shopify taxonomy in all its languages, and some of these misspelt. Each is met for the first time once, then
 * again in every round; rounds alternate. Usage: node bench/queries.ts [--json]
 */
import { join } from 'node:path';
import { PATHS } from '../cli/paths.ts';
import { loadTextModels } from '../cli/text-models.ts';
import { ensureSample } from '../consumer/examples/support/sample.ts';
import { QueryInterests } from '../consumer/query-interests/index.ts';
import { PinExplainer } from '../quality/explain.ts';
import { Generation } from '../shared/cooccurrence/generation.ts';
import { parsePin } from '../shared/pins/parse.ts';
import { readTate } from '../shared/pins/tate.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { LmdbStore } from '../shared/store/lmdb.ts';
import { readTaxonomy } from '../shared/taxonomy/read.ts';
import { seeded } from '../test/support/random.ts';
import { taxonomyArtefacts } from '../workers/artefacts.ts';
import { COOCCURRENCE_DIRECTORY } from '../workers/embedded-run.ts';
import { median, quantile, round } from './support/figures.ts';
import { runBenchmark, type Report } from './support/report.ts';

const ROUNDS = 3;
/** Queries of each kind. */
const TITLES = 600;
const NAMES = 300;
const FOREIGN = 800;
const MISSPELT = 300;
/** What a search backend grants, ms. */
const LIMIT_MS = 5;

interface Query {
  kind: string;
  text: string;
}

type Row = Record<string, string | number>;

await runBenchmark(async (): Promise<Report> => {
  const queries = await realQueries();
  const cooccurrence = join(await ensureSample(), COOCCURRENCE_DIRECTORY);
  const rss = process.memoryUsage.rss();
  const start = performance.now();
  const ours = await QueryInterests.open({ ...PATHS, cooccurrence });
  const seconds = (performance.now() - start) / 1000;
  const megabytes = (process.memoryUsage.rss() - rss) / 2 ** 20;
  const lookUp = (text: string): unknown => ours.queryToInterests(text);
  const first = timesOf(queries, lookUp);
  // Before the peer is there: its garbage would be collected in our time.
  const again = Array.from({ length: ROUNDS }, () => timesOf(queries, lookUp)).flat();
  const ratio = ratioTo(await openPeer(cooccurrence), lookUp, queries);
  await ours.close();

  return {
    claims: [
      {
        name: 'a query met for the first time, median',
        value: round(quantile(first, 0.5)),
        unit: 'ms',
        atMost: LIMIT_MS,
      },
      {
        name: 'a query met for the first time, p99',
        value: round(quantile(first, 0.99)),
        unit: 'ms',
        atMost: LIMIT_MS,
      },
      { name: 'a query met before, p99', value: round(quantile(again, 0.99)), unit: 'ms', atMost: LIMIT_MS },
      { name: 'median against PinExplainer.candidates', value: ratio, unit: '×', atLeast: 2, gated: true },
    ],
    tables: {
      opening: [{ seconds: round(seconds), MB: Math.round(megabytes) }],
      [`${queries.length} queries, milliseconds`]: [
        ...[...new Set(queries.map(({ kind }) => kind))].map((kind) =>
          rowOf(
            `first met: ${kind}`,
            first.filter((_, i) => queries[i].kind === kind),
          ),
        ),
        rowOf('first met: all', first),
        rowOf('met before: all', again),
      ],
    },
  };
});

/** How long each query takes, ms. */
function timesOf(queries: readonly Query[], ask: (text: string) => unknown): number[] {
  return queries.map(({ text }) => {
    const start = performance.now();
    ask(text);
    return performance.now() - start;
  });
}

/** How many times longer than ours the peer takes for a query that both have met: the median of rounds that alternate. */
function ratioTo(
  peer: (text: string) => unknown,
  ours: (text: string) => unknown,
  queries: readonly Query[],
): number {
  const medianOf = (ask: (text: string) => unknown): number => median(timesOf(queries, ask));
  medianOf(peer);
  const ratios = Array.from({ length: ROUNDS }, (_, number) => {
    if (number % 2 === 0) return medianOf(peer) / medianOf(ours);
    const own = medianOf(ours);
    return medianOf(peer) / own;
  });
  return round(median(ratios));
}

function rowOf(queries: string, times: readonly number[]): Row {
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((q) => round(quantile(times, q)));
  return { queries, count: times.length, p50, p90, p99, max: round(Math.max(...times)) };
}

async function openPeer(cooccurrence: string): Promise<(text: string) => unknown> {
  const taxonomy = await readTaxonomy(PATHS.taxonomy);
  const artefacts = taxonomyArtefacts(taxonomy, await loadTextModels());
  const generation = new Generation(new LmdbStore(cooccurrence), taxonomy);
  const explainer = new PinExplainer(artefacts, generation, await RankingModel.load(PATHS.model), 'instant');
  return (title) => explainer.candidates(parsePin({ id: 'query', title }, 'the query').pin);
}

/** Different ones, in an order of no meaning. */
async function realQueries(): Promise<Query[]> {
  const random = seeded(1);
  const { taxonomy, pins } = await readTate(PATHS.tate);
  const shopify = await readTaxonomy(PATHS.shopify);
  const titles = new Set(pins.map(({ title }) => title).filter((title) => title !== ''));
  const names = new Set(taxonomy.names);
  const foreign = new Set([...shopify.translations.values()].flatMap((by) => Object.values(by).flat()));
  const english = [...new Set([...titles, ...names, ...shopify.names])];
  const kinds = [
    ['titles of Tate', TITLES, [...titles]],
    ['interests of Tate', NAMES, [...names]],
    ['Shopify names, 17 languages', FOREIGN, [...foreign]],
    ['misspelt', MISSPELT, english.map((text) => misspelt(text, random))],
  ] as const;
  const queries = kinds.flatMap(([kind, count, texts]) =>
    shuffled(texts, random)
      .slice(0, count)
      .map((text) => ({ kind, text })),
  );
  return shuffled(queries, random);
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Two neighbouring letters of its longest word change places. */
function misspelt(text: string, random: () => number): string {
  const [longest] = text.split(' ').sort((a, b) => b.length - a.length);
  const at = Math.floor(random() * Math.max(1, longest.length - 1));
  const swapped =
    longest.slice(0, at) +
    longest
      .slice(at, at + 2)
      .split('')
      .reverse()
      .join('') +
    longest.slice(at + 2);
  return text.replace(longest, () => swapped);
}
