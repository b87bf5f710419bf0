import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CandidateBatch } from '../../../shared/candidates/batch.ts';
import { sliceCandidates } from '../../../shared/candidates/split.ts';
import { newestGeneration } from '../../../shared/cooccurrence/generation.ts';
import { lineageOf } from '../../../shared/cooccurrence/lineage.ts';
import { sealedSpaces } from '../../../shared/cooccurrence/spaces.ts';
import { MemoryStore } from '../../../shared/store/memory.ts';
import type { Made } from '../../../shared/stream/binding.ts';
import type { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { CooccurrenceRuns } from '../../../workers/cooccurrence/runs.ts';
import { RUN_END_HEADER, runHeaders } from '../../../workers/headers.ts';
import { taxonomyUnknown, type TaxonomySource } from '../../../workers/taxonomy-source.ts';
import { pinOf } from '../../support/pin.ts';
import { annotation, candidatesOf, NATURE, taxonomyOf } from '../candidates/made.ts';

const TOPIC = 'p2i-candidates';
const SHOP = taxonomyOf({ 900: [0, 'sports'], 901: [900, 'horse'], 902: [900, 'river'] });
const BATCHES = 4;

const terms = ['river', 'toys and models > horse', 'horse'];
const pins = Array.from({ length: BATCHES * 5 }, (_, i) =>
  pinOf({ id: `T${i}`, title: 'A horse by a river', annotations: [annotation(terms[i % 3])] }),
);

/** The records of a run that reads generation 0, from its first to its end; offsets are set where they are mixed. */
function recordsOf(taxonomy: Taxonomy, order: number): Made<CandidateBatch>[] {
  const all = candidatesOf(pins, taxonomy);
  const { version } = taxonomy;
  const run = { run: `run of ${version}`, order, lane: 'batch', taxonomy: version, generation: 0 } as const;
  const headers = runHeaders(run);
  const records = Array.from({ length: BATCHES }, (_, i): Made<CandidateBatch> => {
    return { out: sliceCandidates(all, 5 * i, 5 * i + 5), offset: 0, headers };
  });
  const end = {
    out: sliceCandidates(all, 0, 0),
    offset: 0,
    headers: { ...headers, [RUN_END_HEADER]: 'true' },
  };
  return [...records, end];
}

const NATURES = recordsOf(NATURE, 1);
const SHOPS = recordsOf(SHOP, 2);

/** Takes from two lists as the choices say, and then what is left. */
function mixed(choices: readonly boolean[]): Made<CandidateBatch>[] {
  const left = [[...NATURES], [...SHOPS]];
  const taken = choices.flatMap((second) => left[second ? 1 : 0].splice(0, 1));
  return [...taken, ...left.flat()].map((record, offset) => ({ ...record, offset }));
}

const source: TaxonomySource = {
  taxonomy(version, where) {
    const held = [NATURE, SHOP].find((taxonomy) => taxonomy.version === version);
    if (held === undefined) throw taxonomyUnknown(version, where);
    return held;
  },
};

/** Feeds a partition to its end; the process dies before some of the records are applied, when the log has them. */
function feed(records: readonly Made<CandidateBatch>[], deaths: ReadonlySet<number>): MemoryStore {
  const store = new MemoryStore();
  const open = (): CooccurrenceRuns => new CooccurrenceRuns(store, source, 1, () => undefined);
  let sink = open();
  const dies = new Set(deaths);
  for (let next = 0; next < records.length;) {
    const at = next;
    sink.prepare([records[at]], { topic: TOPIC, partition: 0 });
    next++;
    if (dies.delete(at)) {
      sink = open();
      next = sink.committedOffset(TOPIC, 0) ?? next;
      continue;
    }
    sink.apply([records[at]], { topic: TOPIC, partition: 0, nextOffset: next });
  }
  return store;
}

function contents(store: MemoryStore, taxonomy: Taxonomy): unknown[] {
  const { terms, boards, interests } = sealedSpaces(
    newestGeneration(store, taxonomy),
    lineageOf(store, taxonomy),
  );
  return [terms, boards, interests].map((space) =>
    Array.from(store.scan(space), ([key, bytes]) => [key, ...bytes]),
  );
}

describe('runs of two unrelated taxonomies', () => {
  const alone = (records: readonly Made<CandidateBatch>[]): MemoryStore =>
    feed(
      records.map((record, offset) => ({ ...record, offset })),
      new Set(),
    );
  const expected = [contents(alone(NATURES), NATURE), contents(alone(SHOPS), SHOP)];

  test('are learnt from side by side, each as if it were alone, however they are mixed and whenever killed', () => {
    assert.ok((expected[0][0] as unknown[]).length > 0 && (expected[1][0] as unknown[]).length > 0);
    const choices = fc.array(fc.boolean(), { maxLength: 2 * (BATCHES + 1) });
    const deaths = fc.uniqueArray(fc.nat(2 * BATCHES + 1), { maxLength: 4 });
    fc.assert(
      fc.property(choices, deaths, (chosen, deadly) => {
        const store = feed(mixed(chosen), new Set(deadly));
        for (const [i, taxonomy] of [NATURE, SHOP].entries()) {
          assert.equal(newestGeneration(store, taxonomy), 1);
          assert.deepEqual(contents(store, taxonomy), expected[i]);
        }
      }),
    );
  });

  test('a store that fails while it takes a record, which then comes again, counts no Pin twice', () => {
    const records = mixed([]);
    const store = new MemoryStore();
    const sink = new CooccurrenceRuns(store, source, 1, () => undefined);
    for (const [at, record] of records.entries()) {
      for (let times = 0; times < 2; times++) {
        sink.prepare([record], { topic: TOPIC, partition: 0 });
        sink.apply([record], { topic: TOPIC, partition: 0, nextOffset: at + 1 });
      }
    }
    assert.deepEqual(contents(store, NATURE), expected[0]);
    assert.deepEqual(contents(store, SHOP), expected[1]);
  });
});
