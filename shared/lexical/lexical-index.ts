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

/** What may be so of a bag of lemmas: it is a form of a name… */
const IS_FORM = 1;
/** …and part of a larger one. */
const GROWS = 2;
const CELL_BITS = 2;

/** The bag of an arc that has a word that no name has. */
const IN_NO_NAME = -1;

/** Cells of the table of bags, at least, by bag of a form: what no name has meets few of them. */
const CELLS_PER_BAG = 4;

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
  /**
   * By bag of lemmas, CELL_BITS each, by its hash: IS_FORM and GROWS, as far as hashes tell (Bloom 1970); 0 where no name has them
   * all. A power of two long.
   */
  cells: Uint8Array;
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
  /** What a match is worth, for how likely its translation is. */
  #doubt = 1;
  /** Of the walk through a lattice. */
  readonly #path = new Path();
  /** By arc of a lattice: the bag of its words' lemmas, or IN_NO_NAME. */
  #arcBag = new Float64Array(256);
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
    this.#follow();
    this.#readArcs(lattice);
    for (let node = 0; node < lattice.nodes; node++) this.#walk(lattice, node, matches);
    this.#doubt = 1;
  }

  /** Works out the bags of all arcs: walks meet each many times. */
  #readArcs({ arcs, firstWord, words }: Lattice): void {
    while (this.#arcBag.length < arcs) this.#arcBag = doubled(this.#arcBag);
    for (let arc = 0; arc < arcs; arc++) {
      let bag = 0;
      for (let w = firstWord[arc]; w < firstWord[arc + 1]; w++) {
        if (this.#isKnown[words[w]] === 0) this.#meet(words[w]);
        const hash = this.#lemmaOf[words[w]];
        bag = hash === 0 || bag === IN_NO_NAME ? IN_NO_NAME : addBag(bag, hash);
      }
      this.#arcBag[arc] = bag;
    }
  }

  /** Follows all paths from a node, depth first, and reports what their words name. */
  #walk(lattice: Lattice, node: number, matches: Matches): void {
    const path = this.#path;
    const arcBag = this.#arcBag;
    const { firstWord, weight: arcWeight } = lattice;
    const { longest } = this.#data;
    let depth = 0;
    let steps = 0;
    path.open(0, node, lattice);
    while (depth >= 0) {
      const arc = path.arc[depth]++;
      if (arc === path.end[depth]) {
        depth--;
        continue;
      }
      const says = firstWord[arc + 1] - firstWord[arc];
      const words = path.words[depth];
      // A walk begins with a word that says something, and passes over few that do not.
      if (says === 0 ? words === 0 || path.skipped[depth] === MAX_SKIPPED : words + says > longest) continue;
      const weight = path.weight[depth] * arcWeight[arc];
      if (weight < LEAST_LIKELY) continue;
      if (++steps > MAX_STEPS) return;
      if (arcBag[arc] === IN_NO_NAME) continue;
      const cell = says === 0 ? GROWS : this.#cellOf(addBag(path.bag[depth], arcBag[arc]));
      if (cell === 0) continue;
      path.follow(depth, weight, says === 0 ? 1 : 0);
      this.#take(lattice, arc, depth + 1);
      if ((cell & IS_FORM) !== 0) this.#reportPath(lattice, node, lattice.to[arc], depth + 1, matches);
      if ((cell & GROWS) !== 0) path.open(++depth, lattice.to[arc], lattice);
    }
  }

  #cellOf(bag: number): number {
    const { cells } = this.#data;
    const bit = (CELL_BITS * slotOf(bag)) & (8 * cells.length - 1);
    return (cells[bit >>> 3] >>> (bit & 7)) & (IS_FORM | GROWS);
  }

  /** Adds the words of an arc to the path. */
  #take({ firstWord, words }: Lattice, arc: number, depth: number): void {
    for (let w = firstWord[arc]; w < firstWord[arc + 1]; w++) {
      const word = words[w];
      this.#path.add(depth, this.#lemmaOf[word], this.#writtenOf[word], this.#editsOf[word]);
    }
  }

  /** Reports what the path from a node to another names. */
  #reportPath({ word }: Lattice, from: number, to: number, depth: number, matches: Matches): void {
    const { bag, weight, lemmas, written, edits } = this.#path;
    const entry = this.#find(bag[depth]);
    if (entry < 0) return;
    this.#doubt = weight[depth] ** DOUBT;
    const length = Math.max(1, word[to] - word[from]);
    this.#report(entry, word[from], length, lemmas[depth], written[depth], edits[depth], matches);
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
    matches.similarity[at] = own * this.#doubt;
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

