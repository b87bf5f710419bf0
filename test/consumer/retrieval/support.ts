import { quantise, scoreOf } from '../../../consumer/retrieval/entry.ts';
import type { RetrievalReader } from '../../../consumer/retrieval/retrieval-reader.ts';
import type { ResultUpdate, UpdateBatch } from '../../../consumer/results/update.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import type { ScoredInterest } from '../../../workers/publishing/topic.ts';

/** Interest id and score, of one Pin. */
export type Scores = Readonly<Record<number, number>>;

/** A taxonomy from the parent and the name of each id; parent 0 for a root. */
export function taxonomyOf(
  version: string,
  interests: Readonly<Record<number, [parent: number, name: string, ...aliases: string[]]>>,
): Taxonomy {
  const marks = { translations: {}, unsafe: false, hidden: false };
  return new Taxonomy(
    Object.entries(interests).map(([id, [parent, name, ...aliases]]) => {
      return { id: Number(id), parent: parent === 0 ? null : parent, name, aliases, ...marks };
    }),
    version,
  );
}

/** A taxonomy of roots alone. */
export function flatTaxonomy(version: string, size: number): Taxonomy {
  return taxonomyOf(
    version,
    Object.fromEntries(Array.from({ length: size }, (_, i) => [i + 1, [0, `interest ${i + 1}`]])),
  );
}

/** What a record of p2i-results says; `scores` null for a tombstone. */
export function updateOf(
  pin: string,
  scores: Scores | null,
  place: { offset: number; partition?: number; taxonomy?: string },
): ResultUpdate {
  const { offset, partition = 0, taxonomy = 'v1' } = place;
  const about = { pin, taxonomy };
  if (scores === null) return { ...about, partition, offset, result: null };
  const interests: ScoredInterest[] = Object.entries(scores).map(([id, score]) => {
    return { id: Number(id), level: 1, score, label: '' };
  });
  const made = { pinVersion: 1, lane: 'batch' as const, run: 'run', model: 'model', time: 0 };
  return { ...about, partition, offset, result: { ...about, ...made, interests } };
}

/** Updates of one partition that follow each other. */
export function batchOf(updates: readonly ResultUpdate[]): UpdateBatch {
  const last = updates.at(-1)!;
  return { partition: last.partition, updates: [...updates], next: last.offset + 1 };
}

/** What is to be found, by a scan of everything. */
export class Scan {
  readonly #pins = new Map<string, Scores>();
  /** In the order in which a store meets them: of equal scores the Pin that was met first comes first. */
  #met = new Map<string, number>();
  #next = 0;

  set(pin: string, scores: Scores | null): void {
    if (scores === null) {
      this.#pins.delete(pin);
      this.#met.delete(pin);
      return;
    }
    if (!this.#met.has(pin)) this.#met.set(pin, this.#next++);
    this.#pins.set(pin, scores);
  }

  get size(): number {
    return this.#pins.size;
  }

  top(interest: number, k: number): { pin: string; score: number }[] {
    return this.#best(k, (scores) => (interest in scores ? scoreOf(quantise(scores[interest])) : undefined));
  }

  topFor(weights: ReadonlyMap<number, number>, k: number): { pin: string; score: number }[] {
    const ordered = [...weights].sort(([a], [b]) => a - b);
    return this.#best(k, (scores) => {
      const present = ordered.filter(([id]) => id in scores);
      if (present.length === 0) return undefined;
      return present.reduce((sum, [id, weight]) => sum + weight * scoreOf(quantise(scores[id])), 0);
    });
  }

  #best(k: number, scoreIn: (scores: Scores) => number | undefined): { pin: string; score: number }[] {
    return [...this.#pins]
      .flatMap(([pin, scores]) => {
        const score = scoreIn(scores);
        return score === undefined ? [] : { pin, score };
      })
      .sort((a, b) => b.score - a.score || this.#met.get(a.pin)! - this.#met.get(b.pin)!)
      .slice(0, k);
  }
}

/** All that a store says, of the Pins and interests that it may have. */
export function contentOf(
  reader: RetrievalReader,
  pins: readonly string[],
  interests: readonly number[],
): unknown {
  return {
    taxonomy: reader.taxonomy,
    lists: interests.map((id) => ({ id, count: reader.count(id), pins: reader.top(id, Infinity) })),
    pins: pins.map((pin) => ({ pin, is: reader.pin(pin) })),
  };
}
