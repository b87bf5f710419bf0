/**
 * `cosSimByLevel` of 10,000 Pins with queries and users: in columns (CosSimBatch), against the scalar form over objects, and
 * against a loop over objects with the query in a Map, made once. Pins have the labels of Tate's and their ancestors, with
 * scores that are drawn. Rounds alternate. Usage: node bench/similarity.ts [--json]
 */
import { PATHS } from '../cli/paths.ts';
import { CosSimBatch } from '../consumer/similarity/batch.ts';
import { COS_SIM_FEATURES, cosSimByLevel, type LevelledInterest } from '../consumer/similarity/cos-sim.ts';
import { PackedInterests } from '../consumer/similarity/packed-interests.ts';
import { readTate } from '../shared/pins/tate.ts';
import { seeded } from '../test/support/random.ts';
import { interestsOfLabels } from './support/labelled-interests.ts';
import { median, round } from './support/figures.ts';
import { runBenchmark, type Claim } from './support/report.ts';

const ROUNDS = 9;
const PINS = 10_000;
/** Of either kind. */
const QUERIES = 6;
/** Pins that a user has saved: their interests together are the user's. */
const SAVED = 50;
const LEVELS = COS_SIM_FEATURES.length;

/** Fills Pins × 10. */
type Comparison = (query: readonly LevelledInterest[], similarity: Float64Array) => void;

await runBenchmark(async () => {
  const pins = interestsOfLabels(await readTate(PATHS.tate), seeded(1));
  const some = pins.slice(0, PINS);
  const others = pins.slice(PINS);
  const packed = new PackedInterests();
  for (const pin of some) packed.append(pin);
  const comparisons = comparisonsOf(some, packed);
  const made = {
    query: compare(comparisons, others.slice(0, QUERIES)),
    user: compare(
      comparisons,
      Array.from({ length: QUERIES }, (_, i) => userOf(others, i)),
    ),
  };
  const interests = packed.start[packed.size];
  const bytes = (interests * 13 + 4 * packed.size) / packed.size;
  const claims = Object.entries(made).flatMap(([kind, times]) => claimsOf(kind, times));
  return {
    claims: [
      ...claims,
      { name: 'a Pin in columns', value: round(bytes), unit: 'bytes', atMost: 300, gated: true },
    ],
    tables: {
      [`${PINS} Pins of ${round(interests / packed.size)} interests`]: Object.entries(made).flatMap(
        ([kind, times]) => Object.entries(times).map(([form, ofRound]) => rowOf(kind, form, ofRound)),
      ),
    },
  };
});

function comparisonsOf(
  pins: readonly (readonly LevelledInterest[])[],
  packed: PackedInterests,
): Record<string, Comparison> {
  const batch = new CosSimBatch();
  return {
    columns(query, similarity) {
      batch.setQuery(query);
      batch.compute(packed, similarity);
    },
    'scalar form'(query, similarity) {
      pins.forEach((pin, row) => {
        const byLevel = cosSimByLevel(pin, query);
        COS_SIM_FEATURES.forEach((name, i) => (similarity[row * LEVELS + i] = byLevel[name]));
      });
    },
    'objects, one Map a query'(query, similarity) {
      const byId = new Map(query.map((interest) => [interest.id, interest]));
      similarity.fill(0);
      pins.forEach((pin, row) => {
        for (const { id, level, score } of pin) {
          const other = byId.get(id);
          if (other?.level === level) similarity[row * LEVELS + level - 1] += score * other.score;
        }
      });
    },
  };
}

/** @returns µs a Pin in each round, by comparison */
function compare(
  comparisons: Record<string, Comparison>,
  queries: readonly (readonly LevelledInterest[])[],
): Record<string, number[]> {
  const names = Object.keys(comparisons);
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  const similarities = names.map(() => new Float64Array(PINS * LEVELS));
  // The first round warms up.
  for (let number = 0; number <= ROUNDS; number++) {
    for (const name of number % 2 === 0 ? names : names.toReversed()) {
      const similarity = similarities[names.indexOf(name)];
      const start = performance.now();
      for (const query of queries) comparisons[name](query, similarity);
      const took = performance.now() - start;
      if (number > 0) times[name].push((1000 * took) / (queries.length * PINS));
    }
  }
  const [columns, ...others] = similarities;
  if (others.some((other) => !other.every((value, i) => value === columns[i])))
    throw new RangeError('the forms do not agree');
  return times;
}

/** All interests of some Pins, one for each, as a user may have them. */
function userOf(pins: readonly LevelledInterest[][], number: number): LevelledInterest[] {
  const step = Math.floor(pins.length / SAVED);
  const saved = pins.filter((_, i) => i % step === number).flat();
  return [...new Map(saved.map((interest) => [interest.id, interest])).values()];
}

function claimsOf(kind: string, times: Record<string, number[]>): Claim[] {
  const ratio = (form: string): number => round(median(times[form].map((of, i) => of / times.columns[i])));
  return [
    {
      name: `a ${kind}: columns against the scalar form`,
      ...{ value: ratio('scalar form'), unit: '×', gated: true, atLeast: 10 },
    },
    {
      name: `a ${kind}: columns against objects with one Map a query`,
      ...{ value: ratio('objects, one Map a query'), unit: '×', gated: true, atLeast: 1 },
    },
    {
      name: `a ${kind}: columns`,
      ...{ value: round(median(times.columns)), unit: 'µs a Pin', atMost: 1 },
    },
  ];
}

function rowOf(kind: string, form: string, times: readonly number[]): Record<string, string | number> {
  return { 'compared with': `a ${kind}`, form, 'µs a Pin': round(median(times)) };
}
