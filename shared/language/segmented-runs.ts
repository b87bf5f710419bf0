import { doubled } from '../arrays/doubled.ts';
import { StringTableBuilder } from '../arrays/string-table.ts';
import { segment } from './tokenise.ts';
import { VOCABULARY } from './vocabulary.ts';

/** Letters of the runs that are kept: their words take as much again. */
const MAX_LETTERS = 1 << 20;

/**
 * The words of runs of letters that have no spaces, as numbers of the vocabulary. Telling them apart costs more than all else that is done
 * with a text, and titles, annotations and names of boards say much again: what was met is kept, and forgotten where it is too much.
 */
export class SegmentedRuns {
  readonly #maxLetters: number;
  #runs = new StringTableBuilder();
  /** Letters of all runs. */
  #letters = 0;
  /** By run: its first word in `words`; the end of the last. */
  #first = new Int32Array(1 << 10);
  words = new Int32Array(1 << 12);
  #epoch = VOCABULARY.epoch;
  /** The words of the run that was asked for last: in `words`, from `from` until `to`. */
  from = 0;
  to = 0;

  /** @param maxLetters of the runs that are kept, but for the last */
  constructor(maxLetters: number = MAX_LETTERS) {
    this.#maxLetters = maxLetters;
  }

  /** Finds the words of a run: what `segment` gives. */
  find(run: string): void {
    if (this.#epoch !== VOCABULARY.epoch || this.#letters > this.#maxLetters) this.#forget();
    const known = this.#runs.count;
    const number = this.#runs.add(run, 0, run.length);
    if (number === known) this.#keep(run, number);
    this.from = this.#first[number];
    this.to = this.#first[number + 1];
  }

  #keep(run: string, number: number): void {
    this.#letters += run.length;
    let end = this.#first[number];
    for (const word of segment(run)) {
      if (end === this.words.length) this.words = doubled(this.words);
      this.words[end++] = VOCABULARY.numberOf(word);
    }
    if (number + 2 > this.#first.length) this.#first = doubled(this.#first);
    this.#first[number + 1] = end;
  }

  #forget(): void {
    this.#epoch = VOCABULARY.epoch;
    this.#runs = new StringTableBuilder();
    this.#letters = 0;
  }
}

/** The runs that this thread has met. */
export const SEGMENTED = new SegmentedRuns();
