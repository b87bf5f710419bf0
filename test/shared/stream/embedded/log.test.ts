import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { EmbeddedLog } from '../../../../shared/stream/embedded/log.ts';
import { readAll, type Log, type NewRecord } from '../../../../shared/stream/log.ts';
import { ofCode } from '../../../support/assertions.ts';

const scratch = mkdtempSync(join(tmpdir(), 'p2i-log-'));
after(() => rmSync(scratch, { recursive: true }));
let made = 0;
const fresh = (): string => join(scratch, String(made++));

const record = (key: string, value: Uint8Array | string = key): NewRecord => ({
  key,
  timestamp: 1_700_000_000_000,
  headers: {},
  value: Buffer.from(value),
});

interface Seen extends NewRecord {
  offset: number;
  partition: number;
}

async function contents(log: Log, topic: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const one of readAll(log, topic)) seen.push({ ...one, value: Buffer.from(one.value!) });
  return seen.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

async function commit(log: Log, topic: string, partition: number, ...records: NewRecord[]): Promise<void> {
  const transaction = log.transaction();
  for (const one of records) transaction.append(topic, partition, one);
  await transaction.commit();
}

const aRecord: fc.Arbitrary<NewRecord> = fc.record({
  key: fc.string({ unit: 'binary', maxLength: 8 }).map((s) => s.toWellFormed()),
  timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
  headers: fc.dictionary(fc.string({ maxLength: 4 }), fc.string({ maxLength: 4 }), {
    maxKeys: 2,
    noNullPrototype: true,
  }),
  value: fc
    .oneof(
      fc.uint8Array({ maxLength: 60 }),
      // Large enough to be compressed.
      fc.integer({ min: 2000, max: 9000 }).map((length) => new Uint8Array(length).fill(7)),
    )
    .map((value) => Buffer.from(value)),
});

const aTransaction = fc.record({
  writes: fc.array(fc.tuple(fc.nat(2), fc.array(aRecord, { minLength: 1, maxLength: 4 })), { maxLength: 4 }),
  offsets: fc.array(fc.tuple(fc.constantFrom('g', 'h'), fc.nat(2), fc.nat(100)), { maxLength: 3 }),
  fate: fc.constantFrom('commit', 'commit', 'commit', 'drop', 'reopen'),
});

test('what was committed, and nothing else, is read back after any sequence of transactions and reopenings', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aTransaction, { maxLength: 12 }),
      fc.integer({ min: 1, max: 3000 }),
      async (script, bytes) => {
        const directory = fresh();
        let log = await EmbeddedLog.open(directory);
        await log.createTopic('t', 3);
        const model: NewRecord[][] = [[], [], []];
        const offsets: Record<string, number[]> = { g: [0, 0, 0], h: [0, 0, 0] };
        for (const { writes, offsets: consumed, fate } of script) {
          const transaction = log.transaction();
          for (const [partition, records] of writes)
            for (const one of records) transaction.append('t', partition, one);
          for (const [group, partition, offset] of consumed)
            transaction.consumed(group, 't', partition, offset);
          if (fate !== 'commit') {
            if (fate === 'reopen') {
              await log.close();
              log = await EmbeddedLog.open(directory);
            }
            continue;
          }
          await transaction.commit();
          for (const [partition, records] of writes) model[partition].push(...records);
          for (const [group, partition, offset] of consumed) offsets[group][partition] = offset;
        }
        const expected = model.flatMap((records, partition) =>
          records.map((one, offset) => ({ ...one, offset, partition })),
        );
        assert.deepEqual(await contents(log, 't'), expected);
        assert.deepEqual(await log.committedOffsets('g', 't'), offsets.g);
        assert.deepEqual(await log.committedOffsets('h', 't'), offsets.h);

        const consumer = await log.reader('t');
        const middle = model.map((records) => records.length >> 1);
        middle.forEach((offset, partition) => consumer.seek(partition, offset));
        const tails: number[][] = [[], [], []];
        for (let polled = await consumer.poll(bytes); polled; polled = await consumer.poll(bytes)) {
          tails[polled.partition].push(...polled.records.map(({ offset }) => offset));
        }
        assert.deepEqual(
          tails,
          model.map((records, p) => records.map((_, offset) => offset).slice(middle[p])),
        );
        await log.close();
      },
    ),
    { numRuns: 60 },
  );
});

