import { MAX_LEVEL } from '../../shared/taxonomy/interest.ts';
import { checkInterest, type LevelledInterest } from './cos-sim.ts';
import type { PackedInterests } from './packed-interests.ts';

/**
 * `cosSimByLevel` of many Pins with one query or user after another, to the same bits. It makes nothing for the garbage
 * collector, neither by query nor by Pin: its table grows to the longest query and is used again.
 */
export class CosSimBatch {
  /** The query, open addressing: ids, 0 where free. A power of two long, at most half of it used. */
  #ids = new Int32Array(1 << 8);
  #levels = new Uint8Array(1 << 8);
  #scores = new Float64Array(1 << 8);

  /**
   * What Pins are compared with from now on.
   *
   * @throws P2iError PIN_INVALID for an id, a level or a score that can be none
   */
  setQuery(interests: readonly LevelledInterest[]): void {
    this.#clear(interests.length);
    for (let i = 0; i < interests.length; i++) {
      const interest = interests[i];
      checkInterest(interest);
      const { id, level, score } = interest;
      const slot = slotOf(this.#ids, this.#levels, id, level);
      if (this.#ids[slot] === 0 || this.#scores[slot] < score) this.#scores[slot] = score;
      this.#ids[slot] = id;
      this.#levels[slot] = level;
    }
  }

  /**
   * Compares all Pins with the query.
   *
   * @param similarity Pins × 10: a row a Pin, its columns as `COS_SIM_FEATURES` names them; what was there is overwritten
   */
  compute(pins: PackedInterests, similarity: Float64Array): void {
    const { size, start, ids, levels, scores } = pins;
    if (similarity.length < size * MAX_LEVEL)
      throw new RangeError(`${similarity.length} places for ${size} × ${MAX_LEVEL} values`);
    similarity.fill(0, 0, size * MAX_LEVEL);
    const [queryIds, queryLevels, queryScores] = [this.#ids, this.#levels, this.#scores];
    for (let row = 0; row < size; row++) {
      const column = row * MAX_LEVEL - 1;
      const end = start[row + 1];
      for (let i = start[row]; i < end; i++) {
        const level = levels[i];
        const slot = slotOf(queryIds, queryLevels, ids[i], level);
        if (queryIds[slot] !== 0) similarity[column + level] += scores[i] * queryScores[slot];
      }
    }
  }

  #clear(interests: number): void {
    if (2 * interests <= this.#ids.length) {
      this.#ids.fill(0);
      return;
    }
    const length = 2 ** Math.ceil(Math.log2(2 * interests));
    this.#ids = new Int32Array(length);
    this.#levels = new Uint8Array(length);
    this.#scores = new Float64Array(length);
  }
}

/** Where an interest is in the table, or the free slot where it would be. */
function slotOf(ids: Int32Array, levels: Uint8Array, id: number, level: number): number {
  const mask = ids.length - 1;
  // Spreads ids that follow each other (Fibonacci hashing, Knuth 1973).
  const hash = Math.imul(id, 0x9e3779b1);
  let slot = (hash ^ (hash >>> 16)) & mask;
  while (ids[slot] !== 0 && !(ids[slot] === id && levels[slot] === level)) slot = (slot + 1) & mask;
  return slot;
}
