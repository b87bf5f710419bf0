import { PositionBits } from './bits.ts';
import { PositionList } from './list.ts';
import type { SpareBits } from './spare-bits.ts';

/** A set of positions from 0 on. */
export type Positions = PositionList | PositionBits;

/** So few are always a list. */
const LIST = 64;
/** Of so many positions one in a list takes what all of them take as bits: four bytes. */
const EVEN = 32;
/** A set changes its form back only when it is clearly the larger, so that none goes to and fro. */
const SPARSE = 2 * EVEN;

/** So many, of lists alone, are put in order sooner than bits are cleared for them. */
const FEW = 1024;

/** The form that takes less room: the set itself, or a new one in its place. To be asked for after each change. */
export function fitting(positions: Positions): Positions {
  const { size, end } = positions;
  if (positions instanceof PositionList)
    return size > LIST && size * EVEN > end ? toBits(positions) : positions;
  return size * SPARSE < end ? new PositionList(Uint32Array.from(positions.values())) : positions;
}

/** What is in at least one of some sets and in none of others: a set of its own. @param spare what its bits are taken from */
export function anyButNone(
  wanted: readonly Positions[],
  excluded: readonly Positions[],
  spare: SpareBits,
): Positions {
  const lists = wanted.filter((positions) => positions instanceof PositionList);
  const most = wanted.reduce((sum, { size }) => sum + size, 0);
  if (lists.length === wanted.length && most <= FEW) return fewButNone(lists, excluded);
  const bits = spare.take(Math.max(...wanted.map(({ end }) => end)));
  for (const positions of wanted) bits.unite(positions);
  for (const positions of excluded) bits.subtract(positions);
  bits.count();
  return bits;
}

function fewButNone(wanted: readonly PositionList[], excluded: readonly Positions[]): PositionList {
  const all = new Uint32Array(wanted.reduce((sum, { size }) => sum + size, 0));
  let count = 0;
  for (const list of wanted) {
    all.set(list.view(), count);
    count += list.size;
  }
  if (wanted.length > 1) all.sort();
  return new PositionList(
    all.filter(
      (position, at) => position !== all[at - 1] && !excluded.some((positions) => positions.has(position)),
    ),
  );
}

function toBits(list: PositionList): PositionBits {
  const bits = new PositionBits(list.end);
  bits.unite(list);
  bits.count();
  return bits;
}
