/**
 * Retrieval of Pins by their interests: posting lists on disk against a scan over packed columns in memory, of 300,000 Pins
 * that are drawn, with their interests, from the results of the Tate sample. A user's interests are the 20 that five random
 * Pins have most of: the deepest of each Pin, or all, of which a few are each had by a quarter of all Pins. Rounds alternate. Usage: node bench/retrieval.ts [--json]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FollowedTaxonomy, type PinInterests, type ResultUpdate, type Taxonomy } from '../consumer/index.ts';
import { Best } from '../consumer/retrieval/best.ts';
import { quantise, SCORE_ONE } from '../consumer/retrieval/entry.ts';
import { RetrievalIndex, RetrievalReader, type FoundPin } from '../consumer/retrieval/index.ts';
import { seeded } from '../test/support/random.ts';
import { median, round } from './support/figures.ts';
import { collectGarbage } from './support/garbage.ts';
import { runBenchmark, type Claim, type Report } from './support/report.ts';
import { readSample } from './support/sample-results.ts';

const PINS = 300_000;
/** Pins of a transaction while the lists are built. */
const BUILD_BATCH = 30_000;
/** Pins that are classified again, in transactions of as many as a poll brings. */
const UPDATES = 10_000;
const UPDATE_BATCH = 2000;
const K = 100;
const USER_PINS = 5;
const USER_INTERESTS = 20;
const ROUNDS = 9;
/** Of one round. Those by one interest are quick, and so must be many. */
const QUERIES = { one: 60, many: 20 };

type Query = ReadonlyMap<number, number>;
/** The first warms up. */
type Rounds = readonly (readonly Query[])[];

/** All that is known of the Pins, as a scan reads it fastest. */
class PackedColumns {
  readonly #start = new Uint32Array(PINS + 1);
  readonly #interests: Uint16Array;
  readonly #scores: Uint16Array;
  readonly #indexes: ReadonlyMap<number, number>;

  constructor(results: readonly PinInterests['interests'][], ids: Iterable<number>) {
    this.#indexes = new Map([...ids].map((id, index) => [id, index]));
    const total = results.reduce((sum, { length }) => sum + length, 0);
    this.#interests = new Uint16Array(total);
    this.#scores = new Uint16Array(total);
    let at = 0;
    results.forEach((interests, pin) => {
      for (const { id, score } of interests.toSorted((a, b) => a.id - b.id)) {
        this.#interests[at] = this.#indexes.get(id)!;
        this.#scores[at++] = quantise(score);
      }
      this.#start[pin + 1] = at;
    });
  }

