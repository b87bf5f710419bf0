import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { learnSpelling, type LinkedWord } from '../../../../shared/translation/learning/spelling.ts';
import { MAX_CHUNK } from '../../../../shared/translation/spelling.ts';
import { Respeller } from '../../../../shared/translation/respeller.ts';

/** Words of a toy language that writes c as k, ph as f, and a final y as ie. */
const COGNATES = (
  'academy activity anatomy atrophy biography calligraphy canary category cavity colony comedy company county ' +
  'dynasty economy energy factory family fantasy galaxy geography harmony history lottery memory mystery ' +
  'philosophy photography pharmacy trophy symphony telephony cosmetic elephant dolphin graphic orphan camera'
).split(' ');

function toySpelling(english: string): string {
  return english.replaceAll('c', 'k').replaceAll('ph', 'f').replace(/y$/, 'ie');
}

/** Translations that are spelt by no rule. */
const UNRELATED = Object.entries({
  ...{
    hund: 'dog',
    pferd: 'horse',
    vogel: 'bird',
    baum: 'tree',
    blume: 'flower',
    tisch: 'table',
    stuhl: 'chair',
  },
  ...{
    fenster: 'window',
    dach: 'roof',
    wand: 'wall',
    kleid: 'dress',
    hose: 'trouser',
    rock: 'skirt',
    hemd: 'shirt',
  },
  ...{
    schrank: 'wardrobe',
    teppich: 'carpet',
    messer: 'knife',
    gabel: 'fork',
    teller: 'plate',
    tasse: 'cup',
  },
  ...{
    topf: 'pot',
    pfanne: 'pan',
    zwiebel: 'onion',
    kartoffel: 'potato',
    erbse: 'pea',
    bohne: 'bean',
    pilz: 'mushroom',
  },
  ...{
    huhn: 'chicken',
    schwein: 'pig',
    kuh: 'cattle',
    schaf: 'sheep',
    ziege: 'goat',
    ente: 'duck',
    frosch: 'frog',
  },
  ...{
    wolke: 'cloud',
    regen: 'rain',
    schnee: 'snow',
    wind: 'breeze',
    berg: 'mountain',
    tal: 'valley',
    fluss: 'river',
  },
  ...{
    meer: 'ocean',
    strand: 'beach',
    wald: 'forest',
    wiese: 'meadow',
    weg: 'path',
    brief: 'letter',
    uhr: 'clock',
  },
  ...{
    spiegel: 'mirror',
    kerze: 'candle',
    bild: 'painting',
    buch: 'novel',
    stift: 'pencil',
    zug: 'train',
    rad: 'bicycle',
  },
  ...{ gurt: 'belt', hut: 'cap', schal: 'scarf', knopf: 'button', nadel: 'needle' },
});

const PAIRS: readonly LinkedWord[] = [
  ...COGNATES.map((english) => ({ word: toySpelling(english), english, weight: 1 })),
  ...UNRELATED.map(([word, english]) => ({ word, english, weight: 1 })),
];

describe('learning how a language spells what it shares with English', () => {
  const model = learnSpelling(PAIRS);
  const likeliest = (chunk: string): string | undefined => model.get(chunk)?.[0].english;

  test('finds the rules of the cognates among twice as many translations', () => {
    assert.equal(likeliest('k'), 'c');
    assert.equal(likeliest('ie '), 'y');
    assert.equal(likeliest('f'), 'ph');
    assert.equal(likeliest('o'), 'o');
  });

  test('knows the edges of a word', () => {
    assert.equal(likeliest(' k'), 'c');
    assert.equal(likeliest('mie '), 'my');
  });

  test('is enough to respell cognates that it has not met, and no other word', () => {
    const respeller = new Respeller(model);
    const first = (word: string): string | undefined => respeller.respell(word)[0]?.text;
    for (const unseen of ['monograph', 'cemetery', 'discography', 'democracy', 'morphology', 'melody']) {
      assert.ok(!COGNATES.includes(unseen));
      assert.equal(first(toySpelling(unseen)), unseen);
    }
    for (const word of ['wurzbrud', 'zwetschge', 'grotzelmann', '言葉']) assert.equal(first(word), undefined);
  });

  test('has chances in (0, 1] that fall, of which those of a chunk make no more than 1', () => {
    assert.ok(model.size > 0);
    for (const [chunk, spellings] of model) {
      assert.ok(chunk.length >= 1 && chunk.length <= MAX_CHUNK, chunk);
      assert.ok(spellings.length > 0);
      let sum = 0;
      spellings.forEach(({ chance }, s) => {
        assert.ok(chance > 0 && chance <= 1);
        if (s > 0) assert.ok(chance <= spellings[s - 1].chance);
        sum += chance;
      });
      assert.ok(sum <= 1 + 1e-9, chunk);
    }
  });

  test('learns nothing where the spelling says nothing', () => {
    const english = [...COGNATES, ...UNRELATED.map(([, meaning]) => meaning)];
    const signs = english.map((meaning, i) => ({
      word: String.fromCodePoint(0x4e00 + ((i * 37) % 90), 0x4e00 + ((i * 53) % 97)),
      english: meaning,
      weight: 1,
    }));
    assert.equal(learnSpelling(signs).size, 0);
    assert.equal(
      learnSpelling(UNRELATED.map(([word, meaning]) => ({ word, english: meaning, weight: 1 }))).size,
      0,
    );
  });

  test('learns no translation by heart, however many words have it as a part', () => {
    const forms = [...'aeiouklmnprstvz'].map((end) => ({ word: `hun${end}`, english: 'dog', weight: 1 }));
    assert.deepEqual(learnSpelling([...PAIRS, ...forms]), model);
  });

  test('takes Hangul syllables apart', () => {
    const sounds = {
      바: 'ba',
      나: 'na',
      마: 'ma',
      디: 'di',
      리: 'ri',
      토: 'to',
      노: 'no',
      도: 'do',
      무: 'mu',
      누: 'nu',
    };
    const syllables = Object.entries(sounds);
    const pairs = syllables.flatMap(([a, ofA]) =>
      syllables.slice(0, 7).map(([b, ofB]) => ({ word: a + b + a, english: ofA + ofB + ofA, weight: 1 })),
    );
    assert.equal(learnSpelling(pairs).get('\u1107')?.[0].english, 'b');
  });

  test('is deterministic, and does not mind the order of the pairs', () => {
    assert.deepEqual(learnSpelling(PAIRS), model);
    const keys = (of: ReadonlyMap<string, unknown>): string[] => [...of.keys()].sort();
    assert.deepEqual(keys(learnSpelling([...PAIRS].reverse())), keys(model));
  });

  test('of nothing is empty', () => {
    assert.equal(learnSpelling([]).size, 0);
    assert.equal(learnSpelling([{ word: '', english: '', weight: 1 }]).size, 0);
    assert.equal(learnSpelling([{ word: 'x'.repeat(1e5), english: 'x'.repeat(1e5), weight: 1 }]).size, 0);
  });

  test('takes any words', () => {
    const words = fc.array(
      fc.record({
        word: fc.string({ unit: 'binary' }),
        english: fc.string({ unit: fc.constantFrom('a', 'b', 'é', ' ') }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(words, (pairs) => {
        for (const spellings of learnSpelling(pairs.map((pair) => ({ ...pair, weight: 1 }))).values())
          for (const { chance } of spellings) assert.ok(chance > 0 && chance <= 1);
      }),
    );
  });
});
