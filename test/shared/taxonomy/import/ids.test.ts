import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assignIds } from '../../../../shared/taxonomy/import/ids.ts';

describe('numbers of source ids', () => {
  test('integers that are all in range stay as they are', () => {
    const { kind, numbers } = assignIds(['7', '2147483647', '1']);
    assert.equal(kind, 'kept');
    assert.deepEqual([...numbers.values()], [7, 2_147_483_647, 1]);
  });

  test('where one id is none, all are hashed', () => {
    for (const other of ['aa', '0', '2147483648', '-1', '1.5', '07', '']) {
      const { kind, numbers } = assignIds(['7', other]);
      assert.equal(kind, 'hashed', other);
      assert.notEqual(numbers.get('7'), 7, other);
    }
  });

  test('a hash is the first 31 bits of the SHA-256', () => {
    const hex = createHash('sha256').update('aa').digest('hex').slice(0, 8);
    assert.equal(assignIds(['aa']).numbers.get('aa'), Math.floor(parseInt(hex, 16) / 2));
  });

  test('other ids and their order make no difference, and every number is an interest id', () => {
    const anId = fc.string({ minLength: 1, unit: 'grapheme' }).map((text) => `x${text}`);
    fc.assert(
      fc.property(fc.uniqueArray(anId), fc.uniqueArray(anId), (ids, others) => {
        const all = [...new Set([...others, ...ids])].reverse();
        const { numbers } = assignIds(all);
        for (const [id, number] of assignIds(ids).numbers) {
          assert.equal(numbers.get(id), number);
          assert.ok(Number.isInteger(number) && number >= 1 && number < 2 ** 31);
        }
      }),
    );
  });

  test('two ids with one hash are told together', () => {
    const { collisions } = assignIds(['c', 'c17439', 'c24164']);
    assert.deepEqual(collisions, [{ number: 1_653_536_131, first: 'c17439', second: 'c24164' }]);
  });
});