  topFor(query: Query, k: number): FoundPin[] {
    const weights = new Float64Array(this.#indexes.size);
    for (const [id, weight] of query) weights[this.#indexes.get(id)!] = weight;
    const best = new Best(k);
    for (let pin = 0; pin < PINS; pin++) {
      let score = 0;
      for (let i = this.#start[pin]; i < this.#start[pin + 1]; i++)
        score += weights[this.#interests[i]] * (this.#scores[i] / SCORE_ONE);
      if (score > 0 && score >= best.least) best.offer({ pin, score });
    }
    return best.ordered().map(({ pin, score }) => ({ pin: pinId(pin), score }));
  }
}

function pinId(pin: number): string {
  return `A${String(pin).padStart(7, '0')}`;
}

await runBenchmark(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'p2i-bench-retrieval-'));
  try {
    const prepared = await prepare(directory);
    // What the store was built from would make each garbage collection of the searches a long one.
    collectGarbage();
    return await measure(directory, prepared);
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** A store, the same in columns, and what is searched for. */
interface Prepared {
  columns: PackedColumns;
  queries: Record<'one' | 'deepest' | 'all', Rounds>;
  /** Pins a second. */
  built: number;
  updated: number;
}

async function prepare(directory: string): Promise<Prepared> {
  const { results: sample, taxonomy } = await readSample();
  const results = sample.filter(({ interests }) => interests.length > 0);
  const random = seeded(1);
  const draw = (): PinInterests['interests'] => results[Math.floor(random() * results.length)].interests;
  // No two of the Pins that are drawn from one have the same scores.
  const jittered = (interests: PinInterests['interests']): PinInterests['interests'] => {
    const factor = 1 - 0.05 * random();
    return interests.map((interest) => ({ ...interest, score: interest.score * factor }));
  };
  const drawn = Array.from({ length: PINS }, () => jittered(draw()));
  const index = await RetrievalIndex.open(directory, new FollowedTaxonomy(taxonomy));
  let offset = 0;
  const apply = (pins: readonly number[], batch: number): number => {
    const start = performance.now();
    for (let at = 0; at < pins.length; at += batch) {
      const updates = pins
        .slice(at, at + batch)
        .map((pin) => updateOf(pin, drawn[pin], taxonomy.version, offset++));
      index.apply([{ partition: 0, updates, next: offset }]);
    }
    return pins.length / ((performance.now() - start) / 1000);
  };
  const built = apply(
    drawn.map((_, pin) => pin),
    BUILD_BATCH,
  );
  const again = Array.from({ length: UPDATES }, () => Math.floor(random() * PINS));
  for (const pin of again) drawn[pin] = jittered(draw());
  const updated = apply(again, UPDATE_BATCH);
  await index.close();
  const queries = (ofRound: number, newQuery: () => Query): Query[][] =>
    Array.from({ length: ROUNDS + 1 }, () => Array.from({ length: ofRound }, () => newQuery()));
  const users = (interestsOf: (pin: PinInterests['interests']) => PinInterests['interests']): Query[][] =>
    queries(QUERIES.many, () =>
      interestsOfUser(Array.from({ length: USER_PINS }, () => interestsOf(draw()))),
    );
  return {
    columns: new PackedColumns(drawn, taxonomy.ids),
    queries: {
      one: queries(QUERIES.one, () => new Map([[draw()[0].id, 1]])),
      deepest: users((interests) => deepestOf(interests, taxonomy)),
      all: users((interests) => interests),
    },
    ...{ built, updated },
  };
}

async function measure(directory: string, { columns, queries, built, updated }: Prepared): Promise<Report> {
  const reader = RetrievalReader.open(directory);
  const scan = (query: Query): FoundPin[] => columns.topFor(query, K);
  const store = (query: Query): FoundPin[] => reader.topFor(query, K);
  const one = compare({ store: (query) => reader.top([...query.keys()][0], K), scan }, queries.one);
  const deepest = compare({ store, scan }, queries.deepest);
  const all = compare({ store, scan }, queries.all);
  await reader.close();
  const bytes = statSync(join(directory, 'data.mdb')).size / PINS;
  return {
    claims: [
      ...claimsOf('one interest', one, { times: 20, ms: 5 }),
      ...claimsOf(`${USER_INTERESTS} interests, the deepest`, deepest, { times: 1, ms: 50 }),
      ...claimsOf(`${USER_INTERESTS} interests, of all levels`, all, { times: 0.25, ms: 150 }),
      { name: 'Pins that are new', value: Math.round(built), unit: '/s', atLeast: 5000 },
      { name: 'Pins that are classified again', value: Math.round(updated), unit: '/s', atLeast: 300 },
      { name: 'bytes a Pin on disk', value: Math.round(bytes), unit: 'B', atMost: 700, gated: true },
    ],
    tables: {
      [`the best ${K} of ${PINS} Pins`]: [
        { by: 'one interest', ...rowOf(one) },
        { by: `${USER_INTERESTS} interests, the deepest`, ...rowOf(deepest) },
        { by: `${USER_INTERESTS} interests, of all levels`, ...rowOf(all) },
      ],
    },
  };
}

function updateOf(
  pin: number,
  interests: PinInterests['interests'],
  taxonomy: string,
  offset: number,
): ResultUpdate {
  const about = { pin: pinId(pin), taxonomy };
  const made = { pinVersion: 1, lane: 'batch' as const, run: 'bench', model: 'bench', time: 0 };
  return { ...about, partition: 0, offset, result: { ...about, ...made, interests } };
}

function interestsOfUser(pins: readonly PinInterests['interests'][]): Query {
  const weights = new Map<number, number>();
  for (const interests of pins)
    for (const { id, score } of interests) weights.set(id, (weights.get(id) ?? 0) + score / pins.length);
  return new Map([...weights].sort(([, a], [, b]) => b - a).slice(0, USER_INTERESTS));
}

/** Those that have none of the others below them. */
function deepestOf(interests: PinInterests['interests'], taxonomy: Taxonomy): PinInterests['interests'] {
  const above = new Set(interests.map(({ id }) => taxonomy.parent[taxonomy.indexOf(id)]));
  return interests.filter(({ id }) => !above.has(taxonomy.indexOf(id)));
}

interface Compared {
  /** Seconds a query, by round. */
  seconds: Record<'store' | 'scan', number[]>;
  /** Slowest query of the store, seconds. */
  slowest: number;
  wrong: number;
}

function compare(by: Record<'store' | 'scan', (query: Query) => FoundPin[]>, rounds: Rounds): Compared {
  const compared: Compared = { seconds: { store: [], scan: [] }, slowest: 0, wrong: 0 };
  for (const [number, queries] of rounds.entries()) {
    const found: Record<'store' | 'scan', FoundPin[][]> = { store: [], scan: [] };
    for (const name of number % 2 === 0 ? (['store', 'scan'] as const) : (['scan', 'store'] as const)) {
      const start = performance.now();
      for (const query of queries) {
        const began = performance.now();
        found[name].push(by[name](query));
        if (number > 0 && name === 'store')
          compared.slowest = Math.max(compared.slowest, (performance.now() - began) / 1000);
      }
      if (number > 0) compared.seconds[name].push((performance.now() - start) / 1000 / queries.length);
    }
    compared.wrong += found.store.filter((pins, i) => differs(pins, found.scan[i])).length;
  }
  return compared;
}

function differs(a: readonly FoundPin[], b: readonly FoundPin[]): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

function claimsOf(
  name: string,
  { seconds, wrong }: Compared,
  bounds: { times: number; ms: number },
): Claim[] {
  const times = median(seconds.scan.map((of, i) => of / seconds.store[i]));
  return [
    { name: `${name}: a scan’s time`, value: round(times), unit: '×', atLeast: bounds.times, gated: true },
    { name: `${name}: a query`, value: round(1000 * median(seconds.store)), unit: 'ms', atMost: bounds.ms },
    { name: `${name}: answers that are not the scan’s`, value: wrong, unit: 'queries', atMost: 0 },
  ];
}

function rowOf({ seconds, slowest }: Compared): Record<string, number> {
  return {
    'store, ms': round(1000 * median(seconds.store)),
    'slowest, ms': round(1000 * slowest),
    'scan, ms': round(1000 * median(seconds.scan)),
  };
}
