import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { P2iError } from '../../../shared/errors/errors.ts';
import type { PinBatch } from '../../../shared/pins/pin.ts';
import type { Made, Position, Sink } from '../../../shared/stream/binding.ts';
import { Chain } from '../../../shared/stream/chain.ts';
import { DEAD_LETTERS, type DeadLetter } from '../../../shared/stream/dead-letters.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { PINS_HEADER } from '../../../shared/stream/headers.ts';
import { readAll, type Log, type LogRecord } from '../../../shared/stream/log.ts';
import { Pump } from '../../../shared/stream/pump.ts';
import { ChainWork } from '../../../shared/stream/record-work.ts';
import { runToEnd } from '../../../shared/stream/run.ts';
import type { Stage } from '../../../shared/stream/stage.ts';
import {
  batches,
  candidates,
  dump,
  fill,
  HEADERS,
  pin,
  pins,
  registry,
  results,
  toyPumps,
  type Counted,
} from './toy.ts';

const scratch = mkdtempSync(join(tmpdir(), 'p2i-pump-'));
after(() => rmSync(scratch, { recursive: true }));

async function withLog<T>(
  values: readonly Uint8Array[],
  use: (log: Log, directory: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(scratch, 'l-'));
  const log = await EmbeddedLog.open(directory);
  try {
    await fill(log, values);
    return await use(log, directory);
  } finally {
    await log.close();
  }
}

async function letters(log: Log): Promise<DeadLetter[]> {
  const codec = registry.codec<DeadLetter>(DEAD_LETTERS);
  const found: DeadLetter[] = [];
  for await (const { value } of readAll(log, DEAD_LETTERS)) found.push(codec.decode(value, DEAD_LETTERS));
  return found;
}

const ids = (records: readonly { key: string }[]): string[] => records.map(({ key }) => key);

test('every Pin gets one result, in its partition, in order, with the headers and timestamp of its batch', async () => {
  await withLog(batches(4, 3).map(pins.encode), async (log) => {
    assert.equal(await runToEnd(await toyPumps(log, 'fused')), true);
    const found = await dump(log, results.topic);
    assert.deepEqual(ids(found), ['0', '1', '2', '6', '7', '8', '3', '4', '5', '9', '10', '11']);
    assert.deepEqual(found[3], {
      partition: 0,
      offset: 3,
      key: '6',
      timestamp: 1_700_000_000_002,
      headers: { ...HEADERS, model: 'm1' },
      value: JSON.stringify({ id: '6', text: 'Pin number 6', words: 3, letters: 12 }),
    });
    assert.deepEqual(await letters(log), []);
  });
});

test('intermediate records keep the key, headers and timestamp of their input, and say how many Pins they hold', async () => {
  await withLog(batches(3, 2).map(pins.encode), async (log) => {
    await runToEnd(await toyPumps(log, 'chained'));
    const shape = ({
      partition,
      key,
      headers,
      timestamp,
    }: {
      partition: number;
      key: string;
      headers: object;
      timestamp: number;
    }) => ({ partition, key, headers, timestamp });
    const read = (await dump(log, 'p2i-pins')).map(shape);
    assert.deepEqual(
      (await dump(log, 'p2i-features')).map(shape),
      read.map((record) => ({ ...record, headers: { ...record.headers, [PINS_HEADER]: '2' } })),
    );
  });
});

const aPoison = fc.constantFrom('fails first', 'fails second', 'fails encoding', 'no confidence');

test('fused, chained and chained stage after stage give the same results, whatever Pins fail', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(59), aPoison), { maxLength: 5 }),
      fc.constantFrom(1, 4, 20),
      async (poison, size) => {
        const bad = new Map(poison);
        const values = batches(60 / size, size, (n) => {
          const how = bad.get(n);
          if (how === undefined) return undefined;
          if (how !== 'no confidence') return pin(String(n), how);
          return pin(String(n), how, { annotations: [{ term: 'a', confidence: NaN, sources: [] }] });
        }).map(pins.encode);
        const run = (shape: 'fused' | 'chained', together: boolean) =>
          withLog(values, async (log) => {
            const pumps = await toyPumps(log, shape);
            for (const part of together ? [pumps] : pumps.map((pump) => [pump])) await runToEnd(part);
            const failed = (await letters(log)).map(({ pinId, code, stage, message }) => ({
              pinId,
              code,
              stage,
              message,
            }));
            failed.sort((a, b) => Number(a.pinId) - Number(b.pinId));
            return { results: await dump(log, results.topic), failed };
          });
        const fused = await run('fused', true);
        assert.deepEqual(await run('chained', true), fused);
        assert.deepEqual(await run('chained', false), fused);
        assert.equal(fused.results.length + fused.failed.length, 60);
        assert.deepEqual(
          fused.failed.map(({ pinId }) => Number(pinId)),
          [...bad.keys()].sort((a, b) => a - b),
        );
      },
    ),
    { numRuns: 15 },
  );
});

