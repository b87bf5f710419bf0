import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hashText } from '../../../shared/cooccurrence/hash.ts';
import {
  MAX_BOARDS,
  MAX_WORDS,
  PinTerms,
  wordHash,
  type Hashes,
} from '../../../shared/cooccurrence/terms.ts';
import { analyseText, contentLemmas } from '../../../shared/language/analyse.ts';

interface Texts {
  title?: string;
  description?: string;
  boardNames?: readonly string[];
  annotations?: readonly string[];
  boards?: readonly string[];
}

function read(terms: PinTerms, texts: Texts): PinTerms {
  const { title = '', description = '', boardNames = [], annotations = [], boards = [] } = texts;
  const tokens = [title, description].map(analyseText);
  const [names, stated] = [boardNames.map(analyseText), annotations.map(analyseText)];
  terms.clear();
  terms.addTitle(tokens[0]);
  terms.addText(tokens[1]);
  names.forEach((name) => terms.addBoardName(name));
  stated.forEach((annotation) => terms.addAnnotation(annotation));
  boards.forEach((board) => terms.addBoard(board));
  return terms;
}

const termsOf = (texts: Texts): PinTerms => read(new PinTerms(), texts);
const hashesOf = (terms: PinTerms): Float64Array => terms.writeHashes(new Float64Array(terms.hashCount));
const list = ({ values, count }: Hashes): number[] => [...values.subarray(0, count)];

describe('the terms of a Pin', () => {
  test('a word, a title, a word of a board and an annotation are four terms, whatever they say', () => {
    const all = hashesOf(termsOf({ title: 'mountain', boardNames: ['mountain'], annotations: ['mountain'] }));
    assert.equal(all.length, 4);
    assert.equal(new Set(all).size, 4);
  });

  test('a phrase is a pair of neighbours of one field, in order, stop words aside', () => {
    const phrases = (title: string, description = ''): number[] =>
      list(termsOf({ title, description }).phrases);
    assert.equal(phrases('ruined castle river').length, 2);
    assert.equal(phrases('ruined castle ruined castle').length, 2);
    assert.deepEqual(phrases('ruined', 'castle'), []);
    assert.notDeepEqual(phrases('ruined castle'), phrases('castle ruined'));
    assert.deepEqual(phrases('ruined castle'), phrases('', 'the ruined and the castle'));
  });

  test('a word that stands twice, in either number, is one term', () => {
    const terms = termsOf({ title: 'rivers castle river', description: 'castles' });
    assert.deepEqual(terms.wordTexts(), ['river', 'castle']);
    assert.deepEqual(list(terms.words), [wordHash('river'), wordHash('castle')]);
  });

  test('a title and an annotation are their lemmas with a space between them', () => {
    const { title, annotations } = termsOf({
      title: 'Castles by the Rivers',
      annotations: ["a bird's nest"],
    });
    assert.deepEqual(list(title), [hashText('castle river', 2)]);
    assert.deepEqual(list(annotations), [hashText('bird nest', 4)]);
  });

  test('a Pin without a word has no title, and a Pin without anything has no term', () => {
    const terms = termsOf({ annotations: ['', 'the'] });
    assert.equal(terms.title.count, 0);
    assert.equal(hashesOf(terms).length, 0);
  });

  test('long Pins are read up to a bound', () => {
    const words = Array.from({ length: 500 }, (_, i) => `word${i}`);
    const text = words.join(' ');
    const terms = termsOf({
      ...{ title: text, description: text, boardNames: words, annotations: words, boards: words },
    });
    assert.equal(terms.words.count, MAX_WORDS);
    assert.equal(terms.boards.count, MAX_BOARDS);
    assert.ok(hashesOf(terms).length < 250);
  });

  test('are the same whichever Pin was read before', () => {
    const word = fc.constantFrom('river', 'rivers', 'castle', 'the', 'bird', 'été', 'O’Brien', 'of', '馬車');
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
    const texts = fc.record({
      ...{ title: text, description: text, boardNames: fc.array(text, { maxLength: 3 }) },
      ...{ annotations: fc.array(text, { maxLength: 3 }), boards: fc.array(word, { maxLength: 3 }) },
    });
    const reused = new PinTerms();
    fc.assert(
      fc.property(texts, (pin) => {
        const [fresh, again] = [termsOf(pin), read(reused, pin)];
        assert.deepEqual(hashesOf(again), hashesOf(fresh));
        assert.deepEqual(again.wordTexts(), fresh.wordTexts());
        assert.deepEqual(list(again.boards), list(fresh.boards));
        const lemmas = [pin.title, pin.description].map((field) => contentLemmas(analyseText(field)));
        assert.deepEqual(again.wordTexts(), [...new Set(lemmas.flat())]);
      }),
    );
  });
});
