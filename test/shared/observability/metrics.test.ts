import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageMetrics } from '../../../shared/observability/metrics.ts';
import { formatPhaseReport } from '../../../shared/observability/report.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { runToEnd } from '../../../shared/stream/run.ts';
import { batches, fill, pin, pins, toyPumps } from '../stream/toy.ts';

async function observed(shape: 'fused' | 'chained'): Promise<StageMetrics> {
  const directory = mkdtempSync(join(tmpdir(), 'p2i-metrics-'));
  const log = await EmbeddedLog.open(directory);
  const titles = new Map([
    [3, 'fails first'],
    [4, 'fails second'],
    [17, 'fails encoding'],
  ]);
  const all = batches(5, 4, (n) => (titles.has(n) ? pin(String(n), titles.get(n) as string) : undefined));
  await fill(log, [...all.map(pins.encode), Buffer.from('broken')]);
  const metrics = new StageMetrics();
  await runToEnd(await toyPumps(log, shape, 'g', metrics));
  await log.close();
  rmSync(directory, { recursive: true });
  return metrics;
}

test('each stage counts the Pins that went in, came out and failed, fused or with topics between', async () => {
  for (const shape of ['fused', 'chained'] as const) {
    const report = (await observed(shape)).phaseReport();
    assert.deepEqual(
      report.map(({ stage, pinsIn, pinsOut, pinsFailed }) => [stage, pinsIn, pinsOut, pinsFailed]),
      [
        ['candidates', 20, 19, 1],
        ['features', 19, 18, 1],
        ['ranking', 18, 17, 1],
      ],
    );
  }
});

test('time is told by phase: in a fused chain the first stage reads, the last writes, each computes', async () => {
  const [first, second, last] = (await observed('fused')).phaseReport();
  const phases = ({ seconds }: typeof first): string[] =>
    Object.entries(seconds).flatMap(([phase, spent]) => (spent > 0 ? [phase] : []));
  assert.deepEqual(phases(first), ['poll', 'decode', 'compute']);
  assert.deepEqual(phases(second), ['compute']);
  assert.deepEqual(phases(last), ['compute', 'encode', 'produce', 'commit']);
  assert.ok(last.busyShare > 0 && first.busyShare + second.busyShare + last.busyShare <= 1);
});

test('Prometheus scrapes the same numbers, each time once', async () => {
  const metrics = await observed('fused');
  await metrics.prometheus.metrics();
  const text = await metrics.prometheus.metrics();
  assert.match(text, /^p2i_stage_pins_total\{stage="features",outcome="in"\} 19$/m);
  assert.match(text, /^p2i_stage_pins_total\{stage="features",outcome="failed"\} 1$/m);
  assert.match(text, /^p2i_stage_seconds_total\{stage="ranking",phase="commit"\} 0\.\d+$/m);
  assert.match(text, /^p2i_dead_letters_total\{stage="candidates",code="SCHEMA_UNKNOWN"\} 1$/m);
  assert.match(text, /^p2i_dead_letters_total\{stage="features",code="PIN_TOO_LARGE"\} 1$/m);
  assert.match(text, /^p2i_records_total\{topic="p2i-pins",direction="in"\} 6$/m);
  assert.match(text, /^p2i_record_bytes_total\{topic="p2i-results",direction="out"\} [1-9]\d+$/m);
  assert.match(text, /^p2i_transactions_total\{outcome="committed"\} [1-9]$/m);
});

test('the report is a table of seconds by phase and Pins a second and core', () => {
  const metrics = new StageMetrics();
  metrics.pins('ranking', 1000, 990);
  metrics.phase('ranking', 'poll', 9);
  metrics.phase('ranking', 'compute', 1.5);
  metrics.phase('ranking', 'commit', 0.5);
  const [head, row] = formatPhaseReport(metrics.phaseReport()).split('\n');
  assert.match(
    head,
    /^stage +pins +failed +poll +decode +compute +encode +produce +commit +busy +Pins\/s\/core$/,
  );
  assert.match(row, /^ranking +1000 +10 +9\.00 s +0\.00 s +1\.50 s +0\.00 s +0\.00 s +0\.50 s +\d+ % +500$/);
});

test('the logger writes JSON lines to stderr from its level up', () => {
  const module = JSON.stringify(new URL('../../../shared/observability/logger.ts', import.meta.url).href);
  const program = `const { createLogger } = await import(${module});
    const logger = createLogger('info');
    logger.debug('not this');
    logger.info({ run: 'r1' }, 'this');
    process.exit();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  assert.equal(stdout, '');
  const { time, pid, ...line } = JSON.parse(stderr) as Record<string, unknown>;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
  assert.equal(typeof pid, 'number');
  assert.deepEqual(line, { level: 'info', run: 'r1', msg: 'this' });
});
