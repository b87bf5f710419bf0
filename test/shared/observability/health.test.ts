import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HealthServer } from '../../../shared/observability/health.ts';
import { StageMetrics } from '../../../shared/observability/metrics.ts';

describe('the health of a worker', () => {
  const state: { live?: string; ready?: string } = {};
  const metrics = new StageMetrics();
  let health: HealthServer;

  before(async () => {
    health = await HealthServer.listen({
      ...{ port: 0, host: '127.0.0.1', prometheus: metrics.prometheus },
      live: async () => state.live,
      ready: async () => state.ready,
    });
  });
  after(() => health.close());

  async function get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${health.port}${path}`);
    return { status: response.status, text: await response.text() };
  }

  test('is 200 while all is well', async () => {
    assert.deepEqual(await get('/live'), { status: 200, text: '{"ok":true}\n' });
    assert.deepEqual(await get('/ready?verbose'), { status: 200, text: '{"ok":true}\n' });
  });

  test('is 503 with the reason where it is not, each probe by itself', async () => {
    state.ready = 'BROKER_UNAVAILABLE away';
    assert.deepEqual(await get('/ready'), {
      status: 503,
      text: '{"ok":false,"reason":"BROKER_UNAVAILABLE away"}\n',
    });
    assert.equal((await get('/live')).status, 200);
    state.live = 'stuck';
    assert.equal((await get('/live')).status, 503);
  });

  test('serves its metrics, and nothing else', async () => {
    metrics.pins('ranking', 7, 6);
    assert.match((await get('/metrics')).text, /p2i_stage_pins_total\{stage="ranking",outcome="failed"\} 1/);
    assert.equal((await get('/etc/passwd')).status, 404);
  });
});
