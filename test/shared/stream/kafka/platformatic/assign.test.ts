import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assign, type Member } from '../../../../../shared/stream/kafka/platformatic/assign.ts';

const member = (id: string, owned: readonly number[] = [], topic = 'pins'): Member => ({
  id,
  topics: [topic],
  owned: new Map([[topic, owned]]),
});

describe('the assignment of partitions to members', () => {
  test('gives every partition to one member, evenly, whatever the members claim', () => {
    const claims = fc.array(fc.array(fc.nat(40), { maxLength: 30 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.nat(40), claims, (partitions, owned) => {
        const assigned = assign(
          'pins',
          partitions,
          owned.map((claim, i) => member(`m${i}`, claim)),
        );
        const all = [...assigned.values()].flat().sort((a, b) => a - b);
        assert.deepEqual(
          all,
          Array.from({ length: partitions }, (_, partition) => partition),
        );
        const sizes = [...assigned.values()].map(({ length }) => length);
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      }),
    );
  });

  test('moves only what a new member needs', () => {
    const assigned = assign('pins', 7, [member('a', [0, 2, 4, 6]), member('b', [1, 3, 5]), member('c')]);
    assert.deepEqual(assigned.get('a'), [0, 2, 4]);
    assert.deepEqual(assigned.get('b'), [1, 3]);
    assert.deepEqual(assigned.get('c'), [5, 6]);
  });

  test('leaves out members that read other topics', () => {
    assert.deepEqual([...assign('pins', 1, [member('a', [0], 'other'), member('b')])], [['b', [0]]]);
    assert.deepEqual([...assign('pins', 1, [])], []);
  });
});