test('a replay with a new group appends the same bytes', async () => {
  const values = batches(6, 5, (n) => (n === 12 ? pin('12', 'fails first') : undefined)).map(pins.encode);
  await withLog(values, async (log) => {
    await runToEnd(await toyPumps(log, 'fused', 'first'));
    const [once, dead] = [await dump(log, results.topic), await dump(log, DEAD_LETTERS)];
    await runToEnd(await toyPumps(log, 'fused', 'second'));
    const perPartition = (all: typeof once, part: number) =>
      [0, 1].map((partition) => {
        const own = all.filter((record) => record.partition === partition);
        const half = own.length / 2;
        return own.slice(part * half, (part + 1) * half).map(({ offset: _, ...record }) => record);
      });
    const [twice, deadTwice] = [await dump(log, results.topic), await dump(log, DEAD_LETTERS)];
    assert.equal(twice.length, 2 * once.length);
    assert.deepEqual(perPartition(twice, 0), perPartition(twice, 1));
    assert.equal(deadTwice.length, 2 * dead.length);
    assert.deepEqual(deadTwice[0].value, deadTwice[1].value);
    // The first group is at the end: it does nothing more.
    await runToEnd(await toyPumps(log, 'fused', 'first'));
    assert.equal(
      (await log.endOffsets(results.topic))[0],
      twice.filter(({ partition }) => partition === 0).length,
    );
  });
});

test('records that do not decode are dead-lettered with their bytes, and their neighbours go on', async () => {
  const values: Uint8Array[] = batches(6, 2).map(pins.encode);
  const magic = Buffer.from(values[1]);
  magic[0] = 9;
  const unknown = Buffer.from(values[3]);
  unknown.writeInt32BE(77, 1);
  const truncated = values[4].subarray(0, 30);
  values.splice(1, 1, magic);
  values.splice(3, 1, unknown);
  values.splice(4, 1, truncated);
  await withLog(values, async (log) => {
    await runToEnd(await toyPumps(log, 'fused'));
    assert.deepEqual(ids(await dump(log, results.topic)), ['0', '1', '4', '5', '10', '11']);
    const found = await letters(log);
    const of = (offset: number, partition: number): DeadLetter | undefined =>
      found.find((letter) => letter.offset === offset && letter.partition === partition);
    assert.equal(found.length, 3);
    assert.equal(of(0, 1)?.code, 'SCHEMA_UNKNOWN');
    assert.equal(of(1, 1)?.code, 'SCHEMA_UNKNOWN');
    assert.deepEqual(of(0, 1)?.value, magic);
    assert.deepEqual(of(1, 1)?.value, unknown);
    assert.deepEqual(of(2, 0), {
      topic: 'p2i-pins',
      partition: 0,
      offset: 2,
      key: 'shard 4',
      headers: HEADERS,
      stage: 'candidates',
      code: 'AVRO_MALFORMED',
      message: 'p2i-pins-0@2: the value is truncated',
      pinId: null,
      value: truncated,
      time: 1_700_000_000_004,
      attempts: 1,
    });
    assert.deepEqual(ids(await dump(log, DEAD_LETTERS)).sort(), [
      'p2i-pins-0-2',
      'p2i-pins-1-0',
      'p2i-pins-1-1',
    ]);
  });
});

test('one bad Pin among 500 is found with few calls and kept alone; the 499 keep their order', async () => {
  const bad = pin('333', 'fails first');
  const all = batches(1, 500, (n) => (n === 333 ? bad : undefined));
  let calls = 0;
  const counting: Stage<PinBatch, Counted> = {
    name: 'candidates',
    process: (batch) => {
      calls++;
      return candidates.process(batch);
    },
  };
  await withLog(all.map(pins.encode), async (log) => {
    const chain = Chain.of(counting);
    await runToEnd([await Pump.open({ log, registry, group: 'g', input: pins, chain, output: results })]);
    const expected = all[0].pins.map(({ id }) => id).filter((id) => id !== '333');
    assert.deepEqual(ids(await dump(log, results.topic)), expected);
    const [letter, ...others] = await letters(log);
    assert.deepEqual(others, []);
    assert.equal(letter.code, 'STAGE_FAILED');
    assert.equal(letter.pinId, '333');
    assert.equal(letter.message, 'cannot read properties of undefined');
    assert.deepEqual(letter.value, pins.encode({ pins: [bad] }));
    assert.ok(calls <= 20, `${calls} calls`);
  });
});

