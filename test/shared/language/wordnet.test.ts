import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import lemmatizer from 'wink-lemmatizer';
import plurals from 'wink-lexicon/src/wn-noun-exceptions.js';
import words from 'wink-lexicon/src/wn-words.js';
import { isWord, singular } from '../../../shared/language/wordnet.ts';

describe('the words of WordNet', () => {
  const all = Object.keys(words);

  test('are those of wink-lexicon, and no others', () => {
    assert.ok(all.every((word) => isWord(word)));
    for (const word of ['', 'castel', 'castles', 'Castle', 'constructor ', '__proto__', 'château'])
      assert.equal(isWord(word), Object.hasOwn(words, word), word);
  });

  test('and their plurals have the nouns that wink-lemmatizer finds', () => {
    const endings = ['', 's', 'es', 'ses', 'xes', 'zes', 'ves', 'ches', 'shes', 'men', 'ies', "'s", 'é'];
    const wrong: string[] = [];
    for (const word of [...all, ...Object.keys(plurals), 'toString', '__proto__', '']) {
      for (const ending of endings) {
        for (const form of [word + ending, word.slice(0, -1) + ending])
          if (singular(form) !== lemmatizer.noun(form)) wrong.push(form);
      }
    }
    assert.deepEqual(wrong, []);
  });
});
