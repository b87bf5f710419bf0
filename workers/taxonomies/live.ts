import { P2iError } from '../../shared/errors/errors.ts';
import type { Codec } from '../../shared/registry/codec.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { readAll, type Log, type LogRecord } from '../../shared/stream/log.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { TAXONOMY_TOPIC, unpackTaxonomy, type TaxonomyVersion } from './topic.ts';

/** A version as it was published, and the record that did. */
export interface LiveVersion {
  /** `p2i-taxonomy-0@17` */
  where: string;
  published: TaxonomyVersion;
}

/**
 * Which versions are live, from the records of p2i-taxonomy in their order. The first content that a name is published
 * with stays until the name is retired.
 */
export class LiveVersions {
  readonly #registry: Registry;
  readonly #codec: Codec<TaxonomyVersion>;
  readonly #onInvalid: (error: P2iError) => void;
  readonly #live = new Map<string, LiveVersion>();

  /** @param onInvalid is told of each record that is skipped */
  constructor(registry: Registry, onInvalid: (error: P2iError) => void) {
    this.#registry = registry;
    this.#codec = registry.codec(TAXONOMY_TOPIC);
    this.#onInvalid = onInvalid;
  }

  /** By name, in the order of publishing. */
  get versions(): ReadonlyMap<string, LiveVersion> {
    return this.#live;
  }

  /** @throws P2iError REGISTRY_UNAVAILABLE: the record is to be taken again */
  async take({ key, value, offset }: LogRecord, partition: number): Promise<void> {
    await this.#registry.learn(value);
    if (value === null) {
      this.#live.delete(key);
      return;
    }
    const where = `${TAXONOMY_TOPIC}-${partition}@${offset}`;
    try {
      const published = this.#codec.decode(value, where);
      const live = this.#live.get(key);
      if (published.version !== key) {
        const message = `version ${published.version} has the key ${JSON.stringify(key)}`;
        throw new P2iError('TAXONOMY_INVALID', message, { where });
      }
      if (live === undefined) this.#live.set(key, { where, published });
      else if (live.published.content !== published.content) {
        const message = `version ${key} is ${live.published.content} since ${live.where} and never ${published.content}`;
        throw new P2iError('TAXONOMY_INVALID', message, { where });
      }
    } catch (error) {
      if (!(error instanceof P2iError)) throw error;
      this.#onInvalid(error);
    }
  }
}

/** The versions that are live now; none where there is no topic. */
export async function liveVersions(
  log: Log,
  registry: Registry,
  onInvalid: (error: P2iError) => void,
): Promise<ReadonlyMap<string, LiveVersion>> {
  const live = new LiveVersions(registry, onInvalid);
  if ((await log.partitions(TAXONOMY_TOPIC)) > 0)
    for await (const record of readAll(log, TAXONOMY_TOPIC)) await live.take(record, record.partition);
  return live.versions;
}

/** The taxonomy of the version that was published last; undefined where none is live that can be read. */
export async function newestTaxonomy(
  live: ReadonlyMap<string, LiveVersion>,
  onInvalid: (error: P2iError) => void,
): Promise<Taxonomy | undefined> {
  for (const { published, where } of [...live.values()].reverse()) {
    try {
      return await unpackTaxonomy(published, where);
    } catch (error) {
      if (!(error instanceof P2iError)) throw error;
      onInvalid(error);
    }
  }
  return undefined;
}
