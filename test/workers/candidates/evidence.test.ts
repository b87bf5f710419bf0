import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { factsOf, generationOf } from '../../../quality/corpus-facts.ts';
import { EVIDENCE, SOURCE, sourceNames, type EvidenceName } from '../../../shared/candidates/evidence.ts';
import type { Generation } from '../../../shared/cooccurrence/generation.ts';
import type { Pin } from '../../../shared/pins/pin.ts';
import { Prior } from '../../../workers/candidates/prior.ts';
import { MAX_CANDIDATES, MAX_DIRECT } from '../../../workers/candidates/stage.ts';
import { taxonomyArtefacts } from '../../../workers/artefacts.ts';
import { annotation, candidatesOf, evidenceOf, idsOf, NATURE, taxonomyOf } from './made.ts';
import { pinOf } from '../../support/pin.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';

const boards = (...ids: string[]) => ids.map((id) => ({ id, name: '' }));

/** Ten Pins of mountains in Cornwall and ten of horses at Ascot, each group on a board of its own. */
const CORPUS: Pin[] = Array.from({ length: 20 }, (_, i) =>
  i < 10
    ? pinOf({
        id: `m${i}`,
        title: 'Cornwall',
        annotations: [annotation('mountain')],
        boards: boards('cornish'),
      })
    : pinOf({
        id: `h${i}`,
        title: 'Ascot',
        annotations: [annotation('animals: mammals > horse')],
        boards: boards('races'),
      }),
);

function learn(pins: readonly Pin[]): Generation {
  return generationOf(factsOf(pins, taxonomyArtefacts(NATURE, TEXT_MODELS)), NATURE);
}

const generation = learn(CORPUS);

describe('evidence', () => {
  test('of a field that the Pin lacks is NaN; of a field that names something else it is 0', () => {
    const batch = candidatesOf([
      pinOf({ title: 'A castle', description: 'by a river' }),
      pinOf({ title: 'A castle' }),
    ]);
    assert.equal(evidenceOf(batch, 0, 300, 'titleMatch'), 1);
    assert.equal(evidenceOf(batch, 0, 300, 'descriptionMatch'), 0);
    assert.equal(evidenceOf(batch, 0, 101, 'descriptionMatch'), 1);
    assert.equal(evidenceOf(batch, 0, 101, 'titleMatch'), 0);
    assert.ok(Number.isNaN(evidenceOf(batch, 1, 300, 'descriptionMatch')));
    assert.ok(Number.isNaN(evidenceOf(batch, 1, 300, 'annotationMatch')));
    assert.ok(Number.isNaN(evidenceOf(batch, 1, 300, 'boardNameMatch')));
    // An ancestor is asked the same questions.
    assert.equal(evidenceOf(batch, 1, 30, 'titleMatch'), 0);
    assert.ok(Number.isNaN(evidenceOf(batch, 1, 30, 'descriptionMatch')));
  });

  test('of a later field does not depend on what an earlier one found', () => {
    const batch = candidatesOf([
      pinOf({
        annotations: [annotation('river')],
        title: 'A castle',
        boards: [{ id: 'b', name: 'mountains' }],
      }),
    ]);
    for (const id of [101, 300, 100]) {
      const asked = (['annotationMatch', 'titleMatch', 'boardNameMatch'] as const).map((name) =>
        evidenceOf(batch, 0, id, name),
      );
      assert.ok(asked.every((value) => value >= 0));
      assert.equal(asked.filter((value) => value > 0).length, 1);
      assert.ok(Number.isNaN(evidenceOf(batch, 0, id, 'descriptionMatch')));
    }
  });

  test('of co-occurrence is NaN where the store knows no term or board of the Pin, 0 where none has the interest', () => {
    const batch = candidatesOf(
      [
        pinOf({ title: 'Ascot castle', boards: boards('races') }),
        pinOf({ title: 'A castle', boards: boards('new') }),
      ],
      NATURE,
      generation,
    );
    const store: EvidenceName[] = ['wordShareMax', 'wordLiftSum', 'boardShareMax', 'narrowBoardShare'];
    for (const name of store) {
      assert.equal(evidenceOf(batch, 0, 300, name), 0, name);
      assert.ok(evidenceOf(batch, 0, 110, name) > 0, name);
      assert.ok(Number.isNaN(evidenceOf(batch, 1, 300, name)), name);
    }
    assert.ok(Number.isNaN(evidenceOf(batch, 0, 110, 'broadBoardShare')), 'there is one board');
    assert.ok(Number.isNaN(evidenceOf(batch, 0, 110, 'annotationShareMax')), 'there is no annotation');
  });

  test('shares are what the Pins with the word have, with one Pin of doubt', () => {
    const batch = candidatesOf([pinOf({ title: 'Cornwall' })], NATURE, generation);
    for (const id of [100, 10, 1]) {
      assert.ok(Math.abs(evidenceOf(batch, 0, id, 'wordShareMax') - 10 / 11) < 1e-6);
      assert.ok(Math.abs(evidenceOf(batch, 0, id, 'titleShare') - 10 / 11) < 1e-6);
      assert.equal(evidenceOf(batch, 0, id, 'wordSupport'), 1);
      assert.ok(Math.abs(evidenceOf(batch, 0, id, 'wordTrustAtMax') - Math.log1p(10)) < 1e-6);
    }
  });

  test('is never infinite, whatever the Pin', () => {
    const batch = candidatesOf(
      [...CORPUS, pinOf({ title: 'montain', boards: boards('races', 'cornish') })],
      NATURE,
      generation,
    );
    for (let i = 0; i < batch.evidence.length; i++) {
      assert.ok(Math.abs(batch.evidence[i]) !== Infinity, EVIDENCE[i % EVIDENCE.length]);
    }
  });
});

