import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { diffTaxonomies } from '../../../shared/taxonomy/diff.ts';
import type { Interest } from '../../../shared/taxonomy/interest.ts';
import { foldName } from '../../../shared/taxonomy/names.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { parseTaxonomy } from '../../../shared/taxonomy/read.ts';
import { TATE } from '../../support/tate-jsonl.ts';

function interest(id: number, parent: number | null, name: string, fields: Partial<Interest> = {}): Interest {
  return { id, parent, name, aliases: [], translations: {}, unsafe: false, hidden: false, ...fields };
}

/** Few ids and names, so that two of them share many. A parent has a smaller id. */
const taxonomies: fc.Arbitrary<Interest[]> = fc
  .uniqueArray(
    fc.record({
      id: fc.integer({ min: 1, max: 12 }),
      above: fc.nat(20),
      name: fc.constantFrom('birds', 'Birds', 'owls', 'bats', 'nature'),
      aliases: fc.array(fc.constantFrom('avians', 'OWLS', 'night birds'), { maxLength: 2 }),
      translations: fc.constantFrom<Record<string, string[]>[]>(
        {},
        { da: ['fugle'] },
        { da: ['ugler'], de: ['Eulen'] },
      ),
      unsafe: fc.boolean(),
      hidden: fc.boolean(),
    }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 9 },
  )
  .map((seeds) => {
    const made: Interest[] = [];
    for (const { above, ...fields } of seeds.sort((a, b) => a.id - b.id))
      made.push({ ...fields, parent: made[above % (made.length + 1)]?.id ?? null });
    return made;
  });

const idsOf = (places: readonly { id: number }[]): number[] => places.map(({ id }) => id);
const namesOf = ({ name, aliases }: Interest): Set<string> => new Set([name, ...aliases].map(foldName));

