import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import type { P2iError } from '../../../shared/errors/errors.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { readTaxonomy } from '../../../shared/taxonomy/read.ts';
import { liveVersions, newestTaxonomy, type LiveVersion } from '../../../workers/taxonomies/live.ts';
import {
  checkLive,
  isPublished,
  publishVersion,
  retireVersion,
} from '../../../workers/taxonomies/publish.ts';
import { unpackTaxonomy } from '../../../workers/taxonomies/topic.ts';
import { TATE } from '../../support/tate-jsonl.ts';
import { chainOf, CODEC, hasCode, REGISTRY, versionOf, writeValue } from './made.ts';

const scratch = await mkdtemp(join(tmpdir(), 'p2i-taxonomies-'));
after(() => rm(scratch, { recursive: true }));

const BIRDS = versionOf(chainOf('nature', 'birds'), 'birds');
const OWLS = versionOf(chainOf('nature', 'birds', 'owls'), 'owls');

describe('publishing taxonomies', () => {
  let log: EmbeddedLog;
  let invalid: P2iError[];
  let made = 0;
  beforeEach(async () => {
    log = await EmbeddedLog.open(join(scratch, String(made++)));
    invalid = [];
  });
  afterEach(() => log.close());

  const live = (): Promise<ReadonlyMap<string, LiveVersion>> =>
    liveVersions(log, REGISTRY, (error) => invalid.push(error));

  test('the Tate taxonomy comes back as it was, named by its content', async () => {
    const path = join(TATE, 'taxonomy.jsonl');
    const version = versionOf(await readFile(path));
    const taxonomy = await readTaxonomy(path);
    assert.deepEqual([version.version, version.content], [taxonomy.version, taxonomy.version]);
    assert.equal(version.interests, 16_632);
    await publishVersion(log, REGISTRY, version);
    const { published, where } = (await live()).get(taxonomy.version)!;
    assert.deepEqual({ ...published, taxonomy: Buffer.from(published.taxonomy) }, version);
    assert.deepEqual(await unpackTaxonomy(published, where), taxonomy);
  });

  test('before anything is published no version is live, and nothing is made', async () => {
    assert.equal((await live()).size, 0);
    assert.equal(await log.partitions('p2i-taxonomy'), 0);
  });

  test('versions are live in the order of publishing until they are retired', async () => {
    await publishVersion(log, REGISTRY, OWLS);
    await publishVersion(log, REGISTRY, BIRDS);
    assert.deepEqual([...(await live()).keys()], ['owls', 'birds']);
    await retireVersion(log, 'owls', 1);
    assert.deepEqual([...(await live()).keys()], ['birds']);
    await publishVersion(log, REGISTRY, OWLS);
    assert.deepEqual([...(await live()).keys()], ['birds', 'owls']);
    assert.equal((await newestTaxonomy(await live(), () => undefined))?.size, 3);
    assert.deepEqual(invalid, []);
  });

  test('the same content is published already, whatever the order of its lines', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    const turned = Buffer.from(chainOf('nature', 'birds').toString().split('\n').reverse().join('\n'));
    assert.equal(isPublished(versionOf(turned, 'birds'), await live()), true);
    assert.equal(isPublished(versionOf(turned), await live()), false);
  });

  test('other content under a live name is refused with both hashes; a retired name is free', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    const other = { ...OWLS, version: 'birds' };
    assert.throws(
      () => isPublished(other, new Map([['birds', { where: '', published: BIRDS }]])),
      hasCode('CONFIG_INVALID', new RegExp(`^version birds: .*${BIRDS.content}.*${OWLS.content}`)),
    );
    await retireVersion(log, 'birds', 1);
    assert.equal(isPublished(other, await live()), false);
  });

  test('only a live version can be retired', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    checkLive('birds', await live());
    const versions = await live();
    assert.throws(
      () => checkLive('bird', versions),
      hasCode('CONFIG_INVALID', /^version bird: .*live are: birds$/),
    );
  });

  test('a name has 1 to 64 letters, digits, dots, underscores and hyphens', () => {
    for (const name of ['', 'a b', 'é', 'a/b', 'x'.repeat(65)])
      assert.throws(() => versionOf(chainOf('nature'), name), hasCode('CONFIG_INVALID', /is no version/));
    assert.equal(versionOf(chainOf('nature'), `2026-11_a.${'x'.repeat(54)}`).version.length, 64);
  });

  test('an invalid taxonomy is not packed', () => {
    const jsonl = Buffer.from('{"id":1,"name":"nature","parent":2}');
    assert.throws(
      () => versionOf(jsonl),
      hasCode('TAXONOMY_INVALID', /^made\.jsonl: 1 problem\n {2}line 1: .*unknown parent 2/),
    );
  });

  test('what does not decode, or is under another key, is told and skipped', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    await writeValue(log, 'foreign', Buffer.from('not Avro'));
    await writeValue(log, 'cut', CODEC.encode(OWLS).subarray(0, -3));
    await writeValue(log, 'other', CODEC.encode(OWLS));
    assert.deepEqual([...(await live()).keys()], ['birds']);
    assert.deepEqual(
      invalid.map(({ code, where }) => [code, where]),
      [
        ['SCHEMA_UNKNOWN', 'p2i-taxonomy-0@1'],
        ['AVRO_MALFORMED', 'p2i-taxonomy-0@2'],
        ['TAXONOMY_INVALID', 'p2i-taxonomy-0@3'],
      ],
    );
  });

  test('of two contents under one name the first stays', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    await publishVersion(log, REGISTRY, { ...OWLS, version: 'birds' });
    assert.equal((await live()).get('birds')?.published.content, BIRDS.content);
    assert.match(invalid[0].message, /^p2i-taxonomy-0@1: version birds is .* since p2i-taxonomy-0@0/);
  });

  test('bytes that are not those that were published are TAXONOMY_INVALID at their record', async () => {
    const broken: [Partial<typeof BIRDS>, RegExp][] = [
      [{ format: 'xml' }, /written as xml/],
      [{ taxonomy: Buffer.from('no frame') }, /does not decompress/],
      [{ taxonomy: BIRDS.taxonomy.subarray(0, -4) }, /does not decompress/],
      [{ taxonomy: zstdCompressSync(Buffer.alloc((64 << 20) + 1)) }, /does not decompress/],
      [{ taxonomy: OWLS.taxonomy }, /SHA-256/],
    ];
    for (const [change, message] of broken) {
      const unpacked = unpackTaxonomy({ ...BIRDS, ...change }, 'here');
      await assert.rejects(unpacked, hasCode('TAXONOMY_INVALID', message));
      await assert.rejects(unpacked, /^P2iError: here: version birds /);
    }
  });

  test('the newest version that can be read is found behind broken ones', async () => {
    await publishVersion(log, REGISTRY, BIRDS);
    await publishVersion(log, REGISTRY, { ...OWLS, sha256: '' });
    const newest = await newestTaxonomy(await live(), (error) => invalid.push(error));
    assert.equal(newest?.version, 'birds');
    assert.equal(invalid.length, 1);
  });
});
