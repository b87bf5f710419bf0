import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FollowedTaxonomy } from '../../../consumer/taxonomies/followed.ts';
import type { ResultUpdate } from '../../../consumer/results/update.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { changedZoo, interest, interestsUnder, resultOf, zoo } from '../../support/zoo.ts';

const v1 = zoo('v1');
/** Cats are of the night. */
const v2 = changedZoo('v2', { put: [interest(4, 8, 'cats')] });

function cats(taxonomy: Taxonomy): ResultUpdate {
  const interests = interestsUnder(taxonomy, { 4: 0.8 });
  return updateOf(taxonomy.version, resultOf('a', taxonomy.version, interests));
}

function updateOf(taxonomy: string, result: ResultUpdate['result']): ResultUpdate {
  return { pin: 'a', taxonomy, result, partition: 0, offset: 0 };
}

function followed(...taxonomies: Taxonomy[]): FollowedTaxonomy {
  const [first, ...later] = taxonomies;
  const taxonomy = new FollowedTaxonomy(first);
  for (const version of later) taxonomy.publish(version);
  return taxonomy;
}

describe('a taxonomy that is followed', () => {
  test('a result of the newest version counts as it stands', () => {
    const change = followed(v1, v2).change(cats(v2), undefined);
    assert.deepEqual(change, { pin: 'a', taxonomy: 'v2', interests: interestsUnder(v2, { 4: 0.8 }) });
  });

  test('a result of an older version counts until one of a newer comes, in the ids of the newest', () => {
    const taxonomy = followed(v1, v2);
    const old = taxonomy.change(cats(v1), undefined);
    assert.deepEqual(
      old?.interests?.map(({ id }) => id),
      [4, 8],
    );
    assert.equal(old?.taxonomy, 'v1');
    assert.equal(taxonomy.change(cats(v1), 'v2'), undefined, 'an instant result under the old version');
    assert.notEqual(taxonomy.change(cats(v2), 'v1'), undefined);
  });

  test('a tombstone of the version that counts, or of a newer one, ends the Pin; one of an older version says nothing', () => {
    const taxonomy = followed(v1, v2);
    const gone = { pin: 'a', taxonomy: 'v2', interests: null };
    assert.deepEqual(taxonomy.change(updateOf('v2', null), 'v2'), gone);
    assert.deepEqual(taxonomy.change(updateOf('v2', null), 'v1'), gone);
    assert.equal(taxonomy.change(updateOf('v1', null), 'v2'), undefined);
    assert.equal(taxonomy.change(updateOf('v2', null), undefined), undefined);
  });

  test('publishing a version says what became of the interests before', () => {
    const taxonomy = followed(v1);
    const succession = taxonomy.publish(v2)!;
    assert.deepEqual([succession.from.version, succession.to.version], ['v1', 'v2']);
    assert.equal(taxonomy.newest, v2);
    assert.equal(taxonomy.publish(v2), undefined, 'it is known');
    assert.equal(taxonomy.publish(v1), undefined, 'an old one does not come back');
  });

  test('an unrelated taxonomy that is served as well is none of its versions, though its ids are the same numbers', () => {
    const shop = new Taxonomy(
      [interest(1, null, 'clothes'), interest(2, null, 'toys'), interest(3, 2, 'dolls')],
      'shop',
    );
    const taxonomy = followed(v1);
    assert.equal(taxonomy.publish(shop), undefined);
    assert.equal(taxonomy.has('shop'), false);
    assert.equal(taxonomy.change(updateOf('shop', resultOf('a', 'shop', [])), undefined), undefined);
    assert.throws(() => taxonomy.succession('shop'), { code: 'TAXONOMY_UNKNOWN' });
  });
});
