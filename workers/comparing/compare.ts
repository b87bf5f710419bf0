import { StringTableBuilder } from '../../shared/arrays/string-table.ts';
import { P2iError } from '../../shared/errors/errors.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { Log } from '../../shared/stream/log.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';
import { liveVersions } from '../taxonomies/live.ts';
import { unpackTaxonomy } from '../taxonomies/topic.ts';
import { InterestTable, type SideName } from './interests.ts';
import type { PinsFound } from './pins-found.ts';
import { SideReader, type Side } from './side-reader.ts';
import { Tally, type ChangedPin, type InterestChanges, type LevelChanges, type PinCounts } from './tally.ts';

export interface CompareOptions {
  log: Log;
  registry: Registry;
  before: Side;
  /** The run whose results would take the place of those before. Partitions that it left out are not read. */
  after: { run: string };
  /** How many of the Pins that change most are told of. */
  examples: number;
  /** Is told how many records are read, of how many that there are at most. */
  onProgress?: (records: number, total: number) => void;
  /** Is told of each published taxonomy that cannot be read. */
  onUnreadable: (error: P2iError) => void;
}

/** What was compared. */
export interface SideFacts {
  topic: string;
  /** Of a shadow run. */
  run: string | null;
  taxonomy: string;
  /** Versions of the ranking model, in the order of their names. */
  models: string[];
}

/** What would change if the results after took the place of those before. */
export interface Comparison {
  before: SideFacts;
  after: SideFacts;
  /** False: the taxonomies differ, and not both are live to tell which has which interest. */
  taxonomiesKnown: boolean;
  /** The run left the others out. */
  partitions: { compared: number; all: number };
  pins: PinCounts;
  /** From level 1. */
  levels: LevelChanges[];
  /** Those that some Pin gained or lost: of most Pins first. */
  interests: (InterestChanges & {
    /** The side whose taxonomy alone has it. */
    onlyIn: SideName | null;
  })[];
  /** The Pins that change most. */
  examples: ChangedPin[];
}

/**
 * Compares results, Pin by Pin and interest id by interest id, so that models and taxonomies may differ. One partition is
 * read after another: what is held is what both sides found of the Pins of one.
 *
 * @throws P2iError NOTHING_TO_COMPARE where the sides have no Pin in common; CONFIG_INVALID where there is no such topic;
 *   of the log; REGISTRY_UNAVAILABLE; SCHEMA_UNKNOWN or AVRO_MALFORMED for what does not decode
 */
export async function compareResults(options: CompareOptions): Promise<Comparison> {
  const { log } = options;
  const table = new InterestTable();
  const tally = new Tally(table, options.examples);
  const before = new SideReader(options, 'before', options.before);
  const after = new SideReader(options, 'after', options.after);
  const reading = await Reading.of(options, [after.topic, before.topic]);
  const partitions = await log.partitions(after.topic);
  let compared = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const ids = new StringTableBuilder();
    const found = await reading.part(after.topic, partition, (onRead) =>
      after.read(partition, { ids, wanted: Infinity }, table, onRead),
    );
    const wanted = ids.count;
    before.taxonomy ??= after.taxonomy;
    await reading.part(before.topic, partition, async (onRead) => {
      if (wanted === 0) return;
      compared++;
      const earlier = await before.read(partition, { ids, wanted }, table, onRead);
      tallyPins(tally, ids, earlier, found);
    });
  }
  if (tally.pins.compared === 0) throw nothingToCompare(before, after);
  const { known, onlyIn } = await taxonomiesOf(options, before.taxonomy!, after.taxonomy!);
  return {
    ...{ before: factsOf(before), after: factsOf(after), taxonomiesKnown: known },
    ...{ partitions: { compared, all: partitions }, pins: tally.pins, levels: tally.levels() },
    interests: tally.interests().map((interest) => ({ ...interest, onlyIn: onlyIn(interest.id) })),
    examples: tally.mostChanged(),
  };
}

