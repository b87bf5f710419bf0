import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastify from 'fastify';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { parse } from 'yaml';
import { healthRoutes } from '../../inspector/routes/health.ts';
import { StageMetrics } from '../../shared/observability/metrics.ts';
import { WorkerMetrics } from '../../shared/observability/worker-metrics.ts';
import { BackfillMetrics } from '../../workers/backfill/metrics.ts';
import { ROOT } from './tools.ts';

/** A rule of Prometheus: an alert, or a series that is recorded. */
export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

const ALERTS = join(ROOT, 'deploy/prometheus/alerts');

export const RULE_FILES: readonly string[] = readdirSync(ALERTS).map((name) => join(ALERTS, name));

/** All rules of RULE_FILES. */
export const RULES: readonly Rule[] = RULE_FILES.flatMap((file) => {
  const { groups } = parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
});

/** Series that Prometheus makes itself. */
const OF_PROMETHEUS = ['up', 'ALERTS'];

/** Names of all series that there are: those that P2I’s processes serve, by their own registries, and recorded ones. */
export async function knownMetrics(): Promise<Set<string>> {
  const worker = new StageMetrics().prometheus;
  new WorkerMetrics(worker, { version: '', stages: '', lane: '' });
  collectDefaultMetrics({ register: worker });
  const backfill = new BackfillMetrics().prometheus;
  const server = fastify();
  healthRoutes(server, async () => undefined);
  const { payload } = await server.inject('/metrics');
  await server.close();
  const ofInspector = [...payload.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
    seriesOf(name, type),
  );
  const recorded = RULES.flatMap(({ record }) => record ?? []);
  const served = [...(await seriesIn(worker)), ...(await seriesIn(backfill)), ...ofInspector];
  return new Set([...OF_PROMETHEUS, ...served, ...recorded]);
}

/** Names of the series that a PromQL expression reads, recorded ones included. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(/\{[^}]*\}/g, '')
    .replace(/\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  return [...bare.matchAll(/\b(?:p2i_|process_|nodejs_|\w+:|up\b|ALERTS\b)[\w:]*/g)].map(([name]) => name);
}

async function seriesIn(registry: Registry): Promise<string[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap(({ name, type }) => seriesOf(name, String(type)));
}

function seriesOf(name: string, type: string): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}
