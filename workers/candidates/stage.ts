import { doubled } from '../../shared/arrays/doubled.ts';
import { Slab } from '../../shared/arrays/slab.ts';
import { blankPin, type CandidateBatch, type CandidatePin } from '../../shared/candidates/batch.ts';
import { EVIDENCE_INDEX, EVIDENCE_WIDTH, SOURCE } from '../../shared/candidates/evidence.ts';
import type { Generation } from '../../shared/cooccurrence/generation.ts';
import { PinTerms } from '../../shared/cooccurrence/terms.ts';
import { projectEmbedding } from '../../shared/embeddings/projection.ts';
import type { LexicalIndex } from '../../shared/lexical/lexical-index.ts';
import type { WordOverlap } from '../../shared/lexical/word-overlap.ts';
import { VOCABULARY } from '../../shared/language/vocabulary.ts';
import type { Pin, PinBatch } from '../../shared/pins/pin.ts';
import type { Stage } from '../../shared/stream/stage.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';
import type { Languages } from '../../shared/translation/languages.ts';
import { Neighbourhood } from './cooccurrence.ts';
import { LexicalEvidence, PinText } from './lexical.ts';
import { Prior, PRIOR_WEIGHT } from './prior.ts';

/** The most candidates of a Pin, ancestors included. */
export const MAX_CANDIDATES = 200;

/** Candidates found directly that are kept: recall grows little beyond, cost grows in step (docs/quality.md has the curve). */
export const MAX_DIRECT = 80;

/** Numbers of a large array: what a few dozen Pins are described in. */
const SLAB = 2 ** 11;

export interface CandidateArtefacts {
  taxonomy: TaxonomyTree;
  lexicalIndex: LexicalIndex;
  wordOverlap: WordOverlap;
  languages: Languages;
  generation: Generation;
}

/**
 * Candidate generation: lexical expansion, then the interests of the Pins that share terms or boards, then ancestors;
 * the best by a cheap prior, at most MAX_CANDIDATES a Pin.
 */
export class CandidateStage implements Stage<PinBatch, CandidateBatch> {
  readonly name = 'candidates';
  readonly #taxonomy: TaxonomyTree;
  /** What the Pins of all batches are described in. */
  readonly #floats = new Slab<Float32Array>((length) => new Float32Array(length), SLAB);
  readonly #doubles = new Slab<Float64Array>((length) => new Float64Array(length), SLAB);
  readonly #text: PinText;
  readonly #terms = new PinTerms();
  readonly #near: Neighbourhood;
  readonly #lexical: LexicalEvidence;
  readonly #prior: Prior;
  readonly #maxDirect: number;
  /** By dense index: the candidate's row of the Pin in hand, or -1. */
  readonly #rowOf: Int32Array;

  /** The rows of every batch, where one is done with before the next. */
  readonly #rows: Rows | undefined;

  /**
   * @param maxDirect for the curve of recall against candidates; everything else leaves it alone
   * @param passing each batch is done with before the next is asked for: the rows of all then go into the same memory
   */
  constructor(
    { taxonomy, lexicalIndex, wordOverlap, languages, generation }: CandidateArtefacts,
    maxDirect: number = MAX_DIRECT,
    passing = false,
  ) {
    this.#taxonomy = taxonomy;
    this.#text = new PinText(languages);
    this.#near = new Neighbourhood(generation);
    this.#lexical = new LexicalEvidence(lexicalIndex, wordOverlap, taxonomy.size);
    this.#prior = new Prior(taxonomy.size);
    this.#maxDirect = maxDirect;
    this.#rowOf = new Int32Array(taxonomy.size).fill(-1);
    this.#rows = passing ? new Rows(MAX_CANDIDATES) : undefined;
  }

