import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readAuditTrail, readDecisions } from '../../../consumer/unsafe/read.ts';
import { REMOVAL_GROUP, UnsafeRemoval } from '../../../consumer/unsafe/removal.ts';
import { POLICIES_TOPIC, RemovalTopic, type PolicyInForce } from '../../../consumer/unsafe/topics.ts';
import type { StaleSubject } from '../../../consumer/unsafe/understood.ts';
import { P2iError } from '../../../shared/errors/errors.ts';
import type { Log } from '../../../shared/stream/log.ts';
import { RESULTS_TOPIC } from '../../../workers/publishing/topic.ts';
import { retireVersion } from '../../../workers/taxonomies/publish.ts';
import { interest, ZOO } from '../../support/zoo.ts';
import { seeded } from '../../support/random.ts';
import { registry, withLog } from '../../workers/made.ts';
import {
  apply,
  audit,
  inWords,
  LOUD,
  policyOf,
  publishZoo,
  RULES,
  say,
  standing,
  withCommits,
  zooLines,
  type Said,
} from './made.ts';

const MILDER = policyOf(
  [
    { ...RULES[0], threshold: 0.9 },
    { ...RULES[1], action: 'limit' },
  ],
  2,
);

/** A log on which v1 of the zoo is published. */
const withZoo = (use: (log: Log) => Promise<void>): Promise<void> =>
  withLog(async (log) => {
    await publishZoo(log, 'v1');
    await use(log);
  });

