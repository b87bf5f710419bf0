import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserInterests, type ScoredInterest } from 'p2i/consumer';
import { PATHS } from '../../../../cli/paths.ts';
import { boardUsers, engage } from '../../../../consumer/examples/user-interests/boards.ts';
import { evaluateUsers, type Figures } from '../../../../consumer/examples/user-interests/evaluation.ts';
import { inBatches } from '../../../../quality/batches.ts';
import { factsOf, generationOf } from '../../../../quality/corpus-facts.ts';
import type { Pin } from '../../../../shared/pins/pin.ts';
import { readTate, type TateSample } from '../../../../shared/pins/tate.ts';
import { RankingModel } from '../../../../shared/ranking/ranking-model.ts';
import type { Taxonomy } from '../../../../shared/taxonomy/taxonomy.ts';
import { featureContext, taxonomyArtefacts } from '../../../../workers/artefacts.ts';
import { CandidateStage } from '../../../../workers/candidates/stage.ts';
import { FeatureStage } from '../../../../workers/features/stage.ts';
import { RankingStage } from '../../../../workers/ranking/stage.ts';
import { interestsUnder, zoo } from '../../../support/zoo.ts';
import { TATE } from '../../../support/tate-jsonl.ts';
import { TEXT_MODELS } from '../../../support/text-models.ts';

/** Of the sample: what the stages do in a second or two. */
const PINS = 1500;

describe('the interests of users, held to what they save later', () => {
  test('are judged by the shares of later Pins, as popularity is', () => {
    const taxonomy = zoo('v1');
    const named = (prefix: string, count: number): string[] =>
      Array.from({ length: count }, (_, i) => `${prefix}${i}`);
    const users = [
      { id: 'cats', name: '', saved: named('cat', 12), later: named('lion', 10) },
      { id: 'nights', name: '', saved: named('night', 10), later: named('moon', 10) },
      { id: 'few', name: '', saved: named('cat', 9), later: named('lion', 9) },
    ];
    const lions = interestsUnder(taxonomy, { 5: 0.5 });
    const night = interestsUnder(taxonomy, { 8: 0.5 });
    const results = new Map([
      ...[...named('cat', 12), ...named('lion', 10)].map((pin) => [pin, lions] as const),
      ...[...named('night', 10), ...named('moon', 10)].map((pin) => [pin, night] as const),
    ]);
    const labels = new Map([
      ...named('lion', 10).map((pin): [string, number[]] => [pin, [5]]),
      ...named('moon', 10).map((pin): [string, number[]] => [pin, [8]]),
    ]);
    const interestsOf = (user: string): ScoredInterest[] => (user === 'cats' ? lions : night);
    const unseen = new Set(['moon3']);
    const figures = evaluateUsers(users, results, interestsOf, { taxonomy, labels, unseen });
    const second = 1 / Math.log2(3);
    assert.deepEqual(
      figures.map(({ judged, users: count, own, popular }) => [judged, count, own, popular]),
      [
        ['leaves', 2, 1, (1 + second) / 2],
        ['leaves, by labels that nothing has seen', 1, 1, second],
        ['L1', 2, 1, (1 + second) / 2],
        ['L2', 1, 1, 1],
        ['L3', 1, 1, 1],
      ],
    );
    assert.deepEqual(
      figures.map(({ wins }) => wins),
      [0.5, 1, 0.5, 0, 0],
    );
    assert.deepEqual(evaluateUsers(users, new Map(), interestsOf, { taxonomy, labels, unseen }), []);
  });

  test('foretell it better than popularity, on boards of the sample', async () => {
    const { taxonomy, pins, labels, split } = await readTate(TATE);
    const sample = someBoards(pins, labels);
    const results = await classify(sample, taxonomy);
    const users = boardUsers(sample);
    const interests = new UserInterests(taxonomy, { halfLife: 1000 });
    engage(interests, users, 0);
    for (const [pin, of] of results) interests.changed({ pin, taxonomy: taxonomy.version, interests: of });
    const unseen = new Set([...split.valid, ...split.test]);
    const figures = evaluateUsers(users, results, (user) => interests.interestsOf(user, 0), {
      ...{ taxonomy, labels, unseen },
    });
    const of = (judged: string): Figures => figures.find((row) => row.judged === judged)!;
    for (const judged of ['leaves', 'leaves, by labels that nothing has seen', 'L1', 'L2']) {
      const { users: count, own, popular, wins } = of(judged);
      assert.ok(count >= 20, `${judged}: ${count} users`);
      assert.ok(own > popular && wins > 0.5, `${judged}: ${own} against ${popular}, wins ${wins}`);
    }
    assert.ok(of('leaves').own > 0.7, String(of('leaves').own));
  });
});

/** Pins of whole groups with labels, of 30 to 60 each. */
function someBoards(pins: readonly Pin[], labels: TateSample['labels']): Pin[] {
  const groups = Map.groupBy(
    pins.filter(({ id, boards }) => labels.has(id) && boards[0]?.id.startsWith('group:')),
    ({ boards }) => boards[0].id,
  );
  const whole = [...groups.values()].filter(({ length }) => length >= 30 && length <= 60);
  return whole.flat().slice(0, PINS);
}

async function classify(pins: readonly Pin[], taxonomy: Taxonomy): Promise<Map<string, ScoredInterest[]>> {
  const artefacts = taxonomyArtefacts(taxonomy, TEXT_MODELS);
  const generation = generationOf(factsOf(pins, artefacts), taxonomy);
  const candidates = new CandidateStage({ ...artefacts, generation });
  const features = new FeatureStage(featureContext(artefacts, generation), 'batch');
  const ranking = new RankingStage(await RankingModel.load(PATHS.model), taxonomy);
  const results = new Map<string, ScoredInterest[]>();
  for (const batch of inBatches(pins)) {
    const ranked = ranking.process(features.process(candidates.process({ pins: batch })));
    for (const { id, interests } of ranked.pins) {
      const named = interests.map(({ interest, score }) => ({
        ...{ id: taxonomy.ids[interest], level: taxonomy.level[interest] },
        ...{ score, label: taxonomy.names[interest] },
      }));
      results.set(id, named);
    }
  }
  return results;
}
