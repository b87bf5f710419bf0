import type { Tables } from '../support/report.ts';
import { INPUTS, type Input, type Values } from './inputs.ts';
import { limitsOf, planFor, storeSizeFor, sum, type Plan, type Pool, type Shape } from './plan.ts';
import type { Simulation } from './simulate.ts';

/** One row of the simulated days. */
export interface Day {
  name: string;
  simulation: Simulation;
}

type Row = Record<string, string | number>;

/** Loads that are answered for. A cell is a cluster of its own, with all of the pipeline, for one time the load. */
const SCALES = [1, 10, 100];

/** Everything that docs/scale.md says in numbers, by the name that its place there has. */
export function tablesFor(shape: Shape, days: readonly Day[], values: Values): Tables {
  const plan = planFor({ scale: 1, shape }, values);
  return {
    answers: answers(values),
    pools: plan.pools.map(poolRow),
    topics: plan.flows.map(({ topic, written, read, kept }) => ({
      topic,
      'written, MB/s': megabytes(written),
      'read, MB/s': megabytes(read),
      'kept, TB, one copy': terabytes(kept),
    })),
    store: [values.learnedPins, values.pinsADay].map((pins) => storeRow(pins, values)),
    cost: costs(values),
    limits: limits(shape, values),
    days: days.map(dayRow),
    inputs: Object.entries(INPUTS).map(([name, input]: [string, Input]) => ({
      input: name,
      value: input.value.toLocaleString('en', { maximumFractionDigits: 2 }),
      ...{ unit: input.unit, kind: input.kind, source: input.source },
    })),
  };
}

/** Questions in rows; what a load takes in columns. More than one cell is as many times one. */
function answers(values: Values): Row[] {
  const columns: [title: string, plan: Plan, cells: number][] = [
    ...SCALES.map((scale): [string, Plan, number] => [
      `${scale}×, fused`,
      planFor({ scale: 1, shape: 'fused' }, values),
      scale,
    ]),
    ['1×, three pools', planFor({ scale: 1, shape: 'pools' }, values), 1],
  ];
  const row = (question: string, answer: (plan: Plan, cells: number) => string): Row => ({
    'a load takes': question,
    ...Object.fromEntries(columns.map(([title, plan, cells]) => [title, answer(plan, cells)])),
  });
  const lane = (plan: Plan, of: Pool['lane']): number =>
    sum(plan.pools.filter((pool) => pool.lane === of).map(({ workers, threads }) => workers * threads));
  const dollars = ({ cost }: Plan): number => sum(Object.values(cost));
  return [
    row('Pins a day', (_, cells) => `${count((cells * values.pinsADay) / 1e9)} billion`),
    row('Pins/s while the run lasts', (plan, cells) => count(cells * plan.batchRate)),
    row('new Pins/s, at the peak', (plan, cells) => count(cells * plan.instantRate)),
    row('cells (clusters)', (_, cells) => count(cells)),
    row('partitions of each topic', (plan, cells) => count(cells * plan.partitions)),
    row('cores for the run', (plan, cells) => count(cells * lane(plan, 'batch'))),
    row('cores for the instant lane', (plan, cells) => count(cells * lane(plan, 'instant'))),
    row('cores for publishing', (plan, cells) => count(cells * lane(plan, 'both'))),
    row('brokers', (plan, cells) => count(cells * plan.brokers)),
    row('disk, three copies', (plan, cells) => `${count((cells * plan.disk) / 1e15, 1)} PB`),
    row('local disk of a publishing worker', (plan) => `${count(plan.remembered / 1e9)} GB`),
    row('Redis nodes for boards, one copy', (plan, cells) => count(cells * plan.storeNodes)),
    row('written to topics, one copy', (plan, cells) => `${count((cells * writtenBy(plan)) / 1e9, 1)} GB/s`),
    row('$ a day', (plan, cells) => count(cells * dollars(plan))),
    row('$ a million Pins', (plan) => ((dollars(plan) / values.pinsADay) * 1e6).toFixed(2)),
  ];
}

