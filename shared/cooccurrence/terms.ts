import { doubled } from '../arrays/doubled.ts';
import type { Tokens } from '../language/tokens.ts';
import { VOCABULARY } from '../language/vocabulary.ts';
import { hashPair, hashText, hashUnits } from './hash.ts';

/*
 * The terms of a Pin: everything that it can share with another Pin. Each kind is hashed with a seed of its own, so that
 * the word `mountain` and the whole title `Mountain` are two terms.
 */
const SEED = { word: 1, title: 2, boardWord: 3, annotation: 4, board: 5, pin: 6 } as const;
const PHRASE_MARK = hashText('phrase', 0);

/** Bounds on the terms of one Pin: the rest of a long text repeats what its beginning said. */
export const MAX_WORDS = 64;
const MAX_BOARD_WORDS = 24;
const MAX_ANNOTATIONS = 64;
export const MAX_BOARDS = 64;

const SPACE = 0x20;

/** Some hashes, each distinct, in order of appearance: the first `count`. */
export class Hashes {
  readonly values: Float64Array;
  count = 0;

  constructor(capacity: number) {
    this.values = new Float64Array(capacity);
  }

  get isFull(): boolean {
    return this.count === this.values.length;
  }

  /** Adds a hash that is not among them, while there is room: for a few. */
  add(hash: number): void {
    const { values, count } = this;
    if (count === values.length) return;
    for (let i = 0; i < count; i++) if (values[i] === hash) return;
    this.values[this.count++] = hash;
  }

  /** Copies them to `to`, from a place on; returns the place behind them. */
  writeTo(to: Float64Array, from: number): number {
    for (let i = 0; i < this.count; i++) to[from + i] = this.values[i];
    return from + this.count;
  }
}

/**
 * The terms of one Pin at a time, from its words as numbers of the vocabulary. Stop words are passed over; the others are
 * their lemmas.
 */
export class PinTerms {
  /** Lemmas of the title and the description, each once: numbers of the vocabulary. */
  readonly lemmas = new Int32Array(MAX_WORDS);
  /** As the lemmas. */
  readonly words = new Hashes(MAX_WORDS);
  /** Of pairs of neighbouring words. */
  readonly phrases = new Hashes(MAX_WORDS ** 2);
  /** Of the whole title; none where it has no word. */
  readonly title = new Hashes(1);
  readonly boardWords = new Hashes(MAX_BOARD_WORDS);
  readonly annotations = new Hashes(MAX_ANNOTATIONS);
  readonly boards = new Hashes(MAX_BOARDS);

  /** By pair of words, as their places among the lemmas: 1 where it is among the phrases; and the pairs that are. */
  readonly #isPhrase = new Uint8Array(MAX_WORDS ** 2);
  readonly #pairs = new Int32Array(MAX_WORDS ** 2);
  /** By word of the vocabulary: 1 + its place among the lemmas, 0 where it is not; hashes of two kinds, 0 where unknown. */
  #placeOf = new Int32Array(1 << 12);
  #wordHash = new Float64Array(1 << 12);
  #boardWordHash = new Float64Array(1 << 12);
  #epoch = VOCABULARY.epoch;
  #letters = new Uint16Array(1 << 10);

  /** Starts a Pin, all of whose words are in the vocabulary. */
  clear(): void {
    for (let i = 0; i < this.words.count; i++) this.#placeOf[this.lemmas[i]] = 0;
    for (let i = 0; i < this.phrases.count; i++) this.#isPhrase[this.#pairs[i]] = 0;
    const { words, phrases, title, boardWords, annotations, boards } = this;
    words.count = phrases.count = title.count = boardWords.count = annotations.count = boards.count = 0;
    if (this.#epoch !== VOCABULARY.epoch) {
      this.#epoch = VOCABULARY.epoch;
      this.#wordHash.fill(0);
      this.#boardWordHash.fill(0);
    }
    while (this.#placeOf.length < VOCABULARY.size) {
      this.#placeOf = doubled(this.#placeOf);
      this.#wordHash = doubled(this.#wordHash);
      this.#boardWordHash = doubled(this.#boardWordHash);
    }
  }

