import { doubled } from '../arrays/doubled.ts';
import { sharedFloat64, sharedInt32, sharedUint8 } from '../arrays/shared.ts';
import { putInSlot, sharedSlots } from '../arrays/slots.ts';
import { StringTable, type StringTableData } from '../arrays/string-table.ts';
import { analyseText } from '../language/analyse.ts';
import { STOP_WORDS } from '../language/english/stop-words.ts';
import { isEnglishWord } from '../language/known-words.ts';
import type { Tokens } from '../language/tokens.ts';
import { VOCABULARY } from '../language/vocabulary.ts';
import type { Lattice } from '../translation/lattice.ts';
import { DeletionIndex, type DeletionIndexData } from './deletion-index.ts';
import { formsOf, type Form } from './forms.ts';

/** How a match was made, the surest first. */
export const MATCH_KINDS = ['exact', 'lemma', 'reordered', 'fuzzy', 'partial'] as const;

/** Words of the longest run of text that is looked up. */
const MAX_WINDOW = 8;

/** Interests that one form of words may mean; of more, those whose names it covers best. */
const MAX_MEANINGS = 10;

/** A part of a name that so many names share stands for none of them. */
const MAX_PARTIAL_MEANINGS = 5;

const [EXACT, LEMMA, REORDERED, FUZZY, PARTIAL] = MATCH_KINDS.keys();

/** What a match of each kind is worth, before its coverage; as MATCH_KINDS. */
export const KIND_SIMILARITY = Float64Array.of(1, 0.97, 0.9, 0.8, 0.6);

/** Shorter words are other words when a letter changes. */
const MIN_FUZZY_LENGTH = 5;
const LONG_FUZZY_LENGTH = 9;

/** Ways on through a lattice that are tried from one of its nodes: each is a lookup. */
const MAX_STEPS = 4096;

/** Words without a meaning (articles, prepositions) that a name may have between its own. */
const MAX_SKIPPED = 2;

/** A translation that is less likely than that is not followed. */
const LEAST_LIKELY = 0.005;

/** A match by a translation is worth its likelihood to this power: an unlikely translation that is a name is likelier than it was. */
const DOUBT = 0.3;

/** Words of a text that are matched. */
const MAX_WORDS = 1 << 15;

/** What an interest is matched by. */
export interface NamedInterests {
  readonly names: readonly string[];
  readonly aliases: ReadonlyMap<number, readonly string[]>;
}

/**
 * The matches of one text, in columns: the first `count` of each. Reused from text to text.
 */
export class Matches {
  count = 0;
  /** Words of the text. */
  words = 0;
  interest = new Int32Array(64);
  /** Index into MATCH_KINDS. */
  kind = new Uint8Array(64);
  /** In (0, 1]: 1 is the name itself. */
  similarity = new Float32Array(64);
  /** Edits of all words together. */
  distance = new Uint8Array(64);
  /** Share of the name that was found. */
  coverage = new Float32Array(64);
  /** Interests that the same words could mean, this one included. */
  ambiguity = new Uint16Array(64);
  /** First word of the text, and how many. */
  start = new Uint16Array(64);
  length = new Uint8Array(64);
  /** Meanings that the caps left out. */
  cut = 0;

  reset(words: number): void {
    this.count = 0;
    this.words = words;
    this.cut = 0;
  }

  /** Makes room for one more and returns its position. */
  next(): number {
    if (this.count === this.interest.length) {
      this.interest = doubled(this.interest);
      this.kind = doubled(this.kind);
      this.similarity = doubled(this.similarity);
      this.distance = doubled(this.distance);
      this.coverage = doubled(this.coverage);
      this.ambiguity = doubled(this.ambiguity);
      this.start = doubled(this.start);
      this.length = doubled(this.length);
    }
    return this.count++;
  }
}

/** An index in memory that threads share. */
export interface SharedLexicalIndex {
  /** Words of the names: lemmas, and as written. */
  words: StringTableData;
  /** Lemmas that a misspelt word may mean, by their number in `spelling`: their number in `words`. */
  spelt: Int32Array;
  spelling: DeletionIndexData;
  /** Open addressing: entry + 1 by bag; 0 is free. A power of two long, at most half of it used. */
  slots: Int32Array;
  /** By entry: the hash of its bag of lemmas. */
  bags: Float64Array;
  /** By entry, three each: its first meaning, how many spell the whole name, and how many a part of it, which follow. */
  entries: Int32Array;
  /** By meaning. */
  interests: Int32Array;
  coverage: Float64Array;
  /** By meaning: hash of the words as written, and of their lemmas, both in order. */
  written: Float64Array;
  lemmas: Float64Array;
  /** Words of the longest name. */
  longest: number;
  /** A bit by pair of lemmas, by the hash of their bag: 1 where one form of a name may have both (Bloom 1970). A power of two long. */
  pairs: Uint8Array;
}

