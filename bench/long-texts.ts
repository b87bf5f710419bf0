/**
 * What a Pin costs whose text grows, in candidate generation, where all its text is read: words, one word, marks and joiners that
 * are no words, annotations. Time grows with the text at most, until the limits on what is read of a text, and not beyond. Texts
 * are longer than ingest lets through (docs/pins.md). Every text is new, its words are met or never seen as the case says.
 * Usage: node bench/long-texts.ts [--json]
 */
import { PATHS } from '../cli/paths.ts';
import { loadTextModels } from '../cli/text-models.ts';
import { emptyGeneration } from '../shared/cooccurrence/generation.ts';
import { NO_ENGAGEMENT, type Pin } from '../shared/pins/pin.ts';
import { readTaxonomy } from '../shared/taxonomy/read.ts';
import { seeded } from '../test/support/random.ts';
import { taxonomyArtefacts } from '../workers/artefacts.ts';
import { CandidateStage } from '../workers/candidates/stage.ts';
import { median, round } from './support/figures.ts';
import { runBenchmark, type Report } from './support/report.ts';

const ROUNDS = 7;

/** Units of a text, each size four times the one before. */
const SIZES = [1000, 4000, 16_000, 64_000];
const ANNOTATIONS = [16, 64, 250, 1000];

/** Four times the text takes so many times as long at most: as much again and what little a machine varies. */
const MOST_GROWTH = 4.6;
/** Milliseconds of the slowest Pin: what waits behind it notices no more. */
const MOST_MS = 250;

const LATIN = 'abcdefghijklmnopqrstuvwxyz';
const COMPOUND = ['kinder', 'schuh', 'wasser', 'fall', 'segel', 'boot', 'garten', 'haus'];

const BLANK: Pin = {
  ...{ id: 'long', version: 1, createdAt: 0, title: '', description: '', language: null, annotations: [] },
  ...{ boards: [], engagement: NO_ENGAGEMENT, kind: null, country: null, embedding: null, deleted: false },
};

type Random = () => number;

/** A kind of text that may be of any size. */
interface Case {
  name: string;
  /** BCP-47 tag that the Pin states. */
  language: string | null;
  sizes: readonly number[];
  /** A new Pin of so many units. */
  make: (units: number, random: Random) => Partial<Pin>;
}

await runBenchmark(async (): Promise<Report> => {
  const taxonomy = await readTaxonomy(PATHS.shopify);
  const artefacts = taxonomyArtefacts(taxonomy, await loadTextModels());
  const stage = new CandidateStage({ ...artefacts, generation: emptyGeneration(taxonomy) });
  const named = (tag: string): string[] =>
    [...taxonomy.translations.values()].flatMap((translations) => translations[tag] ?? []);
  const german = named('de');
  const cases: Case[] = [
    ...['de', 'fi', 'th', 'ja'].map((tag) => words(`words, ${tag}`, tag, named(tag))),
    words('words, en', 'en', taxonomy.names),
    {
      ...{ name: 'words never seen, de', language: 'de', sizes: SIZES },
      make: (units, random) => ({ description: joined(units, () => letters(8, LATIN, random), ' ') }),
    },
    oneWord('one word, Latin', null, LATIN),
    oneWord('one word, Thai', 'th', 'กขคงจชดตทนบปพมยรลวสหอ'),
    oneWord('one word, Japanese', 'ja', '日本山川犬猫服靴時計の上下ひらがなカタカナ'),
    {
      ...{ name: 'one compound, German', language: 'de', sizes: SIZES },
      make: (units, random) => ({
        description: joined(units / 8, () => pick(COMPOUND, random), '').slice(0, units),
      }),
    },
    marks('emoji with joiners', ['👩‍👩‍👧‍👦', '🏳️‍🌈', '👨🏽‍🚀', '❤️‍🔥', '🧑‍🤝‍🧑']),
    marks('right-to-left marks', ['\u202e', '\u200f', '\u2067', '\u202c', 'שלום', 'abc', ' ']),
    marks('unpaired surrogates', ['\ud800', '\udc00', '\udbff', 'a', ' ']),
    marks('accents on one letter', ['\u0337', '\u0310', '\u0489', '\u0301']),
    {
      ...{ name: 'annotations, de', language: 'de', sizes: ANNOTATIONS },
      make: (units, random) => ({
        annotations: Array.from({ length: units }, () => {
          return { term: pick(german, random), confidence: 1, sources: [] };
        }),
      }),
    },
  ];
  const random = seeded(1);
  const measured = cases.map((of) => ({ of, times: of.sizes.map((): number[] => []) }));
  // The first round warms up.
  for (let i = 0; i <= ROUNDS; i++)
    for (const { of, times } of measured)
      for (const [s, units] of of.sizes.entries()) {
        const pins = [{ ...BLANK, language: of.language, ...of.make(units, random) }];
        const start = performance.now();
        stage.process({ pins });
        if (i > 0) times[s].push(performance.now() - start);
      }
  const growth = (times: readonly number[][]): number => {
    // The least of the rounds: a short time is all too easily disturbed.
    const [before, last] = times.slice(-2).map((of) => Math.min(...of));
    return round(last / before);
  };
  return {
    claims: [
      ...measured.map(({ of, times }) => ({
        name: `${of.name}: ${of.sizes.at(-1)} against ${of.sizes.at(-2)}`,
        ...{ value: growth(times), unit: '×', atMost: MOST_GROWTH },
      })),
      {
        name: 'the slowest Pin, median of the rounds',
        ...{
          value: round(Math.max(...measured.flatMap(({ times }) => times.map(median)))),
          unit: 'ms',
          atMost: MOST_MS,
        },
      },
    ],
    tables: {
      [`milliseconds of one Pin, ${ROUNDS} rounds`]: measured.flatMap(({ of, times }) =>
        of.sizes.map((units, s) => ({
          ...{
            text: of.name,
            units,
            median: round(median(times[s])),
            least: round(Math.min(...times[s])),
            longest: round(Math.max(...times[s])),
          },
        })),
      ),
    },
  };
});

function words(name: string, language: string, phrases: readonly string[]): Case {
  const all = phrases.flatMap((phrase) => phrase.split(' '));
  const make = (units: number, random: Random): Partial<Pin> => ({
    description: joined(units, () => pick(all, random), ' '),
  });
  return { name, language, sizes: SIZES, make };
}

function oneWord(name: string, language: string | null, alphabet: string): Case {
  const make = (units: number, random: Random): Partial<Pin> => ({
    description: letters(units, alphabet, random),
  });
  return { name, language, sizes: SIZES, make };
}

/** Text of what is hardly text; a letter comes first, which a mark has to follow. */
function marks(name: string, of: readonly string[]): Case {
  const make = (units: number, random: Random): Partial<Pin> => ({
    description: `z${joined(units, () => pick(of, random), '')}`,
  });
  return { name, language: null, sizes: SIZES, make };
}

function letters(count: number, alphabet: string, random: Random): string {
  return joined(count, () => pick([...alphabet], random), '');
}

function joined(count: number, one: () => string, between: string): string {
  return Array.from({ length: count }, one).join(between);
}

function pick<T>(of: readonly T[], random: Random): T {
  return of[Math.floor(random() * of.length)];
}