test('a redriven record that fails again says how often it has', async () => {
  await withLog([], async (log) => {
    const transaction = log.transaction();
    const value = Buffer.from('broken');
    transaction.append(pins.topic, 0, { key: 'k', timestamp: 5, headers: { attempts: '2' }, value });
    await transaction.commit();
    await runToEnd(await toyPumps(log, 'fused'));
    assert.equal((await letters(log))[0].attempts, 3);
  });
});

function failing(times: number): Stage<PinBatch, Counted> {
  return {
    name: 'candidates',
    process: (batch) => {
      if (times-- > 0) throw new P2iError('STORE_UNAVAILABLE', 'gone');
      return candidates.process(batch);
    },
  };
}

test('a transient error is retried, and does not make a dead letter', async () => {
  await withLog(batches(1, 3).map(pins.encode), async (log) => {
    const chain = Chain.of(failing(2));
    await runToEnd([await Pump.open({ log, registry, group: 'g', input: pins, chain, output: results })]);
    assert.deepEqual(ids(await dump(log, results.topic)), ['0', '1', '2']);
    assert.deepEqual(await letters(log), []);
  });
});

test('an abort ends the wait of a retry at once, commits nothing of the batch in hand, and the next run goes on', async () => {
  await withLog(batches(1, 3).map(pins.encode), async (log) => {
    const abort = new AbortController();
    const open = (times: number) =>
      Pump.open({ log, registry, group: 'g', input: pins, chain: Chain.of(failing(times)), output: results });
    setTimeout(() => abort.abort(), 250);
    assert.equal(await runToEnd([await open(Infinity)], { signal: abort.signal }), false);
    assert.deepEqual(await log.endOffsets(results.topic), [0, 0]);
    assert.equal(await runToEnd([await open(0)]), true);
    assert.deepEqual(ids(await dump(log, results.topic)), ['0', '1', '2']);
  });
});

test('an abort within a poll commits the batches that are done, and the next run does the others', async () => {
  await withLog(batches(10, 2).map(pins.encode), async (log) => {
    const abort = new AbortController();
    let batchesLeft = 2;
    const stopping: Stage<PinBatch, Counted> = {
      name: 'candidates',
      process: (batch) => {
        if (--batchesLeft === 0) abort.abort();
        return candidates.process(batch);
      },
    };
    const chain = Chain.of(stopping);
    const pump = await Pump.open({ log, registry, group: 'g', input: pins, chain, output: results });
    assert.equal(await runToEnd([pump], { signal: abort.signal }), false);
    assert.deepEqual(await log.committedOffsets('g', pins.topic), [2, 0]);
    assert.deepEqual(ids(await dump(log, results.topic)), ['0', '1', '4', '5']);
    await runToEnd([pump]);
    assert.deepEqual(await log.endOffsets(results.topic), [10, 10]);
  });
});

test('progress counts records over all runs, and Pins of this one', async () => {
  await withLog(batches(10, 2).map(pins.encode), async (log) => {
    const seen: { pins: number; done: number; total: number }[] = [];
    const [pump] = await toyPumps(log, 'fused');
    await runToEnd([pump], { onProgress: (progress) => seen.push(progress) });
    assert.deepEqual(seen.at(-1), {
      stages: ['candidates', 'features', 'ranking'],
      pins: 20,
      done: 10,
      total: 10,
    });
    const [again] = await toyPumps(log, 'fused');
    assert.deepEqual(await again.progress(), {
      stages: ['candidates', 'features', 'ranking'],
      pins: 0,
      done: 10,
      total: 10,
    });
  });
});

test('an output topic with another number of partitions is refused', async () => {
  await withLog([], async (log) => {
    await log.createTopic(results.topic, 3);
    await assert.rejects(
      toyPumps(log, 'fused'),
      (error) => error instanceof P2iError && error.code === 'CONFIG_INVALID',
    );
  });
});

/** A store that commits what it was given and the position in one assignment, and can die before or after that. */
class ToySink implements Sink<Counted> {
  state: { seen: string[]; offsets: Record<string, number> } = { seen: [], offsets: {} };
  dies: 'before' | 'after' | undefined;

  apply(made: readonly Made<Counted>[], { topic, partition, nextOffset }: Position): void {
    if (this.dies === 'before') throw new Error('died');
    const seen = [...this.state.seen, ...made.flatMap(({ out }) => out.pins.map(({ id }) => id))];
    this.state = { seen, offsets: { ...this.state.offsets, [`${topic}-${partition}`]: nextOffset } };
    if (this.dies === 'after') throw new Error('died');
  }

  committedOffset(topic: string, partition: number): number {
    return this.state.offsets[`${topic}-${partition}`] ?? 0;
  }
}