/**
 * Finds the interests that a text names. All runs of up to MAX_WINDOW words are looked up by the sum of their lemmas'
 * hashes, which does not depend on their order; the order is compared only where the bag is right.
 *
 * Not for concurrent use; threads share the data, and each has an index of its own over it.
 */
export class LexicalIndex {
  readonly #data: SharedLexicalIndex;
  readonly #words: StringTable;
  readonly #spelling: DeletionIndex;
  /** A walk through a lattice: the word where it began, its steps so far, and what its next match is worth. */
  readonly #walk = { start: 0, steps: 0, doubt: 1 };
  /** By depth of the walk: its path so far. The first is empty. */
  readonly #paths = [new Path()];
  /** By word of the vocabulary: 1 where the columns below are worked out. */
  #isKnown = new Uint8Array(1 << 12);
  /** Hash as written, hash of the lemma (0: no name has it), edits that the lemma took. */
  #writtenOf = new Float64Array(1 << 12);
  #lemmaOf = new Float64Array(1 << 12);
  #editsOf = new Uint8Array(1 << 12);
  /** Entry of the lemma alone, or -1. */
  #entryOf = new Int32Array(1 << 12);
  #epoch = VOCABULARY.epoch;

  /** @param interests names by dense index; what `Taxonomy` holds */
  static build(interests: NamedInterests): LexicalIndex {
    return new LexicalIndex(new Builder(interests).data());
  }

  /** The index of another thread. */
  constructor(data: SharedLexicalIndex) {
    this.#data = data;
    this.#words = new StringTable(data.words);
    this.#spelling = new DeletionIndex(data.spelling);
  }

  /** What another thread makes the same index of. */
  shared(): SharedLexicalIndex {
    return this.#data;
  }

