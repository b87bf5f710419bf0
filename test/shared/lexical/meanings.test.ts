import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyseText } from '../../../shared/language/analyse.ts';
import { VOCABULARY } from '../../../shared/language/vocabulary.ts';
import { LexicalIndex, Matches, MATCH_KINDS } from '../../../shared/lexical/lexical-index.ts';
import { lexicalIndexOf } from '../../../shared/lexical/names.ts';
import { qualifiedNames } from '../../../shared/taxonomy/qualified-names.ts';
import { readTaxonomy } from '../../../shared/taxonomy/read.ts';
import { PATHS } from '../../../cli/paths.ts';

const taxonomy = await readTaxonomy(PATHS.taxonomy);
const index = lexicalIndexOf(taxonomy);

function find(text: string, by: LexicalIndex = index): Matches {
  const matches = new Matches();
  by.match(analyseText(text), matches);
  return matches;
}

/** Paths of the matches that span the whole text. */
function meanings(text: string): string[] {
  const matches = find(text);
  return Array.from({ length: matches.count }, (_, m) => m)
    .filter((m) => matches.length[m] === matches.words && MATCH_KINDS[matches.kind[m]] !== 'partial')
    .map((m) => taxonomy.pathName(matches.interest[m]))
    .sort();
}

const named = (...names: string[]): LexicalIndex => LexicalIndex.build({ names, aliases: new Map() });

describe('what words mean', () => {
  test('a name with its path means that one alone, the name alone means all that bear it', () => {
    assert.deepEqual(meanings('toys and models > horse'), ['objects > toys and models > horse']);
    assert.deepEqual(meanings('animals: mammals > horse'), ['nature > animals: mammals > horse']);
    assert.deepEqual(meanings('horse'), [
      'nature > animals: mammals > horse',
      'objects > toys and models > horse',
    ]);
    const horse = find('horse');
    assert.equal(horse.ambiguity[0], 2);
    assert.deepEqual(meanings('adults > figure'), ['people > adults > figure']);
  });

  test('of the Tate taxonomy, every name with the path that tells it apart means exactly one interest', () => {
    let told = 0;
    for (const [interest, name] of qualifiedNames(taxonomy)) {
      // A root has no path that could tell it apart; names of more than eight words are not looked up.
      if (taxonomy.level[interest] === 1 || analyseText(name).words.length > 8) continue;
      // As a set without case: Tate gives a few siblings the same name.
      const paths = new Set(meanings(name).map((path) => path.toLowerCase()));
      assert.deepEqual([...paths], [taxonomy.pathName(interest).toLowerCase()], name);
      told++;
    }
    assert.ok(told > 700);
  });

  test('a name of more than ten interests means ten of them, and the rest is counted', () => {
    const figures = named(...Array.from({ length: 13 }, () => 'figure'));
    const { count, cut, ambiguity } = find('a figure', figures);
    assert.equal(count, 10);
    assert.equal(cut, 3);
    assert.equal(ambiguity[0], 13);
  });

  test('a part that more than five names share stands for none of them, and is counted', () => {
    const five = named(...['Rome', 'Pisa', 'Bari', 'Lodi', 'Asti'].map((town) => `${town}, Cathedral`));
    assert.equal(find('The cathedral', five).count, 5);
    assert.equal(find('The cathedral', five).cut, 0);
    const six = named(
      ...['Rome', 'Pisa', 'Bari', 'Lodi', 'Asti', 'Enna'].map((town) => `${town}, Cathedral`),
    );
    assert.equal(find('The cathedral', six).count, 0);
    assert.equal(find('The cathedral', six).cut, 6);
    assert.equal(find('Rome, cathedral', six).count, 2, 'the name itself, and Rome as a part of it');
  });

  test('a part stands for its name in the measure of its length', () => {
    const venice = named("Venice, Doge's Palace");
    const part = find('Venice', venice);
    assert.equal(MATCH_KINDS[part.kind[0]], 'partial');
    assert.ok(Math.abs(part.coverage[0] - 6 / 21) < 1e-6);
    assert.ok(Math.abs(part.similarity[0] - (0.6 * 6) / 21) < 1e-6);
  });

  test('a part that is a number or a stop word alone stands for nothing', () => {
    const dated = named('election, 1832', 'up (and down)');
    assert.equal(find('1832', dated).count, 0);
    assert.equal(find('and down', dated).count, 0);
    assert.equal(find('election 1832', dated).count > 0, true);
  });

  test('a match says where in the text it is', () => {
    const matches = find('The old castle', named('castle'));
    assert.equal(matches.words, 3);
    assert.deepEqual([matches.start[0], matches.length[0]], [2, 1]);
  });
});

