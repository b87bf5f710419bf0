import { StringTable } from '../arrays/string-table.ts';
import { isEnglishWord } from '../language/known-words.ts';
import { withoutAccents } from '../language/normalise.ts';
import type { Tokens } from '../language/tokens.ts';
import { VOCABULARY } from '../language/vocabulary.ts';
import type { Lattice } from './lattice.ts';
import type { SharedLexicon } from './lexicon.ts';
import { Respeller } from './respeller.ts';
import { cheapestPieces } from './split.ts';

/** Words of the longest phrase that is looked up. */
const MAX_PHRASE = 6;

/** A translation by parts is worth so much of one by a term. */
const PART_WEIGHT = 0.8;

/** A term means nothing where it does so in half of its uses. */
const IDLE = 0.5;

/** What it costs to leave letters of a word to no part: more than any part of it would. */
const UNKNOWN_PIECE = 6;
const UNKNOWN_LETTER = 5;

/** What a word of English costs as a part of another (`Basketballschuhe`), and how long it is at least. */
const ENGLISH_PIECE = 9;
const MIN_ENGLISH_PIECE = 5;

/** Longer words are no words. */
const MAX_SPLIT = 64;

/** A word is made of parts where those that mean something are so much of it. */
const LEAST_KNOWN = 0.5;

/** Spellings of a word that are tried. */
const MAX_RESPELT = 2;

/** What a word is made of: a part of the lexicon, a word of its English, or letters that are neither. */
type Piece = { readonly letters: string } & (
  | { readonly kind: 'part'; readonly part: number }
  | { readonly kind: 'english'; readonly word: number }
  | { readonly kind: 'unknown' }
);

/** A word of English that a word may be. */
interface RespeltWord {
  /** Number of the vocabulary. */
  readonly word: number;
  readonly chance: number;
}

/** What is known of a word, whatever its text. */
interface KnownWord {
  /** Its term; -1 where the lexicon has none. */
  readonly term: number;
  /** What it is made of, where it is no term and its parts are most of it. */
  readonly pieces: readonly Piece[];
  /** English words that it may be, spelt otherwise, where it is no term: the likeliest first. */
  readonly respelt: readonly RespeltWord[];
  /** It means nothing by itself, as articles do. */
  readonly isIdle: boolean;
  /** The word without its accents, which English has not: a number of the vocabulary. */
  readonly plain: number;
  /** It is, without its accents, a word of English. */
  readonly isEnglish: boolean;
}

/**
 * Translates words of one language to English, with all likely meanings: as terms, as phrases, by their parts. What it finds
 * for a word is kept. Not for concurrent use; threads share the lexicon.
 */
export class Translator {
  readonly #lexicon: SharedLexicon;
  readonly #terms: StringTable;
  readonly #parts: StringTable;
  readonly #english: StringTable;
  readonly #respeller: Respeller;
  #epoch = VOCABULARY.epoch;
  /** By word of the vocabulary; undefined where it was not met yet. */
  #known: (KnownWord | undefined)[] = [];
  /** By word of the lexicon's English: 1 + its number of the vocabulary; 0 where not looked up yet. */
  readonly #numberOf: Int32Array;
  /** Letters of a phrase in hand. */
  readonly #letters: Uint16Array;

  constructor(lexicon: SharedLexicon) {
    this.#lexicon = lexicon;
    this.#terms = new StringTable(lexicon.terms);
    this.#parts = new StringTable(lexicon.parts);
    this.#english = new StringTable(lexicon.english);
    this.#respeller = new Respeller(lexicon.spelling);
    this.#numberOf = new Int32Array(lexicon.english.start.length);
    this.#letters = new Uint16Array(lexicon.longestTerm);
  }

