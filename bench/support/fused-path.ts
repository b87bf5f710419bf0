import { PATHS } from '../../cli/paths.ts';
import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import type { Generation } from '../../shared/cooccurrence/generation.ts';
import type { FeatureBatch } from '../../shared/features/batch.ts';
import type { FeatureContext } from '../../shared/features/feature.ts';
import { FEATURE_GROUPS } from '../../shared/features/table.ts';
import type { PinBatch } from '../../shared/pins/pin.ts';
import type { RankingModel } from '../../shared/ranking/ranking-model.ts';
import { Registry } from '../../shared/registry/registry.ts';
import type { BatchTopic } from '../../shared/stream/binding.ts';
import { pinsTopic } from '../../shared/stream/pins-topic.ts';
import { featureContext, type TaxonomyArtefacts } from '../../workers/artefacts.ts';
import { CandidateStage, MAX_DIRECT } from '../../workers/candidates/stage.ts';
import { FeatureStage } from '../../workers/features/stage.ts';
import { RankingStage, type RankedBatch } from '../../workers/ranking/stage.ts';
import { rankedTopic } from '../../workers/ranking/topic.ts';
import { oneTaxonomy } from '../../workers/taxonomy-source.ts';
import { median, round } from './figures.ts';
import { collectGarbage } from './garbage.ts';
import { cpuSteps, heapAllocations, type HeapCount } from './profile.ts';

/** The three stages, fused in memory, with the codecs at both ends. */
export class FusedPath {
  readonly candidates: CandidateStage;
  readonly features: FeatureStage;
  readonly ranking: RankingStage;
  readonly pins: BatchTopic<PinBatch>;
  readonly ranked: BatchTopic<RankedBatch>;
  readonly context: FeatureContext;
  readonly model: RankingModel;

  constructor(artefacts: TaxonomyArtefacts, generation: Generation, model: RankingModel) {
    const { taxonomy } = artefacts;
    const registry = new Registry(PATHS.schemas);
    this.context = featureContext(artefacts, generation);
    this.model = model;
    this.pins = pinsTopic(registry);
    this.candidates = new CandidateStage({ ...artefacts, generation }, MAX_DIRECT, true);
    this.features = new FeatureStage(this.context, 'batch', true);
    this.ranking = new RankingStage(model, taxonomy);
    this.ranked = rankedTopic(registry, oneTaxonomy(taxonomy));
  }

  rank(batch: PinBatch): RankedBatch {
    return this.ranking.process(this.features.process(this.candidates.process(batch)));
  }

  /** A value of p2i-pins to one of p2i-ranked. */
  rankValue(value: Uint8Array): Uint8Array {
    return this.ranked.encode(this.rank(this.pins.decode(value, 'p2i-pins')));
  }
}

/** What a phase costs a Pin. */
export interface PhaseCost {
  /** A name with a colon is a part of the phase before it, done once more. */
  phase: string;
  /** Microseconds: the median of the rounds. */
  µs: number;
  /** Allocated on V8's heap; beside it, by typed arrays. */
  'heap bytes': number;
  objects: number;
  'array bytes': number;
}

export interface PathCosts {
  pins: number;
  phases: PhaseCost[];
  /** Of candidate generation: the functions that its stage calls, the costliest first. */
  candidateSteps: { step: string; µs: number }[];
  /** The functions that allocate the most on V8's heap. */
  allocators: { phase: string; function: string; 'heap bytes': number; objects: number }[];
}

/** A phase of the path, or a part of one. */
interface Phase {
  name: string;
  /** What must be there and is no part of it. */
  before?: () => void;
  run: () => void;
}

/** Batches of which every allocation is counted: that takes seconds for each. */
const COUNTED = 5;
/** How often candidates are generated under the CPU profiler. */
const PROFILED_PASSES = 5;
/** Steps with a smaller share of the time are left out. */
const LEAST_SHARE = 0.01;
const ALLOCATORS = 15;
const CANDIDATE_STAGE = 'workers/candidates/stage.ts';

