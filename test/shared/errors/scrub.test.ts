import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { P2iError } from '../../../shared/errors/errors.ts';
import { rememberSecret, scrub } from '../../../shared/errors/scrub.ts';

test('a secret is nowhere in a text, however it is written in it', () => {
  const secret = 'c&9 "q\\é/';
  rememberSecret(secret);
  const pair = Buffer.from(secret).toString('base64');
  for (const form of [secret, JSON.stringify(secret), encodeURIComponent(secret), pair])
    assert.doesNotMatch(scrub(`before ${form} after`), /c&9|c%269/);
  assert.equal(scrub(`before ${secret} after`), 'before [secret] after');
  assert.equal(scrub(`Basic ${pair}!`), 'Basic [secret]!');
});

test('an error’s message holds none, whatever it was made of', () => {
  rememberSecret('hunter2hunter2');
  const error = new P2iError('INTERNAL', 'AUTH p2i hunter2hunter2', {
    where: 'redis://p2i:hunter2hunter2@host',
  });
  assert.equal(error.message, 'redis://p2i:[secret]@host: AUTH p2i [secret]');
  assert.doesNotMatch(error.stack!, /hunter2/);
});

test('a text without one stays as it is, and one is taken out of any other', () => {
  rememberSecret('correct-horse');
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      if (!`${before}${after}`.includes('correct-horse')) assert.equal(scrub(before), before);
      assert.ok(!scrub(`${before}correct-horse${after}`).includes('correct-horse'));
    }),
  );
});

test('what is too short to be a secret is left alone', () => {
  rememberSecret('abc');
  assert.equal(scrub('abcdef'), 'abcdef');
});
