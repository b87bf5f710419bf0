import { PATHS } from '../../cli/paths.ts';
import { Registry } from '../../shared/registry/registry.ts';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';
import { openClient, type ClientName } from '../../shared/stream/kafka/clients.ts';
import { KafkaLog } from '../../shared/stream/kafka/log.ts';
import type { Log } from '../../shared/stream/log.ts';

/** Where the topics of a benchmark are. */
export interface LogPlace {
  /** Directory of an embedded log. */
  state?: string;
  kafka?: { client: ClientName; brokers: string[]; registry: string };
}

export async function openLog({ state, kafka }: LogPlace): Promise<{ log: Log; registry: Registry }> {
  if (kafka === undefined)
    return { log: await EmbeddedLog.open(state!), registry: new Registry(PATHS.schemas) };
  const registry = await Registry.connect({ url: kafka.registry, directory: PATHS.schemas });
  const client = await openClient(kafka.client, { brokers: kafka.brokers, clientId: 'p2i-bench' });
  return { log: new KafkaLog(client), registry };
}