/** @param values of p2i-pins */
export async function pathCosts(
  path: FusedPath,
  values: readonly Uint8Array[],
  rounds: number,
): Promise<PathCosts> {
  let value = values[0];
  const phases = phasesOf(path, () => value);
  const batches = values.map((of) => path.pins.decode(of, ''));
  const sizeOf = (some: readonly PinBatch[]): number =>
    some.reduce((sum, batch) => sum + path.pins.size(batch), 0);
  const pins = sizeOf(batches);

  // By phase and batch: what disturbs a batch in one round is none of the phase's.
  const times = phases.map(() => values.map((): number[] => []));
  for (let i = 0; i < rounds; i++) {
    for (const [b, one] of values.entries()) {
      value = one;
      for (const [p, { before, run }] of phases.entries()) {
        before?.();
        const start = performance.now();
        run();
        times[p][b].push(performance.now() - start);
      }
    }
  }
  const microseconds = times.map((of) => round((of.map(median).reduce((a, b) => a + b) * 1000) / pins));

  const arrays = phases.map(() => 0);
  const heap = phases.map(() => new Map<string, HeapCount>());
  for (value of values.slice(0, COUNTED)) {
    for (const [p, { before, run }] of phases.entries()) {
      before?.();
      arrays[p] += arrayBytesOf(run);
      for (const [name, count] of await heapAllocations(run))
        heap[p].set(name, sumOf([count, heap[p].get(name) ?? NOTHING]));
    }
  }
  const counted = sizeOf(batches.slice(0, COUNTED));
  const perPin = ({ bytes, objects }: HeapCount): { 'heap bytes': number; objects: number } => ({
    'heap bytes': Math.round(bytes / counted),
    objects: Math.round(objects / counted),
  });
  const allocators = phases.flatMap(({ name }, p) =>
    name.includes(':')
      ? []
      : [...heap[p]].map(([of, count]) => ({ phase: name, function: of, ...perPin(count) })),
  );

  const shares = await cpuSteps(CANDIDATE_STAGE, () => {
    for (let pass = 0; pass < PROFILED_PASSES; pass++)
      for (const batch of batches) path.candidates.process(batch);
  });
  const candidates = microseconds[phases.findIndex(({ name }) => name === 'candidates')];
  return {
    pins,
    phases: phases.map(({ name }, p) => ({
      ...{ phase: name, µs: microseconds[p] },
      ...perPin(sumOf([...heap[p].values()])),
      'array bytes': Math.round(arrays[p] / counted),
    })),
    candidateSteps: [...shares]
      .filter(([, share]) => share >= LEAST_SHARE)
      .sort((a, b) => b[1] - a[1])
      .map(([step, share]) => ({ step, µs: round(share * candidates) })),
    allocators: allocators.toSorted((a, b) => b['heap bytes'] - a['heap bytes']).slice(0, ALLOCATORS),
  };
}

function phasesOf(path: FusedPath, value: () => Uint8Array): Phase[] {
  let pins: PinBatch;
  let candidates: CandidateBatch;
  let features: FeatureBatch;
  let ranked: RankedBatch;
  let columns: Float32Array[];
  const groups = FEATURE_GROUPS.map((group): Phase => ({
    name: `features: ${group.name}`,
    before() {
      const rows = candidates.interests.length;
      columns = group.features.map(() => new Float32Array(rows).fill(NaN));
    },
    run: () => group.fill(candidates, path.context, columns),
  }));
  return [
    { name: 'decode', run: () => (pins = path.pins.decode(value(), '')) },
    { name: 'candidates', run: () => (candidates = path.candidates.process(pins)) },
    { name: 'features', run: () => (features = path.features.process(candidates)) },
    ...groups,
    { name: 'ranking', run: () => (ranked = path.ranking.process(features)) },
    { name: 'ranking: trees', run: () => path.model.rawScores(features) },
    { name: 'encode', run: () => path.ranked.encode(ranked) },
  ];
}

const NOTHING: HeapCount = { bytes: 0, objects: 0 };

function sumOf(counts: readonly HeapCount[]): HeapCount {
  return counts.reduce((a, b) => ({ bytes: a.bytes + b.bytes, objects: a.objects + b.objects }), NOTHING);
}

/** Bytes of the typed arrays that are made and do not lie on the heap. */
function arrayBytesOf(run: () => void): number {
  // None is collected while the next few megabytes are allocated.
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  run();
  return process.memoryUsage().arrayBuffers - before;
}