test('a sink that dies before or after its commit has taken each Pin once, and each dead letter is there once', async () => {
  const values = batches(12, 3, (n) => (n % 7 === 5 ? pin(String(n), 'fails first') : undefined)).map(
    pins.encode,
  );
  await withLog(values, async (log) => {
    const sink = new ToySink();
    for (const dies of ['before', 'after', 'before', undefined] as const) {
      sink.dies = dies;
      const chain = Chain.of(candidates);
      const run = runToEnd([
        await Pump.open({ log, registry, group: 'g', input: pins, chain, output: sink }),
      ]);
      if (dies === undefined) await run;
      else await assert.rejects(run, /died/);
    }
    const good = Array.from({ length: 36 }, (_, n) => n).filter((n) => n % 7 !== 5);
    assert.deepEqual(
      sink.state.seen.map(Number).sort((a, b) => a - b),
      good,
    );
    assert.deepEqual(sink.state.offsets, { 'p2i-pins-0': 6, 'p2i-pins-1': 6 });
    const dead = (await letters(log)).map(({ pinId }) => Number(pinId));
    assert.deepEqual(
      dead.sort((a, b) => a - b),
      [5, 12, 19, 26, 33],
    );
  });
});

test('a header “attempts” that is no number is somebody else’s: its letter is a first one', async () => {
  await withLog([], async (log) => {
    const transaction = log.transaction();
    const headers = { ...HEADERS, attempts: 'first' };
    transaction.append(pins.topic, 0, { key: 'k', timestamp: 0, headers, value: Buffer.from('no Avro') });
    await transaction.commit();
    await runToEnd(await toyPumps(log, 'fused'));
    assert.deepEqual(
      (await letters(log)).map(({ attempts }) => attempts),
      [1],
    );
  });
});

/** Works on four records at once, each as long as it happens to take. */
function several(chain: Chain<PinBatch, Counted>, onWork: (offset: number) => void = () => undefined) {
  const one = new ChainWork({ registry, input: pins, chain, output: results });
  let inHand = 0;
  const work = {
    parallelism: 4,
    most: 0,
    async work(record: LogRecord, partition: number, signal: AbortSignal | undefined) {
      work.most = Math.max(work.most, ++inHand);
      try {
        onWork(record.offset);
        await sleep((record.offset * 7) % 5);
        return await one.work(record, partition, signal);
      } finally {
        inHand--;
      }
    },
  };
  return work;
}

test('records that are worked on at once give what one after another gives, in the same order', async () => {
  const poison = (n: number) => (n % 7 === 3 ? pin(String(n), 'fails first') : undefined);
  const values = batches(40, 3, poison).map(pins.encode);
  const chain = Chain.of(candidates);
  const run = (work?: ReturnType<typeof several>) =>
    withLog(values, async (log) => {
      const options = { log, registry, group: 'g', input: pins, chain, output: results, pollBytes: 2000 };
      const pump = await Pump.open({ ...options, ...(work && { work }) });
      await runToEnd([pump]);
      await pump.close();
      const kept = (await letters(log)).map((letter) => ({ ...letter, value: letter.value.toString() }));
      return { results: await dump(log, results.topic), letters: kept };
    });
  const work = several(chain);
  assert.deepEqual(await run(work), await run());
  assert.equal(work.most, 4);
});

test('where one of several records at once has to wait, nothing of its poll or the next is lost or done twice', async () => {
  await withLog(batches(24, 2).map(pins.encode), async (log) => {
    const chain = Chain.of(candidates);
    let failures = 3;
    const work = several(chain, (offset) => {
      if (offset === 5 && failures-- > 0) throw new P2iError('STORE_UNAVAILABLE', 'gone');
    });
    const pump = await Pump.open({
      ...{ log, registry, group: 'g', input: pins, chain, output: results, pollBytes: 2000, work },
    });
    let failed = 0;
    for (let more = true; more;) {
      try {
        more = await pump.step();
      } catch (error) {
        assert.equal((error as P2iError).code, 'STORE_UNAVAILABLE');
        failed++;
      }
    }
    assert.ok(failed > 0);
    await pump.close();
    const found = await dump(log, results.topic);
    assert.equal(found.length, 48);
    assert.equal(new Set(ids(found)).size, 48);
  });
});

test('a pump that is closed with work in hand waits for it, commits none of it, and another goes on', async () => {
  await withLog(batches(24, 2).map(pins.encode), async (log) => {
    const chain = Chain.of(candidates);
    const options = { log, registry, group: 'g', input: pins, chain, output: results, pollBytes: 2000 };
    const first = await Pump.open({ ...options, work: several(chain) });
    await first.step();
    await first.close();
    const second = await Pump.open(options);
    await runToEnd([second]);
    const found = await dump(log, results.topic);
    assert.equal(found.length, 48);
    assert.equal(new Set(ids(found)).size, 48);
  });
});
