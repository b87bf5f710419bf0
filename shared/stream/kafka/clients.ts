import type { KafkaClient, KafkaConnection } from './client.ts';

/** The client libraries that may be configured. docs/decisions.md has how they compare. */
export const CLIENTS = ['kafkajs', 'platformatic'] as const;

export type ClientName = (typeof CLIENTS)[number];

/** A client of the library, which is loaded only here. */
export async function openClient(name: ClientName, connection: KafkaConnection): Promise<KafkaClient> {
  if (name === 'kafkajs') return new (await import('./kafkajs.ts')).KafkajsClient(connection);
  return new (await import('./platformatic.ts')).PlatformaticClient(connection);
}
