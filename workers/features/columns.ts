import { countNew, gatherNew, rowsBefore, scatterNew } from '../../shared/columns/repeats.ts';
import type { ValuePacker } from '../../shared/columns/values.ts';
import { unpackValues, type PackedValues } from '../../shared/columns/values.ts';
import type { FeatureBatch } from '../../shared/features/batch.ts';
import { FEATURE_NAMES } from '../../shared/features/table.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';
import { DERIVED, deriveFeatures, PRIOR } from './derived.ts';

/** A column of features as it is sent: not at all, a value a Pin, or a value a candidate that repeats none. */
export interface WireColumn {
  form: 'derived' | 'pin' | 'candidate';
  /** Null where it is derived. */
  packed: PackedValues | null;
}

/** The features of a batch as they are sent; the schema says what the fields hold. */
export interface WireColumns {
  columns: readonly WireColumn[];
  repeated: Buffer;
}

/** The rows that features are of. */
type Rows = Pick<FeatureBatch, 'start' | 'interests'>;

/**
 * Packs the features of a batch. What the reader can compute again to the last bit is left out, what all candidates of
 * a Pin share is sent once a Pin, and what an interest had in the Pin before that proposed it is not sent again: on a
 * board, or under a title, Pin after Pin has the same.
 *
 * @param packer started, with room for all features of all candidates
 */
export function packFeatures(batch: FeatureBatch, taxonomy: TaxonomyTree, packer: ValuePacker): WireColumns {
  const { start, interests, features } = batch;
  const rows = interests.length;
  const bits = bitsOf(features);
  const again = derivable(batch, taxonomy);
  const before = rowsBefore(interests, taxonomy.size);
  const values = new Uint32Array(rows);
  const planes: Uint8Array[] = [];
  let candidateColumns = 0;
  const columns = FEATURE_NAMES.map((_, feature): WireColumn => {
    if (again.has(feature)) return { form: 'derived', packed: null };
    const column = bits.subarray(feature * rows, (feature + 1) * rows);
    const pins = gatherPins(column, start, values);
    if (pins >= 0) return { form: 'pin', packed: packer.pack(values.subarray(0, pins)) };
    const bit = candidateColumns++ % 8;
    if (bit === 0) planes.push(new Uint8Array(rows));
    const count = gatherNew(column, before, planes.at(-1)!, 1 << bit, values);
    return { form: 'candidate', packed: packer.pack(values.subarray(0, count)) };
  });
  return { columns, repeated: Buffer.concat(planes) };
}

/**
 * Undoes `packFeatures`.
 * @throws RangeError where the columns do not fit the candidates
 */
export function unpackFeatures(
  { columns, repeated }: WireColumns,
  of: Rows,
  taxonomy: TaxonomyTree,
): Float32Array {
  const { start, interests } = of;
  const rows = interests.length;
  checkForms(columns, repeated, rows);
  const features = new Float32Array(FEATURE_NAMES.length * rows);
  const columnOf = (feature: number): Float32Array => features.subarray(feature * rows, (feature + 1) * rows);
  const before = rowsBefore(interests, taxonomy.size);
  const values = new Uint32Array(rows);
  const derived = new Map<number, Float32Array>();
  let candidateColumns = 0;
  columns.forEach(({ form, packed }, feature) => {
    const column = columnOf(feature);
    if (form === 'derived') derived.set(feature, column);
    else if (form === 'pin') {
      const pins = values.subarray(0, pinsWithRows(start));
      unpackValues(packed!, pins);
      scatterPins(pins, start, bitsOf(column));
    } else {
      const plane = repeated.subarray((candidateColumns >> 3) * rows);
      const bit = 1 << (candidateColumns++ % 8);
      const fresh = values.subarray(0, countNew(before, plane, bit));
      unpackValues(packed!, fresh);
      scatterNew(fresh, before, plane, bit, bitsOf(column));
    }
  });
  if (derived.size > 0) deriveFeatures(of, taxonomy, columnOf(PRIOR), derived);
  return features;
}

/** The features that come out of `deriveFeatures` as they are, to the last bit. */
function derivable(batch: FeatureBatch, taxonomy: TaxonomyTree): Set<number> {
  const rows = batch.interests.length;
  const matrix = new Float32Array(DERIVED.length * rows);
  const made = new Map(DERIVED.map((feature, d) => [feature, matrix.subarray(d * rows, (d + 1) * rows)]));
  deriveFeatures(batch, taxonomy, batch.features.subarray(PRIOR * rows, (PRIOR + 1) * rows), made);
  const bits = bitsOf(batch.features);
  const same = (feature: number): boolean => {
    const column = bitsOf(made.get(feature)!);
    const at = feature * rows;
    for (let row = 0; row < rows; row++) if (column[row] !== bits[at + row]) return false;
    return true;
  };
  return new Set(DERIVED.filter(same));
}

/** @throws RangeError where there is a column too many, one lacks its values, or is derived of what is not sent */
function checkForms(columns: readonly WireColumn[], repeated: Buffer, rows: number): void {
  if (columns.length !== FEATURE_NAMES.length) {
    throw new RangeError(`${columns.length} columns of ${FEATURE_NAMES.length} features`);
  }
  columns.forEach(({ form, packed }, feature) => {
    const fits = form === 'derived' ? DERIVED.includes(feature) : packed !== null;
    if (!fits) throw new RangeError(`${FEATURE_NAMES[feature]} cannot be ${form}`);
  });
  const planes = Math.ceil(columns.filter(({ form }) => form === 'candidate').length / 8);
  if (repeated.length !== planes * rows) {
    throw new RangeError(`${repeated.length} bytes of repeats, not ${planes} a candidate`);
  }
}

/**
 * Gathers one value of each Pin that has candidates. Returns how many there are, or -1 where the candidates of a Pin
 * differ.
 */
function gatherPins(column: Uint32Array, start: Int32Array, values: Uint32Array): number {
  let count = 0;
  for (let p = 0; p + 1 < start.length; p++) {
    const [from, to] = [start[p], start[p + 1]];
    if (from === to) continue;
    const value = column[from];
    for (let row = from + 1; row < to; row++) if (column[row] !== value) return -1;
    values[count++] = value;
  }
  return count;
}

/** Undoes `gatherPins`. */
function scatterPins(values: Uint32Array, start: Int32Array, column: Uint32Array): void {
  let next = 0;
  for (let p = 0; p + 1 < start.length; p++) {
    if (start[p] < start[p + 1]) column.fill(values[next++], start[p], start[p + 1]);
  }
}

function pinsWithRows(start: Int32Array): number {
  let count = 0;
  for (let p = 0; p + 1 < start.length; p++) if (start[p] < start[p + 1]) count++;
  return count;
}

/** The same numbers as bits: moved as numbers, a NaN need not keep its own. */
function bitsOf(column: Float32Array): Uint32Array {
  return new Uint32Array(column.buffer, column.byteOffset, column.length);
}