  process({ pins }: PinBatch): CandidateBatch {
    VOCABULARY.trim();
    const rows = this.#rows?.cleared() ?? new Rows(pins.length * (this.#maxDirect + 16));
    const start = new Int32Array(pins.length + 1);
    const out: CandidatePin[] = new Array<CandidatePin>(pins.length);
    for (let p = 0; p < pins.length; p++) {
      out[p] = pins[p].deleted ? deletedPin(pins[p]) : this.#pin(pins[p], rows);
      start[p + 1] = rows.count;
    }
    return { taxonomy: this.#taxonomy.version, pins: out, start, ...rows.columns() };
  }

  #pin(pin: Pin, rows: Rows): CandidatePin {
    const near = this.#near;
    this.#text.read(pin);
    this.#gather(pin);
    near.look(this.#terms);
    this.#lexical.match(this.#text, pin);
    for (let i = 0; i < this.#lexical.count; i++) {
      this.#prior.add(this.#lexical.interests[i], PRIOR_WEIGHT.lexical * this.#lexical.best(i));
    }
    near.addTo(this.#prior);

    const direct = this.#prior.best(this.#maxDirect);
    const cut = this.#prior.count - direct + this.#choose(direct, rows);
    this.#fill(rows);
    this.#lexical.clear();
    this.#prior.clear();
    return this.#describe(pin, cut);
  }

  /** Gathers the terms of a Pin whose text was read. */
  #gather(pin: Pin): void {
    const text = this.#text;
    const terms = this.#terms;
    terms.clear();
    terms.addTitle(text.title);
    terms.addText(text.description);
    for (let b = 0; b < text.boards; b++) {
      terms.addBoardName(text.boardName(b));
      terms.addBoard(pin.boards[b].id);
    }
    for (let a = 0; a < text.annotations; a++) terms.addAnnotation(text.annotation(a));
  }

  /** Opens a row for each of the `direct` best and for their ancestors. Returns how many ancestors the cap cut. */
  #choose(direct: number, rows: Rows): number {
    const { ranked } = this.#prior;
    const first = rows.count;
    let cut = 0;
    rows.openPin();
    for (let i = 0; i < direct; i++) this.#rowOf[ranked[i]] = rows.open(ranked[i]) - first;
    for (let i = 0; i < direct; i++) {
      for (let a = this.#taxonomy.parent[ranked[i]]; a >= 0; a = this.#taxonomy.parent[a]) {
        if (this.#rowOf[a] === -1) {
          if (rows.count - first === MAX_CANDIDATES) {
            cut++;
            continue;
          }
          this.#rowOf[a] = rows.open(a) - first;
        }
        rows.sources[first + this.#rowOf[a]] |= SOURCE.ancestor;
      }
    }
    return cut;
  }

  /** Fills the evidence and the sources of the rows of the Pin in hand, and forgets which they were. */
  #fill(rows: Rows): void {
    const { first, count, evidence, sources } = rows;
    if (count === first) return;
    const base = first * EVIDENCE_WIDTH;
    const end = count * EVIDENCE_WIDTH;
    const template = this.#lexical.template;
    this.#near.open(template);
    evidence.set(template, base);
    // As much again as there is, each time.
    for (let to = base + EVIDENCE_WIDTH; to < end; to += to - base)
      evidence.copyWithin(to, base, Math.min(to, end - to + base));

    this.#near.fill(this.#rowOf, evidence, base);
    for (let row = first; row < count; row++) {
      const interest = rows.interests[row];
      const at = row * EVIDENCE_WIDTH;
      evidence[at + EVIDENCE_INDEX.prior] = this.#prior.value[interest];
      sources[row] |= this.#lexical.fill(interest, evidence, at);
      if (
        evidence[at + EVIDENCE_INDEX.wordShareMax] > 0 ||
        evidence[at + EVIDENCE_INDEX.phraseShareMax] > 0 ||
        evidence[at + EVIDENCE_INDEX.titleShare] > 0 ||
        evidence[at + EVIDENCE_INDEX.annotationShareMax] > 0
      ) {
        sources[row] |= SOURCE.cooccurrenceOnPins;
      }
      if (
        evidence[at + EVIDENCE_INDEX.boardShareMax] > 0 ||
        evidence[at + EVIDENCE_INDEX.boardWordShareMax] > 0
      ) {
        sources[row] |= SOURCE.cooccurrenceOnBoards;
      }
      this.#rowOf[interest] = -1;
    }
  }

  #describe(pin: Pin, cut: number): CandidatePin {
    const near = this.#near;
    const terms = this.#terms;
    return {
      id: pin.id,
      version: pin.version,
      deleted: false,
      createdAt: pin.createdAt,
      language: pin.language,
      kind: pin.kind,
      country: pin.country,
      engagement: pin.engagement,
      words: terms.wordTexts(),
      wordIdf: this.#floats.copyOf(near.wordIdf, terms.words.count),
      textLength: this.#text.length,
      annotationCount: pin.annotations.length,
      terms: terms.writeHashes(this.#doubles.take(terms.hashCount)),
      boards: this.#doubles.copyOf(terms.boards.values, terms.boards.count),
      knownBoards: near.boards,
      vector: pin.embedding ? projectEmbedding(pin.embedding) : near.graphVector(this.#floats),
      cut,
    };
  }
}

/** Nothing is proposed for a Pin that is gone; it is passed on so that its results are taken back. */
function deletedPin({ id, version, createdAt, language, kind, country, engagement }: Pin): CandidatePin {
  return blankPin({ id, version, deleted: true, createdAt, language, kind, country, engagement });
}

/** Growing columns of a batch's candidates. */
class Rows {
  interests: Int32Array;
  sources: Uint16Array;
  evidence: Float32Array;
  count = 0;
  /** First row of the Pin in hand. */
  first = 0;

  constructor(capacity: number) {
    this.interests = new Int32Array(capacity);
    this.sources = new Uint16Array(capacity);
    this.evidence = new Float32Array(capacity * EVIDENCE_WIDTH);
  }

  /** The same columns, with nothing in them. */
  cleared(): this {
    this.sources.fill(0, 0, this.count);
    this.count = 0;
    this.first = 0;
    return this;
  }

  /** Starts a Pin; there is room for MAX_CANDIDATES more rows afterwards. */
  openPin(): void {
    this.first = this.count;
    while (this.count + MAX_CANDIDATES > this.interests.length) {
      this.interests = doubled(this.interests);
      this.sources = doubled(this.sources);
      this.evidence = doubled(this.evidence);
    }
  }

  /** Adds a row and returns its number. */
  open(interest: number): number {
    this.interests[this.count] = interest;
    return this.count++;
  }

  columns(): Pick<CandidateBatch, 'interests' | 'sources' | 'evidence'> {
    return {
      interests: this.interests.subarray(0, this.count),
      sources: this.sources.subarray(0, this.count),
      evidence: this.evidence.subarray(0, this.count * EVIDENCE_WIDTH),
    };
  }
}
