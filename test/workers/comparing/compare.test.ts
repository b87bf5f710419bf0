import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Log } from '../../../shared/stream/log.ts';
import { compareResults, type Comparison } from '../../../workers/comparing/compare.ts';
import type { Side } from '../../../workers/comparing/side-reader.ts';
import { SHADOW_RESULTS_TOPIC } from '../../../workers/publishing/topic.ts';
import { publishVersion } from '../../../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../../../workers/taxonomies/topic.ts';
import { unexpected } from '../../support/assertions.ts';
import { registry, withLog } from '../made.ts';
import { writeRun, type MadeResult } from './made.ts';

const PUBLISHED: Side = { taxonomy: undefined };

function compare(log: Log, run: string, before: Side = PUBLISHED, examples = 5): Promise<Comparison> {
  return compareResults({ log, registry, before, after: { run }, examples, onUnreadable: unexpected });
}

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);

/** What is published, and a shadow run s1, of Pins in the first of two partitions. */
async function writeBoth(log: Log): Promise<void> {
  const published: MadeResult[] = [
    {
      pin: 'a',
      interests: [
        [1, 0.9],
        [20, 0.8],
      ],
    },
    // Not compacted yet: what follows took its place.
    { pin: 'b', interests: [[7, 0.9]] },
    {
      pin: 'b',
      interests: [
        [1, 0.9],
        [30, 0.5],
      ],
    },
    {
      pin: 'c',
      interests: [
        [1, 0.7],
        [20, 0.6],
      ],
    },
    { pin: 'd', interests: [[1, 0.9]] },
    {
      pin: 'f',
      version: 1,
      interests: [
        [1, 0.9],
        [20, 0.8],
      ],
    },
    { pin: 'g', interests: [[1, 0.9]] },
    { pin: 'h', interests: [[1, 0.9]] },
    { pin: 'h', version: 2 },
  ];
  await writeRun(log, { run: 'r1', shadow: false, model: 'old', results: published });
  await writeRun(log, { run: 'r1', shadow: false, partition: 1, results: [{ pin: 'z', interests: [] }] });
  const other: MadeResult[] = [{ pin: 'a', interests: [[5, 0.9]] }];
  await writeRun(log, { run: 'r2', shadow: false, taxonomy: 't2', results: other });
  await writeRun(log, { run: 's2', shadow: true, results: other });
  const found: MadeResult[] = [
    {
      pin: 'a',
      interests: [
        [1, 0.9],
        [20, 0.8],
      ],
    },
    {
      pin: 'b',
      interests: [
        [30, 0.6],
        [1, 0.4],
      ],
    },
    {
      pin: 'c',
      interests: [
        [1, 0.7],
        [40, 0.5],
      ],
    },
    { pin: 'e', interests: [[1, 0.9]] },
    {
      pin: 'f',
      version: 2,
      interests: [
        [1, 0.9],
        [20, 0.8],
      ],
    },
    // An older version of the Pin that lies behind a newer one.
    { pin: 'f', version: 1, interests: [[7, 0.9]] },
    { pin: 'g', version: 2 },
  ];
  await writeRun(log, { run: 's1', shadow: true, model: 'new', results: found });
}

