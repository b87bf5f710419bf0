import { P2iError } from '../../shared/errors/errors.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { Log } from '../../shared/stream/log.ts';
import { areRelated } from '../../shared/taxonomy/related.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { liveVersions } from '../../workers/taxonomies/live.ts';
import { unpackTaxonomy } from '../../workers/taxonomies/topic.ts';
import type { ResultUpdate } from '../results/update.ts';
import { FollowedTaxonomy } from './followed.ts';
import type { Succession } from './succession.ts';

export interface TaxonomyOptions {
  /** A live version of the taxonomy to follow. Absent: the one that was published last. */
  version?: string;
  /** Is told of each record of p2i-taxonomy that is passed over. */
  onInvalid: (error: P2iError) => void;
}

/** The taxonomy as p2i-taxonomy has it; versions that are published later are taken up when results name them. */
export class PublishedTaxonomy extends FollowedTaxonomy {
  readonly #log: Log;
  readonly #registry: Registry;
  readonly #onInvalid: (error: P2iError) => void;
  /** Versions that results name and that are none of this taxonomy, or not live any more. */
  readonly #others = new Set<string>();

  private constructor(first: Taxonomy, log: Log, registry: Registry, onInvalid: (error: P2iError) => void) {
    super(first);
    this.#log = log;
    this.#registry = registry;
    this.#onInvalid = onInvalid;
  }

  /** @throws P2iError TAXONOMY_UNPUBLISHED; TAXONOMY_UNKNOWN; of the log; REGISTRY_UNAVAILABLE */
  static async open(log: Log, registry: Registry, options: TaxonomyOptions): Promise<PublishedTaxonomy> {
    const { version, onInvalid } = options;
    const live = await readTaxonomies(log, registry, onInvalid);
    const followed =
      version === undefined ? live.at(-1) : live.find((taxonomy) => taxonomy.version === version);
    if (version === undefined && followed === undefined)
      throw new P2iError('TAXONOMY_UNPUBLISHED', 'no taxonomy version is live');
    if (followed === undefined) throw new P2iError('TAXONOMY_UNKNOWN', `version ${version} is not live`);
    const [first, ...later] = live.filter((taxonomy) => areRelated(taxonomy, followed));
    const published = new PublishedTaxonomy(first, log, registry, onInvalid);
    for (const taxonomy of later) published.publish(taxonomy);
    return published;
  }

  /**
   * Takes up the versions that the updates name and that are not known yet. Call it before the updates are handled.
   *
   * @returns for each new version what became of the interests of the one before: whatever is kept in ids is to be carried
   *   over by these, in their order
   * @throws P2iError of the log; REGISTRY_UNAVAILABLE
   */
  async takeUp(updates: readonly ResultUpdate[]): Promise<Succession[]> {
    const unknown = new Set(
      updates.map(({ taxonomy }) => taxonomy).filter((name) => !this.has(name) && !this.#others.has(name)),
    );
    if (unknown.size === 0) return [];
    const successions: Succession[] = [];
    for (const taxonomy of await readTaxonomies(this.#log, this.#registry, this.#onInvalid)) {
      const succession = this.publish(taxonomy);
      if (succession !== undefined) successions.push(succession);
    }
    for (const name of unknown) if (!this.has(name)) this.#others.add(name);
    return successions;
  }
}

async function readTaxonomies(
  log: Log,
  registry: Registry,
  onInvalid: (error: P2iError) => void,
): Promise<Taxonomy[]> {
  const taxonomies: Taxonomy[] = [];
  for (const { published, where } of (await liveVersions(log, registry, onInvalid)).values()) {
    try {
      taxonomies.push(await unpackTaxonomy(published, where));
    } catch (error) {
      if (!(error instanceof P2iError)) throw error;
      onInvalid(error);
    }
  }
  return taxonomies;
}
