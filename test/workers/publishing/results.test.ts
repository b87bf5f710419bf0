import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { PATHS } from '../../../cli/paths.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import { MemoryStore } from '../../../shared/store/memory.ts';
import type { Change } from '../../../shared/store/store.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { readAll, type Log } from '../../../shared/stream/log.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { ORDER_HEADER, PIN_VERSION_HEADER, RUN_HEADER } from '../../../workers/headers.ts';
import { replaces, type Rank } from '../../../workers/publishing/rank.ts';
import { PublishedResults } from '../../../workers/publishing/results.ts';
import { resultKey, RESULTS_TOPIC, type PinInterests } from '../../../workers/publishing/topic.ts';
import type { RankedBatch } from '../../../workers/ranking/stage.ts';
import { oneTaxonomy } from '../../../workers/taxonomy-source.ts';

const NATURE = { parent: null, aliases: [], translations: {}, unsafe: false, hidden: false };
const taxonomy = new Taxonomy([{ ...NATURE, id: 60, name: 'nature' }], 'v1');
const registry = new Registry(PATHS.schemas);
const codec = registry.codec<PinInterests>(RESULTS_TOPIC);
const scratch = mkdtempSync(join(tmpdir(), 'p2i-publishing-'));
after(() => rmSync(scratch, { recursive: true }));

/** What a lane found of a Pin. */
interface Found extends Rank {
  pin: string;
  deleted: boolean;
}

function batchOf({ pin, pinVersion, lane, deleted }: Found): RankedBatch {
  const interests = deleted ? [] : [{ interest: 0, score: 0.5 }];
  return {
    ...{ taxonomy: 'v1', model: 'm1', lane },
    pins: [{ id: pin, version: pinVersion, deleted, interests }],
  };
}

async function withLog<T>(use: (log: Log) => Promise<T>): Promise<T> {
  const log = await EmbeddedLog.open(mkdtempSync(join(scratch, 'l-')));
  try {
    await log.createTopic(RESULTS_TOPIC, 1);
    return await use(log);
  } finally {
    await log.close();
  }
}

/** All keys of a space are one: what hashes alike has to be told apart. */
class CollidingStore extends MemoryStore {
  override get(space: string, keys: ArrayLike<number>): (Uint8Array | undefined)[] {
    return super.get(
      space,
      Array.from(keys, () => 1),
    );
  }

  override apply(change: Change): void {
    // One by one, since a bucket that is read while it is written has to have what was written before.
    super.apply({ puts: [], ...(change.clear && { clear: change.clear }) });
    for (const put of change.puts) super.apply({ puts: [{ ...put, key: 1 }] });
    super.apply({ puts: [], ...(change.marks && { marks: change.marks }) });
  }
}

const STORES = { plain: () => new MemoryStore(), colliding: () => new CollidingStore() };

/** Publishes in one transaction; where it is to fail, everything but the commit happens. */
async function publish(
  log: Log,
  results: PublishedResults,
  found: readonly Found[],
  commits: boolean,
): Promise<void> {
  const transaction = log.transaction();
  for (const one of found) {
    const headers = { [RUN_HEADER]: `run ${one.order}`, [ORDER_HEADER]: String(one.order) };
    for (const { key, value, headers: own } of results.encode(batchOf(one), '0', {
      ...{ timestamp: 0, partition: 0, headers },
    })) {
      transaction.append(RESULTS_TOPIC, 0, { key, value, timestamp: 0, headers: { ...headers, ...own } });
    }
  }
  if (!commits) return;
  await transaction.commit();
  await results.committed(0);
}

/** The ranks of each key on p2i-results, in order; a tombstone is a deletion. */
async function published(log: Log): Promise<Map<string, (Rank & { deleted: boolean })[]>> {
  const all = new Map<string, (Rank & { deleted: boolean })[]>();
  for await (const { key, value, headers } of readAll(log, RESULTS_TOPIC)) {
    const order = Number(headers[ORDER_HEADER]);
    const decoded = value && codec.decode(value, key);
    const rank = decoded ?? {
      pinVersion: Number(headers[PIN_VERSION_HEADER]),
      lane: headers.lane as Rank['lane'],
    };
    const one = { pinVersion: rank.pinVersion, lane: rank.lane, order, deleted: value === null };
    all.set(key, [...(all.get(key) ?? []), one]);
  }
  return all;
}

/** A deletion is a version of its own: it is not both there and gone. */
const aFound: fc.Arbitrary<Found> = fc
  .record({
    pin: fc.constantFrom('a', 'b@v1', 'c'),
    pinVersion: fc.integer({ min: 1, max: 4 }),
    lane: fc.constantFrom('batch' as const, 'instant' as const),
    run: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ pin, pinVersion, lane, run }) => ({
    ...{ pin, pinVersion, lane, deleted: pinVersion === 3 },
    order: lane === 'batch' ? run : 0,
  }));

const aStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ found: fc.array(aFound, { maxLength: 6 }), commits: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
  { weight: 1, arbitrary: fc.constant('lost store' as const) },
);

const aStore = fc.constantFrom('plain' as const, 'colliding' as const);
/** How soon ranks go to the store. */
const aHeld = fc.constantFrom(1, 2, 100);

describe('publishing', () => {
  test('the last record of a key is its newest, whatever comes in which order, fails, restarts or loses its store', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { maxLength: 12 }), aStore, aHeld, (steps, kind, held) =>
        withLog(async (log) => {
          let store = STORES[kind]();
          const open = (): PublishedResults =>
            new PublishedResults(registry, oneTaxonomy(taxonomy), log, store, held);
          let results = open();
          await results.takeUp(0);
          const committed: Found[] = [];
          for (const step of steps) {
            if (step === 'lost store') store = STORES[kind]();
            if (typeof step === 'string') {
              results = open();
              await results.takeUp(0);
              continue;
            }
            await publish(log, results, step.found, step.commits);
            // After a commit that failed, the partition is taken up anew.
            if (step.commits) committed.push(...step.found);
            else await results.takeUp(0);
          }
          const ranks = await published(log);
          for (const [key, of] of ranks) {
            for (let i = 1; i < of.length; i++) assert.ok(replaces(of[i], of[i - 1]), key);
          }
          for (const found of committed) {
            const last = ranks.get(resultKey(found.pin, 'v1'))!.at(-1)!;
            assert.ok(
              replaces(last, found),
              `${JSON.stringify(last)} stands against ${JSON.stringify(found)}`,
            );
            assert.equal(last.deleted, last.pinVersion === 3);
          }
        }),
      ),
      { numRuns: 60 },
    );
  });
});