test('a crash after any byte of the last transaction leaves all of it or nothing', async () => {
  const before = fresh();
  let log = await EmbeddedLog.open(before);
  await log.createTopic('t', 2);
  await commit(log, 't', 0, record('a'), record('b'));
  await commit(log, 't', 1, record('c'));
  const old = await contents(log, 't');
  await log.close();

  const whole = fresh();
  cpSync(before, whole, { recursive: true });
  log = await EmbeddedLog.open(whole);
  const last = log.transaction();
  last.append('t', 0, record('d'));
  last.append('t', 0, record('e', 'x'.repeat(40)));
  last.append('t', 1, record('f'));
  last.consumed('g', 't', 0, 2);
  await last.commit();
  const all = await contents(log, 't');
  await log.close();

  const recovers = async (directory: string, expected: Seen[], offset: number): Promise<void> => {
    const recovered = await EmbeddedLog.open(directory);
    assert.deepEqual(await contents(recovered, 't'), expected);
    assert.deepEqual(await recovered.committedOffsets('g', 't'), [offset, 0]);
    // And it goes on from there.
    await commit(recovered, 't', 0, record('next'));
    assert.equal((await contents(recovered, 't')).length, expected.length + 1);
    await recovered.close();
    rmSync(directory, { recursive: true });
  };
  const size = (directory: string, file: string): number => statSync(join(directory, file)).size;

  // The records are written before the journal: their bytes may be there in part, the journal's are not.
  for (const file of ['topics/t/0.log', 'topics/t/1.log']) {
    for (let length = size(before, file); length <= size(whole, file); length++) {
      const crashed = fresh();
      cpSync(whole, crashed, { recursive: true });
      cpSync(join(before, 'journal'), join(crashed, 'journal'));
      truncateSync(join(crashed, file), length);
      await recovers(crashed, old, 0);
    }
  }
  for (let length = size(before, 'journal'); length <= size(whole, 'journal'); length++) {
    const crashed = fresh();
    cpSync(whole, crashed, { recursive: true });
    truncateSync(join(crashed, 'journal'), length);
    const committed = length === size(whole, 'journal');
    await recovers(crashed, committed ? all : old, committed ? 2 : 0);
  }
});

test('any changed byte of a committed record is reported with its partition and offset', async () => {
  const directory = fresh();
  let log = await EmbeddedLog.open(directory);
  await log.createTopic('t', 1);
  await commit(log, 't', 0, record('a'), record('b'), record('c'));
  await log.close();
  const path = join(directory, 'topics/t/0.log');
  const sound = readFileSync(path);
  const size = sound.length / 3;
  for (let at = size; at < 2 * size; at++) {
    const broken = Buffer.from(sound);
    broken[at] ^= 0x40;
    writeFileSync(path, broken);
    log = await EmbeddedLog.open(directory);
    await assert.rejects(contents(log, 't'), ofCode('LOG_CORRUPT', /^t-0@1: /));
    await log.close();
  }
  writeFileSync(path, sound.subarray(0, -1));
  await assert.rejects(EmbeddedLog.open(directory), ofCode('LOG_CORRUPT', /^t-0@3: /));
});

test('a broken line inside the journal is reported, not taken for a crash', async () => {
  const directory = fresh();
  const log = await EmbeddedLog.open(directory);
  await log.createTopic('t', 1);
  await commit(log, 't', 0, record('a'));
  await commit(log, 't', 0, record('b'));
  await log.close();
  const journal = readFileSync(join(directory, 'journal'));
  journal[journal.indexOf('\n') + 20] ^= 1;
  writeFileSync(join(directory, 'journal'), journal);
  await assert.rejects(EmbeddedLog.open(directory), ofCode('LOG_CORRUPT', /journal: broken at byte/));
});

test('the journal stays small, and a crash while it is replaced loses nothing', async () => {
  const directory = fresh();
  let log = await EmbeddedLog.open(directory);
  await log.createTopic('t', 1);
  const group = 'g'.repeat(20_000);
  for (let i = 1; i <= 200; i++) {
    const transaction = log.transaction();
    transaction.append('t', 0, record(String(i)));
    transaction.consumed(group, 't', 0, i);
    await transaction.commit();
  }
  await log.close();
  assert.ok(statSync(join(directory, 'journal')).size < 1.1 * 2 ** 20);
  // Killed before the rename: the next journal is there in part.
  writeFileSync(
    join(directory, 'journal.next'),
    readFileSync(join(directory, 'journal')).subarray(0, 30_000),
  );
  log = await EmbeddedLog.open(directory);
  assert.deepEqual(await log.committedOffsets(group, 't'), [200]);
  assert.equal((await contents(log, 't')).length, 200);
  await log.close();
});

test('a second process is refused with the pid of the first, and let in once that is killed', async () => {
  const directory = fresh();
  const module = JSON.stringify(new URL('../../../../shared/stream/embedded/log.ts', import.meta.url).href);
  const program = `const { EmbeddedLog } = await import(${module});
    await EmbeddedLog.open(${JSON.stringify(directory)});
    console.log('open');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await assert.rejects(
    EmbeddedLog.open(directory),
    ofCode('LOG_LOCKED', new RegExp(`process ${child.pid} `)),
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  const log = await EmbeddedLog.open(directory);
  await assert.rejects(
    EmbeddedLog.open(directory),
    ofCode('LOG_LOCKED', new RegExp(`process ${process.pid} `)),
  );
  await log.close();
  await (await EmbeddedLog.open(directory)).close();
});

test('a directory that cannot be made is LOG_UNAVAILABLE', async () => {
  const file = fresh();
  writeFileSync(file, '');
  await assert.rejects(EmbeddedLog.open(join(file, 'state')), ofCode('LOG_UNAVAILABLE'));
});

test('a topic’s name cannot lead out of the directory', async () => {
  const log = await EmbeddedLog.open(fresh());
  await assert.rejects(log.createTopic('../t', 1), ofCode('CONFIG_INVALID'));
  await log.close();
});
