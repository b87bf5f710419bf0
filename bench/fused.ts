/**
 * What a Pin costs in the fused path, from a value of p2i-pins to one of p2i-ranked, with a generation that has learned the
 * Tate corpus: against Annif on the same titles, phase by phase, in memory, and until the first result. Everything is one
 * thread's work; where others are compared with it, it is the CPU time of the whole process that counts, in rounds that
 * alternate.
 * Usage: node bench/fused.ts [--json]
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { PATHS } from '../cli/paths.ts';
import { loadTextModels } from '../cli/text-models.ts';
import { inBatches } from '../quality/batches.ts';
import { readCorpus, type LabelledCorpus } from '../quality/corpus.ts';
import { evaluateLane, rankAll, type LaneFigures } from '../quality/evaluate.ts';
import type { RankingFigures } from '../quality/metrics.ts';
import { Generation } from '../shared/cooccurrence/generation.ts';
import type { Pin } from '../shared/pins/pin.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { LmdbStore } from '../shared/store/lmdb.ts';
import { pinsTopic } from '../shared/stream/pins-topic.ts';
import { createTopics } from '../shared/stream/topics.ts';
import { taxonomyArtefacts } from '../workers/artefacts.ts';
import { COOCCURRENCE_DIRECTORY } from '../workers/embedded-run.ts';
import { runHeaders } from '../workers/headers.ts';
import { publishPins } from '../workers/ingest.ts';
import { replayPins } from '../workers/replay.ts';
import { publishVersion } from '../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../workers/taxonomies/topic.ts';
import { Annif, PROJECTS, type Project, type Way } from './support/annif.ts';
import { runChild } from './support/child.ts';
import { median, round } from './support/figures.ts';
import { FusedPath, pathCosts, type PathCosts } from './support/fused-path.ts';
import type { FusedWorkerFigures, FusedWorkerTask } from './support/fused-worker.ts';
import { openLog } from './support/log.ts';
import { runBenchmark, type Claim, type Report } from './support/report.ts';
import { GENERATION, learnTate, sampleOf } from './support/tate.ts';

const MAIN = join(import.meta.dirname, '../cli/main.ts');
const ROUNDS = 5;
const WARM_UP_PASSES = 3;
const START_ROUNDS = 5;
const PHASE_ROUNDS = 11;
const PARTITIONS = 4;
/** Passes over the corpus that a worker's memory is measured after. */
const PASSES = 2;

/** Annif's default, and the most that P2I keeps of a Pin, ancestors aside. */
const LIMIT = 100;
const KEPT = 25;

/** What docs/quality.md says of the test part, as exact as it says it. */
const QUALITY: readonly [name: string, value: number, of: (figures: LaneFigures) => number][] = [
  ['NDCG@5 of leaf labels', 0.7249, ({ leaves }) => leaves['NDCG@5']],
  ['P@5 of leaf labels', 0.562, ({ leaves }) => leaves['P@5']],
  ['recall of candidates', 0.8346, ({ candidateRecall }) => candidateRecall],
];

