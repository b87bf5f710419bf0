import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { analyseText } from '../../../shared/language/analyse.ts';
import { Matches } from '../../../shared/lexical/lexical-index.ts';
import { P2iError } from '../../../shared/errors/errors.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import type { Log } from '../../../shared/stream/log.ts';
import { PublishedTaxonomies } from '../../../workers/taxonomies/published.ts';
import { publishVersion, retireVersion } from '../../../workers/taxonomies/publish.ts';
import { TATE } from '../../support/tate-jsonl.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';
import { chainOf, REGISTRY, versionOf, writeValue } from './made.ts';

const scratch = await mkdtemp(join(tmpdir(), 'p2i-taxonomies-'));
after(() => rm(scratch, { recursive: true }));

const BIRDS = versionOf(chainOf('nature', 'birds'), 'birds');
const OWLS = versionOf(chainOf('nature', 'birds', 'owls'), 'owls');

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    assert.ok(waited < 10_000, 'it never came');
    await sleep(20);
  }
}

describe('published taxonomies', () => {
  let log: EmbeddedLog;
  let invalid: P2iError[];
  let taxonomies: PublishedTaxonomies | undefined;
  let made = 0;
  beforeEach(async () => {
    log = await EmbeddedLog.open(join(scratch, String(made++)));
    invalid = [];
    taxonomies = undefined;
  });
  afterEach(async () => {
    await taxonomies?.close();
    await log.close();
  });

  const open = async (from: Log = log): Promise<PublishedTaxonomies> => {
    const onInvalid = (error: P2iError): void => void invalid.push(error);
    taxonomies = await PublishedTaxonomies.open({
      log: from,
      registry: REGISTRY,
      models: TEXT_MODELS,
      onInvalid,
    });
    return taxonomies;
  };

  test('the Tate taxonomy is there to classify by once it is open', async () => {
    const version = versionOf(await readFile(join(TATE, 'taxonomy.jsonl')));
    await publishVersion(log, REGISTRY, version);
    const held = await open();
    assert.deepEqual(held.versions(), [version.version]);
    const { taxonomy, lexicalIndex } = held.artefacts(version.version)!;
    assert.equal(taxonomy.version, version.version);
    const matches = new Matches();
    lexicalIndex.match(analyseText('bridges and viaducts'), matches);
    const found = [...matches.interest.subarray(0, matches.count)].map((index) => taxonomy.ids[index]);
    assert.ok(found.includes(15));
  });

  test('without a version it opens empty, and takes up the first by itself', async () => {
    const held = await open();
    assert.deepEqual(held.versions(), []);
    await publishVersion(log, REGISTRY, BIRDS);
    await until(() => held.versions().length > 0);
    assert.equal(held.artefacts('birds')?.taxonomy.size, 2);
  });

  test('a refresh takes up at once what is there, in the order of publishing', async () => {
    const held = await open();
    await publishVersion(log, REGISTRY, OWLS);
    await publishVersion(log, REGISTRY, BIRDS);
    assert.equal(held.artefacts('owls'), undefined);
    await held.refresh();
    assert.deepEqual(held.versions(), ['owls', 'birds']);
  });

  test('a version is built once, also where many ask at a time', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    const held = await open();
    const before = held.artefacts('birds');
    await publishVersion(log, REGISTRY, BIRDS);
    await publishVersion(log, REGISTRY, OWLS);
    await Promise.all([held.refresh(), held.refresh(), held.refresh()]);
    assert.equal(held.artefacts('birds'), before);
    assert.deepEqual(held.versions(), ['birds', 'owls']);
    assert.deepEqual(invalid, []);
  });

  test('a retired version is dropped by itself; its name may come back with other content', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    await publishVersion(log, REGISTRY, OWLS);
    const held = await open();
    await retireVersion(log, 'birds', 1);
    await until(() => held.artefacts('birds') === undefined);
    assert.deepEqual(held.versions(), ['owls']);
    await publishVersion(log, REGISTRY, { ...OWLS, version: 'birds' });
    await held.refresh();
    assert.equal(held.artefacts('birds')?.taxonomy.size, 3);
    assert.deepEqual(held.versions(), ['owls', 'birds']);
  });

  test('retired and published anew between two looks, a version is the new one', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    const held = await open();
    await retireVersion(log, 'birds', 1);
    await publishVersion(log, REGISTRY, { ...OWLS, version: 'birds' });
    await held.refresh();
    assert.equal(held.artefacts('birds')?.taxonomy.size, 3);
  });

  test('what was retired before it opens is never built', async () => {
    await publishVersion(log, REGISTRY, { ...BIRDS, taxonomy: Buffer.from('broken') });
    await retireVersion(log, 'birds', 1);
    await publishVersion(log, REGISTRY, OWLS);
    assert.deepEqual((await open()).versions(), ['owls']);
    assert.deepEqual(invalid, []);
  });

  test('a broken record is told once, and the versions around it are held', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    const held = await open();
    await writeValue(log, 'foreign', Buffer.from('not Avro'));
    await publishVersion(log, REGISTRY, { ...OWLS, version: 'broken', sha256: '' });
    await publishVersion(log, REGISTRY, OWLS);
    await held.refresh();
    await held.refresh();
    assert.deepEqual(held.versions(), ['birds', 'owls']);
    assert.equal(held.artefacts('broken'), undefined);
    assert.deepEqual(
      invalid.map(({ code, where }) => [code, where]),
      [
        ['SCHEMA_UNKNOWN', 'p2i-taxonomy-0@1'],
        ['TAXONOMY_INVALID', 'p2i-taxonomy-0@2'],
      ],
    );
  });

  test('while the log fails it serves what it holds, and goes on once the log is back', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    let failure: P2iError | undefined;
    let failed = 0;
    const flaky = new Proxy(log, {
      get(target, name) {
        if (name === 'endOffsets' && failure !== undefined) {
          failed++;
          return () => Promise.reject(failure!);
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
    const held = await open(flaky);
    failure = new P2iError('BROKER_UNAVAILABLE', 'no answer');
    await publishVersion(log, REGISTRY, OWLS);
    await assert.rejects(held.refresh(), failure);
    await until(() => failed > 1);
    assert.deepEqual(held.versions(), ['birds']);
    assert.deepEqual(invalid, [], 'what a retry mends is not told');
    failure = undefined;
    await until(() => held.versions().length === 2);
  });

  test('closing ends the following at once', async () => {
    const held = await open();
    const start = performance.now();
    await held.close();
    assert.ok(performance.now() - start < 500);
  });
});
