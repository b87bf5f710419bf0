/**
 * Finding the promoted Pins that fit a targeting: the index against a plain scan, over a million promoted Pins that have the
 * results of Pins of the Tate corpus. The scan has the interests of all Pins packed in one array, and stops at a Pin’s first
 * hit. Rounds alternate. Targetings want 1 to 5 interests, from those that hundreds of thousands of Pins are about to
 * those of a few, and half of them exclude 1 or 2. Usage: node bench/targeting.ts [--json]
 */
import { editTaxonomy } from '../consumer/examples/support/changed-taxonomy.ts';
import { TargetingIndex } from '../consumer/targeting/targeting-index.ts';
import { matchesTargeting, type Targeting } from '../consumer/targeting/targeting.ts';
import { Succession } from '../consumer/taxonomies/succession.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { seeded } from '../test/support/random.ts';
import type { ScoredInterest } from '../workers/publishing/topic.ts';
import { median, quantile, round } from './support/figures.ts';
import { collectGarbage } from './support/garbage.ts';
import { runBenchmark, type Claim } from './support/report.ts';
import { readSample } from './support/sample-results.ts';

const PINS = 1_000_000;
const ROUNDS = 5;
/** Of one round, of each breadth. */
const COMPARED = 8;
/** Of each breadth, that the index answers alone. */
const TIMED = 1000;
/** Pins that are taken of an answer. */
const TAKEN = 50;
const UPDATES = 20_000;
/** Seascapes and coasts go to places. */
const MOVED = 73;
const MOVED_UNDER = 106;
/** What a scan marks an interest with. */
const WANTED = 1;
const EXCLUDED = 2;

/** The last as often as there are interests, the others as often as Pins are about them. */
const BREADTHS = ['level 1', 'level 2', 'level 3', 'any of level 3'] as const;
type Breadth = (typeof BREADTHS)[number];

type Interests = readonly ScoredInterest[];
type Row = Record<string, string | number>;

interface Peers {
  claims: Claim[];
  rows: Row[];
}

await runBenchmark(async () => {
  const { taxonomy, results: sample } = await readSample();
  const results = sample.map(({ interests }): Interests => interests);
  const random = seeded(1);
  const pins = Array.from({ length: PINS }, () => results[Math.floor(random() * results.length)]);
  const { index, claims, row } = build(pins, taxonomy.version);
  const pools = poolsOf(results);
  const excluded = [...pools['level 2'], ...pools['level 3']];
  const draw = (breadth: Breadth, count: number): Targeting[] =>
    Array.from({ length: count }, () => drawTargeting(pools[breadth], excluded, random));
  const compared = BREADTHS.flatMap((breadth) => draw(breadth, COMPARED));
  const peers = compare(index, pins, compared);
  const timed = BREADTHS.map((breadth) => time(index, breadth, draw(breadth, TIMED)));
  const all = timed.flatMap(({ micros }) => micros);
  const kept = await keep(index, pins, taxonomy, random);
  return {
    claims: [
      ...peers.claims,
      { name: 'median of an answer', value: round(median(all)), unit: 'µs', atMost: 1000 },
      ...claims,
    ],
    tables: {
      [`answers, of ${PINS} promoted Pins`]: timed.map((of) => of.row),
      'against scans': peers.rows,
      'the index': [row, ...kept],
    },
  };
});

function build(
  pins: readonly Interests[],
  taxonomy: string,
): { index: TargetingIndex; claims: Claim[]; row: Row } {
  const before = usedBytes();
  const start = performance.now();
  const index = new TargetingIndex();
  pins.forEach((interests, i) => {
    const pin = pinId(i);
    index.promote(pin);
    index.apply({ pin, taxonomy, interests });
  });
  const seconds = (performance.now() - start) / 1000;
  const bytes = Math.round((usedBytes() - before) / pins.length);
  return {
    index,
    claims: [{ name: 'memory of a promoted Pin', value: bytes, unit: 'bytes', atMost: 250, gated: true }],
    row: { what: 'built, a Pin', 'mean, µs': round((seconds * 1e6) / pins.length), Pins: pins.length },
  };
}

/** As long as real ones. */
function pinId(i: number): string {
  return (10n ** 17n + BigInt(i)).toString();
}

function usedBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** By breadth, ids that targetings are made of. */
function poolsOf(results: readonly Interests[]): Record<Breadth, number[]> {
  const all = results.flat();
  const ofLevel = (level: number): number[] => all.filter((of) => of.level === level).map(({ id }) => id);
  const leaves = ofLevel(3);
  return {
    'level 1': ofLevel(1),
    'level 2': ofLevel(2),
    'level 3': leaves,
    'any of level 3': [...new Set(leaves)],
  };
}

function drawTargeting(
  wanted: readonly number[],
  excluded: readonly number[],
  random: () => number,
): Targeting {
  const below = (n: number): number => Math.floor(random() * n);
  const draw = (count: number, pool: readonly number[]): number[] =>
    Array.from({ length: count }, () => pool[below(pool.length)]);
  return { anyOf: draw(1 + below(5), wanted), noneOf: draw(below(2) * (1 + below(2)), excluded) };
}

