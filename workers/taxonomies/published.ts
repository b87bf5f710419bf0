import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { knownError, type P2iError } from '../../shared/errors/errors.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { Consumer, Log } from '../../shared/stream/log.ts';
import { isTransient } from '../../shared/stream/retry.ts';
import { taxonomyArtefacts, type TaxonomyArtefacts, type TextModels } from '../artefacts.ts';
import { LiveVersions, type LiveVersion } from './live.ts';
import { makeTaxonomyTopic } from './publish.ts';
import { TAXONOMY_TOPIC, unpackTaxonomy } from './topic.ts';

export interface PublishedTaxonomiesOptions {
  log: Log;
  registry: Registry;
  models: TextModels;
  /** Is told of each record that is skipped, and of each failure of the log that a retry is not known to mend. */
  onInvalid: (error: P2iError) => void;
}

/** A live version, with what was built of it; undefined where its bytes are no taxonomy. */
interface Held {
  version: LiveVersion;
  artefacts: TaxonomyArtefacts | undefined;
}

/**
 * The taxonomy versions that are live, ready to classify by. Follows p2i-taxonomy until it is closed: new versions are
 * built once, in the background, and retired ones are dropped. A version's artefacts never change.
 *
 * It works on the thread of the pipeline, which waits while it parses and while it builds (docs/taxonomy.md has the times).
 */
export class PublishedTaxonomies {
  readonly #options: PublishedTaxonomiesOptions;
  readonly #live: LiveVersions;
  readonly #held = new Map<string, Held>();
  /** By partition: the next offset to read. */
  readonly #next = new Map<number, number>();
  readonly #closing = new AbortController();
  /** Resolves when the reads before are done: they go one after another. */
  #tail: Promise<void> = Promise.resolve();
  #following: Promise<void> = Promise.resolve();

  private constructor(options: PublishedTaxonomiesOptions) {
    this.#options = options;
    this.#live = new LiveVersions(options.registry, options.onInvalid);
  }

  /**
   * Resolves when all versions that are live now are built. Makes the topic where it is not there.
   *
   * @throws P2iError of the log; REGISTRY_UNAVAILABLE
   */
  static async open(options: PublishedTaxonomiesOptions): Promise<PublishedTaxonomies> {
    await makeTaxonomyTopic(options.log);
    const taxonomies = new PublishedTaxonomies(options);
    await taxonomies.refresh();
    taxonomies.#following = taxonomies.#follow();
    return taxonomies;
  }

  /** Live versions, in the order of publishing. */
  versions(): readonly string[] {
    return [...this.#live.versions.keys()].filter((name) => this.#held.get(name)?.artefacts !== undefined);
  }

  /** What was built of a live version. */
  artefacts(version: string): TaxonomyArtefacts | undefined {
    return this.#held.get(version)?.artefacts;
  }

  /**
   * Takes up what the topic holds now: for a batch that names a version that is not held yet.
   *
   * @throws P2iError of the log; REGISTRY_UNAVAILABLE
   */
  refresh(): Promise<void> {
    const done = this.#tail.then(() => this.#catchUp());
    this.#tail = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
    await this.#tail;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      const wait = Math.min(FOLLOW_MS * 2 ** failures, MAX_WAIT_MS);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.refresh();
        failures = 0;
      } catch (error) {
        failures++;
        if (!isTransient(error)) this.#options.onInvalid(knownError(error));
      }
    }
  }

  async #catchUp(): Promise<void> {
    const { log } = this.#options;
    const ends = await log.endOffsets(TAXONOMY_TOPIC);
    if (ends.some((end, partition) => this.#nextOf(partition) < end)) {
      const reader = await log.reader(
        TAXONOMY_TOPIC,
        new Map(ends.map((_, partition) => [partition, this.#nextOf(partition)])),
      );
      try {
        await this.#readTo(ends, reader);
      } finally {
        await reader.close();
      }
    }
    await this.#build();
  }

  async #readTo(ends: readonly number[], reader: Consumer): Promise<void> {
    while (ends.some((end, partition) => this.#nextOf(partition) < end)) {
      if (this.#closing.signal.aborted) return;
      const polled = await reader.poll(READ_BYTES, READ_WAIT_MS);
      for (const record of polled?.records ?? []) {
        await this.#live.take(record, polled!.partition);
        this.#next.set(polled!.partition, record.offset + 1);
      }
      for (const [partition, { position }] of reader.partitions()) this.#next.set(partition, position);
    }
  }

  #nextOf(partition: number): number {
    return this.#next.get(partition) ?? 0;
  }

  /** Builds what is live and not held, and drops what is held and not live. */
  async #build(): Promise<void> {
    for (const name of this.#held.keys()) if (!this.#live.versions.has(name)) this.#held.delete(name);
    for (const [name, version] of this.#live.versions) {
      if (this.#closing.signal.aborted) return;
      if (this.#held.get(name)?.version !== version)
        this.#held.set(name, { version, artefacts: await this.#artefactsOf(version) });
    }
  }

  async #artefactsOf({ published, where }: LiveVersion): Promise<TaxonomyArtefacts | undefined> {
    try {
      const taxonomy = await unpackTaxonomy(published, where);
      // Lets batches in between parsing and building.
      await setImmediate();
      return taxonomyArtefacts(taxonomy, this.#options.models);
    } catch (error) {
      this.#options.onInvalid(knownError(error, where));
      return undefined;
    }
  }
}

/** Between two looks at the topic, ms. A batch that names a newer version does not wait for it: it refreshes. */
const FOLLOW_MS = 1000;
/** Between two looks while the log fails, ms, at most. */
const MAX_WAIT_MS = 60_000;

const READ_BYTES = 1 << 20;
/** How long a poll waits, ms: how soon a close is heeded while the log does not answer. */
const READ_WAIT_MS = 100;
