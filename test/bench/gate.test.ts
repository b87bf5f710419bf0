import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dropped, judge, land } from '../../bench/support/gate.ts';
import type { Claim } from '../../bench/support/report.ts';

const ratio = (value: number, more: Partial<Claim> = {}): Claim => ({
  ...{ name: 'ours against theirs', value, unit: '×', gated: true },
  ...more,
});

/** What is wrong with a claim when the same one landed with that value. */
function fault(claim: Claim, landed?: number): string | undefined {
  const [verdict] = judge(
    'scorer',
    [claim],
    landed === undefined ? {} : { scorer: { [claim.name]: landed } },
  );
  return verdict.fault;
}

describe('the gate of benchmarks', () => {
  test('lets a claim pass that keeps its bounds, itself included', () => {
    assert.equal(fault(ratio(3, { atLeast: 3 })), undefined);
    assert.equal(fault(ratio(3, { atMost: 3 })), undefined);
  });

  test('names the benchmark, the claim and the bound that it breaks, landed or not', () => {
    const below = 'scorer: ours against theirs: 2.9 × is below 3';
    assert.equal(fault(ratio(2.9, { atLeast: 3 })), below);
    assert.equal(fault(ratio(2.9, { atLeast: 3 }), 2.9), below);
    assert.equal(
      fault({ name: 'unequal rows', value: 1, unit: 'rows', atMost: 0 }),
      'scorer: unequal rows: 1 rows is above 0',
    );
  });

  test('stops a gated claim that is more than 15 % worse than it landed', () => {
    assert.equal(fault(ratio(8.5), 10), undefined);
    assert.equal(
      fault(ratio(8.49), 10),
      'scorer: ours against theirs: 8.49 × is more than 15 % worse than the 10 that landed',
    );
  });

  test('takes less for better where the claim has a bound above', () => {
    assert.equal(fault(ratio(11.5, { atMost: 20 }), 10), undefined);
    assert.ok(fault(ratio(11.51, { atMost: 20 }), 10) !== undefined);
    assert.equal(fault(ratio(1, { atMost: 20 }), 10), undefined);
  });

  test('holds nothing against a claim that got better, is not gated, or has not landed', () => {
    assert.equal(fault(ratio(100), 10), undefined);
    assert.equal(fault({ name: 'lookups', value: 1, unit: '/s' }, 10), undefined);
    assert.equal(fault(ratio(1)), undefined);
  });

  test('says by how much a claim changed, where that can be said', () => {
    const changes = (landed: number): number | undefined =>
      judge('scorer', [ratio(9)], { scorer: { 'ours against theirs': landed } })[0].change;
    assert.equal(changes(6), 0.5);
    assert.equal(changes(0), undefined);
    assert.equal(judge('scorer', [ratio(9)], { fused: { 'ours against theirs': 6 } })[0].change, undefined);
  });

  test('notices a landed claim that is not made any more', () => {
    const landed = { scorer: { 'ours against theirs': 5, other: 1 }, fused: { another: 1 } };
    assert.deepEqual(dropped('scorer', [ratio(5)], landed), [
      'scorer: other: landed, but is not measured any more',
    ]);
    assert.deepEqual(dropped('wire', [ratio(5)], landed), []);
  });

  test('lands the claims of a benchmark in the place of its old ones, and leaves the others', () => {
    const landed = { scorer: { other: 1 }, fused: { another: 1 } };
    assert.deepEqual(land('scorer', [ratio(5)], landed), {
      scorer: { 'ours against theirs': 5 },
      fused: { another: 1 },
    });
  });
});