/** Both as good as they come: the index counts its answer, the scan writes down the positions. */
function compare(index: TargetingIndex, pins: readonly Interests[], targetings: readonly Targeting[]): Peers {
  const scan = packedScan(pins);
  const found = {
    index: (targeting: Targeting) => {
      using matches = index.filter(targeting);
      return matches.count;
    },
    scan: (targeting: Targeting) => scan(targeting).length,
  };
  const names = ['index', 'scan'] as const;
  const millis: Record<keyof typeof found, number[]> = { index: [], scan: [] };
  // The first round warms up.
  for (let number = 0; number <= ROUNDS; number++) {
    for (const name of number % 2 === 0 ? names : names.toReversed()) {
      const start = performance.now();
      for (const targeting of targetings) found[name](targeting);
      if (number > 0) millis[name].push((performance.now() - start) / targetings.length);
    }
  }
  const ratio = round(median(millis.scan.map((of, i) => of / millis.index[i])));
  const wrong = targetings.filter((targeting) => differs(index, scan, targeting)).length;
  return {
    claims: [
      { name: 'answers against a plain scan’s', value: ratio, unit: '×', atLeast: 50, gated: true },
      {
        name: `answers of ${targetings.length} that are not the scan’s`,
        value: wrong,
        unit: 'answers',
        atMost: 0,
      },
    ],
    rows: [
      ...names.map((name) => ({ by: name, 'a targeting, ms': round(median(millis[name])) })),
      {
        by: 'matchesTargeting of each result',
        'a targeting, ms': round(objectScanMillis(pins, targetings[0])),
      },
    ],
  };
}

function objectScanMillis(pins: readonly Interests[], targeting: Targeting): number {
  const start = performance.now();
  pins.filter((interests) => matchesTargeting(interests, targeting));
  return performance.now() - start;
}

/** @returns positions of the Pins that fit, valid until the next call */
type Scan = (targeting: Targeting) => Uint32Array;

function packedScan(pins: readonly Interests[]): Scan {
  const starts = new Uint32Array(pins.length + 1);
  pins.forEach((interests, i) => (starts[i + 1] = starts[i] + interests.length));
  const ids = new Int32Array(starts[pins.length]);
  pins.forEach((interests, i) =>
    ids.set(
      interests.map(({ id }) => id),
      starts[i],
    ),
  );
  const marks = new Uint8Array(Math.max(...new Set(ids)) + 1);
  const found = new Uint32Array(pins.length);
  return ({ anyOf, noneOf = [] }) => {
    for (const id of anyOf) marks[id] |= WANTED;
    for (const id of noneOf) marks[id] |= EXCLUDED;
    // Where nothing is excluded, the first interest that is wanted decides.
    const enough = noneOf.length === 0 ? WANTED : EXCLUDED;
    let count = 0;
    for (let pin = 0; pin < pins.length; pin++) {
      let seen = 0;
      for (let at = starts[pin]; at < starts[pin + 1] && (seen & enough) === 0; at++) seen |= marks[ids[at]];
      if (seen === WANTED) found[count++] = pin;
    }
    for (const id of [...anyOf, ...noneOf]) marks[id] = 0;
    return found.subarray(0, count);
  };
}

function differs(index: TargetingIndex, scan: Scan, targeting: Targeting): boolean {
  const expected = scan(targeting);
  using matches = index.filter(targeting);
  return matches.count !== expected.length || !expected.every((pin) => matches.has(pinId(pin)));
}

function time(
  index: TargetingIndex,
  breadth: Breadth,
  targetings: readonly Targeting[],
): { micros: number[]; row: Row } {
  const micros: number[] = [];
  const taking: number[] = [];
  const counts: number[] = [];
  for (const targeting of targetings) {
    const start = performance.now();
    using matches = index.filter(targeting);
    counts.push(matches.count);
    const answered = performance.now();
    matches.take(TAKEN);
    taking.push((performance.now() - answered) * 1000);
    micros.push((answered - start) * 1000);
  }
  return {
    micros,
    row: {
      wanted: breadth,
      'matches, median': median(counts),
      fewest: Math.min(...counts),
      most: Math.max(...counts),
      'median, µs': round(median(micros)),
      '99 %, µs': round(quantile(micros, 0.99)),
      [`${TAKEN} Pins of it, µs`]: round(median(taking)),
    },
  };
}

/** What it costs to keep the index: every operation on Pins anywhere in it. */
async function keep(
  index: TargetingIndex,
  pins: readonly Interests[],
  taxonomy: Taxonomy,
  random: () => number,
): Promise<Row[]> {
  const anyPin = (): number => Math.floor(random() * pins.length);
  const apply = (pin: number, of: number): void =>
    index.apply({ pin: pinId(pin), taxonomy: taxonomy.version, interests: pins[of] });
  const mean = (what: string, operation: (pin: number) => void): Row => {
    const chosen = Array.from({ length: UPDATES }, anyPin);
    const start = performance.now();
    for (const pin of chosen) operation(pin);
    return { what, 'mean, µs': round(((performance.now() - start) * 1000) / UPDATES), Pins: UPDATES };
  };
  const rows = [
    mean('the same result again', (pin) => apply(pin, pin)),
    mean('another Pin’s result', (pin) => apply(pin, anyPin())),
    mean('withdrawn, promoted and classified', (pin) => {
      index.withdraw(pinId(pin));
      index.promote(pinId(pin));
      apply(pin, pin);
    }),
  ];
  const moved = editTaxonomy(taxonomy, { kind: 'move', id: MOVED, under: MOVED_UNDER }, 'moved');
  const start = performance.now();
  const carried = await index.carry(new Succession(taxonomy, moved));
  const micros = ((performance.now() - start) * 1000) / carried;
  return [...rows, { what: 'carried to another taxonomy', 'mean, µs': round(micros), Pins: carried }];
}
