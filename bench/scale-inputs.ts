/**
 * What docs/scale.md needs to know and no other benchmark measures: how the co-occurrence store grows with the corpus
 * (Heaps' law, on an eighth, a quarter, half and all of the Tate corpus), what publishing remembers of a Pin and how
 * much of its store a run writes anew, how large a Pin is that has everything a Pin may have, and what
 * it costs beside a Tate Pin.
 * Usage: node bench/scale-inputs.ts [--json]
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { PATHS } from '../cli/paths.ts';
import { inBatches } from '../quality/batches.ts';
import { factsOf } from '../quality/corpus-facts.ts';
import { CooccurrenceBuilder } from '../shared/cooccurrence/builder.ts';
import type { PinFacts } from '../shared/cooccurrence/facts.ts';
import { Generation } from '../shared/cooccurrence/generation.ts';
import { sealGeneration } from '../shared/cooccurrence/seal.ts';
import { buildingSpaces, sealedSpaces } from '../shared/cooccurrence/spaces.ts';
import type { Pin } from '../shared/pins/pin.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { Registry } from '../shared/registry/registry.ts';
import { LmdbStore } from '../shared/store/lmdb.ts';
import type { Store } from '../shared/store/store.ts';
import { EmbeddedLog } from '../shared/stream/embedded/log.ts';
import { ZSTD_LEVEL } from '../shared/stream/kafka/client.ts';
import { pinsTopic } from '../shared/stream/pins-topic.ts';
import { seeded } from '../test/support/random.ts';
import { featureContext } from '../workers/artefacts.ts';
import { CandidateStage } from '../workers/candidates/stage.ts';
import { FeatureStage } from '../workers/features/stage.ts';
import { PublishedRanks } from '../workers/publishing/published-ranks.ts';
import { RESULTS_TOPIC, resultKey, type PinInterests } from '../workers/publishing/topic.ts';
import { RankingStage } from '../workers/ranking/stage.ts';
import { heapsLaw } from './scale-simulation/heaps.ts';
import { median, round } from './support/figures.ts';
import { runBenchmark, type Tables } from './support/report.ts';
import { GENERATION, openTate, type Tate } from './support/tate.ts';

/** One Pin of so many teaches a store; the small corpora are parts of the large ones. */
const PARTS = [8, 4, 2, 1];

/** Pins of one partition that publishing remembers, and how many a commit to its store brings. */
const REMEMBERED = 400_000;
const COMMITTED = 100_000;

/** Pins with everything, and as many plain ones. */
const FULL_PINS = 2_000;
const ROUNDS = 5;

const EMBEDDING = 256;