await runBenchmark(async (): Promise<Report> => {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'p2i-bench-'));
  stack.defer(() => rm(directory, { recursive: true }));
  const corpus = await readCorpus(PATHS.tate);
  const artefacts = taxonomyArtefacts(corpus.taxonomy, await loadTextModels());
  const place = join(directory, 'store');
  const learning = new LmdbStore(place);
  learnTate({ pins: corpus.pins, artefacts }, learning);
  // Copying an open LMDB file's lock would give the lock up.
  await learning.close();

  const start = await startTimes(corpus, directory, place);
  const memory = await worked(corpus.pins, PASSES, corpus, join(directory, 'corpus'), place);

  const store = new LmdbStore(place);
  stack.defer(() => store.close());
  const generation = new Generation(store, corpus.taxonomy);
  const model = await RankingModel.load(PATHS.model);
  const path = new FusedPath(artefacts, generation, model);
  const { test } = corpus.split;
  const ranked = rankAll(test, artefacts, generation, model, 'batch');
  const figures = evaluateLane(corpus, test, ranked, 'batch');
  const annif = await Annif.open(corpus);
  stack.defer(() => annif.close());
  const speeds = await compare(path, corpus, annif);
  const costs = await pathCosts(path, valuesOf(path, sampleOf(corpus.pins)), PHASE_ROUNDS);

  const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
  const qualities: RankingFigures[] = [];
  for (const project of PROJECTS) qualities.push(await annif.quality(project));
  return {
    claims: [
      ...speeds.claims,
      { name: 'start of a fused worker to its first result', value: start.worker, unit: 's', atMost: 2 },
      { name: 'start of p2i run to its first result', value: start.run, unit: 's', atMost: 2 },
      {
        name: `most memory of a fused worker in ${PASSES} passes over the corpus`,
        ...{ value: megabytes(memory.peakBytes), unit: 'MB', atMost: 400, gated: true },
      },
      ...(['heap bytes', 'objects'] as const).map((of): Claim => ({
        name: `allocated on V8’s heap for a Pin: ${of}`,
        ...{ value: wholeOf(costs, of), unit: of === 'objects' ? '' : 'B', gated: true },
      })),
      ...QUALITY.map(([name, value, of]): Claim => {
        const digits = String(value).length - 2;
        return { name, value: Number(of(figures).toFixed(digits)), unit: '', atLeast: value, atMost: value };
      }),
    ],
    tables: {
      [`speed, ${ROUNDS} rounds`]: speeds.table,
      'quality of the test part': [
        qualityRow('P2I', figures.leaves),
        ...PROJECTS.map((project, i) => qualityRow(project, qualities[i])),
      ],
      [`phases, of a Pin of ${costs.pins} with annotations`]: costs.phases.map((of) => ({ ...of })),
      'candidates, by step': costs.candidateSteps,
      'what allocates on the heap, of a Pin': costs.allocators,
      'a fused worker’s memory at the end, MB': [
        {
          own: megabytes(memory.ownBytes),
          'pages of files': megabytes(memory.fileBytes),
          'V8’s heap': megabytes(memory.heapBytes),
        },
      ],
    },
  };
});

/** Of all phases, without their parts. */
function wholeOf({ phases }: PathCosts, of: 'heap bytes' | 'objects'): number {
  return phases.reduce((sum, cost) => sum + (cost.phase.includes(':') ? 0 : cost[of]), 0);
}

function qualityRow(name: string, figures: RankingFigures): Record<string, string | number> {
  const digits = (of: 'NDCG@5' | 'P@5'): number => Number(figures[of].toFixed(4));
  return { name, 'NDCG@5': digits('NDCG@5'), 'P@5': digits('P@5') };
}

/** Something that classifies texts or Pins. */
interface Contender {
  name: string;
  pins: number;
  /** @returns seconds of CPU */
  work: () => number | Promise<number>;
}

/** P2I's speed on the test part against Annif's. */
async function compare(
  path: FusedPath,
  { pins, split: { test } }: LabelledCorpus,
  annif: Annif,
): Promise<{ claims: Claim[]; table: Record<string, string | number>[] }> {
  const values = valuesOf(path, test);
  const batches = values.map((value) => path.pins.decode(value, ''));
  const annotated = sampleOf(pins);
  const annotatedValues = valuesOf(path, annotated);
  const peer = (name: string, project: Project, way: Way, limit: number): Contender => ({
    ...{ name, pins: test.length, work: () => annif.round(project, way, limit) },
  });
  const p2i = {
    name: 'P2I, value to value',
    pins: test.length,
    work: () => cpuOf(() => values.forEach((value) => path.rankValue(value))),
  };
  const parabel = peer('Annif, Parabel', 'parabel', 'suggest', LIMIT);
  const fastText = peer('Annif, fastText', 'fasttext', 'suggest', LIMIT);
  const fastTextKept = peer(`Annif, fastText, the ${KEPT} best`, 'fasttext', 'suggest', KEPT);
  const contenders: Contender[] = [
    p2i,
    {
      name: 'P2I, Pins to results',
      pins: test.length,
      work: () => cpuOf(() => batches.forEach((batch) => path.rank(batch))),
    },
    {
      name: 'P2I, value to value, Pins with annotations',
      pins: annotated.length,
      work: () => cpuOf(() => annotatedValues.forEach((value) => path.rankValue(value))),
    },
    ...[parabel, fastText, fastTextKept],
    peer(`Annif, Parabel, the ${KEPT} best`, 'parabel', 'suggest', KEPT),
    peer('Annif, Parabel with bigrams', 'parabel-bigrams', 'suggest', LIMIT),
    peer('Omikuji alone, texts analysed', 'parabel', 'predict', LIMIT),
    peer('fastText alone, texts analysed', 'fasttext', 'predict', LIMIT),
  ];
  for (const { work } of contenders) await work();
  for (let pass = 1; pass < WARM_UP_PASSES; pass++)
    for (const { work } of contenders.slice(0, 3)) await work();
  /** Seconds of CPU a Pin, by round. */
  const times = new Map(contenders.map((contender) => [contender, [] as number[]]));
  for (let i = 0; i < ROUNDS; i++) {
    for (const contender of i % 2 === 0 ? contenders : contenders.toReversed())
      times.get(contender)!.push((await contender.work()) / contender.pins);
  }
  const timesP2i = (contender: Contender): number =>
    round(median(times.get(contender)!.map((time, i) => time / times.get(p2i)![i])));
  const claim = (contender: Contender, atLeast: number): Claim => ({
    name: `Pins/s a core, P2I against ${contender.name}`,
    ...{ value: timesP2i(contender), unit: '×', atLeast, gated: true },
  });
  return {
    claims: [claim(parabel, 4), claim(fastText, 1), claim(fastTextKept, 1)],
    table: contenders.map((contender) => ({
      'one core': contender.name,
      'Pins/s': Math.round(1 / median(times.get(contender)!)),
      'P2I is faster': `${timesP2i(contender)} ×`,
    })),
  };
}