/** How far the reading of some partitions is. */
class Reading {
  readonly #ends: ReadonlyMap<string, readonly number[]>;
  readonly #total: number;
  readonly #onProgress: CompareOptions['onProgress'];
  #done = 0;

  /** @param topics of which each partition is a part; one that is named twice is read twice */
  static async of({ log, onProgress }: CompareOptions, topics: readonly string[]): Promise<Reading> {
    const ends = new Map<string, number[]>();
    for (const topic of topics) ends.set(topic, await log.endOffsets(topic));
    const total = topics.flatMap((topic) => ends.get(topic)!).reduce((a, b) => a + b, 0);
    return new Reading(ends, total, onProgress);
  }

  constructor(
    ends: ReadonlyMap<string, readonly number[]>,
    total: number,
    onProgress: CompareOptions['onProgress'],
  ) {
    this.#ends = ends;
    this.#total = total;
    this.#onProgress = onProgress;
  }

  async part<T>(
    topic: string,
    partition: number,
    read: (onRead: (offset: number) => void) => Promise<T>,
  ): Promise<T> {
    const end = this.#ends.get(topic)![partition];
    const result = await read((offset) => {
      if (offset % TOLD_EVERY === 0) this.#onProgress?.(this.#done + Math.min(offset, end), this.#total);
    });
    this.#done += end;
    this.#onProgress?.(this.#done, this.#total);
    return result;
  }
}

/** Records between two reports of progress. */
const TOLD_EVERY = 1024;

function tallyPins(tally: Tally, ids: StringTableBuilder, before: PinsFound, after: PinsFound): void {
  for (let pin = 0; pin < ids.count; pin++) {
    const [earlier, later] = [before.get(pin), after.get(pin)];
    if (earlier !== undefined && later !== undefined) {
      tally.compare(ids.text(pin), earlier, later);
      if (before.version(pin) !== after.version(pin)) tally.pins.otherVersion++;
    } else if (earlier !== undefined) tally.pins.onlyBefore++;
    else if (later !== undefined) tally.pins.onlyAfter++;
  }
}

function factsOf({ topic, run, taxonomy, models }: SideReader): SideFacts {
  return { topic, run: run ?? null, taxonomy: taxonomy!, models: [...models].sort() };
}

/** Which of two taxonomy versions has an interest that the other does not: as far as both are live. */
async function taxonomiesOf(
  { log, registry, onUnreadable }: CompareOptions,
  before: string,
  after: string,
): Promise<{ known: boolean; onlyIn: (id: number) => SideName | null }> {
  if (before === after) return { known: true, onlyIn: () => null };
  const live = await liveVersions(log, registry, onUnreadable);
  const [old, young] = await Promise.all(
    [before, after].map(async (version): Promise<TaxonomyTree | undefined> => {
      const found = live.get(version);
      return found && unpackTaxonomy(found.published, found.where);
    }),
  );
  if (old === undefined || young === undefined) return { known: false, onlyIn: () => null };
  const has = (taxonomy: TaxonomyTree, id: number): boolean => taxonomy.indexOf(id) >= 0;
  return {
    known: true,
    onlyIn: (id) => (has(old, id) ? (has(young, id) ? null : 'before') : 'after'),
  };
}

function nothingToCompare(before: SideReader, after: SideReader): P2iError {
  const missing = [after, before].find(({ isThere }) => !isThere);
  if (missing === undefined) return new P2iError('NOTHING_TO_COMPARE', 'the two sides have no Pin in common');
  const { topic, run, taxonomy, others } = missing;
  const what = run === undefined ? `under taxonomy version ${taxonomy ?? ''}` : `of a run ${run}`;
  const there = [...others].sort().join(', ');
  return new P2iError(
    'NOTHING_TO_COMPARE',
    `there is nothing ${what}; there is ${there || 'nothing at all'}`,
    {
      where: topic,
    },
  );
}
