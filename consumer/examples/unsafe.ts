/**
 * Applies an unsafe-content policy to p2i-results: what is removed and why, what comes back where a policy or a result is
 * corrected, and the audit trail of a Pin.
 */
import { join } from 'node:path';
import { Option } from 'commander';
import {
  ACTIONS,
  readAuditTrail,
  readDecisions,
  readPolicy,
  REMOVAL_TOPICS,
  UnsafeRemoval,
  type Decision,
  type DecisionChange,
  type P2iConsumer,
  type UnsafeReason,
} from 'p2i/consumer';
import { countOf, formatTable, print, printJson, warn } from '../../cli/output.ts';
import { runExample } from './support/example.ts';

interface Options {
  policy: string;
  audit?: string;
  json?: true;
}

const POLICY = join(import.meta.dirname, 'data/unsafe-policy.json');
/** Pins that are shown of each kind. */
const SHOWN = 5;

await runExample<Options>({
  name: 'unsafe',
  description:
    'remove unsafe Pins by a policy: run it again with the milder one, which takes its place, and see Pins come back',
  usage:
    'npm run example -- unsafe --policy consumer/examples/data/unsafe-policy-milder.json\n  npm run example -- unsafe --audit A00026',
  writes: REMOVAL_TOPICS,
  options: [
    new Option('--policy <file>', 'unsafe-content policy').default(POLICY, 'the sample’s'),
    new Option('--audit <pin>', 'show what was decided on one Pin until now, and decide nothing'),
    new Option('--json', 'print what stands, or the audit trail, as JSON'),
  ],
  async run({ opened }, { policy, audit, json }) {
    if (audit !== undefined) {
      showTrail(audit, await readAuditTrail(opened, audit), json);
      return;
    }
    const changes = await apply(opened, policy);
    const decisions = [...(await readDecisions(opened)).values()];
    if (json) printJson(decisions);
    else {
      showChanges(changes);
      showDecisions(decisions);
    }
  },
});

/** A service leaves `until` out, and goes on for as long as it lives. */
async function apply(opened: P2iConsumer['opened'], path: string): Promise<DecisionChange[]> {
  const removal = await UnsafeRemoval.open(opened, {
    policy: await readPolicy(path),
    onUnreadable: warn,
    onStale: (stale) => {
      for (const { rule, interest, label } of stale)
        process.stderr.write(`warning: rule ${rule}: the taxonomy has no ${label} (${interest}) any more\n`);
    },
  });
  const all: DecisionChange[] = [];
  try {
    for await (const changes of removal.run({ until: 'now' })) all.push(...changes);
  } finally {
    await removal.close();
  }
  return all;
}

function showChanges(changes: readonly DecisionChange[]): void {
  const counts = new Map<string, number>();
  for (const change of changes) {
    const step = `${actionOf(change.before)} → ${actionOf(change.after)}`;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  print(countOf(changes.length, 'decision made', 'decisions made'));
  for (const [step, count] of [...counts].sort()) print(`  ${step}: ${count}`);
  const back = changes.filter(({ before, after }) => before !== null && actionOf(after) === 'allowed');
  if (back.length > 0) print('', 'Pins that come back', tableOf(back.map(({ before }) => before!)));
}

function showDecisions(decisions: readonly Decision[]): void {
  const byRule = new Map<string, { action: string; pins: number }>();
  for (const { rule, action } of decisions.flatMap(({ reasons }) => reasons)) {
    const counted = byRule.get(rule) ?? { action, pins: 0 };
    counted.pins++;
    byRule.set(rule, counted);
  }
  const rules = [...byRule].map(([rule, { action, pins }]) => [rule, action, pins] as const);
  const strongest = [...ACTIONS].reverse();
  rules.sort((a, b) => b[2] - a[2]);
  print('', 'What stands, by rule', formatTable(['rule', 'action', 'Pins'], rules));
  for (const action of strongest) {
    const pins = decisions.filter((decision) => decision.action === action);
    if (pins.length === 0) continue;
    print('', `${action}: ${countOf(pins.length, 'Pin', 'Pins')}`, tableOf(pins));
  }
}

function tableOf(decisions: readonly Decision[]): string {
  const rows = decisions.slice(0, SHOWN).map(({ pin, reasons }) => [pin, reasons.map(inWords).join('; ')]);
  return formatTable(['Pin', 'why'], rows);
}

function showTrail(pin: string, trail: readonly DecisionChange[], json: true | undefined): void {
  if (json) {
    printJson(trail);
    return;
  }
  const rows = trail.map(({ cause, before, after, policy, revision, result, time }) => [
    new Date(time).toISOString(),
    `${actionOf(before)} → ${actionOf(after)}`,
    cause,
    `${policy} (revision ${revision})`,
    result === null ? '' : `${result.partition}@${result.offset}`,
    (after?.reasons ?? []).map(inWords).join('; '),
  ]);
  if (trail.length === 0) print(`${pin} was always allowed`);
  else print(formatTable(['time of the result', 'change', 'cause', 'policy', 'result', 'why'], rows));
}

function actionOf(decision: Decision | null): string {
  return decision?.action ?? 'allowed';
}

function inWords({ rule, label, score, threshold }: UnsafeReason): string {
  return `${rule}: ${label} ${score.toFixed(2)} ≥ ${threshold}`;
}
