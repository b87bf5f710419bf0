/**
 * The WebAssembly engine against official LightGBM and against lleaves, which compiles a model to native code: all three
 * in this process on one thread, the peers by their C interface, each given the layout that it reads fastest. The models
 * are trained by official LightGBM; the last one is the shipped model on real features. Rounds alternate. Needs Python 3
 * and a C compiler's linker. Usage: node bench/scorer.ts [--json]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PATHS } from '../cli/paths.ts';
import { compileModel } from '../shared/gbdt/engine.ts';
import { parseModel } from '../shared/gbdt/model.ts';
import { MODEL_FILE } from '../shared/ranking/ranking-model.ts';
import { ensureTrainer, ensureVenv } from '../train/venv.ts';
import { pipelineContent } from './support/content.ts';
import { median, round } from './support/figures.ts';
import { runBenchmark, type Claim } from './support/report.ts';
import { openLightGbm, openLleaves } from './support/scorer-peers.ts';

const ROUNDS = 15;
/** Rows that scores are compared on; of these so many are timed. */
const ROWS = 200_000;
const TIMED_ROWS = 7000;
/** Candidates of a Pin, and many. */
const FEW = 70;
const MANY = 1000;

const LLEAVES_REQUIREMENTS = join(import.meta.dirname, 'lleaves-requirements.txt');
const LLEAVES_VENV = join(import.meta.dirname, '../.p2i/lleaves/venv');
const SUPPORT = join(import.meta.dirname, 'support');

/** A model with rows to score. */
interface Case {
  name: string;
  /** Path of the model's text. */
  model: string;
  /** Column-major; ROWS of them. */
  columns: Float32Array;
  cuts: Cut[];
}

/** A way to cut the rows into batches. */
interface Cut {
  name: string;
  /** The first row of each batch, and the end of the last. */
  starts: number[];
  /** Least times that the engine is faster. */
  least?: Record<Peer, number>;
}

/** The same rows for the engine and for its peers. */
interface Batch {
  rows: number;
  columns: Float32Array;
  rowMajor: Float64Array;
}

const SCORERS = ['engine', 'LightGBM', 'lleaves'] as const;
type Peer = 'LightGBM' | 'lleaves';
type Scorers = Record<(typeof SCORERS)[number], (batch: Batch, out: Float64Array) => void>;

const run = promisify(execFile);

await runBenchmark(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'p2i-bench-'));
  try {
    const claims: Claim[] = [];
    const tables = { 'microseconds a row': [] as Row[], models: [] as Row[] };
    const { library, cases } = await makeCases(directory);
    for (const of of cases) {
      const made = await measure(of, library, directory);
      claims.push(...made.claims);
      tables['microseconds a row'].push(...made.times);
      tables.models.push(made.model);
    }
    return { claims, tables };
  } finally {
    await rm(directory, { recursive: true });
  }
});

type Row = Record<string, string | number>;

/** Trains the models. @returns them, and the path of LightGBM's library */
async function makeCases(directory: string): Promise<{ library: string; cases: Case[] }> {
  const trainer = [join(SUPPORT, 'scorer_models.py'), directory, String(ROWS)];
  const { stdout } = await run(await ensureTrainer(), trainer);
  const bytes = await readFile(join(directory, 'columns.f32'));
  const columns = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const trained = (leaves: number, least: Cut['least'] & object): Case => ({
    name: `300 × ${leaves}`,
    model: join(directory, `${leaves}.txt`),
    columns,
    cuts: [
      { name: `batch of ${FEW}`, starts: every(FEW), least },
      { name: `batch of ${MANY}`, starts: every(MANY) },
    ],
  });
  const cases = [
    trained(31, { LightGBM: 15, lleaves: 3 }),
    trained(63, { LightGBM: 10, lleaves: 2.5 }),
    await shippedCase(),
  ];
  return { library: stdout.trim(), cases };
}

/** As many batches of that size as TIMED_ROWS rows make. */
function every(size: number): number[] {
  return Array.from({ length: Math.floor(TIMED_ROWS / size) + 1 }, (_, number) => number * size);
}

/** Rows as the ranking pool gets them. */
async function shippedCase(): Promise<Case> {
  const { features } = await pipelineContent();
  const shipped = join(PATHS.model, MODEL_FILE);
  const width = parseModel(await readFile(shipped, 'utf8'), shipped).featureNames.length;
  const columns = new Float32Array(width * ROWS);
  const sent = [0];
  const pins = [0];
  let filled = 0;
  for (const batch of features.batches) {
    const rows = batch.interests.length;
    const taken = Math.min(rows, ROWS - filled);
    for (let j = 0; j < width; j++)
      columns.set(batch.features.subarray(j * rows, j * rows + taken), j * ROWS + filled);
    pins.push(...Array.from(batch.start.subarray(1), (row) => filled + row));
    filled += taken;
    sent.push(filled);
  }
  const timed = (starts: number[]): number[] => starts.filter((row) => row <= TIMED_ROWS);
  return {
    ...{ name: 'shipped, real features', model: shipped, columns },
    cuts: [
      { name: 'one Pin', starts: timed(pins) },
      { name: 'batch as sent', starts: sent.slice(0, 2) },
    ],
  };
}