describe('how a candidate was found', () => {
  test('every way is said, and a candidate may have several', () => {
    const sources = (pin: Partial<Pin>, id: number): string[] => {
      const batch = candidatesOf([pinOf(pin)], NATURE, generation);
      return sourceNames(batch.sources[idsOf(batch, 0).indexOf(id)]);
    };
    assert.deepEqual(sources({ title: 'The castle' }, 300), ['exact', 'read']);
    assert.deepEqual(sources({ title: 'The castles' }, 300), ['lemma', 'read']);
    assert.deepEqual(sources({ title: 'The castel' }, 300), ['fuzzy']);
    assert.deepEqual(sources({ title: 'models and toys' }, 20), ['reordered', 'read']);
    assert.deepEqual(sources({ title: 'Mammals' }, 11), ['partial']);
    assert.deepEqual(sources({ annotations: [annotation('castle')] }, 300), ['exact', 'stated']);
    assert.deepEqual(sources({ boards: [{ id: 'new', name: 'castle' }] }, 300), ['exact']);
    assert.deepEqual(sources({ title: 'Ascot' }, 110), ['cooccurrenceOnPins']);
    assert.deepEqual(sources({ boards: boards('races') }, 110), ['cooccurrenceOnBoards']);
    assert.deepEqual(sources({ title: 'The castle' }, 30), ['ancestor']);
    assert.deepEqual(sources({ title: 'Ascot', boards: boards('races') }, 11), [
      'cooccurrenceOnPins',
      'cooccurrenceOnBoards',
      'ancestor',
    ]);
  });

  test('an annotation that names an interest in passing is no statement of it', () => {
    const batch = candidatesOf([pinOf({ annotations: [annotation('castle by a river')] })]);
    const row = idsOf(batch, 0).indexOf(300);
    assert.equal(batch.sources[row] & SOURCE.stated, 0);
    assert.equal(evidenceOf(batch, 0, 300, 'annotationMatch'), 0.25);
  });
});

