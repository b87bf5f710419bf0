import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { knownMetrics, metricsIn } from './metric-names.ts';
import { outcomeOf, ROOT, toolsAvailable } from './tools.ts';

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}

const dashboard = JSON.parse(readFileSync(join(ROOT, 'deploy/grafana/dashboards/p2i.json'), 'utf8')) as {
  uid: string;
  panels: Panel[];
};
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

describe('the dashboard', () => {
  test('reads only metrics that there are', async () => {
    const known = await knownMetrics();
    for (const { title, expr } of expressions) {
      const used = metricsIn(expr);
      assert(used.length > 0, title);
      for (const name of used) assert(known.has(name), `${title}: ${name}`);
    }
  });

  test('says what each panel shows, and no two lie over each other', () => {
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    for (const panel of panels) {
      assert(panel.description, panel.title);
      for (const other of panels)
        assert(other === panel || apart(panel, other), `${panel.title}, ${other.title}`);
    }
  });

  const tools = toolsAvailable('promtool');
  test('has expressions that Prometheus takes', { skip: !tools.available && tools.why }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'p2i-dashboard-'));
    try {
      // promtool checks expressions in rules; the variables are Grafana’s.
      const rules = expressions.map(({ expr }, i) => ({
        record: `panel:${i}`,
        expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$group', '.+'),
      }));
      const file = join(directory, 'panels.yml');
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
      const { code, output } = await outcomeOf('promtool', ['check', 'rules', file]);
      assert.equal(code, 0, output);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

function apart({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
}