async function measure(
  { name, model: path, columns, cuts }: Case,
  library: string,
  directory: string,
): Promise<{ claims: Claim[]; times: Row[]; model: Row }> {
  const model = parseModel(await readFile(path, 'utf8'), path);
  const features = model.featureNames.length;
  const start = performance.now();
  const engine = compileModel(model);
  const compiled = performance.now() - start;
  const lightGbm = openLightGbm(library, path, features);
  const lleaves = openLleaves(
    await compileByLleaves(path, join(directory, `${name.replaceAll(/\W+/g, '-')}.so`)),
  );
  const scorers: Scorers = {
    engine: (batch, out) => engine.score(batch.columns, batch.rows, batch.rows, out),
    LightGBM: ({ rowMajor, rows }, out) => lightGbm(rowMajor, rows, out),
    lleaves: ({ rowMajor, rows }, out) => lleaves(rowMajor, rows, out),
  };
  const [all] = batchesOf(columns, features, [0, ROWS]);
  const scores = SCORERS.map((scorer) => {
    const out = new Float64Array(ROWS);
    scorers[scorer](all, out);
    return out;
  });
  const [ours, official, native] = scores;
  const claims: Claim[] = [
    {
      name: `${name}: rows of ${ROWS} whose score is not LightGBM’s`,
      ...{ value: unequal(ours, official), unit: 'rows', atMost: 0 },
    },
  ];
  const times = cuts.map(({ name: cut, starts, least }): Row => {
    const microseconds = time(scorers, batchesOf(columns, features, starts));
    const claim = (peer: Peer, against: string): Claim => ({
      name: `${name}, ${cut}: engine against ${against}`,
      value: round(median(microseconds[peer].map((of, i) => of / microseconds.engine[i]))),
      ...{ unit: '×', gated: true },
      ...(least && { atLeast: least[peer] }),
    });
    claims.push(claim('LightGBM', 'LightGBM’s C API'), claim('lleaves', 'lleaves'));
    const medians = SCORERS.map((scorer) => [scorer, round(median(microseconds[scorer]))]);
    const rows = Math.round(starts[starts.length - 1] / (starts.length - 1));
    return { model: name, cut, 'rows a batch': rows, ...(Object.fromEntries(medians) as Row) };
  });
  return {
    ...{ claims, times },
    model: {
      model: name,
      'rows compared': ROWS,
      'unequal to LightGBM, engine': unequal(ours, official),
      'unequal to LightGBM, lleaves': unequal(native, official),
      'engine compiled in, ms': Math.round(compiled),
    },
  };
}

/** @returns the library's path */
async function compileByLleaves(model: string, library: string): Promise<string> {
  const python = await ensureVenv(LLEAVES_REQUIREMENTS, LLEAVES_VENV);
  await run(python, [join(SUPPORT, 'lleaves_compile.py'), model, library]);
  return library;
}

/** @param starts as those of a Cut */
function batchesOf(all: Float32Array, features: number, starts: readonly number[]): Batch[] {
  return starts.slice(1).map((end, number) => {
    const start = starts[number];
    const rows = end - start;
    const columns = new Float32Array(features * rows);
    const rowMajor = new Float64Array(features * rows);
    for (let j = 0; j < features; j++) {
      for (let i = 0; i < rows; i++) {
        const value = all[j * ROWS + start + i];
        columns[j * rows + i] = value;
        rowMajor[i * features + j] = value;
      }
    }
    return { rows, columns, rowMajor };
  });
}

/** Microseconds a row of each scorer, round by round. */
function time(scorers: Scorers, batches: readonly Batch[]): Record<keyof Scorers, number[]> {
  const out = new Float64Array(Math.max(...batches.map(({ rows }) => rows)));
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const times: Record<keyof Scorers, number[]> = { engine: [], LightGBM: [], lleaves: [] };
  // The first round warms up.
  for (let number = 0; number <= ROUNDS; number++) {
    for (const scorer of number % 2 === 0 ? SCORERS : SCORERS.toReversed()) {
      const start = performance.now();
      for (const batch of batches) scorers[scorer](batch, out);
      if (number > 0) times[scorer].push(((performance.now() - start) * 1000) / rows);
    }
  }
  return times;
}

/** How many scores differ in any bit. */
function unequal(a: Float64Array, b: Float64Array): number {
  return a.reduce((count, score, i) => count + (Object.is(score, b[i]) ? 0 : 1), 0);
}