describe('an annotation of confidence 0', () => {
  const doubtful = [annotation('mountain', 0), annotation('castle', 0)];

  test('proposes nothing, and takes nothing from what the rest of the Pin says', () => {
    const [alone, titled] = [
      candidatesOf([pinOf({ annotations: doubtful })]),
      candidatesOf([pinOf({ annotations: doubtful, title: 'A castle' })]),
    ];
    assert.deepEqual(idsOf(alone, 0), []);
    assert.deepEqual(idsOf(titled, 0), [300, 30, 3]);
    assert.equal(evidenceOf(titled, 0, 300, 'titleMatch'), 1);
  });

  test('that the store proposes too is one candidate, not two', () => {
    const pin = pinOf({ title: 'Cornwall', annotations: doubtful, boards: boards('cornish') });
    const ids = idsOf(candidatesOf([pin], NATURE, generation), 0);
    assert.ok(ids.includes(100));
    assert.equal(new Set(ids).size, ids.length);
  });

  test('does not make the prior forget what it has touched', () => {
    const prior = new Prior(4);
    prior.add(2, 0);
    prior.add(2, 1);
    prior.add(3, 2);
    assert.equal(prior.best(3), 2);
    assert.deepEqual([...prior.ranked.subarray(0, 2)], [3, 2]);
    prior.clear();
    assert.deepEqual([...prior.value], [0, 0, 0, 0]);
  });
});

describe('the caps', () => {
  // 300 chains of ten levels, one word a chain, so that ancestors do not fit.
  const DEPTH = 10;
  const words = Array.from({ length: 300 }, (_, i) => `w${i.toString(36).padStart(3, '0')}`);
  const deep = taxonomyOf(
    Object.fromEntries(
      words.flatMap((word, w) =>
        Array.from({ length: DEPTH }, (_, level) => [
          w * DEPTH + level + 1,
          [level === 0 ? 0 : w * DEPTH + level, level === DEPTH - 1 ? word : `x${word}y${level}`],
        ]),
      ),
    ),
  );
  const pinOfWords = (n: number): Pin => pinOf({ title: words.slice(0, n).join(' ') });

  test('a Pin of a deep taxonomy gets the ancestors of its best candidates until it has 200, and counts the others', () => {
    const batch = candidatesOf([pinOfWords(60)], deep);
    const ids = idsOf(batch, 0, deep);
    assert.equal(ids.length, MAX_CANDIDATES);
    assert.equal(new Set(ids).size, MAX_CANDIDATES);
    // 60 candidates with nine ancestors each: 140 fit.
    assert.equal(batch.pins[0].cut, 60 * 9 - 140);
    for (const leaf of ids.slice(0, 15)) {
      for (const ancestor of deep.ancestors(deep.indexOf(leaf))) assert.ok(ids.includes(deep.ids[ancestor]));
    }
  });

  test('of more candidates than are kept the rest is counted', () => {
    const batch = candidatesOf([pinOfWords(300)], deep);
    const leaves = idsOf(batch, 0, deep).filter((id) => id % DEPTH === 0);
    assert.equal(leaves.length, MAX_DIRECT);
    assert.equal(batch.pins[0].cut, 300 - MAX_DIRECT + MAX_DIRECT * 9 - (MAX_CANDIDATES - MAX_DIRECT));
  });

  test('what one Pin had does not spill into the next', () => {
    const [before, , after] = [0, 1, 2].map((p) => {
      const batch = candidatesOf([pinOfWords(3), pinOfWords(300), pinOfWords(3)], deep);
      return [idsOf(batch, p, deep), batch.pins[p].cut];
    });
    assert.deepEqual(after, before);
  });

  test('a Pin without any text has no candidate, and its neighbours have theirs', () => {
    const batch = candidatesOf([pinOf({ title: 'A castle' }), pinOf({}), pinOf({ title: 'A river' })]);
    assert.deepEqual(
      [0, 1, 2].map((p) => idsOf(batch, p)),
      [[300, 30, 3], [], [101, 10, 1]],
    );
  });
});