describe('a vocabulary that was cleared', () => {
  test('changes no match', () => {
    const texts = ['The old castle', 'mountians and horses', 'Portrait of Stephen Lawrence'];
    const all = (): unknown => texts.map((text) => structuredClone(find(text)));
    const before = all();
    for (let i = 0; i < 140_000; i++) VOCABULARY.numberOf(`q${i}`);
    const { epoch } = VOCABULARY;
    VOCABULARY.trim();
    assert.equal(VOCABULARY.epoch, epoch + 1);
    // Others have the numbers now.
    for (let i = 0; i < 100; i++) VOCABULARY.numberOf(`z${i}`);
    assert.deepEqual(all(), before);
  });
});

describe('misspelt words', () => {
  test('a word with a digit, a short word and a word with another first letter are left alone', () => {
    const names = named('castle', 'boat', 'Constantinople');
    for (const text of ['c4stle', 'baot', 'vastle']) assert.equal(find(text, names).count, 0, text);
    assert.equal(find('casttle', names).count, 1);
  });

  test('long words may have two mistakes, of which each takes a tenth', () => {
    const names = named('Constantinople');
    const two = find('Constntinopel', names);
    assert.equal(two.distance[0], 2);
    assert.ok(Math.abs(two.similarity[0] - 0.8 * 0.81) < 1e-6);
    assert.equal(find('Constntiopel', names).count, 0);
  });

  test('a word that is as near to two names is neither', () => {
    assert.equal(find('Lambetk', named('Lambeth', 'Lambett')).count, 0);
    assert.equal(find('Lambetk', named('Lambeth')).count, 1);
  });

  test('a corrected word counts in a name of several', () => {
    const matches = find('Lawrense, Stephen', named('Lawrence, Stephen'));
    const best = Array.from({ length: matches.count }, (_, m) => m).find((m) => matches.length[m] === 2)!;
    assert.equal(MATCH_KINDS[matches.kind[best]], 'fuzzy');
    assert.equal(matches.distance[best], 1);
  });
});

describe('hostile text', () => {
  /** The shortest of three runs, in milliseconds. */
  function time(work: () => void): number {
    return Math.min(
      ...[0, 1, 2].map(() => {
        const start = performance.now();
        work();
        return performance.now() - start;
      }),
    );
  }

  const hostile: Record<string, (n: number) => string> = {
    'one long word': (n) => 'a'.repeat(n),
    'one long word of marks': (n) => 'e\u0301'.repeat(n / 2),
    apostrophes: (n) => "a'".repeat(n / 2),
    'hyphens and spaces': (n) => '- '.repeat(n / 2),
    'Han without a space': (n) => '馬'.repeat(n),
    'misspelt words, all different': (n) =>
      Array.from({ length: n / 8 }, (_, i) => `mont${(i % 17_576).toString(26).replace(/\d/g, 'q')}in`).join(
        ' ',
      ),
    'words of names': (n) => 'toys and models '.repeat(n / 16),
    'directions and joiners': (n) => '\u200f\u200d'.repeat(n / 2),
    'lone surrogates': (n) => '\ud83d '.repeat(n / 2),
  };
  for (const [what, make] of Object.entries(hostile)) {
    test(`${what}: 16 times the text costs no more than the bound says`, () => {
      find(make(2_000));
      const short = time(() => find(make(10_000)));
      const long = time(() => find(make(160_000)));
      assert.ok(long < 16 * 4 * short + 50, `${short.toFixed(1)} ms became ${long.toFixed(1)} ms`);
    });
  }

  test('names of objects’ own properties are words like any other', () => {
    for (const text of ['constructor', '__proto__', 'hasOwnProperty toString valueOf']) {
      assert.equal(find(text).count, 0, text);
    }
    assert.equal(find('the constructor', named('constructor')).count, 1);
  });
});
