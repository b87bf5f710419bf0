import { z } from 'zod';
import { P2iError } from '../../shared/errors/errors.ts';
import type { Log } from '../../shared/stream/log.ts';
import { PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import type { Range } from '../replay.ts';
import { liveVersions } from '../taxonomies/live.ts';
import { checkLive } from '../taxonomies/publish.ts';
import type { RunBook, RunsLog } from './book.ts';
import type { RunPlan } from './run.ts';

/** A pool may be so far behind in a partition, offsets, unless a plan says otherwise: some minutes of its work. */
export const MAX_LAG = 200;

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const OFFSET = z.int().min(0);

const RANGE = z
  .strictObject({ partition: z.int().min(0), from: OFFSET, to: OFFSET })
  .refine(({ from, to }) => from <= to, 'a range ends before it begins');

/** What is asked for when a run is planned: of the command line, of a request, of a schedule. */
export const PLAN_REQUEST = z.strictObject({
  run: z.string().regex(NAME, 'a run has a name of 1 to 64 letters, digits, ".", "_", "-"').optional(),
  reason: z.string().trim().min(1, 'a run has a reason').max(500),
  /** Who asks. */
  by: z.string().min(1),
  taxonomy: z.string().optional(),
  model: z.string().optional(),
  generation: z.int().min(0).optional(),
  shadow: z.boolean().default(false),
  maxLag: z.int().min(1).default(MAX_LAG),
  /** What is copied: without any of these, the whole corpus. */
  partitions: z.array(z.int().min(0)).min(1).optional(),
  /** What the brokers got from then on, milliseconds since 1970. */
  since: z.int().optional(),
  /** What they got before then. */
  until: z.int().optional(),
  /** In place of partitions and times. */
  ranges: z.array(RANGE).min(1).optional(),
});

export type PlanRequest = z.input<typeof PLAN_REQUEST>;
type Request = z.output<typeof PLAN_REQUEST>;

/** A request, and where it comes from. */
export interface Planning {
  request: PlanRequest;
  schedule?: string;
}

/** @throws P2iError CONFIG_INVALID naming the field */
function parseRequest(request: PlanRequest): Request {
  const parsed = PLAN_REQUEST.safeParse(request);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new P2iError('CONFIG_INVALID', message, { where: path.join('.') || 'the plan' });
}

/**
 * Makes a plan of a request: what it does not say is decided here, for good.
 *
 * @param book decides the name where there is none, the order, and the generation
 * @param time milliseconds since 1970
 * @throws P2iError CONFIG_INVALID; RUN_REFUSED where the name is taken; TAXONOMY_UNPUBLISHED; of the log
 */
export async function makePlan(
  { log, registry }: RunsLog,
  book: RunBook,
  planning: Planning,
  time: number,
): Promise<RunPlan> {
  const request = parseRequest(planning.request);
  const { reason, by, shadow, maxLag, model = null } = request;
  const run = request.run ?? freeName(book, new Date(time).toISOString().slice(0, 10));
  if (book.runs.has(run)) throw new P2iError('RUN_REFUSED', 'the name is taken', { where: `run ${run}` });

  const live = await liveVersions(log, registry, () => undefined);
  const taxonomy = request.taxonomy ?? [...live.keys()].at(-1);
  if (taxonomy === undefined) throw new P2iError('TAXONOMY_UNPUBLISHED', 'no taxonomy version is live');
  checkLive(taxonomy, live);

  const { ranges, isWhole } = await rangesOf(log, request);
  const learns = isWhole && !shadow;
  const generation = request.generation ?? (learns ? nextGeneration(book, taxonomy) : null);
  return {
    ...{ run, reason, by, planned: time, order: nextOrder(book, time), taxonomy, model, generation },
    ...{ shadow, learns, maxLag, schedule: planning.schedule ?? null, ranges },
  };
}

/** The date, or the date and the first number from 2 on that makes it new. */
function freeName({ runs }: RunBook, date: string): string {
  if (!runs.has(date)) return date;
  let number = 2;
  while (runs.has(`${date}-${number}`)) number++;
  return `${date}-${number}`;
}

/** Greater than that of every run before, and than what `p2i replay` would take now. */
function nextOrder({ runs }: RunBook, time: number): number {
  return Math.max(time, ...[...runs.values()].map(({ plan }) => plan.order + 1));
}

/**
 * The generation that the newest complete run over the whole corpus with that taxonomy has built. Which ones are sealed is
 * known to the co-occurrence pool's store alone; a run that names one which is still to be sealed waits for it.
 */
function nextGeneration({ runs }: RunBook, taxonomy: string): number {
  const learnt = [...runs.values()]
    .map(({ plan, state }) => ({ ...plan, state }))
    .filter((plan) => plan.state === 'complete' && plan.learns && plan.taxonomy === taxonomy)
    .sort((a, b) => b.order - a.order);
  const generation = learnt[0]?.generation;
  if (generation !== undefined && generation !== null) return generation + 1;
  const message = `no run over the whole corpus with taxonomy ${taxonomy} is complete, so it is to be said: 0 for a first run, or the number of the last "generation sealed" that the co-occurrence pool logged`;
  throw new P2iError('CONFIG_INVALID', message, { where: 'generation' });
}

/** What is copied, and whether that is all of the corpus. */
async function rangesOf(log: Log, request: Request): Promise<{ ranges: Range[]; isWhole: boolean }> {
  if ((await log.partitions(PINS_TOPIC)) === 0)
    throw new P2iError('CONFIG_INVALID', 'there is no such topic', { where: PINS_TOPIC });
  const ends = await log.endOffsets(PINS_TOPIC);
  const { ranges, partitions, since, until } = request;
  for (const partition of partitions ?? ranges?.map((range) => range.partition) ?? [])
    if (partition >= ends.length) throw invalid(partition, `p2i-pins has ${ends.length} partitions`);
  if (ranges !== undefined) {
    if (partitions !== undefined || since !== undefined || until !== undefined)
      throw new P2iError('CONFIG_INVALID', 'it excludes partitions and times', { where: 'ranges' });
    return { ranges: checkedRanges(ranges, ends), isWhole: false };
  }
  if (partitions === undefined && since === undefined && until === undefined)
    return { ranges: ends.map((to, partition) => ({ partition, from: 0, to })), isWhole: true };
  return { ranges: notEmpty(await rangesOfTimes(log, request, ends)), isWhole: false };
}

async function rangesOfTimes(
  log: Log,
  { partitions, since, until }: Request,
  ends: readonly number[],
): Promise<Range[]> {
  const [from, to] = await Promise.all([
    since === undefined ? ends.map(() => 0) : log.offsetsAt(PINS_TOPIC, since),
    until === undefined ? ends : log.offsetsAt(PINS_TOPIC, until),
  ]);
  return [...new Set(partitions ?? ends.keys())].map((partition) => ({
    partition,
    from: from[partition],
    to: Math.min(to[partition], ends[partition]),
  }));
}

function checkedRanges(ranges: readonly Range[], ends: readonly number[]): Range[] {
  const seen = new Set<number>();
  for (const { partition, to } of ranges) {
    if (seen.has(partition)) throw invalid(partition, 'a partition has one range');
    seen.add(partition);
    if (to > ends[partition]) throw invalid(partition, `it ends at ${ends[partition]}`);
  }
  return notEmpty(ranges);
}

/** @throws P2iError CONFIG_INVALID where nothing is left */
function notEmpty(ranges: readonly Range[]): Range[] {
  const left = ranges.filter(({ from, to }) => from < to);
  if (left.length > 0) return left.sort((a, b) => a.partition - b.partition);
  throw new P2iError('CONFIG_INVALID', 'there is nothing to copy', { where: PINS_TOPIC });
}

function invalid(partition: number, message: string): P2iError {
  return new P2iError('CONFIG_INVALID', message, { where: `${PINS_TOPIC}-${partition}` });
}
