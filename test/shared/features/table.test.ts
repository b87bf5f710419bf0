import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { factsOf, generationOf } from '../../../quality/corpus-facts.ts';
import { emptyGeneration } from '../../../shared/cooccurrence/generation.ts';
import type { CandidateBatch } from '../../../shared/candidates/batch.ts';
import type { Generation } from '../../../shared/cooccurrence/generation.ts';
import type { TextVectors } from '../../../shared/embeddings/text.ts';
import { LANES, type FeatureContext, type Lane } from '../../../shared/features/feature.ts';
import { UNKNOWN_IDF } from '../../../shared/features/interest-names.ts';
import { computeFeatures, FEATURES } from '../../../shared/features/table.ts';
import type { Pin } from '../../../shared/pins/pin.ts';
import { featureContext, taxonomyArtefacts, type TextModels } from '../../../workers/artefacts.ts';
import { annotation, candidatesOf, idsOf, NATURE, taxonomyOf } from '../../workers/candidates/made.ts';
import { NO_LANGUAGES } from '../../support/languages.ts';
import { pinOf } from '../../support/pin.ts';

/** Text vectors of two dimensions: water, and land. */
const twoDimensions: unknown = {
  dimensions: 2,
  embed(words: readonly string[], _weights: Float32Array | null, out: Float32Array): boolean {
    const water = words.filter((word) => ['river', 'lake', 'sea'].includes(word)).length;
    const land = words.filter((word) => ['mountain', 'hill', 'castle'].includes(word)).length;
    const norm = Math.hypot(water, land) || 1;
    out[0] = water / norm;
    out[1] = land / norm;
    return water + land > 0;
  },
};
const models: TextModels = { textVectors: twoDimensions as TextVectors, languages: NO_LANGUAGES };

function contextOf(generation: Generation): FeatureContext {
  return featureContext(taxonomyArtefacts(NATURE, models), generation);
}

const cold = emptyGeneration(NATURE);

/** The value of a feature of Pin `p`'s candidate with an id. */
function reader(batch: CandidateBatch, lane: Lane = 'batch', generation: Generation = cold) {
  const matrix = computeFeatures(batch, lane, contextOf(generation));
  const rows = batch.interests.length;
  return (name: string, id: number, p = 0): number => {
    const feature = FEATURES.findIndex((each) => each.name === name);
    assert.ok(feature >= 0, name);
    const row = batch.start[p] + idsOf(batch, p).indexOf(id);
    return matrix[feature * rows + row];
  };
}

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-5, `${actual} is not ${expected}`);

const engagement = { saves: 9, clicks: 4, closeups: 0, impressions: 200, femaleShare: 0.7, maleShare: 0.2 };

const RICH = pinOf({
  title: 'A castle',
  kind: 'product',
  country: 'GB',
  language: 'pt-BR',
  engagement,
  annotations: [annotation('river', 0.5)],
});

describe('engagement', () => {
  test('of 0 is 0, and rates are shares of the impressions', () => {
    const value = reader(candidatesOf([RICH]));
    near(value('saves', 300), Math.log(10));
    near(value('closeups', 300), 0);
    near(value('impressions', 300), Math.log(201));
    near(value('saveRate', 300), 9 / 200);
    near(value('clickRate', 300), 4 / 200);
    near(value('femaleShare', 300), 0.7);
    near(value('maleShare', 300), 0.2);
  });

  test('rates of a Pin that nobody was shown are missing, not infinite', () => {
    const unseen = { ...engagement, impressions: 0 };
    const value = reader(candidatesOf([pinOf({ title: 'A castle', engagement: unseen })]));
    assert.equal(value('impressions', 300), 0);
    assert.ok(Number.isNaN(value('saveRate', 300)));
    assert.ok(Number.isNaN(value('clickRate', 300)));
  });
});

describe('context', () => {
  test('codes of kind, country and language', () => {
    const value = reader(candidatesOf([RICH]));
    assert.equal(value('kind', 300), 2);
    assert.equal(value('country', 300), 6 * 26 + 1);
    assert.equal(value('language', 300), 15 * 26 + 19);
    assert.equal(value('annotations', 300), 1);
    assert.equal(value('textWords', 300), 2);
    assert.equal(value('candidates', 300), 6);
  });

  test('what has no code is missing: a new kind, a language of three letters', () => {
    const value = reader(
      candidatesOf([pinOf({ title: 'A castle', kind: 'hologram', language: 'fil', country: null })]),
    );
    for (const name of ['kind', 'country', 'language']) assert.ok(Number.isNaN(value(name, 300)), name);
    const one = reader(candidatesOf([pinOf({ title: 'A castle', country: 'G', language: '1a' })]));
    for (const name of ['country', 'language']) assert.ok(Number.isNaN(one(name, 300)), name);
  });

  test('priors are told against the best and against all', () => {
    const value = reader(candidatesOf([RICH]));
    near(value('prior', 300), 1);
    near(value('prior', 101), 0.5);
    assert.equal(value('priorRank', 300), 0);
    assert.equal(value('priorRank', 101), 1);
    near(value('priorToBest', 101), 0.5);
    near(value('priorShare', 300), 2 / 3);
    near(value('prior', 3), 0);
  });
});

