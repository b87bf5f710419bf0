import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readCorpus } from '../../../quality/corpus.ts';
import { factsOf, generationOf } from '../../../quality/corpus-facts.ts';
import { emptyGeneration } from '../../../shared/cooccurrence/generation.ts';
import type { CandidateBatch } from '../../../shared/candidates/batch.ts';
import {
  EVIDENCE_INDEX,
  EVIDENCE_WIDTH,
  SOURCE,
  type EvidenceName,
} from '../../../shared/candidates/evidence.ts';
import { computeFeatures, FEATURES } from '../../../shared/features/table.ts';
import type { Pin } from '../../../shared/pins/pin.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import { featureContext, taxonomyArtefacts } from '../../../workers/artefacts.ts';
import { Prior } from '../../../workers/candidates/prior.ts';
import { CandidateStage, MAX_CANDIDATES, MAX_DIRECT } from '../../../workers/candidates/stage.ts';
import { candidatesTopic } from '../../../workers/candidates/topic.ts';
import { FeatureStage } from '../../../workers/features/stage.ts';
import { featuresTopic } from '../../../workers/features/topic.ts';
import { oneTaxonomy } from '../../../workers/taxonomy-source.ts';
import { PATHS } from '../../../cli/paths.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';

const corpus = await readCorpus(PATHS.tate);
const { taxonomy } = corpus;
const artefacts = taxonomyArtefacts(taxonomy, TEXT_MODELS);
const sample = corpus.pins.filter((_, i) => i % 20 === 0);
const generation = generationOf(factsOf(sample, artefacts), taxonomy);
const stage = new CandidateStage({ ...artefacts, generation });
const cold = new CandidateStage({ ...artefacts, generation: emptyGeneration(taxonomy) });
const pins = corpus.split.test.slice(0, 60);

const pin = (fields: Partial<Pin>): Pin => ({
  ...corpus.pins[0],
  annotations: [],
  boards: [],
  title: '',
  ...fields,
});
const evidence = (batch: CandidateBatch, row: number, name: EvidenceName): number =>
  batch.evidence[row * EVIDENCE_WIDTH + EVIDENCE_INDEX[name]];
const rowOf = (batch: CandidateBatch, label: string): number =>
  batch.interests.findIndex((interest) => taxonomy.names[interest] === label);

