import type { CandidateBatch } from '../shared/candidates/batch.ts';
import { EVIDENCE, EVIDENCE_WIDTH, sourceNames, type Source } from '../shared/candidates/evidence.ts';
import type { Generation } from '../shared/cooccurrence/generation.ts';
import type { Lane } from '../shared/features/feature.ts';
import { FEATURES } from '../shared/features/table.ts';
import type { FeatureBatch } from '../shared/features/batch.ts';
import type { Pin } from '../shared/pins/pin.ts';
import type { RankingModel } from '../shared/ranking/ranking-model.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { explainTranslations, type TextTranslation } from '../shared/translation/explain.ts';
import type { Languages } from '../shared/translation/languages.ts';
import { featureContext, type TaxonomyArtefacts } from '../workers/artefacts.ts';
import { DESCRIPTION, PinText, TITLE } from '../workers/candidates/lexical.ts';
import { CandidateStage } from '../workers/candidates/stage.ts';
import { FeatureStage } from '../workers/features/stage.ts';
import { RankingStage, type RankedBatch } from '../workers/ranking/stage.ts';

/** One candidate of a Pin, with all that was known of it. */
export interface ExplainedCandidate {
  id: number;
  path: string;
  level: number;
  score: number;
  /** It is among the Pin's results. */
  kept: boolean;
  sources: Source[];
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

export interface Explanation {
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
  candidates: ExplainedCandidate[];
}

/** Runs Pins through the stages, each by itself, and keeps everything they saw. */
export function* explainPins(
  pins: Iterable<Pin>,
  artefacts: TaxonomyArtefacts,
  generation: Generation,
  model: RankingModel,
  lane: Lane,
): Generator<Explanation> {
  const candidates = new CandidateStage({ ...artefacts, generation });
  const features = new FeatureStage(featureContext(artefacts, generation), lane);
  const ranking = new RankingStage(model, artefacts.taxonomy);
  for (const pin of pins) {
    const batch = candidates.process({ pins: [pin] });
    const extracted = features.process(batch);
    const ranked = ranking.process(extracted);
    const [described] = batch.pins;
    yield {
      pin: pin.id,
      title: pin.title,
      translations: translationsOf(pin, artefacts.languages),
      words: described.words,
      cut: described.cut,
      expected: model.expected,
      candidates: explainCandidates(batch, extracted, ranked, model, artefacts.taxonomy),
    };
  }
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

/** Best score first. */
function explainCandidates(
  batch: CandidateBatch,
  extracted: FeatureBatch,
  ranked: RankedBatch,
  model: RankingModel,
  taxonomy: Taxonomy,
): ExplainedCandidate[] {
  const kept = new Set(ranked.pins[0].interests.map(({ interest }) => interest));
  const raw = model.rawScores(extracted);
  const rows = batch.interests.length;
  return Array.from(batch.interests, (interest, row): ExplainedCandidate => {
    const values = FEATURES.map((_, f) => extracted.features[f * rows + row]);
    return {
      id: taxonomy.ids[interest],
      path: taxonomy.pathName(interest),
      level: taxonomy.level[interest],
      score: model.calibrate(raw[row]),
      kept: kept.has(interest),
      sources: sourceNames(batch.sources[row]),
      evidence: evidenceOf(batch, row),
      features: Object.fromEntries(
        FEATURES.map(({ name }, f) => [name, values[f]] as const).filter(([, value]) => !Number.isNaN(value)),
      ),
      contributions: strongestFirst(values, model.contributions(extracted, row)),
    };
  }).sort((a, b) => b.score - a.score || a.id - b.id);
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