  /** Finds the matches of a text and writes them to `matches`, by position in the text, then surest first. */
  match({ numbers, from, to }: Tokens, matches: Matches): void {
    const n = Math.min(to - from, MAX_WORDS);
    matches.reset(n);
    this.#follow();
    for (let i = from; i < from + n; i++) if (this.#isKnown[numbers[i]] === 0) this.#meet(numbers[i]);
    const lemmaOf = this.#lemmaOf;
    const writtenOf = this.#writtenOf;
    const editsOf = this.#editsOf;
    const entryOf = this.#entryOf;
    const { longest } = this.#data;
    for (let start = 0; start < n; start++) {
      let bag = 0;
      let lemma = 0;
      let written = 0;
      let edits = 0;
      const last = Math.min(n, start + longest);
      for (let end = start; end < last; end++) {
        const word = numbers[from + end];
        const hash = lemmaOf[word];
        // No name has this word, so none has a longer run either.
        if (hash === 0) break;
        bag = addBag(bag, hash);
        lemma = chain(lemma, hash);
        written = chain(written, writtenOf[word]);
        edits += editsOf[word];
        const entry = end === start ? entryOf[word] : this.#find(bag);
        if (entry >= 0) this.#report(entry, start, end + 1 - start, lemma, written, edits, matches);
      }
    }
  }

  /**
   * Finds the matches of all translations of a text. What a match is worth is lessened by how unlikely its translation is.
   */
  matchTranslations(lattice: Lattice, matches: Matches): void {
    matches.reset(lattice.length);
    const { arcs, firstWord, words } = lattice;
    this.#follow();
    for (let w = 0; w < firstWord[arcs]; w++) if (this.#isKnown[words[w]] === 0) this.#meet(words[w]);
    const walk = this.#walk;
    for (let node = 0; node < lattice.nodes; node++) {
      walk.start = lattice.word[node];
      walk.steps = 0;
      this.#go(lattice, node, 0, matches);
    }
    walk.doubt = 1;
  }

  /** Follows the arcs of a node, and reports what the words from the start of the walk on name. */
  #go(lattice: Lattice, node: number, depth: number, matches: Matches): void {
    const walk = this.#walk;
    const path = this.#paths[depth];
    if (depth + 1 === this.#paths.length) this.#paths.push(new Path());
    const next = this.#paths[depth + 1];
    for (let arc = lattice.firstArc[node]; arc < lattice.firstArc[node + 1]; arc++) {
      const says = lattice.firstWord[arc + 1] - lattice.firstWord[arc];
      // A walk begins with a word that says something, and passes over few that do not.
      if (path.words + says > this.#data.longest || path.words + says === 0) continue;
      if (says === 0 && path.skipped === MAX_SKIPPED) continue;
      const weight = path.weight * lattice.weight[arc];
      if (weight < LEAST_LIKELY) continue;
      if (++walk.steps > MAX_STEPS) return;
      next.follow(path, weight);
      if (says === 0) next.skipped++;
      else if (!this.#take(lattice, arc, next)) continue;
      const to = lattice.to[arc];
      const entry = says > 0 ? this.#find(next.bag) : -1;
      if (entry >= 0) {
        walk.doubt = weight ** DOUBT;
        const length = Math.max(1, lattice.word[to] - walk.start);
        this.#report(entry, walk.start, length, next.lemmas, next.written, next.edits, matches);
      }
      this.#go(lattice, to, depth + 1, matches);
    }
  }

  /** Adds the words of an arc to a path. Returns false where no name has them with what the path has. */
  #take(lattice: Lattice, arc: number, path: Path): boolean {
    for (let w = lattice.firstWord[arc]; w < lattice.firstWord[arc + 1]; w++) {
      const word = lattice.words[w];
      const hash = this.#lemmaOf[word];
      if (hash === 0) return false;
      if (path.words > 0 && !(this.#mayShare(path.last, hash) && this.#mayShare(path.first, hash)))
        return false;
      path.add(hash, this.#writtenOf[word], this.#editsOf[word]);
    }
    return true;
  }

  /** False where no form of a name has both lemmas. */
  #mayShare(a: number, b: number): boolean {
    const { pairs } = this.#data;
    const bit = slotOf(addBag(a, b)) & (8 * pairs.length - 1);
    return (pairs[bit >>> 3] & (1 << (bit & 7))) !== 0;
  }

  /** The entry of a bag, or -1. */
  #find(bag: number): number {
    const { slots, bags } = this.#data;
    const mask = slots.length - 1;
    for (let slot = slotOf(bag) & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot] - 1;
      if (entry < 0 || bags[entry] === bag) return entry;
    }
  }

  /** Makes the columns as the vocabulary is. */
  #follow(): void {
    if (this.#epoch !== VOCABULARY.epoch) {
      this.#epoch = VOCABULARY.epoch;
      this.#isKnown.fill(0);
    }
    while (this.#isKnown.length < VOCABULARY.size) {
      this.#isKnown = doubled(this.#isKnown);
      this.#writtenOf = doubled(this.#writtenOf);
      this.#lemmaOf = doubled(this.#lemmaOf);
      this.#editsOf = doubled(this.#editsOf);
      this.#entryOf = doubled(this.#entryOf);
    }
  }

  #meet(number: number): void {
    const word = VOCABULARY.text(number);
    const lemma = VOCABULARY.text(VOCABULARY.lemma[number]);
    this.#isKnown[number] = 1;
    this.#writtenOf[number] = hashOf(this.#words.find(word));
    this.#editsOf[number] = 0;
    this.#lemmaOf[number] = hashOf(this.#words.find(lemma));
    if (this.#lemmaOf[number] === 0) this.#correct(word, lemma, number);
    this.#entryOf[number] = this.#find(this.#lemmaOf[number]);
  }

  #report(
    entry: number,
    start: number,
    length: number,
    lemmas: number,
    written: number,
    edits: number,
    matches: Matches,
  ): void {
    const { entries, written: writtenAs, lemmas: lemmasOf } = this.#data;
    const first = entries[3 * entry];
    const whole = entries[3 * entry + 1];
    const parts = entries[3 * entry + 2];
    const wholeMeanings = Math.min(whole, MAX_MEANINGS);
    for (let m = first; m < first + wholeMeanings; m++) {
      const kind =
        edits > 0 ? FUZZY : writtenAs[m] === written ? EXACT : lemmasOf[m] === lemmas ? LEMMA : REORDERED;
      this.#write(m, kind, start, length, edits, whole, matches);
    }
    matches.cut += whole - wholeMeanings;
    if (parts > MAX_PARTIAL_MEANINGS) matches.cut += parts;
    else
      for (let m = first + whole; m < first + whole + parts; m++)
        this.#write(m, PARTIAL, start, length, edits, whole + parts, matches);
  }

  #write(
    meaning: number,
    kind: number,
    start: number,
    length: number,
    edits: number,
    ambiguity: number,
    matches: Matches,
  ): void {
    const { interests, coverage } = this.#data;
    const at = matches.next();
    matches.interest[at] = interests[meaning];
    matches.kind[at] = kind;
    const own = KIND_SIMILARITY[kind] * (kind === PARTIAL ? coverage[meaning] : 0.9 ** edits);
    matches.similarity[at] = own * this.#walk.doubt;
    matches.distance[at] = edits;
    matches.coverage[at] = coverage[meaning];
    matches.ambiguity[at] = ambiguity;
    matches.start[at] = start;
    matches.length[at] = length;
  }

