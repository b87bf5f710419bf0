/**
 * Finding the terms a misspelling may mean: the deletion index against the indexes of mnemonist, among the names, and the
 * words of names and titles, of the Tate corpus. A query is a term with as many random edits as are looked for. SymSpell
 * counts the transposition of neighbours as one edit, as the deletion index does; Passjoin with Levenshtein as two.
 * Rounds alternate. Usage: node bench/edit-distance.ts [--json]
 */
import { distance as levenshtein } from 'fastest-levenshtein';
import { PassjoinIndex, SymSpell } from 'mnemonist';
import { PATHS } from '../cli/paths.ts';
import { analyseText } from '../shared/language/analyse.ts';
import { normalise } from '../shared/language/normalise.ts';
import { alignmentDistance, DeletionIndex, type EditDistance } from '../shared/lexical/deletion-index.ts';
import { readTate } from '../shared/pins/tate.ts';
import { seeded } from '../test/support/random.ts';
import { median, round } from './support/figures.ts';
import { runBenchmark, type Claim } from './support/report.ts';

const ROUNDS = 9;
/** Of one round. */
const QUERIES: Record<EditDistance, number> = { 1: 20_000, 2: 5000 };
/** Queries that are compared with brute force. */
const SAMPLE = 200;
/** Of a term, as the lexical index has it: what is shorter is another word when a letter changes. */
const MIN_LENGTH = 5;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** @returns how many terms it finds */
type Lookup = (query: string) => number;

type Row = {
  index: string;
  distance: number;
  'lookups/s': number;
  'found a query': number;
  'built in, ms': number;
  'times slower': number;
};

await runBenchmark(async () => {
  const terms = await termsOfTate();
  const made = ([1, 2] as const).map((distance) => compare(terms, distance));
  return {
    claims: made.flatMap(({ claims }) => claims),
    tables: { [`${terms.length} terms`]: made.flatMap(({ rows }) => rows) },
  };
});

async function termsOfTate(): Promise<string[]> {
  const { taxonomy, pins } = await readTate(PATHS.tate);
  const names = [...taxonomy.names, ...[...taxonomy.aliases.values()].flat()];
  const texts = [...names, ...pins.map(({ title }) => title)];
  const terms = new Set([...names.map(normalise), ...texts.flatMap((text) => analyseText(text).words)]);
  return [...terms].filter(({ length }) => length >= MIN_LENGTH);
}

function compare(terms: readonly string[], distance: EditDistance): { claims: Claim[]; rows: Row[] } {
  const random = seeded(distance);
  const queries = Array.from({ length: QUERIES[distance] }, () => misspelt(terms, distance, random));
  const ours = built(() => new DeletionIndex(DeletionIndex.build(terms, distance)));
  const passjoin = built(() => PassjoinIndex.from(terms, levenshtein, distance));
  const lookups: Record<string, { buildMs: number; lookup: Lookup }> = {
    'deletion index': { ...ours, lookup: (query) => ours.index.near(query, distance).length },
    Passjoin: { ...passjoin, lookup: (query) => passjoin.index.search(query).size },
  };
  // Of 2 edits it takes half a gigabyte, and answers two thousand queries a second.
  if (distance === 1) {
    const symSpell = built(() => SymSpell.from(terms, { maxDistance: 1, verbosity: 2 }));
    lookups['SymSpell'] = { ...symSpell, lookup: (query) => symSpell.index.search(query).length };
  }
  const names = Object.keys(lookups);
  const seconds: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  const found: Record<string, number> = {};
  // The first round warms up.
  for (let number = 0; number <= ROUNDS; number++) {
    for (const name of number % 2 === 0 ? names : names.toReversed()) {
      const { lookup } = lookups[name];
      const start = performance.now();
      found[name] = queries.reduce((sum, query) => sum + lookup(query), 0);
      if (number > 0) seconds[name].push((performance.now() - start) / 1000);
    }
  }
  const perSecond = (name: string): number => Math.round(queries.length / median(seconds[name]));
  const ratio = (name: string): number =>
    round(median(seconds[name].map((of, i) => of / seconds['deletion index'][i])));
  const sample = queries.slice(0, SAMPLE);
  const wrong = sample.filter((query) => differs(ours.index, terms, query, distance)).length;
  const edits = distance === 1 ? '1 edit' : '2 edits';
  return {
    claims: [
      {
        name: `${edits}: lookups against Passjoin’s`,
        ...{ value: ratio('Passjoin'), unit: '×', gated: true },
        ...(distance === 1 && { atLeast: 2.9 }),
      },
      {
        name: `${edits}: lookups of the deletion index`,
        ...{ value: perSecond('deletion index'), unit: '/s' },
        ...(distance === 1 && { atLeast: 400_000 }),
      },
      {
        name: `${edits}: queries of ${SAMPLE} whose answer is not brute force’s`,
        ...{ value: wrong, unit: 'queries', atMost: 0 },
      },
    ],
    rows: names.map((name) => ({
      ...{ index: name, distance, 'lookups/s': perSecond(name) },
      'found a query': round(found[name] / queries.length),
      'built in, ms': Math.round(lookups[name].buildMs),
      'times slower': ratio(name),
    })),
  };
}

function built<Index>(build: () => Index): { index: Index; buildMs: number } {
  const start = performance.now();
  const index = build();
  return { index, buildMs: performance.now() - start };
}

/** A term with so many edits. */
function misspelt(terms: readonly string[], edits: number, random: () => number): string {
  const below = (n: number): number => Math.floor(random() * n);
  let word = terms[below(terms.length)];
  for (let edit = 0; edit < edits; edit++) {
    const at = below(word.length);
    const letter = LETTERS[below(LETTERS.length)];
    const [before, after] = [word.slice(0, at), word.slice(at)];
    switch (below(4)) {
      case 0:
        word = before + letter + after;
        break;
      case 1:
        word = before + after.slice(1);
        break;
      case 2:
        word = before + letter + after.slice(1);
        break;
      default:
        word = before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2);
    }
  }
  return word;
}

function differs(
  index: DeletionIndex,
  terms: readonly string[],
  query: string,
  distance: EditDistance,
): boolean {
  const expected: { word: number; distance: number }[] = [];
  terms.forEach((term, word) => {
    if (Math.abs(term.length - query.length) > distance) return;
    const d = alignmentDistance(query, term, distance);
    if (d <= distance) expected.push({ word, distance: d });
  });
  expected.sort((a, b) => a.distance - b.distance || a.word - b.word);
  return JSON.stringify(expected) !== JSON.stringify(index.near(query, distance));
}
