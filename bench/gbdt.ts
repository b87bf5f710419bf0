/**
 * Scoring by the WebAssembly engine against the plain reference scorer, on models that official LightGBM trains.
 * Rounds alternate, so that a slow spell of the machine hits both. Usage: node bench/gbdt.ts [--json]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compileModel } from '../shared/gbdt/engine.ts';
import type { GbdtModel } from '../shared/gbdt/model.ts';
import { parseModel } from '../shared/gbdt/model.ts';
import { referenceScore } from '../shared/gbdt/reference.ts';
import { ensureTrainer } from '../train/venv.ts';
import { median, round } from './support/figures.ts';

const MODELS = ['missing-nan-300x31', 'missing-zero-300x63'];
const BATCHES = [70, 1000];
const ROWS = 10_000;
const ROUNDS = 15;
const SCRIPT = join(import.meta.dirname, '../test/shared/gbdt/official.py');

interface Result {
  model: string;
  batch: number;
  /** Microseconds a row, the median of the rounds. */
  reference: number;
  engine: number;
  ratio: number;
  /** Milliseconds to generate and compile the module. */
  compile: number;
  /** Microseconds a row in the very first call, before V8 optimises. */
  firstCall: number;
}

const directory = await mkdtemp(join(tmpdir(), 'p2i-bench-'));
try {
  await promisify(execFile)(await ensureTrainer(), [SCRIPT, directory, String(ROWS), ...MODELS]);
  const results: Result[] = [];
  for (const name of MODELS) {
    const model = parseModel(await readFile(join(directory, `${name}.txt`), 'utf8'), name);
    const bytes = await readFile(join(directory, `${name}.columns.f32`));
    const columns = new Float32Array(ROWS * model.featureNames.length);
    new Uint8Array(columns.buffer).set(bytes);
    for (const batch of BATCHES) results.push(measure(name, model, columns, batch));
  }
  if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2));
  else console.table(results);
} finally {
  await rm(directory, { recursive: true, force: true });
}

function measure(name: string, model: GbdtModel, all: Float32Array, batch: number): Result {
  const features = model.featureNames.length;
  const batches = Array.from({ length: Math.floor(ROWS / batch) }, (_, index) => {
    const columns = new Float32Array(features * batch);
    for (let j = 0; j < features; j++) {
      const from = j * ROWS + index * batch;
      columns.set(all.subarray(from, from + batch), j * batch);
    }
    return columns;
  });
  const out = new Float64Array(batch);
  const row = new Float64Array(features);

  const beforeCompile = performance.now();
  const engine = compileModel(model);
  const compile = performance.now() - beforeCompile;
  const runEngine = (columns: Float32Array): void => engine.score(columns, batch, batch, out);
  const runReference = (columns: Float32Array): void => {
    for (let i = 0; i < batch; i++) {
      for (let j = 0; j < features; j++) row[j] = columns[j * batch + i];
      out[i] = referenceScore(model, row);
    }
  };

  const microsecondsPerRow = (run: (columns: Float32Array) => void, inputs: Float32Array[]): number => {
    const start = performance.now();
    for (const input of inputs) run(input);
    return ((performance.now() - start) * 1000) / (inputs.length * batch);
  };
  const firstCall = microsecondsPerRow(runEngine, [batches[0]]);
  for (let i = 0; i < 20; i++) microsecondsPerRow(runEngine, batches);
  const times: { reference: number[]; engine: number[] } = { reference: [], engine: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.reference.push(microsecondsPerRow(runReference, batches));
    times.engine.push(microsecondsPerRow(runEngine, batches));
  }
  const reference = median(times.reference);
  const perRow = median(times.engine);
  return {
    model: name,
    batch,
    reference: round(reference),
    engine: round(perRow),
    ratio: round(reference / perRow),
    compile: round(compile),
    firstCall: round(firstCall),
  };
}