describe('comparing a shadow run with what is published', () => {
  test('counts what happened to each Pin, the newest result of each on either side', async () => {
    await withLog(async (log) => {
      await writeBoth(log);
      const { before, after, partitions, pins } = await compare(log, 's1');
      assert.deepEqual([before.models, after.models, before.taxonomy], [['old'], ['new'], 't1']);
      // a, b, c and f, of which b and c change; d and g are only before, e is only after, h is gone.
      assert.deepEqual(pins, {
        ...{ compared: 4, changed: 2, setChanged: 1, firstChanged: 1, scoresMoved: 1 },
        ...{ otherVersion: 1, onlyBefore: 2, onlyAfter: 1 },
      });
      assert.deepEqual(partitions, { compared: 1, all: 2 });
    });
  });

  test('counts what each level and each interest gained, lost and kept, and by how much scores moved', async () => {
    await withLog(async (log) => {
      await writeBoth(log);
      const { levels, interests } = await compare(log, 's1');
      const [one, two] = levels;
      // Interest 1 of a, b, c and f: 0, -0.5, 0, 0.
      assert.deepEqual([one.level, one.gained, one.lost, one.kept], [1, 0, 0, 4]);
      near(one.shift!.mean, -0.125);
      assert.deepEqual([one.shift!.p5, one.shift!.p50, one.shift!.p95], [-0.5, 0, 0]);
      assert.deepEqual(one.shift!.histogram, [1, 0, 0, 3, 0, 0, 0]);
      // 20 of a and f: 0; 30 of b: 0.1; c loses 20 and gains 40.
      assert.deepEqual([two.level, two.gained, two.lost, two.kept], [2, 1, 1, 3]);
      near(two.shift!.mean, 0.1 / 3);
      assert.deepEqual(two.shift!.histogram, [0, 0, 0, 2, 0, 1, 0]);
      const shared = { level: 2, onlyIn: null };
      assert.deepEqual(interests, [
        {
          ...shared,
          id: 20,
          label: 't1 20',
          before: 3,
          after: 2,
          kept: 2,
          gained: 0,
          lost: 1,
          jaccard: 2 / 3,
        },
        { ...shared, id: 40, label: 't1 40', before: 0, after: 1, kept: 0, gained: 1, lost: 0, jaccard: 0 },
      ]);
    });
  });

  test('shows the Pins that change most, as many as are asked for', async () => {
    await withLog(async (log) => {
      await writeBoth(log);
      const { examples } = await compare(log, 's1');
      assert.deepEqual(
        examples.map(({ pin }) => pin),
        ['c', 'b'],
      );
      near(examples[0].change, 1.1);
      near(examples[1].change, 0.6);
      const [{ before, after }] = examples;
      assert.deepEqual(
        [before, after].map((side) => side.map(({ label }) => label)),
        [
          ['t1 1', 't1 20'],
          ['t1 1', 't1 40'],
        ],
      );
      const one = await compare(log, 's1', PUBLISHED, 1);
      assert.deepEqual(one.examples, examples.slice(0, 1));
      assert.deepEqual((await compare(log, 's1', PUBLISHED, 0)).examples, []);
    });
  });

  test('tells all partitions of progress, to the end', async () => {
    await withLog(async (log) => {
      await writeBoth(log);
      const told: [number, number][] = [];
      const onProgress = (...at: [number, number]): void => void told.push(at);
      const options = { log, registry, examples: 0, onUnreadable: unexpected, onProgress };
      await compareResults({ ...options, before: PUBLISHED, after: { run: 's1' } });
      assert.deepEqual(told.at(-1), [19, 19]);
      for (let i = 1; i < told.length; i++) assert.ok(told[i][0] >= told[i - 1][0]);
    });
  });
});

const jsonl = (ids: readonly number[]): Buffer =>
  Buffer.from(ids.map((id) => JSON.stringify({ id, name: `i${id}`, parent: null })).join('\n'));

describe('comparing two taxonomy versions', () => {
  const written = async (log: Log): Promise<Comparison> => {
    const [old, young] = [
      [1, 2, 3],
      [1, 2, 4],
    ];
    const interests = (ids: number[]): MadeResult[] => [{ pin: 'a', interests: ids.map((id) => [id, 0.9]) }];
    await writeRun(log, { run: 'r1', shadow: false, taxonomy: 't1', results: interests(old) });
    await writeRun(log, { run: 's1', shadow: true, taxonomy: 't2', results: interests(young) });
    return compare(log, 's1', { taxonomy: 't1' });
  };
  const onlyIn = ({ interests }: Comparison): unknown[] => interests.map((one) => [one.id, one.onlyIn]);

  test('goes by interest id, and says which of them has an interest alone', async () => {
    await withLog(async (log) => {
      for (const [version, ids] of [
        ['t1', [1, 2, 3]],
        ['t2', [1, 2, 4]],
      ] as const) {
        const details = { version, reason: '', published: 1 };
        await publishVersion(log, registry, packTaxonomy(jsonl(ids), 'made', details));
      }
      const comparison = await written(log);
      assert.deepEqual(comparison.pins.setChanged, 1);
      assert.equal(comparison.taxonomiesKnown, true);
      assert.deepEqual(onlyIn(comparison), [
        [3, 'before'],
        [4, 'after'],
      ]);
    });
  });

  test('says that it cannot tell where one of them is not live', async () => {
    await withLog(async (log) => {
      const comparison = await written(log);
      assert.equal(comparison.taxonomiesKnown, false);
      assert.deepEqual(onlyIn(comparison), [
        [3, null],
        [4, null],
      ]);
    });
  });
});

