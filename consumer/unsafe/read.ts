import type { Registry } from '../../shared/registry/registry.ts';
import type { Log } from '../../shared/stream/log.ts';
import type { Decision } from './decision.ts';
import { AUDIT_TOPIC, REMOVALS_TOPIC, RemovalTopic, type DecisionChange } from './topics.ts';

/** What stands now for each Pin that was ever found unsafe, by Pin id. @throws P2iError of the log, the registry or a codec */
export function readDecisions(opened: { log: Log; registry: Registry }): Promise<Map<string, Decision>> {
  return new RemovalTopic<Decision>(REMOVALS_TOPIC, opened).latest();
}

/** Each change of what stood for a Pin, the first first. @throws P2iError of the log, the registry or a codec */
export async function readAuditTrail(
  opened: { log: Log; registry: Registry },
  pin: string,
): Promise<DecisionChange[]> {
  const trail: DecisionChange[] = [];
  for await (const { key, value } of new RemovalTopic<DecisionChange>(AUDIT_TOPIC, opened).read())
    if (key === pin && value !== null) trail.push(value);
  return trail;
}
