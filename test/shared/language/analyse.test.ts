import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { analyseText, contentLemmas } from '../../../shared/language/analyse.ts';
import { normalise } from '../../../shared/language/normalise.ts';
import { tokenise } from '../../../shared/language/tokenise.ts';

const lemmas = (text: string): string[] => contentLemmas(analyseText(text));

test('case, accents, width and invisible marks make no difference', () => {
  assert.equal(normalise('CAFÉ'), 'cafe');
  assert.equal(normalise('ＡＢＣ'), 'abc');
  assert.equal(normalise('a\u200fb\u200dc'), 'abc');
  assert.equal(normalise('ﬁne'), 'fine');
});

test('marks that are letters of their script stay', () => {
  assert.equal(normalise('हिन्दी'), 'हिन्दी');
  assert.equal(normalise('がぎ'), 'がぎ');
});

test('normalising twice changes nothing more, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      const once = normalise(text);
      assert.equal(normalise(once), once);
      assert.ok(once.isWellFormed());
    }),
  );
});

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
