import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { analyseText } from '../../../shared/language/analyse.ts';
import { VOCABULARY } from '../../../shared/language/vocabulary.ts';
import { Lattice } from '../../../shared/translation/lattice.ts';
import { layOutLexicon } from '../../../shared/translation/lexicon.ts';
import { translate as translateAll, Translator } from '../../../shared/translation/translator.ts';
import { lexiconOf } from '../../support/toy-language.ts';

const translator = new Translator(
  layOutLexicon(
    lexiconOf(
      {
        blaue: ['1 blue'],
        schuhe: ['0.75 shoe', '0.25 horseshoe'],
        die: ['1'],
        'wilde rose': ['1 briar'],
        'kurze hose': ['0.5 shorts'],
        'haus am tor': ['1 gate house'],
        kurze: ['1 short'],
        hose: ['1 trousers'],
        gift: ['1 poison'],
      },
      {
        kinder: [50, '0.5 child', '0.5 kid'],
        schuh: [40, '1 shoe'],
        e: [100, '1'],
        regal: [10, '1 shelf'],
      },
    ),
  ),
);

function translate(words: readonly string[], lattice = new Lattice()): Lattice {
  const numbers = Int32Array.from(words, (word) => VOCABULARY.numberOf(word));
  translateAll({ numbers, from: 0, to: words.length }, [{ translator, share: 1 }], 0, lattice);
  return lattice;
}

/** The arcs that begin at a node, the likeliest first: `→2 0.75 shoe`. */
function arcsOf(lattice: Lattice, node: number): string[] {
  const { firstArc, to, weight, firstWord, words } = lattice;
  const arcs: { weight: number; text: string }[] = [];
  for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
    const english = [...words.subarray(firstWord[arc], firstWord[arc + 1])].map((w) => VOCABULARY.text(w));
    const own = Number(weight[arc].toFixed(3));
    arcs.push({ weight: own, text: [`→${to[arc]}`, own, ...english].join(' ') });
  }
  return arcs.sort((a, b) => b.weight - a.weight).map(({ text }) => text);
}

