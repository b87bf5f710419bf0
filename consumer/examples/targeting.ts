/**
 * Ads: which promoted Pins fit an advertiser's targeting, and what becomes of the targeting when the taxonomy changes.
 */
import { Option } from 'commander';
import {
  P2iError,
  restateTargeting,
  Succession,
  TargetingIndex,
  type P2iConsumer,
  type PublishedTaxonomy,
  type Targeting,
  type Taxonomy,
} from 'p2i/consumer';
import { countOf, formatTable, print, printJson, warn } from '../../cli/output.ts';
import { editTaxonomy, type TaxonomyEdit } from './support/changed-taxonomy.ts';
import { runExample } from './support/example.ts';
import { interestsNamed } from './support/named-interests.ts';

interface Options {
  any?: string[];
  none?: string[];
  json?: true;
}

interface Answer {
  targeting: Targeting;
  count: number;
  /** Median of what it takes. */
  microseconds: number;
  /** Some of the Pins. */
  pins: string[];
}

/** A targeting under a new taxonomy version. */
interface ChangedAnswer extends Answer {
  change: string;
  lost: readonly number[];
  /** Pins whose results are understood anew. */
  carried: number;
}

/** Asked where the command line asks nothing: broad, narrower and narrow. */
const ASKED: readonly { any: string[]; none: string[] }[] = [
  { any: ['60'], none: ['91'] },
  { any: ['animals: mammals', 'animals: birds'], none: ['adults', 'military'] },
  { any: ['trees', 'weather', 'seasons'], none: [] },
];

/** Every tenth of the sample; a service asks its campaigns. */
const isPromoted = (pin: string): boolean => pin.endsWith('0');

const EXAMPLES = 5;
const ROUNDS = 200;

await runExample<Options>({
  name: 'targeting',
  description: 'ads: promoted Pins by the interests that advertisers want, while the taxonomy changes',
  usage: 'npm run example -- targeting --any nature,places --none 91',
  options: [
    new Option('--any <interests>', 'ids or names, with commas: Pins about one of these').argParser(list),
    new Option('--none <interests>', 'ids or names: but about none of these').argParser(list),
    new Option('--json', 'print one JSON document'),
  ],
  async run(p2i, { any, none, json }) {
    const asked = askedBy(any, none);
    const taxonomy = await p2i.taxonomy({ onInvalid: warn });
    const index = await follow(p2i, taxonomy);
    const { newest } = taxonomy;
    const targetings = asked.map((of) => targetingOf(newest, of.any, of.none));
    const answers = targetings.map((targeting) => ask(index, targeting));
    const changes: ChangedAnswer[] = [];
    for (const edit of editsOf(newest, index, targetings[0]))
      changes.push(await askChanged(newest, index, targetings[0], edit));
    if (json) printJson({ promoted: index.size, taxonomy: newest.version, answers, changes });
    else {
      print(`${countOf(index.size, 'promoted Pin', 'promoted Pins')}, taxonomy ${newest.version}`);
      showAnswers(newest, answers);
      showPins(newest, index, answers[0]);
      showChanges(answers[0], changes);
    }
  },
});

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function askedBy(any: string[] | undefined, none: string[] | undefined): typeof ASKED {
  if (any !== undefined) return [{ any, none: none ?? [] }];
  if (none !== undefined) throw new P2iError('CONFIG_INVALID', '--none needs --any');
  return ASKED;
}

function targetingOf(taxonomy: Taxonomy, any: readonly string[], none: readonly string[]): Targeting {
  const idsOf = (names: readonly string[]): number[] =>
    names.flatMap((name) => interestsNamed(taxonomy, name));
  return { anyOf: idsOf(any), noneOf: idsOf(none) };
}

/** An index of what is published. A service leaves `until` out, and goes on for as long as it lives. */
async function follow({ results }: P2iConsumer, taxonomy: PublishedTaxonomy): Promise<TargetingIndex> {
  const index = new TargetingIndex();
  for await (const { updates } of results.follow({ until: 'now', onUnreadable: warn })) {
    for (const succession of await taxonomy.takeUp(updates)) await index.carry(succession);
    for (const update of updates) {
      if (!isPromoted(update.pin)) continue;
      index.promote(update.pin);
      const change = taxonomy.change(update, index.heldVersion(update.pin));
      if (change !== undefined) index.apply(change);
    }
  }
  return index;
}

function ask(index: TargetingIndex, targeting: Targeting): Answer {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    index.filter(targeting)[Symbol.dispose]();
    times.push(performance.now() - start);
  }
  const matches = index.filter(targeting);
  return {
    targeting,
    count: matches.count,
    microseconds: Math.round(times.sort((a, b) => a - b)[ROUNDS / 2] * 1000),
    pins: matches.take(EXAMPLES),
  };
}

