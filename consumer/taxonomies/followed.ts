import { P2iError } from '../../shared/errors/errors.ts';
import { areRelated } from '../../shared/taxonomy/related.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import type { ResultUpdate } from '../results/update.ts';
import { Succession } from './succession.ts';

/** What a Pin is about from now on, in the ids of the newest version. */
export interface PinChange {
  pin: string;
  /** The taxonomy version of the result behind it: what is handed to `change` when the Pin's next update comes. */
  taxonomy: string;
  /** Best first, with their ancestors; null: the Pin is about nothing any more. */
  interests: readonly ScoredInterest[] | null;
}

/**
 * The versions of one taxonomy, in the order of publishing: which of a Pin's results counts, and what the ids of older
 * versions are in the newest. Unrelated taxonomies that are served at the same time are left out.
 */
export class FollowedTaxonomy {
  readonly #versions = new Map<string, { rank: number; taxonomy: Taxonomy }>();
  readonly #successions = new Map<string, Succession>();
  #newest: Taxonomy;

  /** @param first the oldest live version of the taxonomy to follow */
  constructor(first: Taxonomy) {
    this.#newest = first;
    this.#versions.set(first.version, { rank: 0, taxonomy: first });
  }

  /** The version that ids are understood in. */
  get newest(): Taxonomy {
    return this.#newest;
  }

  /** Versions, in the order of publishing. */
  get versions(): readonly string[] {
    return [...this.#versions.keys()];
  }

  /**
   * Takes up a version that was published after those that are known.
   *
   * @returns what became of the interests of the version that was the newest; undefined where the version is known, or is
   *   of another taxonomy
   */
  publish(taxonomy: Taxonomy): Succession | undefined {
    if (this.#versions.has(taxonomy.version) || !areRelated(this.#newest, taxonomy)) return undefined;
    const before = this.#newest;
    this.#newest = taxonomy;
    this.#versions.set(taxonomy.version, { rank: this.#versions.size, taxonomy });
    this.#successions.clear();
    return this.succession(before.version);
  }

  has(version: string): boolean {
    return this.#versions.has(version);
  }

  /** What the ids of a version are in the newest. @throws P2iError TAXONOMY_UNKNOWN for a version that is not followed */
  succession(version: string): Succession {
    let succession = this.#successions.get(version);
    if (succession === undefined) {
      const from = this.#versions.get(version);
      if (from === undefined)
        throw new P2iError('TAXONOMY_UNKNOWN', 'no version of the taxonomy that is followed', {
          where: version,
        });
      succession = new Succession(from.taxonomy, this.#newest);
      this.#successions.set(version, succession);
    }
    return succession;
  }

  /**
   * What an update changes: of a Pin's results that of the newest version counts, whichever came last.
   *
   * @param held the taxonomy version of the result that the Pin is known by; undefined where it is known by none
   * @returns undefined where nothing changes: another result counts, or the version is none of this taxonomy
   */
  change({ pin, taxonomy, result }: ResultUpdate, held: string | undefined): PinChange | undefined {
    const rank = this.#versions.get(taxonomy)?.rank;
    if (rank === undefined) return undefined;
    if (held !== undefined && rank < (this.#versions.get(held)?.rank ?? 0)) return undefined;
    // Only a Pin that is gone has a tombstone: what is held of it under an older version ends as well.
    if (result === null) return held === undefined ? undefined : { pin, taxonomy, interests: null };
    const interests =
      taxonomy === this.#newest.version
        ? result.interests
        : this.succession(taxonomy).carry(result.interests);
    return { pin, taxonomy, interests };
  }
}