describe('TF-IDF', () => {
  test('is the cosine of the words, each weighed by how rare it is', () => {
    const value = reader(candidatesOf([pinOf({ title: 'castle river' })]));
    // Of two words as rare as each other, the name is one.
    near(value('tfidfCosine', 300), Math.SQRT1_2);
    near(value('nameIdfFound', 300), 1);
    near(value('tfidfCosine', 30), 0);
    near(value('nameIdfFound', 30), 0);
  });

  test('a word that the corpus has often counts less than one that it does not have', () => {
    const corpus = Array.from({ length: 50 }, (_, i) =>
      pinOf({ id: `c${i}`, title: i < 40 ? 'model' : 'castle' }),
    );
    const artefacts = taxonomyArtefacts(NATURE, models);
    const generation = generationOf(factsOf(corpus, artefacts), NATURE);
    const value = reader(
      candidatesOf(
        [pinOf({ title: 'model', annotations: [annotation('toys and models')] })],
        NATURE,
        generation,
      ),
      'batch',
      generation,
    );
    const [model, toy] = [Math.log(51 / 41), UNKNOWN_IDF];
    // The name is `toys and models`; nothing of the corpus has toys.
    near(value('nameIdfFound', 20), model / (model + toy));
    near(value('tfidfCosine', 20), model / Math.hypot(model, toy));
  });
});

describe('text similarity', () => {
  test('is the cosine of the vectors; missing where no word of the Pin is known', () => {
    const value = reader(candidatesOf([pinOf({ title: 'a river and a castle' }), pinOf({ title: 'horse' })]));
    near(value('textSimilarity', 101), Math.SQRT1_2);
    near(value('textSimilarity', 300), Math.SQRT1_2);
    assert.ok(Number.isNaN(value('textSimilarity', 110, 1)));
  });
});

describe('the place in the taxonomy', () => {
  const value = reader(
    candidatesOf([pinOf({ title: 'river and mountain', annotations: [annotation('castle', 0.5)] })]),
  );

  test('level, leaf and ancestor', () => {
    assert.deepEqual(
      [3, 30, 300].map((id) => value('level', id)),
      [1, 2, 3],
    );
    assert.deepEqual(
      [3, 30, 300].map((id) => value('isLeaf', id)),
      [0, 0, 1],
    );
    assert.deepEqual(
      [3, 30, 300].map((id) => value('foundAsAncestor', id)),
      [1, 1, 0],
    );
  });

  test('shares of the prior under the same level-1 interest and among siblings', () => {
    near(value('l1Share', 101), 2 / 2.5);
    near(value('l1Share', 1), 2 / 2.5);
    near(value('l1Share', 300), 0.5 / 2.5);
    near(value('siblingShare', 101), 1 / 2);
    near(value('siblingShare', 300), 1);
  });

  test('ratios to parent and child are missing where one of them has no prior', () => {
    assert.ok(Number.isNaN(value('parentPrior', 101)));
    assert.ok(Number.isNaN(value('childrenPrior', 10)));
    const both = reader(
      candidatesOf([pinOf({ title: 'landscape', annotations: [annotation('river', 0.5)] })]),
    );
    near(both('parentPrior', 101), 2);
    near(both('childrenPrior', 10), 0.5);
    assert.ok(Number.isNaN(both('childrenPrior', 101)));
  });

  test('of one Pin says nothing of the next', () => {
    const pins = [pinOf({ title: 'river, mountain, castle, horse' }), pinOf({ title: 'river' })];
    const second = reader(candidatesOf(pins));
    const alone = reader(candidatesOf([pins[1]]));
    for (const { name } of FEATURES) {
      for (const id of [101, 10, 1]) assert.deepEqual(second(name, id, 1), alone(name, id), name);
    }
  });
});