describe('the removal of unsafe Pins', () => {
  test('writes what stands for a Pin when that changes, in the partition of its result, and each change to the audit log', async () => {
    await withZoo(async (log) => {
      await say(
        log,
        { pin: 'a', is: { 4: 0.9 } },
        { pin: 'b', is: { 7: 1 } },
        { pin: 'c', is: { 6: 0.3 }, partition: 1 },
      );
      const changes = await apply(log, policyOf());
      assert.deepEqual(inWords(changes).sort(), [
        'a: nothing → remove (result)',
        'c: nothing → review (result)',
      ]);
      assert.deepEqual(await standing(log), { a: 'remove: no cats', c: 'review: mind the dogs' });
      assert.deepEqual(await audit(log), [
        changes.filter(({ pin }) => pin === 'a'),
        changes.filter(({ pin }) => pin === 'c'),
      ]);
      const { hash } = policyOf();
      assert.deepEqual((await readDecisions({ log, registry })).get('c'), {
        ...{ pin: 'c', action: 'review', policy: hash, revision: 1, taxonomy: 'v1' },
        reasons: [
          {
            ...{ rule: 'mind the dogs', action: 'review', interest: 6, label: 'dogs' },
            ...{ score: 0.3, threshold: 0.25, kept: false },
          },
        ],
        ...{ result: { partition: 1, offset: 0 }, time: 1_700_000_000_000 },
      });
      assert.deepEqual(await log.committedOffsets(REMOVAL_GROUP, RESULTS_TOPIC), [2, 1]);
    });
  });

  test('says nothing of a result by which the same rules say the same, also after a restart', async () => {
    await withZoo(async (log) => {
      await say(log, { pin: 'a', is: { 4: 0.9 } }, { pin: 'a', is: { 4: 0.7 } });
      assert.equal((await apply(log, policyOf())).length, 1);
      await say(log, { pin: 'a', is: { 4: 0.8, 5: 0.85 } });
      assert.deepEqual(await apply(log, policyOf()), []);
      await say(log, { pin: 'a', is: { 4: 0.8, 6: 0.9 } });
      assert.deepEqual(inWords(await apply(log, policyOf())), ['a: remove → remove (result)']);
      assert.deepEqual(await standing(log), { a: 'remove: no cats: mind the dogs' });
    });
  });

  test('lets a Pin back that a later result finds safe, with a record that stays; removes it again; and ends with the Pin', async () => {
    await withZoo(async (log) => {
      await say(log, { pin: 'a', is: { 4: 0.9 } });
      await apply(log, policyOf());
      await say(log, { pin: 'a', is: { 4: 0.4 } });
      assert.deepEqual(inWords(await apply(log, policyOf())), ['a: remove → allowed (result)']);
      assert.deepEqual(await standing(log), { a: 'allowed' });
      await say(log, { pin: 'a', is: { 4: 0.3 } }, { pin: 'a', is: { 5: 0.6 } }, { pin: 'a', is: null });
      assert.deepEqual(inWords(await apply(log, policyOf())), [
        'a: allowed → remove (result)',
        'a: remove → nothing (deleted)',
      ]);
      assert.deepEqual(await standing(log), {});
      await say(log, { pin: 'a', is: null }, { pin: 'b', is: null });
      assert.deepEqual(await apply(log, policyOf()), []);
      const trail = await readAuditTrail({ log, registry }, 'a');
      assert.deepEqual(
        trail.map(({ before, after }) => [before?.action, after?.action]),
        [
          [undefined, 'remove'],
          ['remove', 'allowed'],
          ['allowed', 'remove'],
          ['remove', undefined],
        ],
      );
      for (const [i, { before }] of trail.entries())
        assert.deepEqual(before, i === 0 ? null : trail[i - 1].after);
      assert.deepEqual(trail[3].result, { partition: 0, offset: 4 });
    });
  });

  test('reports a result that cannot be read, and what stands for its Pin stays', async () => {
    await withZoo(async (log) => {
      await say(log, { pin: 'a', is: { 4: 0.9 } });
      await apply(log, policyOf());
      await say(log, { pin: 'a', is: Buffer.from('none') }, { pin: 'b', is: { 6: 1 } });
      const unreadable: P2iError[] = [];
      const changes = await apply(log, policyOf(), { onUnreadable: (error) => unreadable.push(error) });
      assert.deepEqual(inWords(changes), ['b: nothing → review (result)']);
      assert.deepEqual(
        unreadable.map(({ code, where }) => [code, where]),
        [['SCHEMA_UNKNOWN', `${RESULTS_TOPIC}-0@1`]],
      );
      assert.deepEqual(await standing(log), { a: 'remove: no cats', b: 'review: mind the dogs' });
    });
  });

  test('does again what brokers that were away for a moment did not commit, and once only', async () => {
    await withZoo(async (log) => {
      await say(
        log,
        { pin: 'a', is: { 4: 0.9 } },
        { pin: 'a', is: { 7: 1 } },
        { pin: 'b', is: { 6: 1 }, partition: 1 },
      );
      let commits = 0;
      const away = withCommits(log, async (commit) => {
        if (commits++ % 2 === 0) throw new P2iError('BROKER_UNAVAILABLE', 'away');
        await commit();
      });
      assert.deepEqual(inWords(await apply(away, policyOf())).sort(), [
        'a: nothing → remove (result)',
        'a: remove → allowed (result)',
        'b: nothing → review (result)',
      ]);
      assert.equal(commits, 4);
      assert.deepEqual(
        (await audit(log)).map((changes) => changes.length),
        [2, 1],
      );
    });
  });

  test('goes on as results come, until it is told to end', async () => {
    await withZoo(async (log) => {
      const stop = new AbortController();
      const removal = await UnsafeRemoval.open({ log, registry }, { policy: policyOf(), ...LOUD });
      const seen: string[] = [];
      await say(log, { pin: 'a', is: { 4: 0.9 } });
      for await (const changes of removal.run({ signal: stop.signal })) {
        seen.push(...inWords(changes));
        if (seen.length === 1) await say(log, { pin: 'a', is: { 7: 1 }, partition: 0 });
        else stop.abort();
      }
      await removal.close();
      assert.deepEqual(seen, ['a: nothing → remove (result)', 'a: remove → allowed (result)']);
    });
  });

  test('of any results, with restarts anywhere among them, what stands is what the last result of each Pin says', async () => {
    const random = seeded(17);
    const pick = (n: number): number => Math.floor(random() * n);
    for (let round = 0; round < 3; round++) {
      const said = Array.from({ length: 60 }, (): Said => {
        const pin = `p${pick(8)}`;
        const score = (1 + pick(10)) / 10;
        return { pin, is: pick(8) === 0 ? null : { [4 + pick(5)]: score }, partition: Number(pin[1]) % 2 };
      });
      const outcomes: unknown[] = [];
      for (const restarts of [0, 4]) {
        await withZoo(async (log) => {
          const ends = Array.from({ length: restarts }, () => pick(said.length)).sort((a, b) => a - b);
          let from = 0;
          for (const end of [...ends, said.length]) {
            await say(log, ...said.slice(from, end));
            from = end;
            await apply(log, policyOf());
          }
          outcomes.push({ audit: await audit(log), standing: await standing(log) });
        });
      }
      assert.deepEqual(outcomes[1], outcomes[0]);
      const last = new Map(said.map(({ pin, is }) => [pin, is] as const));
      const { standing: stands } = outcomes[0] as { standing: Record<string, string> };
      for (const [pin, is] of last) {
        const [id, score] = Object.entries((is ?? {}) as Record<string, number>)[0] ?? ['0', 0];
        // What lies above an interest has 0.9 unless it is said.
        const cats = id === '4' ? score : id === '5' ? 0.9 : 0;
        const due = cats >= 0.5 ? 'remove' : id === '6' && score >= 0.25 ? 'review' : 'allowed';
        assert.equal(stands[pin]?.split(':')[0] ?? 'allowed', due, `${pin} of ${JSON.stringify(is)}`);
        if (is === null) assert.equal(stands[pin], undefined);
      }
    }
  });
});