  /** Starts a text: forgets what it knew where the vocabulary was cleared. */
  begin(): void {
    if (this.#epoch === VOCABULARY.epoch) return;
    this.#epoch = VOCABULARY.epoch;
    this.#numberOf.fill(0);
    this.#known = [];
  }

  /** What the language knows of a word. */
  know(word: number): KnownWord {
    while (this.#known.length <= word) this.#known.push(undefined);
    return (this.#known[word] ??= this.#meet(VOCABULARY.text(word)));
  }

  /**
   * Adds the meanings of the word at `at` and of the phrases that begin with it, from the node that was opened last.
   * @param nodeOf by word of the text, the node where it begins
   * @param share what the language is worth for this text
   */
  addTerms(
    { numbers, from, to }: Tokens,
    at: number,
    nodeOf: Int32Array,
    share: number,
    lattice: Lattice,
  ): void {
    const { term } = this.know(numbers[at]);
    if (term >= 0) this.#addMeanings(term, nodeOf[at - from + 1], share, lattice);
    const { letters, start } = VOCABULARY;
    const last = Math.min(to, at + MAX_PHRASE);
    let length = 0;
    for (let i = at; i < last; i++) {
      const first = start[numbers[i]];
      const size = start[numbers[i] + 1] - first;
      if (length + size > this.#letters.length) return;
      for (let c = 0; c < size; c++) this.#letters[length++] = letters[first + c];
      if (i === at) continue;
      const phrase = this.#terms.findUnits(this.#letters, length);
      if (phrase >= 0) this.#addMeanings(phrase, nodeOf[i - from + 1], share, lattice);
    }
  }

  /** Adds the meanings of a piece of a word, from the node that was opened last. */
  addPiece(piece: Piece, to: number, share: number, lattice: Lattice): void {
    const weight = share * PART_WEIGHT;
    if (piece.kind === 'part') {
      this.#addMeanings(this.#terms.size + piece.part, to, weight, lattice);
      return;
    }
    lattice.openArc(to, weight);
    if (piece.kind === 'english') lattice.addWord(this.#englishNumber(piece.word));
  }

  #addMeanings(entry: number, to: number, scale: number, lattice: Lattice): void {
    const { first, weight, firstWord, words } = this.#lexicon;
    for (let m = first[entry]; m < first[entry + 1]; m++) {
      lattice.openArc(to, scale * weight[m]);
      for (let w = firstWord[m]; w < firstWord[m + 1]; w++) lattice.addWord(this.#englishNumber(words[w]));
    }
  }

  #englishNumber(word: number): number {
    if (this.#numberOf[word] === 0) this.#numberOf[word] = VOCABULARY.numberOf(this.#english.text(word)) + 1;
    return this.#numberOf[word] - 1;
  }

  #meet(text: string): KnownWord {
    const without = withoutAccents(text);
    const own = { plain: VOCABULARY.numberOf(without), isEnglish: isEnglishWord(without) };
    let term = this.#terms.find(text);
    if (term < 0) term = this.#terms.find(without);
    if (term < 0) {
      const pieces = this.#piecesOf(text);
      const respelt = this.#respell(text);
      return { term, pieces, respelt, isIdle: false, ...own };
    }
    const { first, weight } = this.#lexicon;
    const isIdle = !this.#saysSomething(term) && weight[first[term]] >= IDLE;
    return { term, pieces: [], respelt: [], isIdle, ...own };
  }

  /** Whether what an entry most likely means is a word. */
  #saysSomething(entry: number): boolean {
    const { first, firstWord } = this.#lexicon;
    return firstWord[first[entry]] < firstWord[first[entry] + 1];
  }

  #respell(text: string): RespeltWord[] {
    return this.#respeller
      .respell(text)
      .slice(0, MAX_RESPELT)
      .map(({ text: english, chance }) => ({ word: VOCABULARY.numberOf(english), chance }));
  }

  /** What a word is made of; nothing where too little of it is known. */
  #piecesOf(text: string): Piece[] {
    const characters = [...text];
    if (characters.length > MAX_SPLIT) return [];
    const { longestPart, partCost } = this.#lexicon;
    const pieces = cheapestPieces(characters, Math.max(longestPart, MIN_ENGLISH_PIECE), (piece, size) => {
      const part = this.#parts.find(piece);
      if (part >= 0) return partCost[part];
      if (size >= MIN_ENGLISH_PIECE && this.#english.find(piece) >= 0) return ENGLISH_PIECE;
      return UNKNOWN_PIECE + size * UNKNOWN_LETTER;
    });
    let known = 0;
    const made = pieces.map((letters): Piece => {
      const part = this.#parts.find(letters);
      const word = letters.length < MIN_ENGLISH_PIECE ? -1 : this.#english.find(letters);
      if (part < 0 && word < 0) return { kind: 'unknown', letters };
      if (part < 0 || this.#saysSomething(this.#terms.size + part)) known += letters.length;
      return part >= 0 ? { kind: 'part', part, letters } : { kind: 'english', word, letters };
    });
    return known >= LEAST_KNOWN * text.length ? made : [];
  }

  /** The letters of each piece that a word is made of. */
  lettersOf(word: number): string[] {
    return this.know(word).pieces.map(({ letters }) => letters);
  }
}

/** What a word is worth as itself, in English: where no language has it (a name, a brand, a loanword)… */
const AS_IT_IS = 1;
/** …where it is likely to be a word of English that is spelt otherwise… */
const AS_IT_IS_BESIDE_RESPELT = 0.4;
const LIKELY_RESPELT = 0.6;
/** …where it is made of parts… */
const AS_IT_IS_BESIDE_PARTS = 0.05;
/** …and where it is a word of English too, and the text is not said to be English. */
const AS_ENGLISH = 0.4;

/** A language that a text is read in. */
export interface Reading {
  translator: Translator;
  /** How likely the text is of that language, in (0, 1]. */
  share: number;
}

/**
 * Writes all translations of a text to a lattice, in all languages that it may be of.
 * @param english how likely the text is English: in [0, 1)
 */
export function translate(
  words: Tokens,
  readings: readonly Reading[],
  english: number,
  lattice: Lattice,
): void {
  const { numbers, from, to } = words;
  for (const { translator } of readings) translator.begin();
  const nodeOf = new Int32Array(to - from + 1);
  // Where each word begins: a word that is made of n pieces has n - 1 nodes of its own before the next.
  for (let i = from; i < to; i++) {
    let nodes = 1;
    for (const { translator } of readings)
      nodes += Math.max(0, translator.know(numbers[i]).pieces.length - 1);
    nodeOf[i - from + 1] = nodeOf[i - from] + nodes;
  }
  lattice.clear(to - from);
  for (let i = from; i < to; i++) {
    const word = i - from;
    const next = nodeOf[word + 1];
    lattice.openNode(word);
    let inner = nodeOf[word] + 1;
    for (const { translator, share } of readings) {
      const { pieces, respelt } = translator.know(numbers[i]);
      translator.addTerms(words, i, nodeOf, share, lattice);
      for (const { word: english, chance } of respelt) {
        lattice.openArc(next, share * chance);
        lattice.addWord(english);
      }
      if (pieces.length > 0) translator.addPiece(pieces[0], pieces.length > 1 ? inner : next, share, lattice);
      inner += Math.max(0, pieces.length - 1);
    }
    const weight = asItIs(numbers[i], readings, english);
    if (weight > 0) {
      lattice.openArc(next, weight);
      lattice.addWord(readings[0].translator.know(numbers[i]).plain);
    }
    addInnerPieces(numbers[i], word, readings, next, lattice);
  }
  lattice.openNode(to - from);
}

/** Adds the second and later pieces of a word, each at a node of its own. */
function addInnerPieces(
  number: number,
  word: number,
  readings: readonly Reading[],
  next: number,
  lattice: Lattice,
): void {
  for (const { translator, share } of readings) {
    const { pieces } = translator.know(number);
    for (let p = 1; p < pieces.length; p++) {
      const node = lattice.openNode(word);
      translator.addPiece(pieces[p], p + 1 < pieces.length ? node + 1 : next, share, lattice);
    }
  }
}

/** What a word is worth as itself: it may be English, or a name that is the same in all languages. */
function asItIs(word: number, readings: readonly Reading[], english: number): number {
  let isKnown = false;
  let isMade = false;
  let isRespelt = false;
  let isIdle = true;
  for (const { translator } of readings) {
    const { term, pieces, respelt, isIdle: own } = translator.know(word);
    isKnown ||= term >= 0;
    isMade ||= pieces.length > 0;
    isRespelt ||= respelt.length > 0 && respelt[0].chance >= LIKELY_RESPELT;
    isIdle &&= own;
  }
  if (!isKnown && !isMade) return isRespelt ? AS_IT_IS_BESIDE_RESPELT : AS_IT_IS;
  if (!isIdle && readings[0].translator.know(word).isEnglish) return Math.max(english, AS_ENGLISH);
  return isKnown ? english : Math.max(english, AS_IT_IS_BESIDE_PARTS);
}
