import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { steps } from '../../consumer/steps.ts';
import { P2iError } from '../../shared/errors/errors.ts';
import { ofCode } from '../support/assertions.ts';

const FOREVER = (): boolean => false;

/** A step that brings one thing after another, throws those that are errors, and then null for ever. */
function stepOf(things: readonly (number | null | P2iError)[]): {
  step: () => Promise<number | null>;
  taken: () => number;
} {
  let at = 0;
  return {
    async step() {
      const thing = things[at++] ?? null;
      if (thing instanceof P2iError) throw thing;
      return thing;
    },
    taken: () => at,
  };
}

async function collected(brought: AsyncIterable<number>, count = Infinity): Promise<number[]> {
  const all: number[] = [];
  for await (const thing of brought) if (all.push(thing) === count) break;
  return all;
}

describe('steps', () => {
  test('bring what there is, again and again, over steps that bring nothing', async () => {
    const { step } = stepOf([1, null, 2, null, null, 3]);
    assert.deepEqual(await collected(steps(step, undefined, FOREVER), 3), [1, 2, 3]);
  });

  test('end where they are done, before the next one is taken', async () => {
    const { step, taken } = stepOf([1, 2, 3, 4]);
    assert.deepEqual(await collected(steps(step, undefined, () => taken() === 2)), [1, 2]);
    assert.equal(taken(), 2);
    assert.deepEqual(await collected(steps(step, undefined, () => true)), []);
    assert.equal(taken(), 2);
  });

  test('end at the signal, also while there is nothing or nothing answers', async () => {
    for (const things of [
      [1],
      [1, ...Array<P2iError>(100).fill(new P2iError('BROKER_UNAVAILABLE', 'away'))],
    ]) {
      const stopping = new AbortController();
      const brought: number[] = [];
      for await (const thing of steps(stepOf(things).step, stopping.signal, FOREVER)) {
        brought.push(thing);
        setTimeout(() => stopping.abort(), 20);
      }
      assert.deepEqual(brought, [1]);
    }
  });

  test('that fail for a moment are done again; what no retry mends ends them', async () => {
    const away = new P2iError('BROKER_UNAVAILABLE', 'away');
    const wrong = new P2iError('CONFIG_INVALID', 'wrong');
    const brought: number[] = [];
    await assert.rejects(
      async () => {
        for await (const thing of steps(stepOf([1, away, 2, wrong, 3]).step, undefined, FOREVER))
          brought.push(thing);
      },
      ofCode('CONFIG_INVALID', /wrong/),
    );
    assert.deepEqual(brought, [1, 2]);
  });
});
