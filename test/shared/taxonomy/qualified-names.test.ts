import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { qualifiedNames } from '../../../shared/taxonomy/qualified-names.ts';
import { readTaxonomy } from '../../../shared/taxonomy/read.ts';
import { TATE } from '../../support/tate-jsonl.ts';

test('every ambiguous name gets the shortest end of its path that is its own, others none', async () => {
  const taxonomy = await readTaxonomy(join(TATE, 'taxonomy.jsonl'));
  const qualified = qualifiedNames(taxonomy);
  const count = new Map<string, number>();
  for (const name of taxonomy.names) count.set(name.toLowerCase(), (count.get(name.toLowerCase()) ?? 0) + 1);
  for (let i = 0; i < taxonomy.size; i++) {
    assert.equal(qualified.has(i), count.get(taxonomy.names[i].toLowerCase())! > 1, taxonomy.pathName(i));
  }
  const ends = [...qualified.values()].map((name) => name.toLowerCase());
  // Tate has siblings of one name: whatever part of their path is taken, it is the same.
  const paths = new Set([...qualified.keys()].map((index) => taxonomy.pathName(index).toLowerCase()));
  assert.equal(new Set(ends).size, paths.size);
  assert.ok(ends.includes('adults > figure'));
  assert.ok(ends.includes('toys and models > horse'));
});
