import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { PATHS } from '../../../cli/paths.ts';
import { TargetingIndex } from '../../../consumer/targeting/targeting-index.ts';
import { matchesTargeting, restateTargeting, type Targeting } from '../../../consumer/targeting/targeting.ts';
import { FollowedTaxonomy } from '../../../consumer/taxonomies/followed.ts';
import type { Succession } from '../../../consumer/taxonomies/succession.ts';
import { RankingModel } from '../../../shared/ranking/ranking-model.ts';
import type { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { taxonomyArtefacts } from '../../../workers/artefacts.ts';
import { EmbeddedRun } from '../../../workers/embedded-run.ts';
import type { PinInterests, ScoredInterest } from '../../../workers/publishing/topic.ts';
import { pinOf } from '../../support/pin.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';
import { changedZoo, interest, interestsUnder, resultOf, zoo } from '../../support/zoo.ts';
import { inputOf } from '../../workers/made.ts';

/** What the Pins are annotated with. */
const TERMS = {
  lion: ['lions'],
  dog: ['dogs'],
  both: ['lions', 'dogs'],
  plant: ['plants'],
  night: ['night'],
};
const PINS = Object.keys(TERMS);

/** What became of the index's taxonomy, with the results of both versions. */
interface Changed {
  index: TargetingIndex;
  followed: FollowedTaxonomy;
  succession: Succession;
  /** Of each Pin, really classified under the new version. */
  after: Map<string, PinInterests>;
}

describe('promoted Pins under a new taxonomy version', () => {
  let directory: string;
  let model: RankingModel;
  let first: Map<string, PinInterests>;
  const v1 = zoo('v1');

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'p2i-targeting-'));
    model = await RankingModel.load(PATHS.model);
    first = await classify(v1);
  });
  after(() => rm(directory, { recursive: true }));

  async function classify(taxonomy: Taxonomy): Promise<Map<string, PinInterests>> {
    const pins = Object.entries(TERMS).map(([id, terms]) =>
      pinOf({
        ...{ id, title: terms.join(' and '), language: 'en' },
        annotations: terms.map((term) => ({ term, confidence: 1, sources: ['title'] })),
      }),
    );
    const run = await EmbeddedRun.open({
      ...{
        state: join(directory, taxonomy.version),
        schemas: PATHS.schemas,
        input: inputOf(pins).pins,
        model,
      },
      artefacts: taxonomyArtefacts(taxonomy, TEXT_MODELS),
      ...{ lane: 'batch', partitions: 1, pools: false },
      onRejected: (error) => {
        throw error;
      },
      onProgress: () => undefined,
    });
    try {
      await run.execute();
      const results = new Map<string, PinInterests>();
      for await (const result of run.results()) results.set(result.pin, result);
      return results;
    } finally {
      await run.close();
    }
  }

  async function changeTo(v2: Taxonomy): Promise<Changed> {
    const followed = new FollowedTaxonomy(v1);
    const index = new TargetingIndex();
    for (const pin of PINS) index.promote(pin);
    for (const result of first.values()) take(index, followed, result);
    const succession = followed.publish(v2)!;
    await index.carry(succession);
    return { index, followed, succession, after: await classify(v2) };
  }

  function take(index: TargetingIndex, followed: FollowedTaxonomy, result: PinInterests): void {
    const { pin, taxonomy } = result;
    const update = { pin, taxonomy, result, partition: 0, offset: 0 };
    const change = followed.change(update, index.heldVersion(pin));
    if (change !== undefined) index.apply(change);
  }

  const found = (index: TargetingIndex, targeting: Targeting): string[] =>
    [...index.filter(targeting)].sort();
  const classified = (results: ReadonlyMap<string, PinInterests>, targeting: Targeting): string[] =>
    [...results.values()]
      .filter(({ interests }) => matchesTargeting(interests, targeting))
      .map(({ pin }) => pin)
      .sort();

  /** Results of the new version come one by one, then those of the old version once more. */
  function bringResults({ index, followed, after: results }: Changed, targeting: Targeting): void {
    const held = new Map(first);
    for (const result of results.values()) {
      const carried = followed.succession('v1');
      take(index, followed, result);
      held.set(result.pin, result);
      const expected = PINS.filter((pin) => {
        const of = held.get(pin)!;
        const interests = of.taxonomy === 'v1' ? carried.carry(of.interests) : of.interests;
        return matchesTargeting(interests, targeting);
      });
      assert.deepEqual(found(index, targeting), expected.sort(), `after ${result.pin}`);
      assert.equal(index.heldVersion(result.pin), results.get(result.pin)!.taxonomy);
    }
    for (const result of first.values()) take(index, followed, result);
    assert.deepEqual(found(index, targeting), classified(results, targeting));
  }

  test('moved: the old ancestor matches no more, the new one does', async () => {
    const changed = await changeTo(changedZoo('moved', { put: [interest(4, 8, 'cats')] }));
    const { index, succession, after: results } = changed;
    assert.deepEqual(classified(first, { anyOf: [2] }), ['both', 'dog', 'lion']);
    for (const [anyOf, noneOf, expected] of [
      [[2], [], ['both', 'dog']],
      [[8], [], ['both', 'lion', 'night']],
      [[8], [4], ['night']],
      [[2], [8], ['dog']],
    ] as const) {
      const { targeting, lost } = restateTargeting({ anyOf, noneOf }, succession);
      assert.deepEqual(lost, { anyOf: [], noneOf: [] });
      assert.deepEqual(found(index, targeting), expected);
      assert.deepEqual(classified(results, targeting), expected);
    }
    bringResults(changed, { anyOf: [8], noneOf: [6] });
  });

  test('merged: what was asked by the old id is found through the heir', async () => {
    const heir = interest(4, 2, 'cats', { aliases: ['dogs'] });
    const changed = await changeTo(changedZoo('merged', { without: [6], put: [heir] }));
    const { index, succession, after: results } = changed;
    const { targeting, lost } = restateTargeting({ anyOf: [6] }, succession);
    assert.deepEqual(lost, { anyOf: [], noneOf: [] });
    assert.deepEqual(found(index, targeting), ['both', 'dog', 'lion']);
    assert.deepEqual(classified(results, targeting), ['both', 'dog', 'lion']);
    assert.deepEqual(found(index, { anyOf: [6] }), []);
    bringResults(changed, targeting);
  });

  test('removed: it matches nothing and is told; alone it does not match everything', async () => {
    const changed = await changeTo(changedZoo('removed', { without: [6] }));
    const { index, succession, after: results } = changed;
    const alone = restateTargeting({ anyOf: [6] }, succession);
    assert.deepEqual(alone.lost, { anyOf: [6], noneOf: [] });
    assert.deepEqual(found(index, alone.targeting), []);
    assert.deepEqual(classified(results, alone.targeting), []);
    const { targeting, lost } = restateTargeting({ anyOf: [3, 6], noneOf: [6] }, succession);
    assert.deepEqual(lost, { anyOf: [6], noneOf: [6] });
    assert.deepEqual(found(index, targeting), ['plant']);
    assert.deepEqual(classified(results, targeting), ['plant']);
    // Until it is classified again, the Pin of a removed interest is known by the ancestor that is left.
    assert.deepEqual(found(index, { anyOf: [2] }), ['both', 'dog', 'lion']);
    bringResults(changed, { anyOf: [2] });
  });

  test('only Pins about what changed are looked at, and all of them where they are many', async () => {
    const followed = new FollowedTaxonomy(v1);
    const index = new TargetingIndex();
    for (let i = 0; i < 2000; i++) {
      const pin = `${i}`;
      index.promote(pin);
      index.apply({
        ...{ pin, taxonomy: 'v1' },
        interests: first.get(i % 4 === 0 ? 'lion' : 'plant')!.interests,
      });
    }
    const succession = followed.publish(changedZoo('v2', { put: [interest(4, 8, 'cats')] }))!;
    assert.equal(await index.carry(succession), 500);
    assert.equal(index.filter({ anyOf: [8] }).count, 500);
    assert.equal(index.filter({ anyOf: [2] }).count, 0);
    assert.equal(index.filter({ anyOf: [1] }).count, 1500);
  });
});