describe('the difference of two taxonomies', () => {
  test('every change is listed with its ids and paths', () => {
    const before = new Taxonomy([
      interest(1, null, 'nature'),
      interest(2, 1, 'birds', { aliases: ['avians'] }),
      interest(3, 2, 'owls'),
      interest(4, 2, 'night birds'),
      interest(5, null, 'people', { translations: { da: ['mennesker'] } }),
      interest(6, 5, 'figure'),
      interest(7, 1, 'figure'),
    ]);
    const after = new Taxonomy([
      interest(1, null, 'nature'),
      interest(2, 1, 'bird life', { aliases: ['birds'] }),
      interest(3, 1, 'owls', { aliases: ['Night  Birds'], unsafe: true }),
      interest(5, null, 'people', { translations: { da: ['folk'] } }),
      interest(6, 5, 'figure'),
      interest(8, 3, 'barn owls'),
    ]);
    assert.deepEqual(diffTaxonomies(before, after), {
      added: [{ id: 8, path: 'nature > owls > barn owls' }],
      removed: [
        { id: 4, path: 'nature > birds > night birds' },
        { id: 7, path: 'nature > figure' },
      ],
      // `figure` of people bore that name before: it took nothing over.
      merged: [{ id: 4, path: 'nature > birds > night birds', into: [{ id: 3, path: 'nature > owls' }] }],
      moved: [{ id: 3, path: 'nature > owls', from: 'nature > birds > owls' }],
      renamed: [
        {
          id: 2,
          path: 'nature > bird life',
          before: { name: 'birds', aliases: ['avians'] },
          after: { name: 'bird life', aliases: ['birds'] },
        },
        {
          id: 3,
          path: 'nature > owls',
          before: { name: 'owls', aliases: [] },
          after: { name: 'owls', aliases: ['Night  Birds'] },
        },
      ],
      marked: [
        {
          id: 3,
          path: 'nature > owls',
          before: { unsafe: false, hidden: false },
          after: { unsafe: true, hidden: false },
        },
      ],
      translated: [{ id: 5, path: 'people' }],
    });
  });

  test('a name that several interests take over is merged into each', () => {
    const before = new Taxonomy([interest(1, null, 'a'), interest(2, null, 'b'), interest(3, null, 'c')]);
    const after = new Taxonomy([interest(2, null, 'b', { aliases: ['c'] }), interest(1, null, 'C')]);
    const [{ id, into }] = diffTaxonomies(before, after).merged;
    assert.deepEqual([id, idsOf(into)], [3, [1, 2]]);
  });

  test('there is none exactly where the content is the same', () => {
    fc.assert(
      fc.property(taxonomies, taxonomies, fc.boolean(), (a, b, same) => {
        const one = new Taxonomy(a);
        const other = new Taxonomy(same ? a.toReversed() : b);
        const empty = Object.values(diffTaxonomies(one, other)).every((list: unknown[]) => list.length === 0);
        assert.equal(empty, one.version === other.version);
      }),
    );
  });

  test('what is added one way is removed the other way, and what changes changes back', () => {
    fc.assert(
      fc.property(taxonomies, taxonomies, (a, b) => {
        const there = diffTaxonomies(new Taxonomy(a), new Taxonomy(b));
        const back = diffTaxonomies(new Taxonomy(b), new Taxonomy(a));
        assert.deepEqual(there.added, back.removed);
        assert.deepEqual(there.removed, back.added);
        for (const kind of ['moved', 'renamed', 'marked', 'translated'] as const)
          assert.deepEqual(idsOf(there[kind]), idsOf(back[kind]));
        for (const [i, { before, after }] of there.renamed.entries())
          assert.deepEqual([before, after], [back.renamed[i].after, back.renamed[i].before]);
      }),
    );
  });

  test('every interest is in exactly the lists that it belongs to', () => {
    fc.assert(
      fc.property(taxonomies, taxonomies, (a, b) => {
        const diff = diffTaxonomies(new Taxonomy(a), new Taxonomy(b));
        const was = new Map(a.map((one) => [one.id, one]));
        const is = new Map(b.map((one) => [one.id, one]));
        const all = [...new Set([...was.keys(), ...is.keys()])].sort((x, y) => x - y);
        const stays = all.filter((id) => was.has(id) && is.has(id));
        const differs = (read: (one: Interest) => unknown): number[] =>
          stays.filter((id) => JSON.stringify(read(was.get(id)!)) !== JSON.stringify(read(is.get(id)!)));
        const heirsOf = (id: number): number[] =>
          stays.filter((heir) => {
            const known = namesOf(was.get(heir)!);
            const lost = namesOf(was.get(id)!);
            return [...namesOf(is.get(heir)!)].some((name) => lost.has(name) && !known.has(name));
          });
        const gone = all.filter((id) => !is.has(id));

        assert.deepEqual(
          idsOf(diff.added),
          all.filter((id) => !was.has(id)),
        );
        assert.deepEqual(idsOf(diff.removed), gone);
        assert.deepEqual(
          diff.merged.map(({ id, into }) => [id, idsOf(into)]),
          gone.map((id) => [id, heirsOf(id)]).filter(([, heirs]) => (heirs as number[]).length > 0),
        );
        assert.deepEqual(
          idsOf(diff.moved),
          differs(({ parent }) => parent),
        );
        assert.deepEqual(
          idsOf(diff.renamed),
          differs(({ name, aliases }) => [name, aliases]),
        );
        assert.deepEqual(
          idsOf(diff.marked),
          differs(({ unsafe, hidden }) => [unsafe, hidden]),
        );
        assert.deepEqual(
          idsOf(diff.translated),
          differs(({ translations }) => translations),
        );
      }),
    );
  });

  test('the Tate taxonomy with one subtree moved and one interest taken out differs in just that', async () => {
    const text = await readFile(join(TATE, 'taxonomy.jsonl'), 'utf8');
    const tate = parseTaxonomy(Buffer.from(text), 'tate');
    const leaf = tate.ids[tate.isLeaf.lastIndexOf(1)];
    const changed = text
      .replace(
        '{"id": 15, "name": "bridges and viaducts", "parent": 13, "level": 2}',
        '{"id": 15, "name": "bridges and viaducts", "parent": 4}',
      )
      .split('\n')
      .filter((line) => !line.includes(`"id": ${leaf},`))
      .join('\n')
      .replaceAll(/, "level": \d+/g, '');
    const diff = diffTaxonomies(tate, parseTaxonomy(Buffer.from(changed), 'changed'));
    assert.deepEqual(diff, {
      added: [],
      removed: [{ id: leaf, path: tate.pathName(tate.indexOf(leaf)) }],
      merged: [],
      moved: [
        {
          id: 15,
          path: 'group/movement > bridges and viaducts',
          from: 'architecture > bridges and viaducts',
        },
      ],
      renamed: [],
      marked: [],
      translated: [],
    });
  });
});
