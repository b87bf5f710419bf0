import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type {
  ApiInterest,
  ApiLetterDetails,
  ApiLetters,
  ApiRedrive,
  ApiTaxonomy,
  ExamplePin,
  Failure,
  FoundPin,
  IndexState,
} from '../../inspector/api.ts';
import type { Parts } from '../../inspector/parts.ts';
import { logParts, oneVersion } from '../../inspector/sources.ts';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';
import { pinsTopic, PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import { taxonomyArtefacts } from '../../workers/artefacts.ts';
import { partitionOf } from '../../workers/ingest.ts';
import { resultKey, RESULTS_TOPIC, type PinInterests } from '../../workers/publishing/topic.ts';
import { untilTrue } from '../support/assertions.ts';
import { pinOf } from '../support/pin.ts';
import { TEXT_MODELS } from '../support/text-models.ts';
import { registry } from '../shared/stream/toy.ts';
import { NATURE } from '../workers/candidates/made.ts';
import { writeLetters } from '../workers/dead-letters/made.ts';
import { HERE, inspectorOf } from './made.ts';

const VERSION = NATURE.version;
const PARTITIONS = 2;
const PATIENCE_MS = 10_000;

describe('an inspector of a log', () => {
  let folder: string;
  let log: EmbeddedLog;
  let parts: Required<Pick<Parts, 'pins' | 'results' | 'letters'>>;
  let server: FastifyInstance;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2i-inspector-'));
    log = await EmbeddedLog.open(join(folder, 'log'));
    await log.createTopic(PINS_TOPIC, PARTITIONS);
    await log.createTopic(RESULTS_TOPIC, PARTITIONS);
    await publish('p1', [1, 10, 100]);
    await publish('p2', [1, 10]);
    await publish('p3', [3, 30, 300]);
    const taxonomies = oneVersion(taxonomyArtefacts(NATURE, TEXT_MODELS));
    const onFailure = (error: Error): never => {
      throw error;
    };
    parts = logParts({ log, registry, taxonomies, mostPins: 3, onFailure });
    server = await inspectorOf({ source: 'state', ...parts });
    await untilTrue(() => parts.results.complete, PATIENCE_MS);
  });
  after(async () => {
    await server.close();
    await parts.results.close();
    await log.close();
    await rm(folder, { recursive: true });
  });

  async function publish(pin: string, ids: readonly number[] | null, taxonomy = VERSION): Promise<void> {
    const value: PinInterests = {
      ...{ pin, pinVersion: 1, lane: 'batch', run: 'r1', taxonomy, model: 'm', time: 1000 },
      interests: (ids ?? []).map((id) => {
        const index = NATURE.indexOf(id);
        return { id, level: NATURE.level[index], score: 0.5 + id / 1000, label: NATURE.names[index] };
      }),
    };
    const transaction = log.transaction();
    transaction.append(RESULTS_TOPIC, partitionOf(pin, PARTITIONS), {
      ...{ key: resultKey(pin, taxonomy), timestamp: 1000, headers: {} },
      value: ids && registry.codec<PinInterests>(RESULTS_TOPIC).encode(value),
    });
    await transaction.commit();
  }
  const get = async <T>(url: string): Promise<T> => (await server.inject({ url, headers: HERE })).json<T>();
  const countOf = async (id: number): Promise<(number | null)[]> => {
    const { interest } = await get<{ interest: ApiInterest }>(`/v1/taxonomies/${VERSION}/interests/${id}`);
    return [interest.pins, interest.ownPins];
  };
  const state = (): Promise<{ taxonomies: ApiTaxonomy[]; index: IndexState }> => get('/v1/taxonomies');

  test('tells how many Pins each interest has, and how many have nothing below it', async () => {
    assert.deepEqual(await Promise.all([1, 10, 100, 3, 2].map(countOf)), [
      [2, 0],
      [2, 1],
      [1, 1],
      [1, 0],
      [0, 0],
    ]);
    assert.deepEqual((await state()).taxonomies[0].pins, 3);
  });

  test('tells example Pins of an interest, with what else they are about', async () => {
    const { pins } = await get<{ pins: ExamplePin[] }>(`/v1/taxonomies/${VERSION}/interests/10/pins`);
    const sorted = pins.sort((a, b) => (a.pin < b.pin ? -1 : 1));
    assert.deepEqual(sorted, [
      { pin: 'p1', score: 0.51, interests: ['nature', 'landscape', 'mountain'] },
      { pin: 'p2', score: 0.51, interests: ['nature', 'landscape'] },
    ]);
  });

  test('finds the newest version of a Pin, and the result that stands for it', async () => {
    const topic = pinsTopic(registry);
    for (const version of [1, 2]) {
      const transaction = log.transaction();
      const batch = ['p1', 'p9'].map((id) => pinOf({ id, version, title: `version ${version}` }));
      for (const pin of batch) {
        transaction.append(PINS_TOPIC, partitionOf(pin.id, PARTITIONS), {
          ...{ key: '0', timestamp: 0, headers: {}, value: topic.encode({ pins: [pin] }) },
        });
      }
      await transaction.commit();
    }
    const found = await get<FoundPin>('/v1/pins/p1');
    assert.deepEqual([(found.pin as { title: string }).title, found.complete], ['version 2', true]);
    assert.deepEqual(
      found.results.map(({ taxonomy, run, interests }) => [taxonomy, run, interests.map(({ id }) => id)]),
      [[VERSION, 'r1', [1, 10, 100]]],
    );
    assert.deepEqual((await get<FoundPin>('/v1/pins/p9')).results, []);
    assert.equal((await get<FoundPin>('/v1/pins/p3')).pin, null);
    assert.equal((await get<Failure>('/v1/pins/p4')).code, 'PIN_UNKNOWN');
  });

  test('follows what changes, and says what it has no room for', async () => {
    await publish('p1', [2, 20]);
    await publish('p2', null);
    await publish('p4', [2]);
    await publish('p5', [2]);
    await publish('p6', [2], 'a version that nobody holds');
    await untilTrue(async () => (await state()).index.beyond === 2, PATIENCE_MS);
    await untilTrue(async () => (await countOf(20))[0] === 1 && (await countOf(10))[0] === 0, PATIENCE_MS);
    const { index } = await state();
    assert.deepEqual([index.pins, index.beyond], [2, 2]);
    assert.deepEqual(await countOf(2), [1, 0]);
  });

  describe('dead letters', () => {
    before(async () => {
      const value = pinsTopic(registry).encode({ pins: [pinOf({ id: 'p1', title: 'fails' })] });
      await writeLetters(log, [
        { value, headers: { run: 'r1' } },
        { stage: 'ranking', code: 'TAXONOMY_UNKNOWN' },
        { stage: 'ranking', code: 'TAXONOMY_UNKNOWN', topic: 'p2i-gone', partition: 1 },
      ]);
    });
    const redrive = async (payload: object): Promise<[number, ApiRedrive & Failure]> => {
      const answer = await server.inject({
        ...{ method: 'POST', url: '/v1/dead-letters/redrive', headers: HERE, payload },
      });
      return [answer.statusCode, answer.json<ApiRedrive & Failure>()];
    };

    test('are listed, the latest first, and counted; a filter chooses', async () => {
      const { letters, counts } = await get<ApiLetters>('/v1/dead-letters');
      assert.deepEqual(
        letters.map(({ stage, code, redrivenAt }) => [stage, code, redrivenAt]),
        [
          ['ranking', 'TAXONOMY_UNKNOWN', null],
          ['ranking', 'TAXONOMY_UNKNOWN', null],
          ['candidates', 'STAGE_FAILED', null],
        ],
      );
      assert.deepEqual(counts[0], { stage: 'ranking', code: 'TAXONOMY_UNKNOWN', letters: 2, redriven: 0 });
      const one = await get<ApiLetters>('/v1/dead-letters?stage=candidates&limit=1');
      assert.deepEqual(
        one.letters.map(({ id }) => id),
        ['0@0'],
      );
      for (const query of ['limit=0', 'limit=1001', 'since=yesterday', 'colour=red', 'stage='])
        assert.equal((await get<Failure>(`/v1/dead-letters?${query}`)).code, 'REQUEST_INVALID', query);
    });

    test('are shown decoded, or as bytes with why not', async () => {
      const letter = await get<ApiLetterDetails>('/v1/dead-letters/0@0');
      assert.deepEqual(letter.headers, { run: 'r1' });
      assert.ok('schema' in letter.decoded);
      assert.equal((letter.decoded.value as { pins: { title: string }[] }).pins[0].title, 'fails');
      const other = (await get<ApiLetters>('/v1/dead-letters?stage=ranking')).letters[0];
      const bytes = await get<ApiLetterDetails>(`/v1/dead-letters/${other.id}`);
      assert.ok('reason' in bytes.decoded && /^76616c7565/.test(bytes.head), bytes.head);
      assert.equal((await get<Failure>('/v1/dead-letters/0@99')).code, 'CONFIG_INVALID');
      assert.equal((await get<Failure>('/v1/dead-letters/x')).code, 'REQUEST_INVALID');
    });

    test('are redriven once, after it was shown what would go', async () => {
      const [, dry] = await redrive({ dryRun: true });
      assert.deepEqual([dry.going, dry.redriven], [2, 0]);
      assert.deepEqual(dry.left, [
        { reason: 'the topic or partition where it failed is not there any more', letters: 1 },
      ]);
      const ends = await log.endOffsets(PINS_TOPIC);
      const [, gone] = await redrive({ ids: ['0@0'], dryRun: false });
      assert.deepEqual([gone.going, gone.redriven], [1, 1]);
      assert.deepEqual(await log.endOffsets(PINS_TOPIC), [ends[0] + 1, ends[1]]);
      const [, again] = await redrive({ ids: ['0@0'], dryRun: false });
      assert.deepEqual([again.going, again.left[0].reason], [0, 'redriven before']);
      assert.notEqual((await get<ApiLetterDetails>('/v1/dead-letters/0@0')).redrivenAt, null);
    });

    test('are not redriven by half a request', async () => {
      for (const body of [{}, { ids: [], dryRun: true }, { ids: ['0@0'] }, { dryRun: 'no' }]) {
        const [status, { code }] = await redrive(body);
        assert.deepEqual([status, code], [400, 'REQUEST_INVALID'], JSON.stringify(body));
      }
      const [status] = await redrive({ ids: ['0@0'], stage: 'ranking', dryRun: true });
      assert.equal(status, 400);
    });
  });
});
