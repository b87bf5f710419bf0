import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { PATHS } from '../../cli/paths.ts';
import { PinExplainer, type Candidate, type Explanation } from '../../quality/explain.ts';
import { emptyGeneration } from '../../shared/cooccurrence/generation.ts';
import { VOCABULARY } from '../../shared/language/vocabulary.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { RankingModel } from '../../shared/ranking/ranking-model.ts';
import type { TranslatedTerm } from '../../shared/translation/explain.ts';
import { Languages } from '../../shared/translation/languages.ts';
import { taxonomyArtefacts } from '../../workers/artefacts.ts';
import { PinText } from '../../workers/candidates/lexical.ts';
import { pinOf } from '../support/pin.ts';
import { TEXT_MODELS } from '../support/text-models.ts';
import { TOY_LANGUAGES } from '../support/toy-language.ts';
import { NATURE } from '../workers/candidates/made.ts';

describe('the explanation of a Pin in another language', () => {
  const toys = Languages.of(TOY_LANGUAGES);
  let model: RankingModel;
  before(async () => {
    model = await RankingModel.load(PATHS.model);
  });

  function explain(languages: Languages, ...pins: readonly Pin[]): Explanation<Candidate>[] {
    const artefacts = taxonomyArtefacts(NATURE, { ...TEXT_MODELS, languages });
    const explainer = new PinExplainer(artefacts, emptyGeneration(NATURE), model, 'batch');
    return pins.map((pin) => explainer.candidates(pin));
  }

  const MIXED = pinOf({
    language: 'xx',
    title: 'Schlossburg am Flusslauf',
    description: 'Pferdchen und Gebirgsberg',
    boards: [
      { id: 'b1', name: '' },
      { id: 'b2', name: 'Gebirgsberg' },
    ],
    annotations: [{ term: 'Pferdchen', confidence: 0.9, sources: [] }],
  });

  test('has each of its texts that is not English, with the field that it is in', () => {
    const [{ translations }] = explain(toys, MIXED);
    assert.deepEqual(
      translations.map(({ field, text }) => [field, text]),
      [
        ['title', 'Schlossburg am Flusslauf'],
        ['description', 'Pferdchen und Gebirgsberg'],
        ['board', 'Gebirgsberg'],
        ['annotation', 'Pferdchen'],
      ],
    );
    const [title] = translations;
    assert.equal(title.languages[0].tag, 'xx');
    assert.deepEqual(title.english, ['castle', 'river']);
    assert.deepEqual(meaningsOf(title.terms, 'schlossburg am flusslauf'), ['castle river']);
    assert.deepEqual(
      translations[2].terms.map(({ pieces }) => pieces.map(({ text }) => text)),
      [['gebirgsberg'], ['gebirgs', 'berg']],
    );
  });

  test('tells the translation that the stages read', () => {
    const [{ translations }] = explain(toys, MIXED);
    const read = new PinText(toys);
    read.read(MIXED);
    const tokens = [
      () => read.title,
      () => read.description,
      () => read.boardName(1),
      () => read.annotation(0),
    ].map((text) => {
      const { numbers, from, to } = text();
      return Array.from(numbers.subarray(from, to), (number) => VOCABULARY.text(number));
    });
    assert.deepEqual(
      translations.map(({ english }) => english),
      tokens,
    );
  });

  test('is the same whatever was explained before it, and has nothing to tell of an English Pin', () => {
    const english = pinOf({ id: 'N2', title: 'a castle by the river' });
    const all = explain(toys, MIXED, english, MIXED);
    assert.deepEqual(all[2], all[0]);
    assert.deepEqual(all[1].translations, []);
    assert.ok(all[1].candidates.length > 0);
  });

  test('links its words to the English names of interests, in the languages that P2I brings with it', async () => {
    const languages = await Languages.load(PATHS.languages);
    const titles = { de: 'Ein Pferd im Gebirge', es: 'un caballo', fi: 'hevonen', ja: '馬の絵' };
    const explained = explain(
      languages,
      ...Object.entries(titles).map(([language, title]) => pinOf({ id: language, title, language })),
    );
    const words = { de: 'pferd', es: 'caballo', fi: 'hevonen', ja: '馬' };
    for (const { pin, translations, candidates } of explained) {
      assert.equal(translations[0].languages[0].tag, pin);
      const meanings = meaningsOf(translations[0].terms, words[pin as keyof typeof words]);
      assert.ok(meanings.includes('horse'), `${pin}: ${meanings.join(', ')}`);
      assert.ok(
        candidates.some(({ path }) => path === 'nature > animals: mammals > horse'),
        pin,
      );
    }
  });
});

/** What a word or a phrase means, of the terms of a text. */
function meaningsOf(terms: readonly TranslatedTerm[], text: string): string[] {
  const term = terms.find(({ pieces }) => pieces.length === 1 && pieces[0].text === text);
  assert.ok(term, `${text} was not looked up`);
  return term.pieces[0].meanings.map(({ english }) => english.join(' '));
}
