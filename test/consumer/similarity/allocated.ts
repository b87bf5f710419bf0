/**
 * Prints the bytes that comparing takes of the heap, as JSON: of the batch form and, for comparison, of the scalar one.
 * To be run with --expose-gc and a young generation that holds all of it.
 */
import { CosSimBatch, cosSimByLevel, PackedInterests, type LevelledInterest } from 'p2i/consumer';
import { seeded } from '../../support/random.ts';

const PINS = 2000;
const QUERIES = 20;
const WARM_UP = 40;

const random = seeded(1);
const some = (): LevelledInterest[] =>
  Array.from({ length: 20 }, () => ({
    id: 1 + Math.floor(200 * random()),
    level: 1 + Math.floor(3 * random()),
    score: random(),
  }));
const pins = Array.from({ length: PINS }, some);
const queries = Array.from({ length: QUERIES }, some);
const packed = new PackedInterests();
for (const pin of pins) packed.append(pin);
const batch = new CosSimBatch();
const similarity = new Float64Array(10 * PINS);

function compareBatch(): void {
  for (let i = 0; i < queries.length; i++) {
    batch.setQuery(queries[i]);
    batch.compute(packed, similarity);
  }
}

function compareScalar(): void {
  for (let i = 0; i < pins.length; i++) cosSimByLevel(pins[i], queries[0]);
}

/** Bytes that a call takes once it is optimised. */
function allocatedBy(call: () => void): number {
  for (let i = 0; i < WARM_UP; i++) call();
  gc!();
  const before = process.memoryUsage().heapUsed;
  call();
  return process.memoryUsage().heapUsed - before;
}

process.stdout.write(
  JSON.stringify({ batch: allocatedBy(compareBatch), scalar: allocatedBy(compareScalar) }),
);
