import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyseText, contentLemmas } from '../../../shared/language/analyse.ts';
import { normalise } from '../../../shared/language/normalise.ts';
import { tokenise } from '../../../shared/language/tokenise.ts';

const lemmas = (text: string): string[] => contentLemmas(analyseText(text));

test('words are split at spaces, hyphens and punctuation; possessives go, other apostrophes close up', () => {
  assert.deepEqual(tokenise(normalise("Turner's well-known view; O'Brien & Sons")), [
    'turner',
    'well',
    'known',
    'view',
    'obrien',
    'and',
    'sons',
  ]);
});

test('scripts without spaces are segmented', () => {
  assert.deepEqual(tokenise('美しい山の写真'), ['美しい', '山', 'の', '写真']);
});

test('nouns become their lemma; what only looks like an inflected form stays', () => {
  assert.deepEqual(lemmas('Two women with wolves near the churches'), ['two', 'woman', 'wolf', 'church']);
  assert.deepEqual(lemmas('evening wedding lighting glass'), ['evening', 'wedding', 'lighting', 'glass']);
});

test('a text of stop words, punctuation or emoji has no content', () => {
  for (const text of ['', 'of the and', '…—!?', '⛵🏔️']) assert.deepEqual(lemmas(text), [], text);
});