describe('a comparison of nothing is refused', () => {
  const refuses = (log: Log, run: string, before: Side, message: RegExp): Promise<void> =>
    assert.rejects(compare(log, run, before), { code: 'NOTHING_TO_COMPARE', message });

  test('where the run, or what it is compared with, is not there: it says what is', async () => {
    await withLog(async (log) => {
      await refuses(log, 's9', PUBLISHED, /^p2i-results-shadow: .* of a run s9; there is nothing at all$/);
      await writeBoth(log);
      await refuses(log, 's9', PUBLISHED, /of a run s9; there is s1, s2$/);
      await refuses(log, 's1', { taxonomy: 't9' }, /^p2i-results: .* taxonomy version t9; there is t1, t2$/);
      await refuses(log, 's1', { run: 's9' }, /of a run s9; there is s1, s2$/);
    });
  });

  test('where they have no Pin in common', async () => {
    await withLog(async (log) => {
      await writeRun(log, { run: 'r1', shadow: false, results: [{ pin: 'a', interests: [] }] });
      await writeRun(log, { run: 's1', shadow: true, results: [{ pin: 'b', interests: [] }] });
      await refuses(log, 's1', PUBLISHED, /no Pin in common/);
    });
  });

  test('where there is no topic', async () => {
    await withLog(async (log) => {
      await assert.rejects(compare(log, 's1'), {
        code: 'CONFIG_INVALID',
        message: new RegExp(SHADOW_RESULTS_TOPIC),
      });
    }, true);
  });
});

/** Interests of some Pins, best first; scores that float32 has as they are, so that sums are exact. */
const someResults = fc.uniqueArray(
  fc.record({
    pin: fc.constantFrom('a', 'b', 'c@d', 'd', 'e'),
    version: fc.integer({ min: 1, max: 2 }),
    interests: fc
      .uniqueArray(
        fc.tuple(
          fc.constantFrom(1, 2, 3, 20, 30),
          fc.integer({ min: 0, max: 16 }).map((n) => n / 16),
        ),
        {
          selector: ([id]) => id,
        },
      )
      .map((interests) => interests.sort((a, b) => b[1] - a[1])),
  }),
  { selector: ({ pin }) => pin, minLength: 1 },
);

/** The comparison of two shadow runs of these results, each Pin in a partition of its own choice. */
async function compared(x: MadeResult[], y: MadeResult[]): Promise<Comparison | undefined> {
  let comparison: Comparison | undefined;
  await withLog(async (log) => {
    await log.createTopic(SHADOW_RESULTS_TOPIC, 2);
    for (const [run, results] of [
      ['x', x],
      ['y', y],
    ] as const)
      for (const partition of [0, 1]) {
        const shard = results.filter(({ pin }) => pin.charCodeAt(0) % 2 === partition);
        await writeRun(log, { run, shadow: true, partition, results: shard });
      }
    try {
      comparison = await compare(log, 'y', { run: 'x' });
    } catch (error) {
      assert.equal((error as { code: string }).code, 'NOTHING_TO_COMPARE');
    }
  }, true);
  return comparison;
}

describe('any comparison', () => {
  test('of a run with itself changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(someResults, async (results) => {
        const { pins, levels, interests, examples } = (await compared(results, results))!;
        assert.deepEqual({ ...pins, compared: 0 }, { ...pins, ...NO_CHANGE, compared: 0 });
        assert.equal(pins.compared, results.length);
        assert.deepEqual([interests, examples], [[], []]);
        for (const { gained, lost, kept, shift } of levels) {
          assert.deepEqual([gained, lost], [0, 0]);
          assert.deepEqual([shift!.mean, shift!.p5, shift!.p95, shift!.histogram[3]], [0, 0, 0, kept]);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('the other way round gains what it lost, and its shifts are the opposite', async () => {
    await fc.assert(
      fc.asyncProperty(someResults, someResults, async (x, y) => {
        const [there, back] = [await compared(x, y), await compared(y, x)];
        assert.equal(there === undefined, back === undefined);
        if (there === undefined || back === undefined) return;
        // A partition without Pins of the run is not read: what is only before there is not known.
        const read = { onlyBefore: 0, onlyAfter: 0 };
        assert.deepEqual({ ...there.pins, ...read }, { ...back.pins, ...read });
        assert.deepEqual(there.interests.map(swapped), back.interests);
        assert.deepEqual(
          there.levels.map(({ gained, lost, shift, ...rest }) => ({
            ...{ ...rest, gained: lost, lost: gained },
            mean: shift && -shift.mean + 0,
            histogram: shift?.histogram,
          })),
          back.levels.map(({ shift, ...rest }) => ({
            ...{ ...rest, mean: shift && shift.mean + 0, histogram: shift?.histogram.toReversed() },
          })),
        );
        const examples = there.examples.map(({ before, after, ...rest }) => ({
          ...rest,
          before: after,
          after: before,
        }));
        assert.deepEqual(examples, back.examples);
      }),
      { numRuns: 50 },
    );
  });
});

const NO_CHANGE = {
  ...{ changed: 0, setChanged: 0, firstChanged: 0, scoresMoved: 0 },
  ...{ otherVersion: 0, onlyBefore: 0, onlyAfter: 0 },
};

type Interest = Comparison['interests'][number];

function swapped({ before, after, gained, lost, ...rest }: Interest): Interest {
  return { ...rest, before: after, after: before, gained: lost, lost: gained };
}