describe('whatever happens to Pins and the taxonomy', () => {
  /** Taxonomies that follow each other in any order; `zoo` brings back what was removed. */
  const NEXT: ((version: string) => Taxonomy)[] = [
    zoo,
    (version) => changedZoo(version, { put: [interest(4, 8, 'cats')] }),
    (version) => changedZoo(version, { without: [6], put: [interest(4, 2, 'cats', { aliases: ['dogs'] })] }),
    (version) => changedZoo(version, { without: [7], put: [interest(4, 1, 'cats'), interest(6, 3, 'dogs')] }),
    (version) => changedZoo(version, { without: [4], put: [interest(5, 2, 'lions')] }),
    (version) => changedZoo(version, { without: [3, 5, 7] }),
  ];
  const pin = fc.nat(9).map((i) => `P${i}`);
  const leaves = fc.uniqueArray(fc.constantFrom(3, 4, 5, 6, 7, 8), { maxLength: 3 });
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('promote' as const), pin }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), pin }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('taxonomy' as const), next: fc.nat(NEXT.length - 1) }),
    },
    {
      weight: 8,
      // Of the newest version, or of one that came so much earlier.
      arbitrary: fc.record({
        kind: fc.constant('result' as const),
        pin,
        leaves,
        back: fc.nat(2),
        gone: fc.nat(5),
      }),
    },
  );

  test('the index answers what a scan of the results that count answers, in ids of the newest version', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const taxonomies = [zoo('t0')];
        const followed = new FollowedTaxonomy(taxonomies[0]);
        const index = new TargetingIndex();
        /** By promoted Pin what it is about, and by which version it is known. */
        const held = new Map<string, { interests: readonly ScoredInterest[]; version?: string }>();
        for (const event of steps) {
          if (event.kind === 'promote') {
            index.promote(event.pin);
            if (!held.has(event.pin)) held.set(event.pin, { interests: [] });
          } else if (event.kind === 'withdraw') {
            index.withdraw(event.pin);
            held.delete(event.pin);
          } else if (event.kind === 'taxonomy') {
            taxonomies.push(NEXT[event.next](`t${taxonomies.length}`));
            const succession = followed.publish(taxonomies.at(-1)!)!;
            await index.carry(succession);
            for (const of of held.values()) of.interests = succession.carry(of.interests);
          } else {
            const of = taxonomies.at(-1 - event.back) ?? taxonomies[0];
            const about = event.leaves.filter((id) => of.indexOf(id) >= 0);
            const interests = interestsUnder(of, Object.fromEntries(about.map((id) => [id, 0.5])));
            const result = event.gone === 0 ? null : resultOf(event.pin, of.version, interests);
            const update = { pin: event.pin, taxonomy: of.version, result, partition: 0, offset: 0 };
            assert.equal(index.heldVersion(event.pin), held.get(event.pin)?.version);
            const change = followed.change(update, held.get(event.pin)?.version);
            if (change === undefined) continue;
            index.apply(change);
            if (!held.has(event.pin)) continue;
            if (change.interests === null) held.set(event.pin, { interests: [] });
            else held.set(event.pin, { interests: change.interests, version: change.taxonomy });
          }
        }
        for (let id = 1; id <= 8; id++) {
          const targeting = { anyOf: [id], noneOf: [(id % 8) + 1] };
          const expected = [...held].filter(([, { interests }]) => matchesTargeting(interests, targeting));
          assert.deepEqual([...index.filter(targeting)].sort(), expected.map(([of]) => of).sort());
        }
      }),
      { numRuns: 300 },
    );
  });
});
