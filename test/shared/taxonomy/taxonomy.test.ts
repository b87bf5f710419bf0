import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Interest } from '../../../shared/taxonomy/interest.ts';
import { readTaxonomy } from '../../../shared/taxonomy/read.ts';
import { Taxonomy, TaxonomyTree } from '../../../shared/taxonomy/taxonomy.ts';

function interest(id: number, parent: number | null, name = `interest ${id}`): Interest {
  return { id, parent, name, aliases: [], translations: {}, unsafe: false, hidden: false };
}

const ANIMALS = [
  interest(30, 20, 'owls'),
  interest(1, null, 'nature'),
  interest(2, null, 'people'),
  interest(20, 10, 'birds'),
  interest(10, 1, 'animals'),
  interest(11, 1, 'plants'),
  interest(12, 2, 'portraits'),
];

/** Forests of up to 10 levels: each interest hangs below an earlier one that has room, or is a root. */
const forests = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.nat()), { minLength: 1, maxLength: 60 })
  .map((seeds) => {
    const levels = new Map<number, number>();
    const made: Interest[] = [];
    for (const [id, choice] of seeds) {
      if (levels.has(id)) continue;
      const parent = made[choice % (made.length + 1)];
      const level = parent ? levels.get(parent.id)! + 1 : 1;
      const hangs = parent && level <= 10;
      levels.set(id, hangs ? level : 1);
      made.push(interest(id, hangs ? parent.id : null));
    }
    return made;
  });

describe('the taxonomy in memory', () => {
  test('indexes are breadth first by id, whatever the order of the source', () => {
    const taxonomy = new Taxonomy(ANIMALS);
    assert.deepEqual([...taxonomy.ids], [1, 2, 10, 11, 12, 20, 30]);
    assert.deepEqual([...taxonomy.parent], [-1, -1, 0, 0, 1, 2, 5]);
    assert.deepEqual([...taxonomy.level], [1, 1, 2, 2, 2, 3, 4]);
    assert.deepEqual([...taxonomy.l1], [0, 1, 0, 0, 1, 0, 0]);
    assert.deepEqual([...taxonomy.isLeaf], [0, 0, 0, 1, 1, 0, 1]);
    assert.deepEqual(taxonomy.countByLevel(), [2, 3, 1, 1]);
    assert.equal(taxonomy.rootCount, 2);
  });

  test('an id leads to its index, an unknown id to -1', () => {
    const taxonomy = new Taxonomy(ANIMALS);
    assert.equal(taxonomy.names[taxonomy.indexOf(20)], 'birds');
    assert.equal(taxonomy.indexOf(99), -1);
  });

  test('ancestors go up to the root, the path comes down from it', () => {
    const taxonomy = new Taxonomy(ANIMALS);
    const owls = taxonomy.indexOf(30);
    assert.deepEqual(
      taxonomy.ancestors(owls).map((i) => taxonomy.ids[i]),
      [20, 10, 1],
    );
    assert.deepEqual(taxonomy.ancestors(0), []);
    assert.equal(taxonomy.pathName(owls), 'nature > animals > birds > owls');
  });

  test('the version follows the content, not the order of the lines', () => {
    const version = new Taxonomy(ANIMALS).version;
    assert.match(version, /^[0-9a-f]{12}$/);
    assert.equal(new Taxonomy(ANIMALS.toReversed()).version, version);
    const changes: Partial<Interest>[] = [
      { name: 'owl' },
      { parent: 11 },
      { id: 31 },
      { aliases: ['owl'] },
      { translations: { da: ['ugler'] } },
      { unsafe: true },
      { hidden: true },
    ];
    const versions = changes.map(
      (change) => new Taxonomy([{ ...ANIMALS[0], ...change }, ...ANIMALS.slice(1)]).version,
    );
    assert.equal(new Set([version, ...versions]).size, changes.length + 1);
    assert.equal(new Taxonomy(ANIMALS, '2024-06').version, '2024-06');
  });

  test('any forest: parents come first, children are one range, levels and roots follow the parents', () => {
    fc.assert(
      fc.property(forests, (interests) => {
        const taxonomy = new Taxonomy(interests);
        assert.equal(taxonomy.size, interests.length);
        for (const { id, parent } of interests) {
          const i = taxonomy.indexOf(id);
          assert.equal(taxonomy.ids[i], id);
          if (parent === null) {
            assert.equal(taxonomy.parent[i], -1);
            assert.equal(taxonomy.level[i], 1);
            continue;
          }
          const p = taxonomy.indexOf(parent);
          assert.equal(taxonomy.parent[i], p);
          assert.ok(p < i);
          assert.ok(taxonomy.childStart[p] <= i && i < taxonomy.childStart[p + 1]);
          assert.equal(taxonomy.level[i], taxonomy.level[p] + 1);
          assert.equal(taxonomy.l1[i], taxonomy.path(i)[0]);
        }
        for (let i = 0; i < taxonomy.size; i++) {
          assert.equal(taxonomy.isLeaf[i] === 1, taxonomy.children(i).length === 0);
          assert.ok(taxonomy.children(i).every((child) => taxonomy.parent[child] === i));
        }
        assert.equal(taxonomy.childStart[taxonomy.size], taxonomy.size);
      }),
    );
  });

  test('10,000 interests in 8 levels load', () => {
    const interests = Array.from({ length: 10_000 }, (_, i) =>
      interest(i + 1, i < 4 ? null : Math.floor((i - 4) / 3) + 1),
    );
    const taxonomy = new Taxonomy(interests);
    assert.equal(taxonomy.size, 10_000);
    assert.equal(taxonomy.countByLevel().length, 8);
  });

  test('the bundled taxonomy has 16,632 interests in 3 levels', async () => {
    const taxonomy = await readTaxonomy('data/tate/taxonomy.jsonl');
    assert.deepEqual(taxonomy.countByLevel(), [16, 161, 16_455]);
    assert.ok(taxonomy.names.every((name) => name.length > 0));
  });
});

describe('the tree of a taxonomy in another thread', () => {
  test('is the same: its memory is handed over, not copied', () => {
    const taxonomy = new Taxonomy([interest(7, null), interest(3, 7), interest(2_000_000_000, 3)]);
    const tree = new TaxonomyTree(structuredClone(taxonomy.shared()));
    assert.equal(tree.version, taxonomy.version);
    assert.deepEqual(
      [7, 3, 2_000_000_000, 4, 0, -1].map((id) => tree.indexOf(id)),
      [0, 1, 2, -1, -1, -1],
    );
    assert.deepEqual(tree.ancestors(2), [1, 0]);
    assert.equal(tree.ids.buffer instanceof SharedArrayBuffer, true);
  });
});