/** Values of p2i-pins, as ingest writes them. */
function valuesOf(path: FusedPath, pins: readonly Pin[]): Uint8Array[] {
  return Array.from(inBatches(pins), (batch) => path.pins.encode({ pins: batch }));
}

/** @returns seconds, of all threads */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** From the start of a process to its first result for one Pin, seconds: the medians of the rounds. */
async function startTimes(
  corpus: LabelledCorpus,
  directory: string,
  store: string,
): Promise<Record<'worker' | 'run', number>> {
  const pins = corpus.pins.slice(0, 1);
  const times: Record<'worker' | 'run', number[]> = { worker: [], run: [] };
  for (let i = 0; i < START_ROUNDS; i++) {
    const { firstMs } = await worked(pins, 1, corpus, join(directory, `one-${i}`), store);
    times.worker.push(firstMs / 1000);
    const state = join(directory, `run-${i}`);
    await cp(store, join(state, COOCCURRENCE_DIRECTORY), { recursive: true });
    times.run.push(await firstLine(state, pins[0]));
    await rm(state, { recursive: true });
  }
  return { worker: round(median(times.worker)), run: round(median(times.run)) };
}

/** Runs `p2i run` on a Pin. @returns seconds until its first line */
async function firstLine(state: string, { id, title }: Pin): Promise<number> {
  const start = performance.now();
  const run = spawn(process.execPath, [MAIN, 'run', '--state', state, '--input', '-'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  run.stdin.end(`${JSON.stringify({ id, title })}\n`);
  const exit = once(run, 'exit');
  await once(run.stdout, 'data');
  const seconds = (performance.now() - start) / 1000;
  const [code] = (await exit) as [number | null];
  assert.equal(code, 0, 'p2i run failed');
  return seconds;
}

/** What a fused worker does with so many runs over those Pins. */
async function worked(
  pins: readonly Pin[],
  runs: number,
  { taxonomy }: LabelledCorpus,
  state: string,
  store: string,
): Promise<FusedWorkerFigures> {
  const { log, registry } = await openLog({ state });
  await createTopics(log, PARTITIONS);
  const jsonl = await readFile(PATHS.taxonomy);
  await publishVersion(log, registry, packTaxonomy(jsonl, PATHS.taxonomy, { published: 0, reason: '' }));
  const topic = pinsTopic(registry);
  await publishPins(log, topic, {
    pins: Readable.from(pins),
    onRejected: (error) => assert.fail(error),
    onProgress: () => undefined,
  });
  for (let order = 1; order <= runs; order++) {
    const run = { run: `run-${order}`, order, lane: 'batch', generation: GENERATION } as const;
    await replayPins(log, registry, runHeaders({ ...run, taxonomy: taxonomy.version }));
  }
  await log.close();
  const task: FusedWorkerTask = { state, store, pins: runs * pins.length, since: Date.now() };
  return await runChild<FusedWorkerFigures>('fused-worker.ts', task);
}
