import assert from 'node:assert/strict';
import { test } from 'node:test';
import { p2i } from '../support/p2i.ts';

/** The examples of other languages, each with what its Pin is surely about. */
const FOREIGN = [
  ['Segelboote am Strand bei Sonnenuntergang', 'German', 'beach'],
  ['森の中の教会', 'Japanese', 'forest'],
  ['ภูเขาและแม่น้ำ', 'Thai', 'river'],
];

test('p2i start shows Pins with their interests, in English and in other languages, then quality and throughput', async () => {
  const { code, stdout } = await p2i(['start']);
  assert.equal(code, 0);
  // An example is a paragraph: the Pin, then a table.
  const paragraphs = stdout.split('\n\n');
  const examples = paragraphs.filter((paragraph) => paragraph.includes('\ntaxonomy_level  label'));
  assert.equal(examples.length, 4 + FOREIGN.length);
  for (const [i, [title, language, label]] of FOREIGN.entries()) {
    const [first, read, ...rest] = examples[4 + i].split('\n');
    assert.equal(first, title);
    assert.ok(read.startsWith(`title (${language} `), read);
    const rows = rest.slice(rest.findIndex((line) => line.startsWith('─')) + 1);
    assert.equal(rows.length, 5);
    for (const row of rows) assert.match(row, /^L[1-4] +\S.* {2}0\.\d{4}$/);
    assert.ok(
      rows.some((row) => row.split(/ {2,}/)[1] === label),
      `${title}: ${rows.join('; ')}`,
    );
  }
  assert.match(stdout, /\n {2}P@5 0\.\d{3}, NDCG@5 0\.\d{3};/);
  assert.match(stdout, /\nThroughput: [\d,]+ Pins\/s/);
});
