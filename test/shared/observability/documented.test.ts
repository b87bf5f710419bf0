import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Registry } from 'prom-client';
import { StageMetrics } from '../../../shared/observability/metrics.ts';
import { WorkerMetrics } from '../../../shared/observability/worker-metrics.ts';
import { BackfillMetrics } from '../../../workers/backfill/metrics.ts';

const PAGE = join(import.meta.dirname, '../../../docs/metrics.md');

/** A metric in one line: its name, its type, the names of its labels. */
type Line = `${string} ${string} ${string}`;

async function metricsOf(registry: Registry): Promise<Line[]> {
  const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
  return registry.getMetricsAsArray().map((metric): Line => {
    const { name, labelNames } = metric as typeof metric & { labelNames: string[] };
    return `${name} ${types.get(name)!} ${[...labelNames].sort().join(',')}`;
  });
}

/** The rows of the page's tables whose first cell is a metric. */
function documented(): Line[] {
  const rows = readFileSync(PAGE, 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, name]) => /^`p2i_\w+`$/.test(name ?? ''));
  return rows.map(([, name, type, labels]): Line => {
    // What stands in parentheses are a label's values.
    const names = labels.replace(/\(.*?\)/g, '').match(/\w+/g) ?? [];
    return `${name.replaceAll('`', '')} ${type} ${names.sort().join(',')}`;
  });
}

test('docs/metrics.md has every metric of the workers, with its type and labels, and no other', async () => {
  const stages = new StageMetrics();
  new WorkerMetrics(stages.prometheus, { version: '', stages: '', lane: '' });
  const backfill = new BackfillMetrics();
  const all = [...(await metricsOf(stages.prometheus)), ...(await metricsOf(backfill.prometheus))];
  assert.ok(all.length > 20);
  assert.deepEqual(documented().sort(), all.sort());
});
