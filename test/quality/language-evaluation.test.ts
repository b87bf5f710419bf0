import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PATHS } from '../../cli/paths.ts';
import {
  countEvaluated,
  divideLanguage,
  evaluateLanguages,
  learnDivided,
  type DividedLanguage,
  type FoundShares,
  type LanguageEvaluation,
} from '../../quality/language-evaluation.ts';
import { rankAll } from '../../quality/evaluate.ts';
import { emptyGeneration } from '../../shared/cooccurrence/generation.ts';
import { TextVectors } from '../../shared/embeddings/text.ts';
import { RankingModel } from '../../shared/ranking/ranking-model.ts';
import type { Interest } from '../../shared/taxonomy/interest.ts';
import { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { Languages } from '../../shared/translation/languages.ts';
import { ParallelText } from '../../shared/translation/parallel.ts';
import { sourceWords } from '../../shared/translation/source-words.ts';
import { taxonomyArtefacts } from '../../workers/artefacts.ts';
import { ofCode } from '../support/assertions.ts';
import { pinOf } from '../support/pin.ts';

/** English, German, Portuguese in its two kinds. */
const THINGS = [
  ['shoes', 'Schuhe', 'sapatos', 'sapatos'],
  ['shirts', 'Hemden', 'camisas', 'camisas'],
  ['hats', 'Hüte', 'chapéus', 'chapéus'],
  ['bags', 'Taschen', 'bolsas', 'malas'],
  ['chairs', 'Stühle', 'cadeiras', 'cadeiras'],
  ['tables', 'Tische', 'mesas', 'mesas'],
  ['lamps', 'Lampen', 'lâmpadas', 'candeeiros'],
  ['carpets', 'Teppiche', 'tapetes', 'carpetes'],
];
const KINDS = [
  ['red', 'rote', 'vermelhos', 'vermelhos'],
  ['green', 'grüne', 'verdes', 'verdes'],
  ['white', 'weiße', 'brancos', 'brancos'],
  ['garden', 'Garten', 'de jardim', 'de jardim'],
  ['wooden', 'hölzerne', 'de madeira', 'de madeira'],
  ['large', 'große', 'grandes', 'grandes'],
  ['cheap', 'billige', 'baratos', 'baratos'],
  ['new', 'neue', 'novos', 'novos'],
];

/** What no phrase tells the meaning of: each is in one name only. */
const ODD = 20;

/** Each thing, below it each kind of it, and odd ones, whose words are in no other name. */
const INTERESTS: Interest[] = THINGS.flatMap(([en, de, br, pt], t) => [
  interestOf(100 * t + 100, null, en, { de: [de], 'pt-BR': [br], 'pt-PT': [pt] }),
  ...KINDS.map(([kind, german, brazilian, european], k) =>
    interestOf(100 * t + 101 + k, 100 * t + 100, `${kind} ${en}`, {
      de: [`${german} ${de}`],
      'pt-BR': [`${br} ${brazilian}`],
      'pt-PT': [`${pt} ${european}`],
    }),
  ),
  ...Array.from({ length: ODD }, (_, k) => {
    const number = t * ODD + k;
    return interestOf(100 * t + 150 + k, 100 * t + 100, `${oddWord(number, 'k')} ${en}`, {
      de: [`${oddWord(number, 'schn')} ${de}`],
      'pt-BR': [`${br} ${oddWord(number, 'lh')}`],
      'pt-PT': [`${pt} ${oddWord(number, 'lh')}`],
    });
  }),
]);

/** A word for each number, so that `consonants` make it look like a language. */
function oddWord(number: number, consonants: string): string {
  const digits = [...number.toString(5).padStart(4, '0')];
  return digits.map((digit) => consonants + 'aeiou'[Number(digit)]).join('');
}

/** Radios, which the languages call the same; every other one is hidden. */
const RADIOS = Array.from({ length: 40 }, (_, i) =>
  interestOf(5000 + i, null, `radio ${i}`, {
    de: [`Radio ${i}`],
    'pt-BR': [`rádio ${i}`],
    'pt-PT': [`rádio ${i}`],
  }),
);

function interestOf(
  id: number,
  parent: number | null,
  name: string,
  translations: Record<string, string[]>,
): Interest {
  return { id, name, parent, aliases: [], translations, unsafe: false, hidden: id >= 5000 && id % 2 === 0 };
}

const TAXONOMY = new Taxonomy([...INTERESTS, ...RADIOS]);
const TAGS = ['de', 'en', 'pt'];
const keyOf = (phrase: string): string => sourceWords(phrase).join(' ');

function divide(tag: string, others: readonly ParallelText[] = []): DividedLanguage {
  return divideLanguage(tag, TAXONOMY, others);
}

/** All names that the taxonomy has in a language, by their words. */
function keysOf(tag: string): Set<string> {
  if (tag === 'en') return new Set(TAXONOMY.names.map(keyOf));
  const own = [...TAXONOMY.translations.values()].flatMap((translations) =>
    Object.entries(translations).flatMap(([of, phrases]) => (of.startsWith(tag) ? phrases : [])),
  );
  return new Set(own.map(keyOf));
}

describe('the division of a language', () => {
  test('puts each name on one side: what is tested is not learned from', () => {
    for (const tag of TAGS) {
      const { tests, training } = divide(tag);
      const keys = keysOf(tag);
      const learned = new Set(training.map(({ phrase }) => keyOf(phrase)));
      assert.ok(tests.length > 0);
      for (const { key, phrase } of tests) {
        assert.equal(key, keyOf(phrase));
        assert.ok(!learned.has(key) && keys.has(key), phrase);
      }
      assert.ok([...learned].every((key) => keys.has(key)));
    }
  });

  test('tests about a tenth, each name of each interest once', () => {
    for (const tag of TAGS) {
      const { tests } = divide(tag);
      const share = new Set(tests.map(({ key }) => key)).size / keysOf(tag).size;
      assert.ok(share > 0.05 && share < 0.15, String(share));
      assert.equal(new Set(tests.map(({ key, interest }) => `${interest} ${key}`)).size, tests.length);
    }
  });

  test('leaves tested phrases out of what other files have', () => {
    const { tests, training } = divide('de');
    const [{ phrase }] = tests;
    const other = { phrase: 'etwas anderes', english: 'something else' };
    const pairs = [{ phrase: phrase.toUpperCase(), english: 'x' }, other];
    const text = new ParallelText('file', ['x', 'something else'], new Map([['de', pairs]]));
    assert.deepEqual(divide('de', [text]).training, [...training, other]);
    assert.deepEqual(divide('pt', [text]).training, divide('pt').training);
    assert.deepEqual(divide('en', [text]).training.slice(-1), [
      { phrase: 'something else', english: 'something else' },
    ]);
  });

  test('tests no interest that is never given to a Pin', () => {
    let left = 0;
    for (const tag of TAGS) {
      const { tests, training } = divide(tag);
      assert.ok(tests.every(({ interest }) => TAXONOMY.hidden[interest] === 0));
      const used = new Set([...tests, ...training].map(({ phrase }) => keyOf(phrase)));
      left += keysOf(tag).size - used.size;
    }
    assert.ok(left > 0);
  });

  test('a language that the taxonomy does not have is refused', () => {
    assert.throws(() => divide('vi'), ofCode('CONFIG_INVALID', /^--language: of the 0 names .* in vi none/));
  });
});

describe('the evaluation of languages', async () => {
  const model = await RankingModel.load(PATHS.model);
  const textVectors = TextVectors.load(PATHS.textVectors);
  const divided = TAGS.map((tag) => divide(tag));
  const progress: number[] = [];
  const evaluate = (onProgress?: (done: number) => void): LanguageEvaluation => {
    const languages = Languages.of(divided.map(learnDivided));
    const artefacts = taxonomyArtefacts(TAXONOMY, { textVectors, languages });
    return evaluateLanguages(divided, artefacts, model, onProgress);
  };
  const figures = evaluate((done) => progress.push(done));

  test('gives each language beside English its figures, which are shares', () => {
    assert.deepEqual(
      figures.languages.map(({ tag }) => tag),
      ['de', 'pt'],
    );
    figures.languages.forEach(({ tag, names, phrases, found, english, ofEnglish }) => {
      const { tests, training } = divided.find((own) => own.tag === tag)!;
      assert.deepEqual([names, phrases], [tests.length, training.length]);
      for (const side of [found, english]) {
        assert.ok(side.candidates >= side.top5OfLevel && side.top5OfLevel >= side.top5 && side.top5 >= 0);
        for (const share of Object.values(side) as number[]) {
          assert.ok(share <= 1);
          assert.ok(Math.abs(share * names - Math.round(share * names)) < 1e-9);
        }
      }
      for (const measure of ['candidates', 'top5', 'top5OfLevel'] as const)
        assert.equal(ofEnglish[measure], found[measure] / english[measure]);
    });
  });

  test('counts the interests that Pins with the names as titles get', () => {
    const languages = Languages.of(divided.map(learnDivided));
    const artefacts = taxonomyArtefacts(TAXONOMY, { textVectors, languages });
    const generation = emptyGeneration(TAXONOMY);
    const { level } = TAXONOMY;
    for (const { tag, found, english } of figures.languages) {
      const { tests } = divided.find((own) => own.tag === tag)!;
      const count = (titles: string[], language: string): FoundShares => {
        const counts = { candidates: 0, top5: 0, top5OfLevel: 0 };
        const pins = titles.map((title, i) => pinOf({ id: String(i), title, language }));
        for (const { pin, interests } of rankAll(pins, artefacts, generation, model, 'batch')) {
          const { interest } = tests[Number(pin.id)];
          const ofLevel = interests.filter((other) => level[other] === level[interest]);
          if (interests.includes(interest)) counts.candidates += 1 / tests.length;
          if (interests.slice(0, 5).includes(interest)) counts.top5 += 1 / tests.length;
          if (ofLevel.slice(0, 5).includes(interest)) counts.top5OfLevel += 1 / tests.length;
        }
        return counts;
      };
      closeTo(
        found,
        count(
          tests.map(({ phrase }) => phrase),
          tag,
        ),
      );
      closeTo(
        english,
        count(
          tests.map(({ interest }) => TAXONOMY.names[interest]),
          'en',
        ),
      );
    }
  });

  function closeTo(actual: FoundShares, expected: FoundShares): void {
    for (const measure of ['candidates', 'top5', 'top5OfLevel'] as const)
      assert.ok(Math.abs(actual[measure] - expected[measure]) < 1e-9, measure);
  }

  test('finds by words of other names, not by words that are in none, and in English by the name', () => {
    for (const { found, english } of figures.languages) {
      assert.equal(english.top5OfLevel, 1);
      assert.ok(found.top5OfLevel > 0.2 && found.top5OfLevel < 0.9, String(found.top5OfLevel));
    }
  });

  test('means and minima are those of the languages', () => {
    const [a, b] = figures.languages;
    for (const side of ['found', 'ofEnglish'] as const) {
      for (const measure of ['candidates', 'top5', 'top5OfLevel'] as const) {
        assert.equal(figures.mean[side][measure], (a[side][measure] + b[side][measure]) / 2);
        assert.equal(figures.minimum[side][measure], Math.min(a[side][measure], b[side][measure]));
      }
    }
  });

  test('identification counts each name once, and apart those that other languages have too', () => {
    const { all, unshared, languages } = figures.identification;
    assert.deepEqual(
      languages.map(({ tag }) => tag),
      TAGS,
    );
    for (const which of ['all', 'unshared'] as const) {
      const total = figures.identification[which];
      const sum = (value: (one: (typeof languages)[number]) => number): number =>
        languages.reduce((before, one) => before + value(one), 0);
      assert.equal(
        sum((one) => one[which].names),
        total.names,
      );
      const found = sum((one) => one[which].found * one[which].names);
      assert.ok(Math.abs(found - total.found * total.names) < 1e-9);
    }
    languages.forEach((own, l) => {
      const keys = new Set(divided[l].tests.map(({ key }) => key));
      const others = TAGS.filter((tag) => tag !== own.tag).map(keysOf);
      const alone = [...keys].filter((key) => !others.some((other) => other.has(key)));
      assert.deepEqual([own.all.names, own.unshared.names], [keys.size, alone.length]);
    });
    assert.ok(unshared.names < all.names && unshared.names > 0);
    assert.ok(unshared.found > 0.7, String(unshared.found));
  });

  test('classifies as many Pins as it says', () => {
    const count = countEvaluated(divided);
    assert.deepEqual(
      progress,
      Array.from({ length: count }, (_, i) => i + 1),
    );
  });

  test('gives the same again', () => {
    assert.deepEqual(evaluate(), figures);
  });
});
