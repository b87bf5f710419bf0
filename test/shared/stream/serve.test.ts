import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { P2iError, type ErrorCode } from '../../../shared/errors/errors.ts';
import type { Runnable } from '../../../shared/stream/run.ts';
import { serve, type ServiceState } from '../../../shared/stream/serve.ts';

/** A pump whose steps fail as told, then succeed; after the last it asks to stop. */
function pump(steps: readonly (ErrorCode | 'well' | 'fault')[], stopping: AbortController): Runnable {
  let at = 0;
  return {
    async step() {
      const how = steps[at++];
      if (at >= steps.length) stopping.abort();
      if (how === 'fault') throw new TypeError('a fault of ours');
      if (how !== 'well') throw new P2iError(how, 'as told');
      return true;
    },
    progress: async () => ({ stages: ['ranking'], pins: 0, done: 0, total: 0 }),
  };
}

async function served(steps: Parameters<typeof pump>[0]) {
  const stopping = new AbortController();
  const state: ServiceState = { lastStep: 0, failing: undefined, pausedSeconds: 0 };
  const failures: [code: ErrorCode, failing: ErrorCode | undefined][] = [];
  const start = performance.now();
  await serve(pump(steps, stopping), state, stopping.signal, (error) =>
    failures.push([error.code, state.failing?.code]),
  );
  return { state, failures, ms: performance.now() - start };
}

describe('serving', () => {
  test('goes on after what is transient, with pauses that grow, and says what keeps it', async () => {
    const { state, failures, ms } = await served([
      'well',
      'BROKER_UNAVAILABLE',
      'REGISTRY_UNAVAILABLE',
      'well',
    ]);
    assert.deepEqual(
      failures.map(([code]) => code),
      ['BROKER_UNAVAILABLE', 'REGISTRY_UNAVAILABLE'],
    );
    assert.equal(failures[1][1], 'BROKER_UNAVAILABLE', 'it was said to fail until a step went well');
    assert.equal(state.failing, undefined);
    assert.ok(state.lastStep > 0);
    assert.ok(ms >= 290, `it paused ${ms} ms`);
  });

  test('begins with short pauses again once a step went well', async () => {
    const { ms } = await served([0, 1, 2].flatMap(() => ['BROKER_UNAVAILABLE', 'well'] as const));
    assert.ok(ms >= 290 && ms < 690, `it paused ${ms} ms`);
  });

  test('a partition that is lost is no reason to pause, or to be called not ready', async () => {
    const { state, failures, ms } = await served(['PARTITION_LOST', 'PARTITION_LOST', 'well']);
    assert.equal(failures.length, 2);
    assert.equal(state.failing, undefined);
    assert.ok(ms < 250, `it took ${ms} ms`);
  });

  test('ends with what no retry mends', async () => {
    await assert.rejects(served(['BROKER_REFUSED', 'well']), { code: 'BROKER_REFUSED' });
    await assert.rejects(served(['fault', 'well']), TypeError);
  });

  test('ends at once where it is asked to while it pauses', async () => {
    // Two pauses of 100 and 200 ms; the third would be of 400.
    const { ms } = await served(['BROKER_UNAVAILABLE', 'BROKER_UNAVAILABLE', 'BROKER_UNAVAILABLE']);
    assert.ok(ms < 690, `it took ${ms} ms`);
  });
});