describe('candidate generation', () => {
  test('passes a Pin that is gone on without candidates, and changes none of its neighbours', () => {
    const [before, gone, behind] = pins;
    const batch = stage.process({ pins: [before, { ...gone, version: 7, deleted: true }, behind] });
    const { id, version, deleted, words, terms, boards } = batch.pins[1];
    assert.deepEqual([id, version, deleted], [gone.id, 7, true]);
    assert.deepEqual([words.length, terms.length, boards.length], [0, 0, 0]);
    assert.equal(batch.start[1], batch.start[2]);
    const { interests, evidence: rows } = stage.process({ pins: [before, behind] });
    assert.deepEqual([batch.interests, batch.evidence], [interests, rows]);
  });

  test('gives no Pin more than the cap, each interest once, every one with its ancestors and a way it was found', () => {
    const batch = stage.process({ pins });
    for (let p = 0; p < pins.length; p++) {
      const own = [...batch.interests.subarray(batch.start[p], batch.start[p + 1])];
      assert.ok(own.length <= MAX_CANDIDATES);
      assert.equal(new Set(own).size, own.length);
      for (const interest of own) for (const a of taxonomy.ancestors(interest)) assert.ok(own.includes(a));
    }
    assert.ok(batch.sources.every((bits) => bits !== 0));
  });

  test('a Pin gets the same candidates in whatever batch it comes', () => {
    const whole = stage.process({ pins });
    pins.forEach((one, p) => {
      const alone = stage.process({ pins: [one] });
      const [from, to] = [whole.start[p], whole.start[p + 1]];
      assert.deepEqual(alone.interests, whole.interests.slice(from, to));
      assert.deepEqual(alone.sources, whole.sources.slice(from, to));
      assert.deepEqual(alone.evidence, whole.evidence.slice(from * EVIDENCE_WIDTH, to * EVIDENCE_WIDTH));
    });
  });

  test('on an empty store it finds what the text names, and nothing else but ancestors', () => {
    const batch = cold.process({ pins: [pin({ title: 'Mountains and a rived castle' })] });
    const mountain = rowOf(batch, 'mountain');
    assert.ok(batch.sources[mountain] & SOURCE.lemma);
    assert.ok(batch.sources[rowOf(batch, 'castle')] & SOURCE.exact);
    assert.ok(
      Number.isNaN(evidence(batch, mountain, 'wordShareMax')),
      'the store knows no word: not 0 but missing',
    );
    assert.ok(Number.isNaN(evidence(batch, mountain, 'descriptionMatch')), 'there is no description');
    const lexical =
      SOURCE.exact | SOURCE.lemma | SOURCE.reordered | SOURCE.fuzzy | SOURCE.partial | SOURCE.ancestor;
    assert.ok(batch.sources.every((bits) => (bits & lexical) !== 0));
  });

  test('an annotation is stated with its confidence; of an ambiguous name, its path says which is meant', () => {
    const annotations = [{ term: 'toys and models > horse', confidence: 0.75, sources: ['link'] }];
    const batch = cold.process({ pins: [pin({ annotations })] });
    const stated = [...batch.interests].filter((_, row) => batch.sources[row] & SOURCE.stated);
    assert.deepEqual(
      stated.map((interest) => taxonomy.pathName(interest).endsWith('toys and models > horse')),
      [true],
    );
    const row = batch.interests.indexOf(stated[0]);
    assert.equal(evidence(batch, row, 'annotationConfidence'), 0.75);
    assert.equal(evidence(batch, row, 'annotationMatch'), 0.75);
  });

  test('a Pin with an embedding of its own uses that, whatever its boards', () => {
    const embedding = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i));
    const [own] = stage.process({ pins: [{ ...pins[0], embedding }] }).pins;
    const [graph] = stage.process({ pins: [pins[0]] }).pins;
    assert.notDeepEqual(own.vector, graph.vector);
    assert.ok(Math.abs(Math.hypot(...own.vector!) - 1) < 1e-5);
  });
});

describe('the prior', () => {
  test('the best k are those of a full sort', () => {
    const amounts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 100 }), (values, k) => {
        const prior = new Prior(values.length);
        values.forEach((value, interest) => prior.add(interest, value));
        const n = prior.best(k);
        const sorted = values
          .map((value, i) => ({ value, i }))
          .sort((a, b) => b.value - a.value || a.i - b.i);
        assert.deepEqual(
          [...prior.ranked.subarray(0, n)],
          sorted.slice(0, k).map(({ i }) => i),
        );
      }),
    );
  });
});

describe('between the stages', () => {
  test('batches that pass through the same memory are those with memory of their own, whatever came before', () => {
    const context = featureContext(artefacts, generation);
    const passing = {
      candidates: new CandidateStage({ ...artefacts, generation }, MAX_DIRECT, true),
      features: new FeatureStage(context, 'batch', true),
    };
    const own = new FeatureStage(context, 'batch');
    for (const batch of [pins.slice(0, 40), pins.slice(40, 43), [], pins.slice(43)]) {
      const candidates = passing.candidates.process({ pins: batch });
      const expected = stage.process({ pins: batch });
      assert.deepEqual(candidates, expected);
      assert.deepEqual(passing.features.process(candidates), own.process(expected));
    }
  });

  const registry = new Registry(PATHS.schemas);

  test('candidates survive the wire bit for bit', () => {
    const batch = stage.process({ pins });
    const topic = candidatesTopic(registry, oneTaxonomy(taxonomy));
    const back = topic.decode(topic.encode(batch), 'p2i-candidates-0@0');
    assert.deepEqual(back.evidence, batch.evidence);
    assert.deepEqual(back, batch);
    const [left, right] = topic.split(batch);
    assert.deepEqual([...left.pins, ...right.pins], batch.pins);
    assert.equal(left.evidence.length + right.evidence.length, batch.evidence.length);
  });

  test('features survive the wire bit for bit, and a batch of another taxonomy version is refused', () => {
    const batch = new FeatureStage(featureContext(artefacts, generation), 'batch').process(
      stage.process({ pins }),
    );
    const topic = featuresTopic(registry, oneTaxonomy(taxonomy));
    assert.deepEqual(topic.decode(topic.encode(batch), 'p2i-features-0@0'), batch);
    const foreign = featuresTopic(registry, { taxonomy: () => taxonomy }).encode({
      ...batch,
      taxonomy: 'another',
    });
    assert.throws(() => topic.decode(foreign, 'p2i-features-0@9'), {
      code: 'TAXONOMY_UNKNOWN',
      where: 'p2i-features-0@9',
    });
  });
});