describe('a new policy', () => {
  test('decides on everything anew: confirms, changes, lets back and finds', async () => {
    await withZoo(async (log) => {
      await say(
        log,
        ...[
          { pin: 'stays', is: { 4: 0.95 } },
          { pin: 'back', is: { 4: 0.6 } },
          { pin: 'milder', is: { 6: 0.6 }, partition: 1 },
          { pin: 'never', is: { 7: 0.6 } },
        ],
      );
      await apply(log, policyOf());
      assert.deepEqual(inWords(await apply(log, MILDER)).sort(), [
        'back: remove → allowed (result)',
        'milder: review → limit (result)',
        'stays: remove → remove (result)',
      ]);
      assert.deepEqual(await standing(log), {
        ...{ back: 'allowed', milder: 'limit: mind the dogs', stays: 'remove: no cats' },
      });
      assert.deepEqual(await apply(log, MILDER), []);
      const stricter = policyOf(
        [...RULES, { name: 'bats', interest: 7, threshold: 0.1, action: 'remove' }],
        3,
      );
      await apply(log, stricter);
      assert.deepEqual(await standing(log), {
        ...{ back: 'remove: no cats', milder: 'review: mind the dogs', stays: 'remove: no cats' },
        never: 'remove: bats',
      });
      const inForce = await new RemovalTopic<PolicyInForce>(POLICIES_TOPIC, { log, registry }).latest();
      assert.deepEqual(
        [...inForce].map(([key, { partition, policy, revision, taxonomy, rules }]) => ({
          ...{ key, partition, policy, revision, taxonomy },
          rules: JSON.parse(rules) as unknown,
        })),
        ['0', '1'].map((key) => ({
          ...{ key, partition: Number(key), policy: stricter.hash, revision: 3, taxonomy: 'v1' },
          rules: stricter.rules,
        })),
      );
    });
  });

  test('takes the place of an older one only, and never comes back by a member that was not told', async () => {
    await withZoo(async (log) => {
      await say(log, { pin: 'a', is: { 4: 0.6 } });
      await apply(log, MILDER);
      await say(log, { pin: 'b', is: { 4: 0.6 } });
      const refused = { code: 'POLICY_INVALID', message: /revision 2 is in force/ };
      await assert.rejects(apply(log, policyOf()), refused);
      await assert.rejects(apply(log, policyOf(RULES, 2)), refused);
      assert.deepEqual(await standing(log), {});
    });
  });

  test('ends what stood for Pins that have no result any more, and keeps what stood where the result cannot be read', async () => {
    await withZoo(async (log) => {
      await say(log, { pin: 'gone', is: { 4: 0.95 } }, { pin: 'broken', is: { 4: 0.6 } });
      await apply(log, policyOf());
      // As compaction leaves the topic long after: of one Pin nothing, of the other what nobody can read.
      await withZoo(async (compacted) => {
        const opened = { log: compacted, registry };
        await say(compacted, { pin: 'broken', is: Buffer.from('none') });
        const removals = new RemovalTopic<unknown>('p2i-removals', { log, registry });
        const policies = new RemovalTopic<unknown>(POLICIES_TOPIC, { log, registry });
        const transaction = compacted.transaction();
        for (const [topic, partition] of [
          [removals, 0],
          [policies, 0],
        ] as const)
          for await (const { key, value } of topic.read())
            transaction.append(topic.name, partition, {
              ...{ key, timestamp: 0, headers: {}, value: value === null ? null : topic.encode(value) },
            });
        transaction.consumed(REMOVAL_GROUP, RESULTS_TOPIC, 0, 1);
        await transaction.commit();
        const changes = await apply(compacted, MILDER, { onUnreadable: () => undefined });
        assert.deepEqual(inWords(changes).sort(), [
          'broken: remove → remove (unreadable)',
          'gone: remove → nothing (gone)',
        ]);
        assert.equal((await readDecisions(opened)).get('broken')?.policy, MILDER.hash);
        assert.deepEqual(await apply(compacted, MILDER, { onUnreadable: () => undefined }), []);
      });
    });
  });

  test('refuses to start where its taxonomy is not live or lacks its interests', async () => {
    await withZoo(async (log) => {
      await assert.rejects(apply(log, policyOf(RULES, 1, 'v0')), { code: 'TAXONOMY_UNKNOWN' });
      const unknown = { name: 'x', interest: 77, threshold: 0.5, action: 'limit' };
      await assert.rejects(apply(log, policyOf([unknown])), { code: 'POLICY_INVALID', message: /77 \(x\)/ });
    });
  });
});