  /** Takes an unknown word for the one word of the names that it must be a misspelling of, where there is one. */
  #correct(word: string, lemma: string, number: number): void {
    if (lemma.length < MIN_FUZZY_LENGTH || /\p{N}/u.test(word) || isEnglishWord(word)) return;
    const near = this.#spelling.near(lemma, lemma.length >= LONG_FUZZY_LENGTH ? 2 : 1);
    if (near.length === 0 || near[1]?.distance === near[0].distance) return;
    const { words, spelt } = this.#data;
    const meant = spelt[near[0].word];
    // People rarely miss the first letter, and names that differ in it are different names.
    if (words.letters[words.start[meant]] !== lemma.charCodeAt(0)) return;
    this.#lemmaOf[number] = hashOf(meant);
    this.#editsOf[number] = near[0].distance;
  }
}

/** Words of a name that a walk through a lattice has met, one after another. */
class Path {
  words = 0;
  bag = 0;
  /** Hashes of the lemmas and of the words as written, in order. */
  lemmas = 0;
  written = 0;
  edits = 0;
  /** How likely the translation is. */
  weight = 1;
  /** Hashes of the first lemma and of the last. */
  first = 0;
  last = 0;
  /** Words of the text that were passed over. */
  skipped = 0;

  /** Becomes what another one is, with its own weight. */
  follow(path: Path, weight: number): void {
    this.words = path.words;
    this.bag = path.bag;
    this.lemmas = path.lemmas;
    this.written = path.written;
    this.edits = path.edits;
    this.weight = weight;
    this.first = path.first;
    this.last = path.last;
    this.skipped = path.skipped;
  }

  add(lemma: number, written: number, edits: number): void {
    if (this.words++ === 0) this.first = lemma;
    this.last = lemma;
    this.bag = addBag(this.bag, lemma);
    this.lemmas = chain(this.lemmas, lemma);
    this.written = chain(this.written, written);
    this.edits += edits;
  }
}

/** The interests that one bag of lemmas means. */
interface Meanings {
  /** Those whose whole name it is. */
  whole: Meaning[];
  /** Those of whose name it is a part. */
  parts: Meaning[];
}

interface Meaning {
  interest: number;
  coverage: number;
  written: number;
  lemmas: number;
}

/** Gathers the forms of all names, and lays them out. */
class Builder {
  readonly #numbers = new Map<string, number>();
  readonly #meanings = new Map<number, Meanings>();
  readonly #vocabulary: string[] = [];
  #longest = 1;
  readonly #pairs = new Set<number>();

  constructor(interests: NamedInterests) {
    for (let i = 0; i < interests.names.length; i++) {
      for (const form of formsOf(interests.names[i])) this.#addForm(i, form);
      for (const alias of interests.aliases.get(i) ?? []) this.#addForm(i, { text: alias, weight: 1 });
    }
    const best = (a: Meaning, b: Meaning): number => b.coverage - a.coverage || a.interest - b.interest;
    for (const { whole, parts } of this.#meanings.values()) {
      whole.sort(best);
      parts.sort(best);
    }
  }

