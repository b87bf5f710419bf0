import type { CandidateBatch } from '../shared/candidates/batch.ts';
import { EVIDENCE, EVIDENCE_WIDTH, sourceNames, type Source } from '../shared/candidates/evidence.ts';
import type { Generation } from '../shared/cooccurrence/generation.ts';
import type { Lane } from '../shared/features/feature.ts';
import type { InterestNames } from '../shared/features/interest-names.ts';
import { FEATURES } from '../shared/features/table.ts';
import type { FeatureBatch } from '../shared/features/batch.ts';
import type { Pin } from '../shared/pins/pin.ts';
import type { RankingModel } from '../shared/ranking/ranking-model.ts';
import { explainTranslations, type TextTranslation } from '../shared/translation/explain.ts';
import type { Languages } from '../shared/translation/languages.ts';
import { featureContext, type TaxonomyArtefacts } from '../workers/artefacts.ts';
import { DESCRIPTION, PinText, TITLE } from '../workers/candidates/lexical.ts';
import { CandidateStage } from '../workers/candidates/stage.ts';
import { FeatureStage } from '../workers/features/stage.ts';
import { RankingStage, type RankedBatch } from '../workers/ranking/stage.ts';

/** One candidate of a Pin. */
export interface Candidate {
  id: number;
  path: string;
  level: number;
  score: number;
  /** It is among the Pin's results. */
  kept: boolean;
  sources: Source[];
}

/** A candidate with all that was known of it. */
export interface ExplainedCandidate extends Candidate {
  /** Evidence that is there and is not 0. */
  evidence: Record<string, number>;
  /** Features that are not missing. */
  features: Record<string, number>;
  /** Features that moved the score, the furthest first. */
  contributions: Contribution[];
}

/** How far a feature moved a score. */
export interface Contribution {
  feature: string;
  /** Null where it is missing, which the model may well take as a hint. */
  value: number | null;
  /** In log-odds of the score. */
  contribution: number;
}

/** How a text of a Pin that is not English, or may be something else, was read. */
export interface FieldTranslation extends Omit<TextTranslation, 'text'> {
  field: 'title' | 'description' | 'board' | 'annotation';
  text: string;
}

/** What the stages saw of a Pin. */
export interface Explanation<C extends Candidate = ExplainedCandidate> {
  pin: string;
  title: string;
  /** Texts that are English are left out. */
  translations: FieldTranslation[];
  words: string[];
  /** Candidates that the cap cut. */
  cut: number;
  /** What the score of every candidate starts from; with its contributions it sums to the log-odds of its score. */
  expected: number;
  /** Best score first. */
  candidates: C[];
}

/** Runs Pins through the stages, each by itself, and keeps everything they saw. */
export class PinExplainer {
  readonly #artefacts: TaxonomyArtefacts;
  readonly #model: RankingModel;
  readonly #candidates: CandidateStage;
  readonly #features: FeatureStage;
  readonly #ranking: RankingStage;

  /** @param names the interests' names as the generation weighs them, where they are worked out already */
  constructor(
    artefacts: TaxonomyArtefacts,
    generation: Generation,
    model: RankingModel,
    lane: Lane,
    names?: InterestNames,
  ) {
    this.#artefacts = artefacts;
    this.#model = model;
    this.#candidates = new CandidateStage({ ...artefacts, generation });
    this.#features = new FeatureStage(featureContext(artefacts, generation, names), lane);
    this.#ranking = new RankingStage(model, artefacts.taxonomy);
  }

  /** The results of Pins, as the pipeline makes them. */
  rank(pins: Pin[]): RankedBatch {
    return this.#ranking.process(this.#features.process(this.#candidates.process({ pins })));
  }

  /** A Pin with its candidates, and not yet why they have their scores: milliseconds. */
  candidates(pin: Pin): Explanation<Candidate> {
    return this.#explain(pin, (seen, row) => this.#candidateOf(seen, row));
  }

