import type { Comparison, SideFacts } from '../workers/comparing/compare.ts';
import { SHIFT_BOUNDS } from '../workers/comparing/shifts.ts';
import { MOVED, type ChangedPin, type ScoredLabel } from '../workers/comparing/tally.ts';
import { countOf, formatTable, print } from './output.ts';

type ComparedInterest = Comparison['interests'][number];

/** Interests that are shown of each list; --json has all. */
const SHOWN = 12;

/** Pins that must have an interest for its share to say anything. */
const LEAST_PINS = 20;

/** By how much a score must move to be shown. */
const LEAST_MOVED = 0.01;

/** Prints what would change. */
export function printComparison(comparison: Comparison): void {
  const { before, after, partitions, levels, interests, examples } = comparison;
  print(`before  ${sideLine(before)}`, `after   ${sideLine(after)}`);
  if (partitions.compared < partitions.all)
    print(`the run is of ${partitions.compared} of ${countOf(partitions.all, 'partition', 'partitions')}`);
  if (!comparison.taxonomiesKnown)
    print('which of the taxonomies lacks an interest is not known: not both are live');
  print('', ...pinLines(comparison), '', levelTable(levels));
  if (interests.length > 0) print('', ...interestLines(interests));
  for (const example of examples) print('', ...exampleLines(example));
}

function sideLine({ topic, run, taxonomy, models }: SideFacts): string {
  const ofRun = run === null ? '' : `, run ${run}`;
  return `${topic}${ofRun}, taxonomy ${taxonomy}, ${models.length === 1 ? 'model' : 'models'} ${models.join(', ')}`;
}

function pinLines({ pins }: Comparison): string[] {
  const { compared, onlyBefore, onlyAfter, otherVersion } = pins;
  const rows: [string, number][] = [
    ['compared', compared],
    ['changed', pins.changed],
    ['  interests gained or lost', pins.setChanged],
    ['  another first interest', pins.firstChanged],
    [`  a score moved by more than ${MOVED}`, pins.scoresMoved],
  ];
  const lines = [
    formatTable(
      ['Pins', 'number', 'share'],
      rows.map((row) => [...row, percent(row[1], compared)]),
    ),
  ];
  const notes: [number, string][] = [
    [onlyBefore, 'only before: the run did not classify them, or they are gone since'],
    [onlyAfter, 'only after'],
    [otherVersion, 'of those compared were classified in another version: they may have changed themselves'],
  ];
  for (const [count, note] of notes) if (count > 0) lines.push(`${countOf(count, 'Pin', 'Pins')} ${note}`);
  return lines;
}

function levelTable(levels: Comparison['levels']): string {
  const bounds = SHIFT_BOUNDS.map((bound) => signed(bound, 2));
  const classes = [`≤ ${bounds[0]}`, ...bounds.slice(1).map((bound) => `≤ ${bound}`), `> ${bounds.at(-1)!}`];
  const header = ['level', 'gained', 'lost', 'kept', 'mean shift', 'p5', 'p50', 'p95', ...classes];
  const rows = levels.map(({ level, gained, lost, kept, shift }) => [
    ...[`L${level}`, gained, lost, kept],
    ...(shift === null
      ? new Array<string>(4 + classes.length).fill('')
      : [
          ...[shift.mean, shift.p5, shift.p50, shift.p95].map((value) => signed(value, 4)),
          ...shift.histogram.map((count) => percent(count, kept)),
        ]),
  ]);
  return formatTable(header, rows);
}

function interestLines(interests: readonly ComparedInterest[]): string[] {
  const lines = [`${countOf(interests.length, 'interest', 'interests')} gained or lost Pins; by Pins:`, ''];
  lines.push(interestTable(interests));
  const common = interests
    .filter(({ before, after, kept }) => before + after - kept >= LEAST_PINS)
    .sort((a, b) => a.jaccard - b.jaccard);
  if (common.length === 0) return lines;
  return [...lines, '', `by share, of those of ${LEAST_PINS} Pins or more:`, '', interestTable(common)];
}

function interestTable(interests: readonly ComparedInterest[]): string {
  const rows = interests
    .slice(0, SHOWN)
    .map(({ label, id, level, before, after, gained, lost, jaccard, onlyIn }) => [
      ...[`${label} (${id})`, `L${level}`, before, after, gained, lost, jaccard.toFixed(3)],
      onlyIn === null ? '' : onlyIn === 'after' ? 'new in the taxonomy' : 'no longer in the taxonomy',
    ]);
  return formatTable(['interest', 'level', 'before', 'after', 'gained', 'lost', 'Jaccard', ''], rows);
}

function exampleLines({ pin, change, before, after }: ChangedPin): string[] {
  const scores = (side: readonly ScoredLabel[]): Map<number, ScoredLabel> =>
    new Map(side.map((scored) => [scored.id, scored]));
  const [earlier, later] = [scores(before), scores(after)];
  const rows = [...new Map([...earlier, ...later]).values()].map(({ id, label }) => {
    const [old, young] = [earlier.get(id)?.score, later.get(id)?.score];
    return { id, label, old, young, moved: Math.abs((young ?? 0) - (old ?? 0)) };
  });
  const shown = rows
    .filter(({ moved }) => moved >= LEAST_MOVED)
    .sort((a, b) => b.moved - a.moved || a.id - b.id)
    .slice(0, SHOWN)
    .map(({ id, label, old, young }) => [
      old === undefined ? '+' : young === undefined ? '−' : ' ',
      ...[`${label} (${id})`, old?.toFixed(4) ?? '', young?.toFixed(4) ?? ''],
    ]);
  const others = rows.length - shown.length;
  return [
    `Pin ${pin}: scores moved by ${change.toFixed(4)} in all`,
    formatTable(['', 'interest', 'before', 'after'], shown),
    ...(others > 0 ? [`and ${countOf(others, 'other', 'others')}; --json has them all`] : []),
  ];
}

/** A number with its sign: `+0.05`, `−0.0123`. */
function signed(value: number, digits: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
}

function percent(count: number, of: number): string {
  return `${((100 * count) / of).toFixed(1)} %`;
}