/** Arcs of the longest path: each adds a word, or is passed over. */
const MAX_DEPTH = MAX_WINDOW + MAX_SKIPPED;

/** Words of a name that a walk through a lattice has met, by depth: by how many arcs it has followed. None at depth 0. */
class Path {
  /** Arcs that are to be followed from there: the next, and behind the last. */
  readonly arc = new Int32Array(MAX_DEPTH + 1);
  readonly end = new Int32Array(MAX_DEPTH + 1);
  readonly words = new Int32Array(MAX_DEPTH + 1);
  readonly bag = new Float64Array(MAX_DEPTH + 1);
  /** Hashes of the lemmas and of the words as written, in order. */
  readonly lemmas = new Float64Array(MAX_DEPTH + 1);
  readonly written = new Float64Array(MAX_DEPTH + 1);
  readonly edits = new Int32Array(MAX_DEPTH + 1);
  /** How likely the translation is. */
  readonly weight = new Float64Array(MAX_DEPTH + 1).fill(1);
  /** Words of the text that were passed over. */
  readonly skipped = new Int32Array(MAX_DEPTH + 1);

  /** Is at a node. */
  open(depth: number, node: number, { firstArc }: Lattice): void {
    this.arc[depth] = firstArc[node];
    this.end[depth] = firstArc[node + 1];
  }

  /** Begins the next depth with what this one has. */
  follow(depth: number, weight: number, skipped: number): void {
    const next = depth + 1;
    this.words[next] = this.words[depth];
    this.bag[next] = this.bag[depth];
    this.lemmas[next] = this.lemmas[depth];
    this.written[next] = this.written[depth];
    this.edits[next] = this.edits[depth];
    this.skipped[next] = this.skipped[depth] + skipped;
    this.weight[next] = weight;
  }

  add(depth: number, lemma: number, written: number, edits: number): void {
    this.words[depth]++;
    this.bag[depth] = addBag(this.bag[depth], lemma);
    this.lemmas[depth] = chain(this.lemmas[depth], lemma);
    this.written[depth] = chain(this.written[depth], written);
    this.edits[depth] += edits;
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
  /** By form: the hashes of its lemmas. */
  readonly #forms: number[][] = [];

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
    const spelt = sharedInt32(this.#vocabulary.length);
    this.#vocabulary.forEach((word, i) => (spelt[i] = this.#numbers.get(word)!));
    return {
      words: StringTable.build([...this.#numbers.keys()]).data,
      spelling: DeletionIndex.build(this.#vocabulary, 2),
      ...{ spelt, slots, bags, entries, interests, coverage, written, lemmas },
      ...{ longest: this.#longest, cells: cellsOf(this.#forms) },
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
      hashes.push(hash);
      bag = addBag(bag, hash);
      lemmaChain = chain(lemmaChain, hash);
      writtenChain = chain(writtenChain, hashOf(this.#number(words[i], false)));
    }
    this.#longest = Math.max(this.#longest, words.length);
    this.#forms.push(hashes);
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

/** The table of all bags that are a form or part of one: what is left of its lemmas when some are taken out. */
function cellsOf(forms: readonly (readonly number[])[]): Uint8Array {
  const bags = forms.reduce((sum, { length }) => sum + 2 ** length, 0);
  const cells = sharedUint8(2 ** Math.max(3, Math.ceil(Math.log2((CELLS_PER_BAG * bags * CELL_BITS) / 8))));
  for (const hashes of forms) {
    const all = 2 ** hashes.length - 1;
    for (let having = 1; having <= all; having++) {
      let bag = 0;
      for (let i = 0; i < hashes.length; i++) if ((having & (1 << i)) !== 0) bag = addBag(bag, hashes[i]);
      const bit = (CELL_BITS * slotOf(bag)) & (8 * cells.length - 1);
      cells[bit >>> 3] |= (having === all ? IS_FORM : GROWS) << (bit & 7);
    }
  }
  return cells;
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