  /**
   * A Pin with all that is known of its candidates. Contributions cost the model's own time a hundred times over.
   *
   * @param only this interest, in place of every candidate
   * @throws P2iError MODEL_INVALID where the model's file lacks the counts that contributions need
   */
  explain(pin: Pin, only?: number): Explanation {
    return this.#explain(
      pin,
      (seen, row) => ({ ...this.#candidateOf(seen, row), ...detailsOf(seen, row, this.#model) }),
      only,
    );
  }

  #explain<C extends Candidate>(
    pin: Pin,
    describe: (seen: Seen, row: number) => C,
    only?: number,
  ): Explanation<C> {
    const batch = this.#candidates.process({ pins: [pin] });
    const extracted = this.#features.process(batch);
    const ranked = this.#ranking.process(extracted);
    const kept = new Set(ranked.pins[0].interests.map(({ interest }) => interest));
    const seen: Seen = { batch, extracted, kept, raw: this.#model.rawScores(extracted) };
    const { languages, taxonomy } = this.#artefacts;
    const [described] = batch.pins;
    const rows = Array.from(batch.interests.keys()).filter(
      (row) => only === undefined || taxonomy.ids[batch.interests[row]] === only,
    );
    return {
      pin: pin.id,
      title: pin.title,
      translations: translationsOf(pin, languages),
      words: described.words,
      cut: described.cut,
      expected: this.#model.expected,
      candidates: rows.map((row) => describe(seen, row)).sort((a, b) => b.score - a.score || a.id - b.id),
    };
  }

  #candidateOf({ batch, raw, kept }: Seen, row: number): Candidate {
    const { taxonomy } = this.#artefacts;
    const interest = batch.interests[row];
    return {
      id: taxonomy.ids[interest],
      path: taxonomy.pathName(interest),
      level: taxonomy.level[interest],
      score: this.#model.calibrate(raw[row]),
      kept: kept.has(interest),
      sources: sourceNames(batch.sources[row]),
    };
  }
}

/** What the stages made of one Pin. */
interface Seen {
  batch: CandidateBatch;
  extracted: FeatureBatch;
  /** Dense indexes of the interests that are its results. */
  kept: ReadonlySet<number>;
  /** Log-odds of each candidate. */
  raw: Float64Array;
}

function translationsOf(pin: Pin, languages: Languages): FieldTranslation[] {
  const read = new PinText(languages);
  read.read(pin);
  const fieldOf = (text: number): FieldTranslation['field'] => {
    if (text === TITLE) return 'title';
    if (text === DESCRIPTION) return 'description';
    return text < read.annotationText(0) ? 'board' : 'annotation';
  };
  return explainTranslations(read.written, pin.language, languages).map(({ text, ...translation }) => ({
    ...{ field: fieldOf(text), text: read.written[text] },
    ...translation,
  }));
}

function detailsOf(
  { batch, extracted }: Seen,
  row: number,
  model: RankingModel,
): Omit<ExplainedCandidate, keyof Candidate> {
  const rows = batch.interests.length;
  const values = FEATURES.map((_, f) => extracted.features[f * rows + row]);
  return {
    evidence: evidenceOf(batch, row),
    features: Object.fromEntries(
      FEATURES.map(({ name }, f) => [name, values[f]] as const).filter(([, value]) => !Number.isNaN(value)),
    ),
    contributions: strongestFirst(values, model.contributions(extracted, row)),
  };
}

function strongestFirst(values: readonly number[], contributions: Float64Array): Contribution[] {
  return FEATURES.map(({ name }, f) => ({
    feature: name,
    value: Number.isNaN(values[f]) ? null : values[f],
    contribution: contributions[f],
  }))
    .filter(({ contribution }) => contribution !== 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
}

function evidenceOf(batch: CandidateBatch, row: number): Record<string, number> {
  const pairs = EVIDENCE.map((name, i) => [name, batch.evidence[row * EVIDENCE_WIDTH + i]] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== 0 && !Number.isNaN(value)));
}
