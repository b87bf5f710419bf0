import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { TokenBuffer } from '../../../shared/language/tokens.ts';
import { VOCABULARY } from '../../../shared/language/vocabulary.ts';
import { writeLanguage } from '../../../shared/translation/language.ts';
import { Languages } from '../../../shared/translation/languages.ts';
import { TextTranslator } from '../../../shared/translation/text-translator.ts';
import { NO_LANGUAGES } from '../../support/languages.ts';
import { TOY_LANGUAGES } from '../../support/toy-language.ts';

const scratch = mkdtempSync(join(tmpdir(), 'p2i-languages-'));
after(() => rmSync(scratch, { recursive: true }));

const toy = Languages.of(TOY_LANGUAGES);

/** What a text is in English; undefined where it is English. */
function translate(languages: Languages, text: string, stated: string | null): string | undefined {
  const translator = new TextTranslator(languages);
  const buffer = new TokenBuffer();
  translator.texts.begin(stated);
  translator.texts.add(text);
  const lattice = translator.translate(0, text, buffer);
  if (lattice === undefined) return undefined;
  return Array.from(buffer.numbers.subarray(0, buffer.count), (word) => VOCABULARY.text(word)).join(' ');
}

describe('languages', () => {
  test('are found by their tags, whatever region or script follows', () => {
    assert.deepEqual(toy.tags, ['en', 'xx']);
    assert.equal(toy.indexOf('xx'), 1);
    assert.equal(toy.indexOf('xx-Latn-CH'), 1);
    assert.equal(toy.indexOf('yy'), -1);
    assert.equal(toy.indexOf(''), -1);
    assert.equal(toy.indexOf('x'), -1);
  });

  test('are found by the other tags that their manifests give them', () => {
    const [english, other] = TOY_LANGUAGES;
    const named = { ...other, manifest: { ...other.manifest, tag: 'nb', aliases: ['no'] } };
    const languages = Languages.of([english, named]);
    assert.equal(languages.indexOf('no'), 1);
    assert.equal(languages.indexOf('no-NO'), 1);
    assert.equal(languages.indexOf('nn'), -1);
  });

  test('have a lexicon each, but English', () => {
    assert.equal(toy.lexicon(0), undefined);
    assert.notEqual(toy.lexicon(1), undefined);
  });

  test('translate, but for English', () => {
    assert.equal(translate(toy, 'Schlossburg', 'xx'), 'castle');
    assert.equal(translate(toy, 'A castle by a river', 'en'), undefined);
    assert.equal(translate(toy, '', 'xx'), undefined);
  });

  test('are loaded from a directory of their directories', async () => {
    const directory = join(scratch, 'toy');
    for (const language of TOY_LANGUAGES)
      await writeLanguage(join(directory, language.manifest.tag), language);
    const loaded = await Languages.load(directory);
    assert.deepEqual(loaded.tags, toy.tags);
    assert.equal(translate(loaded, 'Schlossburg', null), translate(toy, 'Schlossburg', null));
  });

  test('are the same in another thread', () => {
    const other = new Languages(structuredClone(toy.shared()));
    assert.deepEqual(other.tags, toy.tags);
    assert.equal(translate(other, 'Schlossburg', 'xx'), 'castle');
  });

  test('lie in memory that threads share', () => {
    const { identifier, lexicons } = toy.shared();
    const arrays: { buffer: ArrayBufferLike }[] = [identifier.steps];
    const { terms, parts, english, partCost, first, weight, firstWord, words } = lexicons[1]!;
    for (const { letters, start, slots } of [identifier.grams, terms, parts, english])
      arrays.push(letters, start, slots);
    arrays.push(partCost, first, weight, firstWord, words);
    for (const { buffer } of arrays) assert.ok(buffer instanceof SharedArrayBuffer);
  });

  test('of an empty directory are none, and nothing is translated', async () => {
    const directory = mkdtempSync(join(scratch, 'none-'));
    assert.deepEqual((await Languages.load(directory)).tags, []);
    assert.deepEqual(NO_LANGUAGES.tags, []);
    assert.equal(translate(NO_LANGUAGES, 'Schlossburg', 'xx'), undefined);
  });
});