  data(): SharedLexicalIndex {
    const bags = sharedFloat64(this.#meanings.size);
    const entries = sharedInt32(3 * this.#meanings.size);
    const slots = sharedSlots(this.#meanings.size);
    const all: Meaning[] = [];
    let entry = 0;
    for (const [bag, { whole, parts }] of this.#meanings) {
      bags[entry] = bag;
      entries.set([all.length, whole.length, parts.length], 3 * entry);
      all.push(...whole, ...parts);
      putInSlot(slots, slotOf(bag), ++entry);
    }
    const interests = sharedInt32(all.length);
    const coverage = sharedFloat64(all.length);
    const written = sharedFloat64(all.length);
    const lemmas = sharedFloat64(all.length);
    all.forEach((meaning, m) => {
      interests[m] = meaning.interest;
      coverage[m] = meaning.coverage;
      written[m] = meaning.written;
      lemmas[m] = meaning.lemmas;
    });
    const pairs = sharedUint8(2 ** Math.max(3, Math.ceil(Math.log2(2 * this.#pairs.size))));
    for (const pair of this.#pairs) {
      const bit = slotOf(pair) & (8 * pairs.length - 1);
      pairs[bit >>> 3] |= 1 << (bit & 7);
    }
    const spelt = sharedInt32(this.#vocabulary.length);
    this.#vocabulary.forEach((word, i) => (spelt[i] = this.#numbers.get(word)!));
    return {
      words: StringTable.build([...this.#numbers.keys()]).data,
      spelling: DeletionIndex.build(this.#vocabulary, 2),
      ...{ spelt, slots, bags, entries, interests, coverage, written, lemmas, longest: this.#longest, pairs },
    };
  }

  #addForm(interest: number, { text, weight }: Form): void {
    const { words, lemmas } = analyseText(text);
    if (words.length === 0 || words.length > MAX_WINDOW) return;
    // A part that is a stop word or a number alone names nothing.
    if (weight < 1 && words.every((word) => STOP_WORDS.has(word) || /^\p{N}+$/u.test(word))) return;
    let bag = 0;
    let lemmaChain = 0;
    let writtenChain = 0;
    const hashes: number[] = [];
    for (let i = 0; i < words.length; i++) {
      const hash = hashOf(this.#number(lemmas[i], true));
      for (const before of hashes) this.#pairs.add(addBag(before, hash));
      hashes.push(hash);
      bag = addBag(bag, hash);
      lemmaChain = chain(lemmaChain, hash);
      writtenChain = chain(writtenChain, hashOf(this.#number(words[i], false)));
    }
    this.#longest = Math.max(this.#longest, words.length);
    let meanings = this.#meanings.get(bag);
    if (!meanings) this.#meanings.set(bag, (meanings = { whole: [], parts: [] }));
    const { whole, parts } = meanings;
    // A name whose words stand twice, or whose part is the whole of its alias, means the interest once.
    if (whole.at(-1)?.interest === interest || parts.at(-1)?.interest === interest) return;
    (weight === 1 ? whole : parts).push({
      interest,
      coverage: weight,
      written: writtenChain,
      lemmas: lemmaChain,
    });
  }

  /** A number for each word of the names. A word that was first met as written is nobody's correction. */
  #number(word: string, lemma: boolean): number {
    let number = this.#numbers.get(word);
    if (number === undefined) {
      this.#numbers.set(word, (number = this.#numbers.size));
      if (lemma && word.length >= MIN_FUZZY_LENGTH) this.#vocabulary.push(word);
    }
    return number;
  }
}

/** A bag's place in a table, before its size. */
function slotOf(bag: number): number {
  return Math.imul((bag / 2 ** 24) ^ bag, 0x9e3779b1) >>> 8;
}

/** The hash of the word of that number; 0 for -1. */
function hashOf(number: number): number {
  return number < 0 ? 0 : spread(number + 1);
}

/** Hashes stay below it, so that 31 of them add up exactly in a double. */
const MODULUS = 2 ** 47;

/** A bag's hash: the order of its elements makes no difference. */
function addBag(bag: number, hash: number): number {
  const sum = bag + hash;
  return sum >= MODULUS ? sum - MODULUS : sum;
}

/** A sequence's hash: the order does make one. */
function chain(before: number, hash: number): number {
  const times = before * 31;
  // The remainder: exact, and no call, as % of doubles would be.
  return addBag(times - Math.floor(times / MODULUS) * MODULUS, hash);
}

/** A pseudo-random integer below 2^47 from a small one (two rounds of a 32-bit finaliser). */
function spread(n: number): number {
  const round = (x: number): number => Math.imul(x ^ (x >>> 16), 0x45d9f3b);
  const mix = (x: number): number => {
    const mixed = round(round(x));
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  return (mix(n) % 2 ** 15) * 2 ** 32 + mix(n ^ 0x5bd1e995);
}
