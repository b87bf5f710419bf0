import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { liveness, readiness } from '../../cli/service.ts';
import { P2iError } from '../../shared/errors/errors.ts';
import type { ServiceState } from '../../shared/stream/serve.ts';

const away = new P2iError('BROKER_UNAVAILABLE', 'away');

function stateOf(change: Partial<ServiceState> = {}): ServiceState {
  return { lastStep: Date.now(), failing: undefined, pausedSeconds: 0, ...change };
}

describe('a service', () => {
  test('is alive while it comes round, be it to fail again', () => {
    assert.equal(liveness(stateOf()), undefined);
    assert.equal(liveness(stateOf({ failing: away })), undefined);
    assert.equal(liveness(stateOf({ lastStep: Date.now() - 60_000 })), undefined);
  });

  test('is not alive where it hangs, also after a failure', () => {
    const lastStep = Date.now() - 130_000;
    assert.equal(liveness(stateOf({ lastStep })), 'no step has ended for too long');
    assert.equal(liveness(stateOf({ lastStep, failing: away })), 'no step has ended for too long');
  });

  test('is not ready while it starts, while it fails, and where something that it needs is away', async () => {
    const there = (): Promise<void> => Promise.resolve();
    assert.equal(await readiness(stateOf(), undefined, ''), 'starting');
    assert.equal(await readiness(stateOf(), there, ''), undefined);
    assert.equal(await readiness(stateOf({ failing: away }), there, ''), 'BROKER_UNAVAILABLE away');
    const gone = (): Promise<void> => Promise.reject(new P2iError('STORE_UNAVAILABLE', 'gone'));
    assert.equal(await readiness(stateOf(), gone, ''), 'STORE_UNAVAILABLE gone');
  });

  test('is not ready where something does not answer', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const ready = readiness(stateOf(), () => new Promise(() => undefined), 'the brokers do not answer');
    mock.timers.tick(3000);
    assert.equal(await ready, 'the brokers do not answer');
    mock.timers.reset();
  });
});
