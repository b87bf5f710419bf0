import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEAD_LETTERS, REDRIVEN } from '../../../shared/stream/dead-letters.ts';
import { PINS_TOPIC } from '../../../shared/stream/pins-topic.ts';
import { LEDGER_TOPIC } from '../../../shared/stream/receipts.ts';
import {
  COMMON_CONFIG,
  MAX_RECORD_BYTES,
  partitionsOf,
  TOPICS,
  WORKERS_TOPIC,
} from '../../../shared/stream/topics.ts';
import { AUDIT_TOPIC, POLICIES_TOPIC, REMOVALS_TOPIC } from '../../../consumer/unsafe/topics.ts';
import { RUNS_TOPIC } from '../../../workers/backfill/book.ts';
import { RESULTS_TOPIC, SHADOW_RESULTS_TOPIC } from '../../../workers/publishing/topic.ts';
import { RANKED_TOPIC } from '../../../workers/ranking/topic.ts';
import { BATCH_PINS_TOPIC } from '../../../workers/replay.ts';
import { TAXONOMY_TOPIC } from '../../../workers/taxonomies/topic.ts';
import { topics } from '../registry/recorded.ts';

/** What stages hand on, in their order. */
const PASSING = [BATCH_PINS_TOPIC, 'p2i-candidates', 'p2i-features', RANKED_TOPIC];
/** What people look at, and what adds up a run. */
const FOR_DAYS = [LEDGER_TOPIC, SHADOW_RESULTS_TOPIC];
const setting = (topic: string, name: string): string | undefined => TOPICS[topic].config[name];
const cleanedUp = (policy: string): string[] =>
  Object.keys(TOPICS).filter((topic) => setting(topic, 'cleanup.policy') === policy);

describe('the settings of the topics', () => {
  test('are there for every topic that has a schema; the others hold values of p2i-pins or p2i-results, or none', () => {
    const withoutSchema = [BATCH_PINS_TOPIC, SHADOW_RESULTS_TOPIC, REDRIVEN];
    assert.deepEqual(Object.keys(TOPICS).sort(), [...topics(), ...withoutSchema].sort());
  });

  test('keep the newest of each key where a topic is a state', () => {
    const states = [RESULTS_TOPIC, RUNS_TOPIC, TAXONOMY_TOPIC, REMOVALS_TOPIC, POLICIES_TOPIC];
    assert.deepEqual(cleanedUp('compact').sort(), states.sort());
    for (const topic of cleanedUp('compact')) assert.equal(setting(topic, 'retention.ms'), undefined);
  });

  test('keep for ever what nothing can make again, for some hours what a replay makes, for some days what a run is judged by', () => {
    const kept = [PINS_TOPIC, DEAD_LETTERS, REDRIVEN, AUDIT_TOPIC];
    for (const topic of kept) assert.equal(setting(topic, 'retention.ms'), '-1');
    for (const topic of PASSING) {
      const hours = Number(setting(topic, 'retention.ms')) / 3_600_000;
      assert.ok(hours >= 12 && hours <= 48, `${topic}: ${hours} hours`);
    }
    for (const topic of FOR_DAYS) {
      const days = Number(setting(topic, 'retention.ms')) / 86_400_000;
      assert.ok(days >= 7 && days <= 14, `${topic}: ${days} days`);
    }
    assert.deepEqual(cleanedUp('delete').sort(), [...kept, ...PASSING, ...FOR_DAYS, WORKERS_TOPIC].sort());
    // By the time of a record, which is what it is about, a Pin of last year would be gone at once.
    assert.equal(COMMON_CONFIG['message.timestamp.type'], 'LogAppendTime');
  });

  test('let dead letters be larger than anything that fails', () => {
    const sizes = Object.keys(TOPICS)
      .filter((topic) => topic !== DEAD_LETTERS)
      .map((topic) => Number(setting(topic, 'max.message.bytes') ?? 0));
    assert.equal(Math.max(...sizes), MAX_RECORD_BYTES);
    assert.ok(Number(setting(DEAD_LETTERS, 'max.message.bytes')) > MAX_RECORD_BYTES);
  });

  test('give every topic of Pins the partitions of the corpus', () => {
    for (const topic of [PINS_TOPIC, ...PASSING, ...FOR_DAYS, RESULTS_TOPIC, REMOVALS_TOPIC, AUDIT_TOPIC])
      assert.equal(partitionsOf(TOPICS[topic], 24), 24);
    for (const topic of [TAXONOMY_TOPIC, REDRIVEN, POLICIES_TOPIC])
      assert.equal(partitionsOf(TOPICS[topic], 24), 1);
  });
});
