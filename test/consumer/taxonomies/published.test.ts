import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ResultUpdate } from '../../../consumer/results/update.ts';
import { PublishedTaxonomy } from '../../../consumer/taxonomies/published.ts';
import type { Log } from '../../../shared/stream/log.ts';
import type { Interest } from '../../../shared/taxonomy/interest.ts';
import { publishVersion, retireVersion } from '../../../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../../../workers/taxonomies/topic.ts';
import { unexpected } from '../../support/assertions.ts';
import { registry, withLog } from '../../workers/made.ts';
import { interest, ZOO } from '../../support/zoo.ts';

const jsonlOf = (interests: readonly Interest[]): Buffer =>
  Buffer.from(interests.map((line) => `${JSON.stringify(line)}\n`).join(''));

describe('the published taxonomy', () => {
  const publish = (log: Log, version: string, ...more: Interest[]): Promise<void> =>
    publishVersion(
      log,
      registry,
      packTaxonomy(jsonlOf([...ZOO, ...more]), version, { version, reason: '', published: 1 }),
    );
  const update = (taxonomy: string): ResultUpdate => ({
    ...{ pin: 'a', taxonomy, partition: 0, offset: 0, result: null },
  });

  test('a version is taken up when results name it; one that nobody published is asked for once', async () => {
    await withLog(async (log) => {
      await assert.rejects(PublishedTaxonomy.open(log, registry, { onInvalid: unexpected }), {
        code: 'TAXONOMY_UNPUBLISHED',
      });
      await publish(log, 'v1');
      const taxonomy = await PublishedTaxonomy.open(log, registry, { onInvalid: unexpected });
      assert.deepEqual(await taxonomy.takeUp([update('v1'), update('v9')]), []);
      await publish(log, 'v2', interest(9, 4, 'tigers'));
      assert.equal(taxonomy.newest.version, 'v1');
      const [succession] = await taxonomy.takeUp([update('v2')]);
      assert.deepEqual([succession.from.version, succession.to.version], ['v1', 'v2']);
      assert.equal(taxonomy.newest.version, 'v2');
      let asked = 0;
      log.endOffsets = async () => {
        asked++;
        return [];
      };
      assert.deepEqual(await taxonomy.takeUp([update('v2'), update('v9')]), []);
      assert.equal(asked, 0);
    });
  });

  test('the versions of another taxonomy, and those that are retired, are left out', async () => {
    await withLog(async (log) => {
      const shop = [interest(1, null, 'clothes'), interest(2, null, 'toys'), interest(3, 2, 'dolls')];
      const packed = packTaxonomy(jsonlOf(shop), 'shop', { version: 'shop', reason: '', published: 1 });
      await publish(log, 'v1');
      await publish(log, 'v2', interest(9, 4, 'tigers'));
      await publishVersion(log, registry, packed);
      const options = { onInvalid: unexpected };
      const versions = async (version?: string): Promise<readonly string[]> =>
        (await PublishedTaxonomy.open(log, registry, { ...options, ...(version && { version }) })).versions;
      assert.deepEqual(await versions(), ['shop']);
      assert.deepEqual(await versions('v1'), ['v1', 'v2']);
      await retireVersion(log, 'v1', 2);
      assert.deepEqual(await versions('v2'), ['v2']);
      await assert.rejects(versions('v1'), { code: 'TAXONOMY_UNKNOWN' });
    });
  });
});