await runBenchmark(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'p2i-bench-'));
  try {
    const tate = await openTate();
    const facts = [...factsOf(tate.pins, tate.artefacts)];
    const growth: Growth[] = [];
    for (const part of PARTS)
      growth.push(
        await grown(
          facts.filter(({ pin }) => pin % part === 0),
          join(directory, `part-${part}`),
        ),
      );
    const store = new LmdbStore(join(directory, 'part-1'));
    const tables: Tables = {
      'co-occurrence store': growth.map(growthRow),
      'Heaps’ law, entries = a × Pins^b': lawsOf(growth),
      'what publishing remembers': await remembered(directory),
      'a Pin with everything': await fullPins(tate, store),
    };
    await store.close();
    return { claims: [], tables };
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** Entries of a space and the bytes of their values. */
interface Space {
  entries: number;
  bytes: number;
}

/** A store that has learned from so many Pins. */
interface Growth {
  pins: number;
  terms: Space;
  boards: Space;
  sealedTerms: Space;
  sealedBoards: Space;
  sealedInterests: Space;
  /** Of LMDB's file, with both the generation and what built it. */
  fileBytes: number;
  /** CPU microseconds a Pin: to gather and merge, and to seal. */
  learning: number;
  sealing: number;
}

async function grown(facts: readonly PinFacts[], path: string): Promise<Growth> {
  const store = new LmdbStore(path);
  const learning = cpuOf(() => {
    const builder = new CooccurrenceBuilder(store, GENERATION);
    for (const fact of facts) {
      builder.add(fact);
      if (builder.full) builder.flush({});
    }
    builder.flush({});
  });
  const sealing = cpuOf(() => sealGeneration(store, GENERATION));
  const building = buildingSpaces(GENERATION);
  const sealed = sealedSpaces(GENERATION);
  const growth = {
    pins: facts.length,
    terms: sizeOf(store, building.terms),
    boards: sizeOf(store, building.boards),
    sealedTerms: sizeOf(store, sealed.terms),
    sealedBoards: sizeOf(store, sealed.boards),
    sealedInterests: sizeOf(store, sealed.interests),
    learning: learning / facts.length,
    sealing: sealing / facts.length,
  };
  await store.close();
  return { ...growth, fileBytes: (await stat(join(path, 'data.mdb'))).size };
}

function sizeOf(store: Store, space: string): Space {
  const size = { entries: 0, bytes: 0 };
  for (const [, value] of store.scan(space)) {
    size.entries++;
    size.bytes += value.length;
  }
  return size;
}

function growthRow(growth: Growth): Record<string, number> {
  const { pins, terms, boards, sealedTerms, sealedBoards, sealedInterests, fileBytes } = growth;
  return {
    Pins: pins,
    terms: terms.entries,
    'bytes a term': Math.round(terms.bytes / terms.entries),
    boards: boards.entries,
    'bytes a board': Math.round(boards.bytes / boards.entries),
    'sealed terms': sealedTerms.entries,
    'bytes a sealed term': Math.round(sealedTerms.bytes / sealedTerms.entries),
    'bytes a sealed board': Math.round(sealedBoards.bytes / sealedBoards.entries),
    'bytes a sealed interest': Math.round(sealedInterests.bytes / sealedInterests.entries),
    'file, MB': round(fileBytes / 1e6),
    'learning, CPU µs a Pin': round(growth.learning),
    'sealing, CPU µs a Pin': round(growth.sealing),
  };
}

function lawsOf(growth: readonly Growth[]): Record<string, string | number>[] {
  const series: Record<string, (of: Growth) => number> = {
    terms: ({ terms }) => terms.entries,
    'bytes of terms': ({ terms }) => terms.bytes,
    boards: ({ boards }) => boards.entries,
    'bytes of boards': ({ boards }) => boards.bytes,
    'sealed terms': ({ sealedTerms }) => sealedTerms.entries,
    'bytes of sealed terms': ({ sealedTerms }) => sealedTerms.bytes,
    'bytes of sealed boards': ({ sealedBoards }) => sealedBoards.bytes,
  };
  return Object.entries(series).map(([name, of]) => {
    const { factor, exponent, worst } = heapsLaw(growth.map((one) => [one.pins, of(one)]));
    return { of: name, a: round(factor), b: round(exponent), 'worst fit, %': round(worst * 100) };
  });
}

/** CPU microseconds. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The ranks of a partition: the first run puts them there, the second replaces every one of them. */
async function remembered(directory: string): Promise<Record<string, number>[]> {
  const log = await EmbeddedLog.open(join(directory, 'log'));
  const path = join(directory, 'published');
  const store = new LmdbStore(path);
  try {
    await log.createTopic(RESULTS_TOPIC, 1);
    const codec = new Registry(PATHS.schemas).codec<PinInterests>(RESULTS_TOPIC);
    const ranks = new PublishedRanks(store, log, codec, COMMITTED);
    await ranks.takeUp(0);
    const rows: Record<string, number>[] = [];
    for (const order of [1, 2]) {
      const before = process.resourceUsage().fsWrite;
      const cpu = process.cpuUsage();
      for (let pin = 0; pin < REMEMBERED; pin++) {
        // As long as ids of the platform are.
        const id = String(10n ** 17n + BigInt(pin) * 2_654_435_761n);
        ranks.set(0, resultKey(id, 'tate-2026-01'), { pinVersion: 1, lane: 'batch', order });
        await ranks.committed(0);
      }
      const { user, system } = process.cpuUsage(cpu);
      rows.push({
        run: order,
        'bytes a Pin': Math.round((await stat(join(path, 'data.mdb'))).size / REMEMBERED),
        'bytes written a Pin': Math.round(((process.resourceUsage().fsWrite - before) * 512) / REMEMBERED),
        'CPU µs a Pin': round((user + system) / REMEMBERED),
      });
    }
    return rows;
  } finally {
    await store.close();
    await log.close();
  }
}

/** Pins of the corpus, and the same with all that the schema has room for: bytes on p2i-pins, and CPU of the stages. */
async function fullPins({ pins, artefacts }: Tate, store: Store): Promise<Record<string, string | number>[]> {
  const topic = pinsTopic(new Registry(PATHS.schemas));
  const generation = new Generation(store, artefacts.taxonomy);
  const { taxonomy } = artefacts;
  const candidates = new CandidateStage({ ...artefacts, generation });
  const features = new FeatureStage(featureContext(artefacts, generation), 'batch');
  const ranking = new RankingStage(await RankingModel.load(PATHS.model), taxonomy);
  const plain = pins.filter((_, i) => i % Math.floor(pins.length / FULL_PINS) === 0).slice(0, FULL_PINS);
  const withoutEmbedding = fullOf(plain, pins);
  const random = seeded(2);
  const kinds: Record<string, readonly Pin[]> = {
    'a Tate Pin': plain,
    'with everything, no embedding': withoutEmbedding,
    [`and ${EMBEDDING} floats of noise`]: withoutEmbedding.map((pin) => ({
      ...pin,
      embedding: Float32Array.from({ length: EMBEDDING }, () => random() - 0.5),
    })),
    [`or ${EMBEDDING} of 255 values`]: withoutEmbedding.map((pin) => ({
      ...pin,
      embedding: Float32Array.from({ length: EMBEDDING }, () => Math.round((random() - 0.5) * 254) / 127),
    })),
  };
  const micros = new Map(Object.keys(kinds).map((kind): [string, number[]] => [kind, []]));
  for (let number = 0; number <= ROUNDS; number++) {
    for (const [kind, sample] of Object.entries(kinds)) {
      const values = [...inBatches(sample)].map((batch) => topic.encode({ pins: batch }));
      const cpu = cpuOf(() => {
        for (const value of values)
          ranking.process(features.process(candidates.process(topic.decode(value, 'bench'))));
      });
      // The first round warms up.
      if (number > 0) micros.get(kind)!.push(cpu / sample.length);
    }
  }
  return Object.entries(kinds).map(([kind, sample]) => {
    const values = [...inBatches(sample)].map((batch) => topic.encode({ pins: batch }));
    const bytes = values.reduce((sum, { length }) => sum + length, 0);
    const compressed = values.reduce((sum, value) => sum + zstd(value).length, 0);
    const ratios = micros.get(kind)!.map((cpu, i) => cpu / micros.get('a Tate Pin')![i]);
    return {
      Pin: kind,
      bytes: Math.round(bytes / sample.length),
      'zstd 3': Math.round(compressed / sample.length),
      'fused, times a Tate Pin': round(median(ratios)),
    };
  });
}

function zstd(value: Uint8Array): Buffer {
  return zstdCompressSync(value, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
}

/**
 * What is assumed of a Pin: a description of four titles' length, 12 annotations with two sources each, 6 boards,
 * engagement, kind and country. Words, names and terms are those of the corpus.
 */
function fullOf(plain: readonly Pin[], all: readonly Pin[]): Pin[] {
  const random = seeded(1);
  const any = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)];
  const terms = all.flatMap(({ annotations }) => annotations.map(({ term }) => term));
  const boardNames = all.flatMap(({ boards }) => boards.map(({ name }) => name));
  const count = (): number => Math.floor(10 ** (random() * 5));
  return plain.map((pin) => ({
    ...pin,
    id: String(10n ** 17n + BigInt(Math.floor(random() * 2 ** 52))),
    createdAt: 1_500_000_000_000 + Math.floor(random() * 2 ** 38),
    description: [1, 2, 3, 4].map(() => any(all).title).join('. '),
    annotations: Array.from({ length: 12 }, () => ({
      ...{ term: any(terms), confidence: Math.round(random() * 100) / 100 },
      sources: [any(['title', 'description', 'board']), any(['link', 'query', 'label'])],
    })),
    boards: Array.from({ length: 6 }, () => ({
      id: String(10n ** 17n + BigInt(Math.floor(random() * 2 ** 52))),
      name: any(boardNames),
    })),
    engagement: {
      ...{ saves: count(), clicks: count(), closeups: count(), impressions: count() },
      ...{ femaleShare: random(), maleShare: random() },
    },
    country: any(['US', 'BR', 'DE', 'FR', 'JP', 'MX']),
  }));
}