describe('the translations of a text', () => {
  test('of a word are all that the lexicon knows', () => {
    const lattice = translate(['blaue', 'schuhe']);
    assert.equal(lattice.nodes, 3);
    assert.deepEqual(arcsOf(lattice, 0), ['→1 1 blue']);
    assert.deepEqual(arcsOf(lattice, 1), ['→2 0.75 shoe', '→2 0.25 horseshoe']);
    assert.deepEqual(arcsOf(lattice, 2), []);
  });

  test('of a word that means nothing have no word', () => {
    assert.deepEqual(arcsOf(translate(['die']), 0), ['→1 1']);
  });

  test('of a phrase stand beside those of its words', () => {
    const lattice = translate(['kurze', 'hose', 'blaue']);
    assert.deepEqual(arcsOf(lattice, 0), ['→1 1 short', '→2 0.5 shorts']);
    assert.ok(arcsOf(lattice, 1).includes('→2 1 trousers'));
    assert.deepEqual(arcsOf(lattice, 2), ['→3 1 blue']);
  });

  test('of a phrase are the same where it is written closed up, or apart where its words are others', () => {
    assert.ok(arcsOf(translate(['kurzehose']), 0).includes('→1 0.5 shorts'));
    assert.ok(arcsOf(translate(['wi', 'lderose']), 0).includes('→2 1 briar'));
    assert.ok(arcsOf(translate(['haus', 'amtor']), 0).includes('→2 1 gate house'));
    assert.ok(arcsOf(translate(['haus', 'am', 'tor']), 0).includes('→3 1 gate house'));
  });

  test('of a phrase end where the text ends', () => {
    assert.ok(!arcsOf(translate(['haus', 'am']), 0).some((arc) => arc.includes('gate')));
    const { numbers } = analyseText('haus am tor');
    const lattice = new Lattice();
    translateAll({ numbers, from: 0, to: 2 }, [{ translator, share: 1 }], 0, lattice);
    assert.equal(lattice.nodes, 3);
    assert.ok(!arcsOf(lattice, 0).some((arc) => arc.includes('gate')));
  });

  test('of a compound are those of its parts, one after another, and the word itself is unlikely', () => {
    const lattice = translate(['blaue', 'kinderschuhe', 'hose']);
    // kinder-schuh-e: two nodes of its own between the words.
    assert.deepEqual([...lattice.word.subarray(0, lattice.nodes)], [0, 1, 1, 1, 2, 3]);
    assert.deepEqual(arcsOf(lattice, 1), ['→2 0.4 child', '→2 0.4 kid', '→4 0.05 kinderschuhe']);
    assert.deepEqual(arcsOf(lattice, 2), ['→3 0.8 shoe']);
    assert.deepEqual(arcsOf(lattice, 3), ['→4 0.8']);
    assert.ok(arcsOf(lattice, 4).includes('→5 1 trousers'));
  });

  test('of a compound leave letters out that no part explains', () => {
    const lattice = translate(['kinderxregal']);
    assert.deepEqual(arcsOf(lattice, 1), ['→2 0.8']);
    assert.deepEqual(arcsOf(lattice, 2), ['→3 0.8 shelf']);
  });

  test('of a word that nobody knows are the word itself', () => {
    assert.deepEqual(arcsOf(translate(['kubernetes']), 0), ['→1 1 kubernetes']);
  });

  test('of a word that English has too are that word, less likely than what the lexicon says', () => {
    assert.deepEqual(arcsOf(translate(['gift']), 0), ['→1 1 poison', '→1 0.4 gift']);
  });

  test('of no words are none', () => {
    const lattice = translate([]);
    assert.deepEqual([lattice.nodes, lattice.arcs], [1, 0]);
  });

  test('lead forward to the end, from every node, in whatever order words come', () => {
    const words = fc.constantFrom(
      ...[
        'blaue',
        'schuhe',
        'die',
        'kinderschuhe',
        'kurze',
        'hose',
        'haus',
        'am',
        'tor',
        'x',
        '東京',
        '🏔',
        '\ud800',
      ],
    );
    const lattice = new Lattice();
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), (text) => {
        translate(text, lattice);
        assert.equal(lattice.length, text.length);
        assert.equal(lattice.word[lattice.nodes - 1], text.length);
        for (let node = 0; node < lattice.nodes - 1; node++) {
          const [first, end] = lattice.firstArc.subarray(node, node + 2);
          assert.ok(first < end, 'a node that leads nowhere');
          for (let arc = first; arc < end; arc++) {
            assert.ok(lattice.to[arc] > node && lattice.to[arc] < lattice.nodes);
            assert.ok(lattice.weight[arc] > 0 && lattice.weight[arc] <= 1);
          }
        }
      }),
    );
  });

  test('are the same after the vocabulary was cleared', () => {
    const before = arcsOf(translate(['kurze', 'hose']), 0);
    for (let i = 0; VOCABULARY.size <= 1 << 17; i++) VOCABULARY.numberOf(`filling${i}`);
    VOCABULARY.trim();
    // Other numbers from here on.
    VOCABULARY.numberOf('first');
    assert.deepEqual(arcsOf(translate(['kurze', 'hose']), 0), before);
  });

  test('grow with the text, and no word takes long', () => {
    const long = translate(['x'.repeat(10_000), `${'kinder'.repeat(1600)}schuhe`]);
    assert.deepEqual([long.nodes, long.arcs], [3, 2]);
    const phrase = ['blaue', 'kinderschuhe', 'kurze', 'hose', 'xyz'];
    const once = translate(phrase).arcs;
    const many = translate(Array.from({ length: 5000 }, (_, i) => phrase[i % phrase.length]));
    assert.equal(many.arcs, 1000 * once);
  });
});

test('a lexicon without parts leaves unknown words as they are', () => {
  const bare = new Translator(layOutLexicon(lexiconOf({ blaue: ['1 blue'] })));
  const lattice = new Lattice();
  const { numbers } = analyseText('blaue zzyzx');
  translateAll({ numbers, from: 0, to: 2 }, [{ translator: bare, share: 1 }], 0, lattice);
  assert.deepEqual(arcsOf(lattice, 1), ['→2 1 zzyzx']);
});

test('an empty lexicon translates nothing', () => {
  const empty = new Translator(layOutLexicon(lexiconOf({})));
  const lattice = new Lattice();
  const { numbers } = analyseText('zzyzx');
  translateAll({ numbers, from: 0, to: 1 }, [{ translator: empty, share: 1 }], 0, lattice);
  assert.deepEqual(arcsOf(lattice, 0), ['→1 1 zzyzx']);
});