  /** Adds the title: its words, and as a whole. */
  addTitle(title: Tokens): void {
    this.addText(title);
    const length = this.#spell(title);
    if (length > 0) this.title.add(hashUnits(this.#letters, length, SEED.title));
  }

  /** Adds the words of a text. */
  addText({ numbers, from, to }: Tokens): void {
    const { words, phrases } = this;
    let previous = -1;
    for (let i = from; i < to && !words.isFull; i++) {
      if (VOCABULARY.isStop[numbers[i]] === 1) continue;
      const place = this.#place(VOCABULARY.lemma[numbers[i]]);
      const pair = previous * MAX_WORDS + place;
      if (previous >= 0 && this.#isPhrase[pair] === 0) {
        this.#isPhrase[pair] = 1;
        this.#pairs[phrases.count] = pair;
        const before = hashPair(PHRASE_MARK, words.values[previous]);
        phrases.values[phrases.count++] = hashPair(before, words.values[place]);
      }
      previous = place;
    }
  }

  addBoardName({ numbers, from, to }: Tokens): void {
    const hashes = this.#boardWordHash;
    for (let i = from; i < to && !this.boardWords.isFull; i++) {
      if (VOCABULARY.isStop[numbers[i]] === 1) continue;
      const lemma = VOCABULARY.lemma[numbers[i]];
      if (hashes[lemma] === 0) hashes[lemma] = hashText(VOCABULARY.text(lemma), SEED.boardWord);
      this.boardWords.add(hashes[lemma]);
    }
  }

  addAnnotation(annotation: Tokens): void {
    if (this.annotations.isFull) return;
    const length = this.#spell(annotation);
    if (length > 0) this.annotations.add(hashUnits(this.#letters, length, SEED.annotation));
  }

  addBoard(id: string): void {
    this.boards.add(hashText(id, SEED.board));
  }

  /** The texts of the lemmas. */
  wordTexts(): string[] {
    const texts: string[] = new Array<string>(this.words.count);
    for (let i = 0; i < texts.length; i++) texts[i] = VOCABULARY.text(this.lemmas[i]);
    return texts;
  }

  /** How many hashes go into the store's terms. */
  get hashCount(): number {
    const { words, phrases, boardWords, annotations, title } = this;
    return words.count + phrases.count + boardWords.count + annotations.count + title.count;
  }

  /** Writes the hashes that go into the store's terms, and returns where they were written. */
  writeHashes(to: Float64Array): Float64Array {
    let at = this.words.writeTo(to, 0);
    at = this.phrases.writeTo(to, at);
    at = this.boardWords.writeTo(to, at);
    at = this.annotations.writeTo(to, at);
    this.title.writeTo(to, at);
    return to;
  }

  /** The place of a lemma among those of the Pin. There is room for one more. */
  #place(lemma: number): number {
    const known = this.#placeOf[lemma] - 1;
    if (known >= 0) return known;
    const hashes = this.#wordHash;
    if (hashes[lemma] === 0) hashes[lemma] = wordHash(VOCABULARY.text(lemma));
    const place = this.words.count++;
    this.words.values[place] = hashes[lemma];
    this.lemmas[place] = lemma;
    this.#placeOf[lemma] = place + 1;
    return place;
  }

  /** Writes the lemmas, a space between them, to `#letters`. Returns how long they are; 0 where there is none. */
  #spell({ numbers, from, to }: Tokens): number {
    const { letters, start, lemma, isStop } = VOCABULARY;
    let length = 0;
    for (let i = from; i < to; i++) {
      if (isStop[numbers[i]] === 1) continue;
      const first = start[lemma[numbers[i]]];
      const end = start[lemma[numbers[i]] + 1];
      while (length + 1 + end - first > this.#letters.length) this.#letters = doubled(this.#letters);
      if (length > 0) this.#letters[length++] = SPACE;
      for (let c = first; c < end; c++) this.#letters[length++] = letters[c];
    }
    return length;
  }
}

/** Hash of a Pin's id: its place in the bottom-k samples. */
export function pinHash(id: string): number {
  return hashText(id, SEED.pin);
}

/** Hash of a word as the vocabulary of interests' names is compared by. */
export function wordHash(word: string): number {
  return hashText(word, SEED.word);
}
