import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PATHS } from '../../cli/paths.ts';
import { Classifier } from '../../inspector/classifier.ts';
import { oneVersion } from '../../inspector/sources.ts';
import { factsOf, generationOf } from '../../quality/corpus-facts.ts';
import { emptyGeneration } from '../../shared/cooccurrence/generation.ts';
import { interestNames } from '../../shared/features/interest-names.ts';
import { RankingModel } from '../../shared/ranking/ranking-model.ts';
import { taxonomyArtefacts } from '../../workers/artefacts.ts';
import type { OpenGeneration } from '../../workers/generations.ts';
import { pinOf } from '../support/pin.ts';
import { TEXT_MODELS } from '../support/text-models.ts';
import { annotation, NATURE } from '../workers/candidates/made.ts';

test('Pins are classified by the newest generation, taken up when it is there', async () => {
  const artefacts = taxonomyArtefacts(NATURE, TEXT_MODELS);
  const corpus = Array.from({ length: 200 }, (_, i) =>
    i % 10 === 0
      ? pinOf({ id: String(i), title: 'a drawbridge', annotations: [annotation('castle')] })
      : pinOf({ id: String(i), title: 'a meadow', annotations: [annotation('river')] }),
  );
  const generations = [emptyGeneration(NATURE), generationOf(factsOf(corpus, artefacts), NATURE)].map(
    (generation): OpenGeneration => ({
      generation,
      names: () => interestNames(NATURE, TEXT_MODELS.textVectors, generation),
    }),
  );
  let newest = 0;
  const classifier = new Classifier({
    ...{ model: await RankingModel.load(PATHS.model), taxonomies: oneVersion(artefacts) },
    generations: { newest: () => newest, open: (_, number) => generations[number] },
  });
  const sources = async (): Promise<string[]> => {
    const { explainer } = await classifier.open('instant');
    const { candidates } = explainer.candidates(pinOf({ title: 'a drawbridge' }));
    return candidates.find(({ id }) => id === 300)?.sources ?? [];
  };
  assert.deepEqual(await sources(), []);
  const before = await classifier.open('instant');
  assert.equal(await classifier.open('instant'), before);
  newest = 1;
  assert.deepEqual(await sources(), ['cooccurrenceOnPins']);
  assert.equal((await classifier.open('instant')).generation, 1);
  assert.notEqual(await classifier.open('batch'), await classifier.open('instant'));
});

test('a taxonomy that nobody holds, and none at all, are told apart', () => {
  const classifier = new Classifier({
    model: undefined as never,
    taxonomies: { versions: () => [], artefacts: () => undefined, refresh: async () => undefined },
    generations: { newest: () => 0, open: () => undefined as never },
  });
  assert.throws(() => classifier.artefacts(), { code: 'TAXONOMY_UNPUBLISHED' });
  assert.throws(() => classifier.artefacts('v1'), { code: 'TAXONOMY_UNKNOWN' });
});
