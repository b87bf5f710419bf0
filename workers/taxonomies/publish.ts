import { P2iError } from '../../shared/errors/errors.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { Log } from '../../shared/stream/log.ts';
import type { LiveVersion } from './live.ts';
import { TAXONOMY_TOPIC, type TaxonomyVersion } from './topic.ts';

/**
 * True where the version is live already, with the same content: there is nothing to publish.
 *
 * @throws P2iError CONFIG_INVALID where its name is taken by other content
 */
export function isPublished(version: TaxonomyVersion, live: ReadonlyMap<string, LiveVersion>): boolean {
  const known = live.get(version.version)?.published;
  if (known === undefined) return false;
  if (known.content === version.content) return true;
  const message = `its content is ${known.content}, not ${version.content}; a version does not change, so choose another name`;
  throw new P2iError('CONFIG_INVALID', message, { where: `version ${version.version}` });
}

/** Writes the version; makes the topic where it is not there. Durable once this resolves. */
export async function publishVersion(log: Log, registry: Registry, version: TaxonomyVersion): Promise<void> {
  await makeTaxonomyTopic(log);
  const value = registry.codec<TaxonomyVersion>(TAXONOMY_TOPIC).encode(version);
  await write(log, version.version, version.published, value);
}

/** Retires a version: workers drop it. Durable once this resolves. @param time milliseconds since 1970 */
export async function retireVersion(log: Log, version: string, time: number): Promise<void> {
  await write(log, version, time, null);
}

/** @throws P2iError CONFIG_INVALID where no live version has the name */
export function checkLive(version: string, live: ReadonlyMap<string, LiveVersion>): void {
  if (live.has(version)) return;
  const message = `it is not live; live are: ${[...live.keys()].join(', ') || 'none'}`;
  throw new P2iError('CONFIG_INVALID', message, { where: `version ${version}` });
}

/** Nothing happens where the topic is there. Its one partition puts the versions in an order. */
export async function makeTaxonomyTopic(log: Log): Promise<void> {
  if ((await log.partitions(TAXONOMY_TOPIC)) === 0) await log.createTopic(TAXONOMY_TOPIC, 1);
}

async function write(log: Log, key: string, timestamp: number, value: Uint8Array | null): Promise<void> {
  const transaction = log.transaction();
  transaction.append(TAXONOMY_TOPIC, 0, { key, timestamp, headers: {}, value });
  await transaction.commit();
}