/** Three new versions: of the first interest that is wanted something is moved away; it is merged into another; it is removed. */
function editsOf(taxonomy: Taxonomy, index: TargetingIndex, { anyOf: [id] }: Targeting): TaxonomyEdit[] {
  const at = taxonomy.indexOf(id);
  const other = [...taxonomy.ids.subarray(0, taxonomy.rootCount)].find(
    (root) => root !== taxonomy.ids[taxonomy.l1[at]],
  );
  if (other === undefined) return [{ kind: 'remove', id }];
  const pinsOf = (of: number): number => index.filter({ anyOf: [of] }).count;
  const [moved = id] = taxonomy
    .children(at)
    .map((child) => taxonomy.ids[child])
    .sort((a, b) => pinsOf(b) - pinsOf(a));
  return [
    { kind: 'move', id: moved, under: other },
    { kind: 'merge', id, into: other },
    { kind: 'remove', id },
  ];
}

/** Held results are understood in the new version, before any Pin is classified under it. */
async function askChanged(
  taxonomy: Taxonomy,
  index: TargetingIndex,
  targeting: Targeting,
  edit: TaxonomyEdit,
): Promise<ChangedAnswer> {
  const succession = new Succession(taxonomy, editTaxonomy(taxonomy, edit, edit.kind));
  const changed = copyOf(index, taxonomy);
  const carried = await changed.carry(succession);
  const { targeting: restated, lost } = restateTargeting(targeting, succession);
  return {
    change: describe(taxonomy, edit),
    ...ask(changed, restated),
    lost: [...lost.anyOf, ...lost.noneOf],
    carried,
  };
}

function describe(taxonomy: Taxonomy, edit: TaxonomyEdit): string {
  const path = (id: number): string => taxonomy.pathName(taxonomy.indexOf(id));
  switch (edit.kind) {
    case 'move':
      return `${path(edit.id)} moves under ${path(edit.under)}`;
    case 'merge':
      return `${path(edit.id)} is merged into ${path(edit.into)}`;
    case 'remove':
      return `${path(edit.id)} is removed`;
  }
}

function copyOf(index: TargetingIndex, taxonomy: Taxonomy): TargetingIndex {
  const copy = new TargetingIndex();
  // With every interest come its ancestors, up to level 1.
  for (const pin of index.filter({ anyOf: [...taxonomy.ids.subarray(0, taxonomy.rootCount)] })) {
    const interests = index.interestsOf(pin).map((id) => {
      const at = taxonomy.indexOf(id);
      return { id, level: taxonomy.level[at], score: 1, label: taxonomy.names[at] };
    });
    copy.promote(pin);
    copy.apply({ pin, taxonomy: taxonomy.version, interests });
  }
  return copy;
}

function inWords({ anyOf, noneOf = [] }: Targeting, name: (id: number) => string): string {
  const any = anyOf.length === 0 ? 'nothing' : anyOf.map(name).join(', ');
  return noneOf.length === 0 ? any : `${any}; but not ${noneOf.map(name).join(', ')}`;
}

function showAnswers(taxonomy: Taxonomy, answers: readonly Answer[]): void {
  const name = (id: number): string => `${taxonomy.names[taxonomy.indexOf(id)]} (${id})`;
  const rows = answers.map(({ targeting, count, microseconds, pins }) => [
    ...[inWords(targeting, name), count, microseconds, pins.slice(0, 3).join(' ')],
  ]);
  print('', formatTable(['about', 'Pins', 'µs', 'such as'], rows));
}

/** Why Pins fit: the interest that was asked for, and the deepest of the Pin's that is it or lies below it. */
function showPins(taxonomy: Taxonomy, index: TargetingIndex, { targeting, pins }: Answer): void {
  const rows = pins.map((pin) => {
    const paths = index.interestsOf(pin).map((id) => taxonomy.path(taxonomy.indexOf(id)));
    const wanted = new Set(targeting.anyOf.map((id) => taxonomy.indexOf(id)));
    const [deepest] = paths
      .filter((path) => path.some((at) => wanted.has(at)))
      .sort((a, b) => b.length - a.length);
    return [pin, taxonomy.names[deepest.find((at) => wanted.has(at))!], taxonomy.pathName(deepest.at(-1)!)];
  });
  print('', formatTable(['Pin', 'wanted', 'found by'], rows));
}

function showChanges({ targeting, count, microseconds }: Answer, changes: readonly ChangedAnswer[]): void {
  const row = (change: string, of: Targeting, ...rest: (string | number)[]): (string | number)[] => [
    change,
    inWords(of, String),
    ...rest,
  ];
  const rows = changes.map((of) =>
    row(of.change, of.targeting, of.lost.join(', '), of.count, of.microseconds, of.carried),
  );
  print(
    '',
    formatTable(
      ['taxonomy', 'the same targeting', 'lost', 'Pins', 'µs', 'Pins carried'],
      [row('as it is', targeting, '', count, microseconds, 0), ...rows],
    ),
  );
}
