import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { knownMetrics, metricsIn, RULE_FILES, RULES } from './metric-names.ts';
import { outcomeOf, ROOT, toolsAvailable } from './tools.ts';

const UNITS = join(import.meta.dirname, 'alerts');
const UNIT_FILES = readdirSync(UNITS).map((name) => join(UNITS, name));
const RUNBOOKS = join(ROOT, 'docs/operating.md');

interface UnitFile {
  tests: { promql_expr_test: { expr: string; exp_samples: unknown[] }[] }[];
}

const alerts = RULES.filter(({ alert }) => alert !== undefined);

describe('alert rules', () => {
  test('each alert has a unit in which it fires, and one in which it does not', () => {
    const units = UNIT_FILES.flatMap((file) => (parse(readFileSync(file, 'utf8')) as UnitFile).tests).flatMap(
      (unit) => unit.promql_expr_test,
    );
    for (const { alert } of alerts) {
      const ofAlert = units.filter(
        ({ expr }) => expr === `ALERTS{alertname="${alert}", alertstate="firing"}`,
      );
      assert(
        ofAlert.some((unit) => unit.exp_samples.length > 0),
        `${alert} fires nowhere`,
      );
      assert(
        ofAlert.some((unit) => unit.exp_samples.length === 0),
        `${alert} is silent nowhere`,
      );
    }
  });

  test('each alert says how grave it is, what is wrong and what that means', () => {
    for (const { alert, labels, annotations } of alerts) {
      assert(['warning', 'critical'].includes(labels?.['severity'] ?? ''), alert);
      assert(annotations?.['summary'] && annotations['description'], alert);
    }
  });

  test('each alert has a runbook, and each runbook an alert', () => {
    const text = readFileSync(RUNBOOKS, 'utf8');
    const sections = [...text.matchAll(/^### (P2i\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(sections.toSorted(), alerts.map(({ alert }) => alert!).toSorted());
    for (const name of sections) {
      const section = text.split(`### ${name}\n`)[1].split(/^##/m)[0];
      for (const part of ['**Means**', '**Look at**', '**Do**'])
        assert(section.includes(part), `${name}: ${part}`);
    }
  });

  test('every metric of an expression is one that there is', async () => {
    const known = await knownMetrics();
    for (const { expr } of RULES) {
      const used = metricsIn(expr);
      assert(used.length > 0, expr);
      for (const name of used) assert(known.has(name), `${name} in ${expr}`);
    }
  });
});

const tools = toolsAvailable('promtool');

describe('promtool', { skip: !tools.available && tools.why }, () => {
  test('takes the rules and the configuration', async () => {
    const { code, output } = await outcomeOf('promtool', ['check', 'rules', '--lint-fatal', ...RULE_FILES]);
    assert.equal(code, 0, output);
    // The token is in the container only.
    const config = join(ROOT, 'deploy/prometheus/prometheus.yml');
    const checked = await outcomeOf('promtool', ['check', 'config', '--syntax-only', config]);
    assert.equal(checked.code, 0, checked.output);
  });

  test('passes the units of the alerts', async () => {
    const { code, output } = await outcomeOf('promtool', ['test', 'rules', ...UNIT_FILES]);
    assert.equal(code, 0, output);
  });
});
