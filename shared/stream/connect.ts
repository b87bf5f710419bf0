import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Connections } from '../connections/settings.ts';
import { Registry } from '../registry/registry.ts';
import { EmbeddedLog } from './embedded/log.ts';
import { openClient, type ClientName } from './kafka/clients.ts';
import { KafkaLog } from './kafka/log.ts';
import type { Log } from './log.ts';

/** Where the topics are: in the state directory of embedded runs, or on Kafka with a schema registry. */
export type LogAddress =
  | { state: string }
  | {
      /** `host:port` of some of the brokers. */
      brokers: readonly string[];
      /** Of the schema registry, up to before `/subjects`. */
      registry: string;
      /** The client library. */
      client: ClientName;
      /** Copies of a topic that is made; -1: as the brokers are configured. */
      replication?: number;
      security: Pick<Connections, 'kafka' | 'registry'>;
    };

export interface ConnectOptions {
  /** Directory of the schemas. */
  schemas: string;
  /** Topics that are written: only their schemas are registered. Absent: all. */
  writes?: readonly string[];
}

/** A log with its registry. */
export interface OpenedLog {
  log: Log;
  registry: Registry;
  close: () => Promise<void>;
}

/**
 * Opens the log and its registry.
 *
 * @throws P2iError LOG_LOCKED, LOG_CORRUPT, LOG_UNAVAILABLE of the embedded log; of Kafka's client; of the registry
 */
export async function connect(address: LogAddress, { schemas, writes }: ConnectOptions): Promise<OpenedLog> {
  if ('state' in address) {
    const log = await EmbeddedLog.open(join(address.state, 'log'));
    return { log, registry: new Registry(schemas), close: () => log.close() };
  }
  const { brokers, client: library, replication = -1, security } = address;
  const registry = await Registry.connect({
    ...{ url: address.registry, directory: schemas, security: security.registry },
    ...(writes && { writes }),
  });
  const client = await openClient(library, {
    ...{ brokers, security: security.kafka },
    clientId: `p2i-${hostname()}-${process.pid}`,
  });
  const log = new KafkaLog(client, { replication });
  return { log, registry, close: () => log.close() };
}