function poolRow(pool: Pool): Row {
  return {
    pool: pool.name,
    'Pins/s': count(pool.rate),
    'CPU µs a Pin': Math.round(pool.cpu * 1e6),
    'worker µs a Pin': Math.round(pool.seconds * 1e6),
    needed: count(pool.needed),
    workers: count(pool.workers),
    'Pins/s a worker': count(pool.rate / pool.workers),
  };
}

function storeRow(pins: number, values: Values): Row {
  const size = storeSizeFor(pins, values);
  return {
    'Pins learned from': count(pins),
    'million terms': count(size.terms / 1e6, 1),
    'terms read, GB': count(size.sealedTerms / 1e9, 1),
    'terms built, GB': count(size.buildingTerms / 1e9, 1),
    'million boards': count(size.boards / 1e6, 1),
    'boards read, GB': count(size.sealedBoards / 1e9, 1),
    'samples of boards, GB': count(size.buildingBoards / 1e9, 1),
  };
}

function costs(values: Values): Row[] {
  const [fused, pools] = (['fused', 'pools'] as const).map(
    (shape) => planFor({ scale: 1, shape }, values).cost,
  );
  const rows = (Object.keys(fused) as (keyof Plan['cost'])[]).map((of) => ({
    '$ a day': of,
    fused: count(fused[of]),
    'three pools': count(pools[of]),
  }));
  const total = (cost: Plan['cost']): string => count(sum(Object.values(cost)));
  return [...rows, { '$ a day': 'together', fused: total(fused), 'three pools': total(pools) }];
}

/** How many times over each limit is, in one cluster. */
function limits(shape: Shape, values: Values): Row[] {
  const byScale = SCALES.map((scale) => limitsOf(planFor({ scale, shape }, values), values));
  return byScale[0].map(({ limit, what, needs, holds, unit, then }) => ({
    'what, against what it holds': what,
    'at 1×': `${count(needs)} of ${count(holds)} ${unit}`,
    ...Object.fromEntries(
      SCALES.map((scale, i) => {
        const at = byScale[i].find((one) => one.limit === limit)!;
        return [`${scale}×`, times(at.needs / at.holds)];
      }),
    ),
    'what the design does then': then,
  }));
}

function times(ratio: number): string {
  const digits = ratio < 10 ? ratio.toFixed(1) : count(ratio);
  return ratio > 1 ? `**${digits}**` : digits;
}

function dayRow({ name, simulation }: Day): Row {
  const { finishedAfter, pools, latency, bottlenecks, share } = simulation;
  const computing = pools.filter((pool) => !['replay', 'instant', 'publishing'].includes(pool.name));
  const worst = computing.reduce((most, pool) => (pool.peakLag > most.peakLag ? pool : most));
  const publishing = pools.find((pool) => pool.name === 'publishing')!;
  return {
    day: name,
    'run ends after':
      finishedAfter === undefined ? `${count(100 * share)} % in 24 h` : `${finishedAfter.toFixed(1)} h`,
    'worker hours': count(sum(pools.map(({ workerHours }) => workerHours))),
    'peak lag': `${seconds(worst.peakLag)}, ${worst.name}`,
    'peak lag, publishing': seconds(publishing.peakLag),
    rebalances: count(sum(pools.map(({ rebalances }) => rebalances))),
    'instant p50': seconds(latency.p50),
    p99: seconds(latency.p99),
    'p99.9': seconds(latency.p999),
    'all workers busy':
      bottlenecks.map(({ from, to, pool }) => `${pool} ${from}–${to} h`).join(', ') || 'never for an hour',
  };
}

function writtenBy({ flows }: Plan): number {
  return sum(flows.map(({ written }) => written));
}

function megabytes(bytes: number): string {
  return count(bytes / 1e6);
}

function terabytes(bytes: number): string {
  return count(bytes / 1e12);
}

function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(2)} s` : `${count(value)} s`;
}

/** A number as people read it. */
function count(value: number, decimals = 0): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? decimals : 0 });
}