describe('the vector of a Pin', () => {
  const boards = (id: string) => [{ id, name: '' }];
  const corpus: Pin[] = Array.from({ length: 30 }, (_, i) =>
    i < 15
      ? pinOf({ id: `r${i}`, annotations: [annotation('river')], boards: boards('waters') })
      : pinOf({ id: `c${i}`, annotations: [annotation('castle')], boards: boards('forts') }),
  );
  const artefacts = taxonomyArtefacts(NATURE, models);
  const generation = generationOf(factsOf(corpus, artefacts), NATURE);

  test('is closest to the interests of its board; missing where neither side has one', () => {
    const title = 'river castle horse';
    const pins = [pinOf({ title, boards: boards('waters') }), pinOf({ title, boards: boards('new') })];
    const value = reader(candidatesOf(pins, NATURE, generation), 'batch', generation);
    assert.ok(value('centroidSimilarity', 101) > 0.95);
    assert.ok(value('centroidSimilarity', 101) < 1.03);
    assert.ok(value('centroidSimilarity', 101) > value('centroidSimilarity', 300) + 0.3);
    assert.ok(Number.isNaN(value('centroidSimilarity', 110)), 'no Pin of the corpus is of horses');
    assert.ok(Number.isNaN(value('centroidSimilarity', 101, 1)), 'its board is new');
  });
});

describe('the table', () => {
  const PER_PIN = ['kind', 'country', 'language', 'textWords', 'annotations', 'knownBoards', 'candidates'];

  test('what is said of a Pin is the same for all of its candidates', () => {
    const batch = candidatesOf([RICH, pinOf({ title: 'horse', engagement: { ...engagement, saves: 1 } })]);
    const matrix = computeFeatures(batch, 'batch', contextOf(cold));
    const rows = batch.interests.length;
    FEATURES.forEach(({ name, group }, f) => {
      if (group !== 'engagement' && !PER_PIN.includes(name)) return;
      for (let p = 0; p < 2; p++) {
        const values = matrix.subarray(f * rows + batch.start[p], f * rows + batch.start[p + 1]);
        assert.equal(new Set(values).size, 1, name);
      }
    });
  });

  test('the lanes differ in nothing but what one of them does not have', () => {
    const batch = candidatesOf([RICH]);
    const [whole, instant] = LANES.map((lane) => computeFeatures(batch, lane, contextOf(cold)));
    const rows = batch.interests.length;
    FEATURES.forEach(({ name, lanes }, f) => {
      const [a, b] = [whole, instant].map((matrix) => matrix.slice(f * rows, (f + 1) * rows));
      if (lanes.includes('instant')) assert.deepEqual(b, a, name);
      else {
        assert.ok(
          a.some((value) => !Number.isNaN(value)),
          `${name} is computed in the batch lane`,
        );
        assert.ok(b.every(Number.isNaN), `${name} does not exist at creation`);
      }
    });
  });

  test('names worked out by another thread give the same bits', () => {
    const batch = candidatesOf([RICH, pinOf({ title: 'montain horse' })]);
    const context = contextOf(cold);
    const received = { ...context, names: structuredClone(context.names) };
    assert.deepEqual(computeFeatures(batch, 'batch', received), computeFeatures(batch, 'batch', context));
  });

  test('no number is infinite, and the same batch gives the same bits', () => {
    const batch = candidatesOf([
      RICH,
      pinOf({}),
      pinOf({ title: 'montain horse', boards: [{ id: 'b', name: 'toys' }] }),
    ]);
    const first = computeFeatures(batch, 'batch', contextOf(cold));
    assert.ok(first.every((value) => Math.abs(value) !== Infinity));
    assert.deepEqual(computeFeatures(batch, 'batch', contextOf(cold)), first);
  });

  test('knows interests by what they are, not by which: other ids and another order give the same features', () => {
    const renumbered = taxonomyOf({
      500: [0, 'nature'],
      400: [0, 'architecture'],
      90: [500, 'landscape'],
      80: [400, 'military'],
      7: [90, 'river'],
      9: [80, 'castle'],
    });
    const original = taxonomyOf({
      1: [0, 'nature'],
      2: [0, 'architecture'],
      3: [1, 'landscape'],
      4: [2, 'military'],
      5: [3, 'river'],
      6: [4, 'castle'],
    });
    const rowsByName = [original, renumbered].map((taxonomy) => {
      const batch = candidatesOf([pinOf({ title: 'The castle by the rivers' })], taxonomy);
      const context = featureContext(taxonomyArtefacts(taxonomy, models), emptyGeneration(taxonomy));
      const matrix = computeFeatures(batch, 'batch', context);
      const rows = batch.interests.length;
      return new Map(
        Array.from(batch.interests, (interest, row) => [
          taxonomy.names[interest],
          // The place among candidates of equal prior is by index, so it is left out.
          FEATURES.flatMap(({ name }, f) => (name === 'priorRank' ? [] : [matrix[f * rows + row]])),
        ]),
      );
    });
    assert.equal(rowsByName[0].size, 6);
    for (const [name, row] of rowsByName[0]) assert.deepEqual(rowsByName[1].get(name), row, name);
  });
});
