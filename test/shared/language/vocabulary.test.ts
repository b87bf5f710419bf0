import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCorpus } from '../../../quality/corpus.ts';
import { PATHS } from '../../../cli/paths.ts';
import { nounLemma } from '../../../shared/language/lemma.ts';
import { normalise } from '../../../shared/language/normalise.ts';
import { tokenise } from '../../../shared/language/tokenise.ts';
import { Vocabulary } from '../../../shared/language/vocabulary.ts';

const { pins } = await readCorpus(PATHS.tate);
const words = [...new Set(pins.flatMap(({ title }) => tokenise(normalise(title))))];

test('every word has its own lemma, wherever the columns grow on the way', () => {
  // Columns grow at a power of two: each rotation meets another word there, with a lemma that is new or is not.
  for (let rotation = 0; rotation < 40; rotation++) {
    const vocabulary = new Vocabulary();
    const order = [...words.slice(rotation * 7), ...words.slice(0, rotation * 7)];
    const wrong = order.filter((word) => {
      const number = vocabulary.numberOf(word);
      return vocabulary.text(vocabulary.lemma[number]) !== nounLemma(word);
    });
    assert.deepEqual(wrong, []);
  }
});