describe('the feature table', () => {
  const context = featureContext(artefacts, generation);
  const column = (matrix: Float32Array, name: string): Float32Array => {
    const f = FEATURES.findIndex((feature) => feature.name === name);
    const rows = matrix.length / FEATURES.length;
    return matrix.subarray(f * rows, (f + 1) * rows);
  };

  test('names each feature once, and says what it means, in which unit and in which lanes', () => {
    assert.equal(new Set(FEATURES.map(({ name }) => name)).size, FEATURES.length);
    for (const { meaning, unit, lanes } of FEATURES)
      assert.ok(meaning !== '' && unit !== '' && lanes.length > 0);
  });

  test('engagement and context of a Pin that has them are computed, and missing is NaN', () => {
    const rich = pin({
      title: 'Mountains',
      kind: 'video',
      country: 'DE',
      language: 'en-GB',
      engagement: { saves: 9, clicks: 3, closeups: null, impressions: 100, femaleShare: 0.7, maleShare: 0.2 },
    });
    const matrix = computeFeatures(cold.process({ pins: [rich] }), 'batch', context);
    const value = (name: string): number => column(matrix, name)[0];
    assert.ok(Math.abs(value('saves') - Math.log(10)) < 1e-6);
    assert.ok(Math.abs(value('saveRate') - 0.09) < 1e-6);
    assert.ok(Math.abs(value('clickRate') - 0.03) < 1e-6);
    assert.ok(Math.abs(value('femaleShare') - 0.7) < 1e-6);
    assert.ok(Math.abs(value('maleShare') - 0.2) < 1e-6);
    assert.ok(Number.isNaN(value('closeups')));
    assert.equal(value('kind'), 1);
    assert.equal(value('country'), 3 * 26 + 4);
    assert.equal(value('language'), 4 * 26 + 13);
    const poor = computeFeatures(
      cold.process({ pins: [pin({ title: 'Mountains', language: null, kind: null })] }),
      'batch',
      context,
    );
    for (const name of ['saves', 'saveRate', 'femaleShare', 'kind', 'country', 'language']) {
      assert.ok(column(poor, name).every(Number.isNaN), name);
    }
  });

  test('the instant lane has nothing of what does not exist at creation', () => {
    const engagement = {
      saves: 9,
      clicks: 3,
      closeups: 1,
      impressions: 100,
      femaleShare: 0.7,
      maleShare: 0.2,
    };
    const matrix = computeFeatures(
      cold.process({ pins: [pin({ title: 'Mountains', engagement })] }),
      'instant',
      context,
    );
    for (const { name, lanes } of FEATURES) {
      if (!lanes.includes('instant')) assert.ok(column(matrix, name).every(Number.isNaN), name);
    }
    assert.ok(column(matrix, 'titleMatch').some((value) => value > 0));
  });

  test('no feature identifies an interest: over many Pins none tells two thirds of the interests apart', () => {
    const batch = stage.process({ pins: corpus.split.test.slice(0, 300) });
    const matrix = computeFeatures(batch, 'batch', context);
    const rowsOf = Map.groupBy(batch.interests.keys(), (row) => batch.interests[row]);
    const oftenRows = [...rowsOf.values()].filter((rows) => rows.length > 5);
    for (const { name } of FEATURES) {
      const values = column(matrix, name);
      const often = oftenRows.map((rows) => new Set(rows.map((row) => values[row])));
      const constant = often.filter((seen) => seen.size === 1).map((seen) => [...seen][0]);
      const telling = new Set(constant).size / often.length;
      assert.ok(
        telling < 2 / 3,
        `${name} has a value of its own for ${(100 * telling).toFixed(0)} % of the interests`,
      );
    }
  });
});
