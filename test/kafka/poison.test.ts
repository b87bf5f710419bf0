import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { REDRIVEN } from '../../shared/stream/dead-letters.ts';
import { pinsTopic, PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import { RUN_HEADER, TAXONOMY_HEADER } from '../../workers/headers.ts';
import { readLetters, type StoredLetter } from '../../workers/dead-letters/letters.ts';
import { BATCH_PINS_TOPIC } from '../../workers/replay.ts';
import { publishVersion } from '../../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../../workers/taxonomies/topic.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { p2i, startP2i } from '../support/p2i.ts';
import { Pipeline } from '../support/pipeline.ts';
import { BAD_PIN, badPinAlone, BATCH_PINS, namedPins, poison } from '../support/poison.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';
import { writeLetters } from '../workers/dead-letters/made.ts';

const PARTITIONS = 2;
/** Of a size that makes many transactions of them. */
const LETTERS = 120;
const LETTER_BYTES = 200_000;
const FUSED = 'p2i-candidates-features-ranking';
const PATIENCE_S = 60;

const available = brokersAvailable();
const skip = !available.available && available.why;

describe('dead letters on a real broker', { concurrency: 2, skip }, () => {
  let pipeline: Pipeline;
  before(async () => {
    pipeline = await Pipeline.start({ partitions: PARTITIONS, taxonomy: await smallTaxonomy() });
    const value = Buffer.alloc(LETTER_BYTES, 'x');
    const made = Array.from({ length: LETTERS }, (_, i) => ({
      ...{ topic: 'p2i-features', stage: 'ranking' as const, value },
      partition: i % PARTITIONS,
    }));
    await writeLetters(pipeline.log, made, pipeline.registry);
    pipeline.worker(['candidates', 'features', 'ranking']);
    pipeline.worker(['publishing']);
  });
  after(() => pipeline.close());

  const dlq = (...args: string[]): string[] => ['dlq', ...args, ...pipeline.connection];

  async function letters(): Promise<StoredLetter[]> {
    const { log, registry } = pipeline;
    const onUnreadable = (error: Error): never => {
      throw error;
    };
    const found: StoredLetter[] = [];
    for await (const stored of readLetters({ log, registry, onUnreadable })) found.push(stored);
    return found;
  }

  async function resultsOf(taxonomy: string): Promise<string[]> {
    await pipeline.untilConsumed(FUSED, BATCH_PINS_TOPIC, PATIENCE_S);
    await pipeline.untilConsumed('p2i-publishing', 'p2i-ranked', PATIENCE_S);
    const found = await pipeline.results();
    return found.flatMap(({ value }) => (value?.taxonomy === taxonomy ? [value.pin] : []));
  }

  async function write(topic: string, values: readonly Uint8Array[], headers = {}): Promise<void> {
    const transaction = pipeline.log.transaction();
    for (const value of values) transaction.append(topic, 0, { key: '0', timestamp: 7, headers, value });
    await transaction.commit();
  }

  test('a redrive that is killed, and goes on beside another one, redrives each letter once', async (t) => {
    const { log } = pipeline;
    const features = dlq('redrive', '--topic', 'p2i-features');
    const first = startP2i(features);
    while ((await log.endOffsets(REDRIVEN)).every((end) => end === 0)) await sleep(10);
    first.child.kill('SIGKILL');
    await first.finished;
    const before = (await pipeline.records(REDRIVEN)).length;
    assert.ok(before < LETTERS, 'it was killed too late');
    const ended = await Promise.all([p2i(features), p2i(features)]);
    for (const { code, stderr } of ended) assert.equal(code, 0, stderr);
    const from = (await pipeline.records('p2i-features')).map(({ headers }) => headers['redriven-from']);
    assert.equal(from.length, LETTERS);
    assert.equal(new Set(from).size, LETTERS);
    const [one, other] = ended.map(({ stdout }) => /redrove (\d+)/.exec(stdout)![1]);
    t.diagnostic(
      `${LETTERS} letters: ${before} redriven before the kill, then ${one} and ${other} by two at once; none lost, none twice`,
    );
  });

  test('a poisoned batch leaves its neighbours classified, and is completed when it is redriven', async (t) => {
    const { log, registry, taxonomy } = pipeline;
    const { magicByte, unknownSchema, truncated, badPin } = poison(registry);
    const early = namedPins('early', 20);
    await write(PINS_TOPIC, [magicByte, badPin, unknownSchema, truncated]);
    await pipeline.replay('r1', 1);
    const later = { [RUN_HEADER]: 'r2', [TAXONOMY_HEADER]: 'later' };
    await write(BATCH_PINS_TOPIC, [pinsTopic(registry).encode({ pins: early })], later);

    const found = await resultsOf(taxonomy);
    assert.equal(new Set(found).size, BATCH_PINS - 1);
    assert.equal(found.length, BATCH_PINS - 1);
    const failed = (await letters()).filter(({ letter }) => letter.topic === BATCH_PINS_TOPIC);
    assert.deepEqual(
      failed.map(({ letter: { code, stage, pinId, attempts } }) => [code, stage, pinId, attempts]),
      [
        ['SCHEMA_UNKNOWN', 'candidates', null, 1],
        ['PIN_INVALID', 'candidates', BAD_PIN, 1],
        ['SCHEMA_UNKNOWN', 'candidates', null, 1],
        ['AVRO_MALFORMED', 'candidates', null, 1],
        ['TAXONOMY_UNKNOWN', 'candidates', null, 1],
      ],
    );
    assert.deepEqual(
      failed.slice(0, 4).map(({ letter }) => letter.value),
      [magicByte, badPinAlone(registry), unknownSchema, truncated],
    );
    for (const { failed: time } of failed) assert.ok(Math.abs(Date.now() - time) < 120_000);

    const version = packTaxonomy(await smallTaxonomy(), 'small', {
      version: 'later',
      published: 0,
      reason: '',
    });
    await publishVersion(log, registry, version);
    const mended = await p2i(dlq('redrive', '--code', 'TAXONOMY_UNKNOWN'));
    const start = performance.now();
    assert.match(mended.stdout, /redrove 1 letter\n$/, mended.stderr);
    const completed = await resultsOf('later');
    const seconds = (performance.now() - start) / 1000;
    assert.deepEqual(completed.sort(), early.map(({ id }) => id).sort());

    const again = await p2i(dlq('redrive', '--code', 'TAXONOMY_UNKNOWN'));
    assert.match(again.stdout, /^redrove 0 letters\nleft 1: redriven before\n$/, again.stderr);
    const byId = await p2i(dlq('redrive', failed[0].id));
    assert.match(byId.stdout, /redrove 1 letter\n$/, byId.stderr);
    assert.equal((await resultsOf('later')).length, early.length);
    const twice = (await letters()).filter(({ letter }) => letter.attempts === 2);
    assert.deepEqual(
      twice.map(({ letter: { headers, value } }) => [headers['redriven-from'], value]),
      [[failed[0].id, magicByte]],
    );
    t.diagnostic(
      `${found.length} of ${BATCH_PINS} Pins classified beside ${failed.length} dead letters; ` +
        `${completed.length} Pins classified ${seconds.toFixed(1)} s after their redrive`,
    );
  });
});
