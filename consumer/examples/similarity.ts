/**
 * The similarity of Pins, level by level: all results in columns, compared with a Pin, or with a user who has saved several.
 */
import { Option } from 'commander';
import {
  aggregateInterests,
  COS_SIM_FEATURES,
  CosSimBatch,
  P2iError,
  PackedInterests,
  type FollowedTaxonomy,
  type P2iConsumer,
  type PinChange,
  type ScoredInterest,
  type Taxonomy,
} from 'p2i/consumer';
import { formatCount, formatTable, print, printJson, warn } from '../../cli/output.ts';
import { runExample } from './support/example.ts';

interface Options {
  pins?: string[];
  json?: true;
}

/** A Pin that is near, as a ranker gets it. */
interface Near {
  pin: string;
  /** By level, as `COS_SIM_FEATURES` names them. */
  similarity: number[];
  /** What it has in common with the query, by its own scores. */
  common: ScoredInterest[];
}

const LEVELS = COS_SIM_FEATURES.length;
/** Pins, and interests, that are shown. */
const SHOWN = { pins: 8, interests: 4 };
/** All Pins were saved now. */
const SAVE = { time: Date.UTC(2020, 0, 1), weight: 1 };
const HALF_LIFE = 30 * 86_400_000;

await runExample<Options>({
  name: 'similarity',
  description: 'the Pins most similar to one, or to a user who has saved several, level by level',
  usage: 'npm run example -- similarity --pins A00002 N05609',
  options: [
    new Option('--pins <ids...>', 'a Pin, or those that a user has saved; absent: the first with interests'),
    new Option('--json', 'print one JSON document'),
  ],
  async run(p2i, { pins: named, json }) {
    const taxonomy = await p2i.taxonomy({ onInvalid: warn });
    const pins = await interestsOfPins(p2i, taxonomy);
    const wanted = named ?? [firstOf(pins)];
    const query = queryOf(wanted, pins, taxonomy.newest);
    const start = performance.now();
    const similarity = compare(query, pins);
    const took = performance.now() - start;
    const near = nearest(similarity, pins, query, wanted);
    if (json) printJson(near);
    else {
      print(`${wanted.join(', ')}: ${labelsOf(query)}`, tableOf(near));
      print(`\n${formatCount(pins.size)} Pins packed and compared in ${took.toFixed(0)} ms`);
    }
  },
});

/** The interests of each Pin, by its result of the newest version. */
async function interestsOfPins(
  p2i: P2iConsumer,
  taxonomy: FollowedTaxonomy,
): Promise<Map<string, readonly ScoredInterest[]>> {
  const known = new Map<string, PinChange>();
  for (const result of (await p2i.results.latest({ onUnreadable: warn })).values()) {
    const update = { pin: result.pin, taxonomy: result.taxonomy, partition: 0, offset: 0, result };
    const change = taxonomy.change(update, known.get(result.pin)?.taxonomy);
    if (change) known.set(result.pin, change);
  }
  return new Map([...known].map(([pin, { interests }]) => [pin, interests ?? []]));
}

function firstOf(pins: ReadonlyMap<string, readonly ScoredInterest[]>): string {
  const first = pins.entries().find(([, interests]) => interests.length > 0);
  if (first === undefined) throw new P2iError('PIN_UNKNOWN', 'no Pin has interests');
  return first[0];
}

/** A Pin's own interests; of several Pins those of a user who has saved them. */
function queryOf(
  wanted: readonly string[],
  pins: ReadonlyMap<string, readonly ScoredInterest[]>,
  taxonomy: Taxonomy,
): readonly ScoredInterest[] {
  const unknown = wanted.find((pin) => !pins.has(pin));
  if (unknown !== undefined) throw new P2iError('PIN_UNKNOWN', `no result of Pin ${unknown}`);
  if (wanted.length === 1) return pins.get(wanted[0])!;
  const saved = wanted.map((pin) => ({ pin, ...SAVE }));
  return aggregateInterests(saved, pins, SAVE.time, taxonomy, { halfLife: HALF_LIFE });
}

/** A ranker packs the Pins once, and keeps `batch` and `similarity` for the next query. */
function compare(
  query: readonly ScoredInterest[],
  pins: ReadonlyMap<string, readonly ScoredInterest[]>,
): Float64Array {
  const packed = new PackedInterests();
  for (const interests of pins.values()) packed.append(interests);
  const batch = new CosSimBatch();
  const similarity = new Float64Array(packed.size * LEVELS);
  batch.setQuery(query);
  batch.compute(packed, similarity);
  return similarity;
}

function nearest(
  similarity: Float64Array,
  pins: ReadonlyMap<string, readonly ScoredInterest[]>,
  query: readonly ScoredInterest[],
  without: readonly string[],
): Near[] {
  const asked = new Set(query.map(({ id }) => id));
  const rows = [...pins].map(([pin, interests], row) => {
    const byLevel = similarity.subarray(row * LEVELS, (row + 1) * LEVELS);
    return { pin, interests, byLevel, sum: byLevel.reduce((sum, value) => sum + value, 0) };
  });
  return rows
    .filter(({ pin }) => !without.includes(pin))
    .sort((a, b) => b.sum - a.sum)
    .slice(0, SHOWN.pins)
    .map(({ pin, interests, byLevel }) => ({
      ...{ pin, similarity: [...byLevel] },
      common: interests.filter(({ id }) => asked.has(id)),
    }));
}

function tableOf(near: readonly Near[]): string {
  const levels = [...COS_SIM_FEATURES.keys()].filter((i) => near.some(({ similarity }) => similarity[i] > 0));
  const rows = near.map(({ pin, similarity, common }) => [
    pin,
    ...levels.map((i) => similarity[i].toFixed(3)),
    labelsOf(common),
  ]);
  return formatTable(['Pin', ...levels.map((i) => COS_SIM_FEATURES[i]), 'in common'], rows);
}

/** The deepest first. */
function labelsOf(interests: readonly ScoredInterest[]): string {
  const deepest = interests.toSorted((a, b) => b.level - a.level || b.score - a.score);
  const labels = deepest.slice(0, SHOWN.interests).map(({ label }) => label);
  return labels.join(', ') + (deepest.length > labels.length ? ', …' : '');
}