describe('a new version of the taxonomy', () => {
  /** What stands where Pins were never classified under another version than this one. */
  async function truth(taxonomy: ReturnType<typeof zooLines>, said: readonly Said[]): Promise<object> {
    let told: Record<string, string> = {};
    await withZoo(async (log) => {
      const v2 = await publishZoo(log, 'v2', taxonomy);
      await say(log, ...said.map((one) => ({ ...one, taxonomy: v2 })));
      await apply(log, policyOf());
      told = await standing(log);
    });
    return told;
  }
  const onlyHeld = (stands: Record<string, string>): object =>
    Object.fromEntries(Object.entries(stands).filter(([, words]) => words !== 'allowed'));

  const CHANGES: Record<string, { lines: ReturnType<typeof zooLines>; before: Said[]; after: Said[] }> = {
    'moved away from below a rule, and below it': {
      lines: zooLines({ put: [interest(5, 8, 'lions'), interest(7, 4, 'bats')] }),
      before: [
        { pin: 'lion', is: { 4: 0.6, 5: 0.9 } },
        { pin: 'bat', is: { 7: 0.8 } },
        { pin: 'cat', is: { 4: 0.9 } },
      ],
      after: [
        { pin: 'lion', is: { 5: 0.9 } },
        { pin: 'bat', is: { 4: 0.7, 7: 0.8 } },
        { pin: 'cat', is: { 4: 0.9 } },
      ],
    },
    'merged into another': {
      lines: zooLines({ without: [6], put: [interest(7, 2, 'bats', { aliases: ['dogs'] })] }),
      before: [
        { pin: 'dog', is: { 6: 0.9 } },
        { pin: 'bat', is: { 7: 0.8 } },
      ],
      after: [
        { pin: 'dog', is: { 7: 0.9 } },
        { pin: 'bat', is: { 7: 0.8 } },
      ],
    },
  };

  for (const [what, { lines, before, after }] of Object.entries(CHANGES)) {
    test(`with interests that were ${what}: Pins classified again are as if they never were otherwise`, async () => {
      await withZoo(async (log) => {
        await say(log, ...before);
        await apply(log, policyOf());
        const v2 = await publishZoo(log, 'v2', lines);
        await say(log, ...after.map((one) => ({ ...one, taxonomy: v2 })));
        await apply(log, policyOf());
        assert.deepEqual(onlyHeld(await standing(log)), await truth(lines, after));
        // What the older version says later, or says again, changes nothing where the newer one has spoken.
        const decided = await standing(log);
        await say(log, ...before.filter(({ pin }) => pin in decided));
        assert.deepEqual(await apply(log, policyOf()), []);
      });
    });

    test(`with interests that were ${what}: Pins that come by the older version are decided on as by the newer`, async () => {
      await withZoo(async (log) => {
        await publishZoo(log, 'v2', lines);
        await say(log, ...before);
        await apply(log, policyOf());
        assert.deepEqual(await standing(log), await truth(lines, after));
      });
    });
  }

  test('has the last word on a Pin that it found unsafe as well, whatever the older one says after it', async () => {
    await withZoo(async (log) => {
      await say(log, { pin: 'a', is: { 4: 0.9 } });
      await apply(log, policyOf());
      const v2 = await publishZoo(log, 'v2', [...ZOO, interest(9, 4, 'tigers')]);
      await say(log, { pin: 'a', is: { 4: 0.9 }, taxonomy: v2 });
      assert.deepEqual(inWords(await apply(log, policyOf())), ['a: remove → remove (result)']);
      await say(log, { pin: 'a', is: { 4: 0.1 } }, { pin: 'a', is: null });
      assert.deepEqual(await apply(log, policyOf()), []);
      await say(log, { pin: 'a', is: null, taxonomy: v2 });
      assert.deepEqual(inWords(await apply(log, policyOf())), ['a: remove → nothing (deleted)']);
    });
  });

  test('that has forgotten an interest is reported, and lets no Pin back: a policy does', async () => {
    await withZoo(async (log) => {
      await say(
        log,
        { pin: 'cat', is: { 4: 0.9 } },
        { pin: 'both', is: { 5: 0.9, 6: 0.4 } },
        { pin: 'gone', is: { 4: 1 } },
      );
      await apply(log, policyOf());
      const v2 = await publishZoo(log, 'v2', zooLines({ without: [4, 5] }));
      await say(
        log,
        ...[
          { pin: 'cat', is: { 2: 0.9 }, taxonomy: v2 },
          { pin: 'both', is: { 6: 0.1 }, taxonomy: v2 },
          { pin: 'gone', is: { 2: 0.9 }, taxonomy: v2 },
          { pin: 'new', is: { 2: 0.9 }, taxonomy: v2 },
        ],
      );
      const stale: StaleSubject[] = [];
      const onStale = (all: readonly StaleSubject[]): unknown => stale.push(...all);
      await apply(log, policyOf(), { onStale });
      const forgotten = { rule: 'no cats', interest: 4, label: 'cats' };
      // Once at the start, where v2 is live already.
      assert.deepEqual(stale, [forgotten]);
      const kept = 'remove: no cats (kept)';
      assert.deepEqual(await standing(log), { both: kept, cat: kept, gone: kept });
      await say(log, { pin: 'cat', is: { 2: 0.8 }, taxonomy: v2 }, { pin: 'gone', is: null, taxonomy: v2 });
      await apply(log, policyOf(), { onStale });
      assert.deepEqual(await standing(log), { both: kept, cat: kept });
      // A policy that still has the rule keeps what stands by it.
      await apply(log, policyOf([RULES[0]], 2), { onStale });
      assert.deepEqual(await standing(log), { both: kept, cat: kept });
      const restated = policyOf([RULES[1]], 3, 'v2');
      assert.deepEqual(inWords(await apply(log, restated)).sort(), [
        'both: remove → allowed (result)',
        'cat: remove → allowed (result)',
      ]);
    });
  });

  test('that appears while results are followed is taken up there, and what it forgot is reported then', async () => {
    await withZoo(async (log) => {
      const stale: StaleSubject[][] = [];
      const removal = await UnsafeRemoval.open(
        { log, registry },
        { policy: policyOf(), ...LOUD, onStale: (all) => stale.push([...all]) },
      );
      const seen: string[] = [];
      await say(log, { pin: 'a', is: { 4: 0.9 } });
      for await (const changes of removal.run({ until: 'now' })) seen.push(...inWords(changes));
      const v2 = await publishZoo(log, 'v2', zooLines({ without: [6] }));
      assert.deepEqual(stale, []);
      await say(log, { pin: 'a', is: { 7: 0.9 }, taxonomy: v2 });
      for await (const changes of removal.run({ until: 'now' })) seen.push(...inWords(changes));
      await removal.close();
      assert.deepEqual(stale, [[{ rule: 'mind the dogs', interest: 6, label: 'dogs' }]]);
      assert.deepEqual(seen, ['a: nothing → remove (result)', 'a: remove → allowed (result)']);
    });
  });

  test('beside which the version of the policy is retired: the policy has to be stated anew before anybody starts', async () => {
    await withZoo(async (log) => {
      await say(log, { pin: 'a', is: { 4: 0.9 } });
      await apply(log, policyOf());
      await publishZoo(log, 'v2', [...ZOO, interest(9, 4, 'tigers')]);
      await retireVersion(log, 'v1', 2);
      await assert.rejects(apply(log, policyOf()), { code: 'TAXONOMY_UNKNOWN' });
      assert.deepEqual(await standing(log), { a: 'remove: no cats' });
    });
  });
});
