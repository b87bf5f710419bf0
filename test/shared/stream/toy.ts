import { join } from 'node:path';
import { P2iError } from '../../../shared/errors/errors.ts';
import type { Pin, PinBatch } from '../../../shared/pins/pin.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import { batchOutput, type BatchTopic, type Output } from '../../../shared/stream/binding.ts';
import { Chain } from '../../../shared/stream/chain.ts';
import type { Headers, Log, LogRecord } from '../../../shared/stream/log.ts';
import { readAll } from '../../../shared/stream/log.ts';
import type { Observer } from '../../../shared/stream/observer.ts';
import { pinsTopic } from '../../../shared/stream/pins-topic.ts';
import { Pump } from '../../../shared/stream/pump.ts';
import type { Runnable } from '../../../shared/stream/run.ts';
import type { Stage } from '../../../shared/stream/stage.ts';
import { pinOf } from '../../support/pin.ts';

/** Three stages over real Pin batches that count words and letters, with JSON between them. */
export interface Counted {
  pins: { id: string; text: string; words: number; letters: number }[];
}

export const registry = new Registry(join(import.meta.dirname, '../../../schemas'));
export const pins = pinsTopic(registry);
export const PARTITIONS = 2;
export const HEADERS: Headers = { run: 'r1', taxonomy: 'v1' };

function countedTopic(topic: string): BatchTopic<Counted> {
  return {
    topic,
    decode: (value, where) => {
      try {
        return JSON.parse(Buffer.from(value!).toString()) as Counted;
      } catch {
        throw new P2iError('AVRO_MALFORMED', 'no JSON', { where });
      }
    },
    encode: (batch) => Buffer.from(JSON.stringify(batch)),
    size: (batch) => batch.pins.length,
    split: (batch) => {
      const middle = batch.pins.length >> 1;
      return [{ pins: batch.pins.slice(0, middle) }, { pins: batch.pins.slice(middle) }];
    },
    pinId: (batch) => batch.pins[0].id,
  };
}

export const candidatesTopic = countedTopic('p2i-candidates');
const featuresTopic = countedTopic('p2i-features');

export const results: Output<Counted> = {
  topic: 'p2i-results',
  encode: (batch) =>
    batch.pins.map((pin) => {
      if (pin.text.includes('fails encoding')) throw new RangeError('a result that cannot be written');
      return { key: pin.id, value: Buffer.from(JSON.stringify(pin)), headers: { model: 'm1' } };
    }),
};

export const candidates: Stage<PinBatch, Counted> = {
  name: 'candidates',
  process: (batch) => ({
    pins: batch.pins.map(({ id, title }) => {
      if (title.includes('fails first')) throw new TypeError('cannot read properties of undefined');
      return { id, text: title, words: 0, letters: 0 };
    }),
  }),
};

export const features: Stage<Counted, Counted> = {
  name: 'features',
  process: (batch) => ({
    pins: batch.pins.map((pin) => {
      if (pin.text.includes('fails second')) throw new P2iError('PIN_TOO_LARGE', `Pin ${pin.id}`);
      return { ...pin, words: pin.text.split(' ').length };
    }),
  }),
};

export const ranking: Stage<Counted, Counted> = {
  name: 'ranking',
  process: (batch) => ({ pins: batch.pins.map((pin) => ({ ...pin, letters: pin.text.length })) }),
};

/** The three stages with a topic between each, or fused in one pump. */
export async function toyPumps(
  log: Log,
  shape: 'chained' | 'fused',
  group = 'g',
  observer?: Observer,
): Promise<Runnable[]> {
  const common = { log, registry, ...(observer && { observer }) };
  const first = Chain.of(candidates);
  if (shape === 'fused') {
    const chain = first.to(features).to(ranking);
    return [await Pump.open({ ...common, group, input: pins, chain, output: results })];
  }
  return [
    await Pump.open({
      ...common,
      group: `${group}1`,
      input: pins,
      chain: first,
      output: batchOutput(candidatesTopic),
    }),
    await Pump.open({
      ...common,
      group: `${group}2`,
      input: candidatesTopic,
      chain: Chain.of(features),
      output: batchOutput(featuresTopic),
    }),
    await Pump.open({
      ...common,
      group: `${group}3`,
      input: featuresTopic,
      chain: Chain.of(ranking),
      output: results,
    }),
  ];
}

export function pin(id: string, title: string, change: Partial<Pin> = {}): Pin {
  const bare = pinOf({});
  return { ...bare, id, title, language: 'en', engagement: { ...bare.engagement, saves: 1 }, ...change };
}

/** Appends each value as one record, to the partitions by turns. */
export async function fill(log: Log, values: readonly Uint8Array[]): Promise<void> {
  await log.createTopic(pins.topic, PARTITIONS);
  const transaction = log.transaction();
  values.forEach((value, i) => {
    const record = { key: `shard ${i}`, timestamp: 1_700_000_000_000 + i, headers: HEADERS, value };
    transaction.append(pins.topic, i % PARTITIONS, record);
  });
  await transaction.commit();
}

/** `count` batches of `size` Pins; what `change` gives for a Pin's number replaces it. */
export function batches(
  count: number,
  size: number,
  change: (n: number) => Pin | undefined = () => undefined,
): PinBatch[] {
  return Array.from({ length: count }, (_, b) => ({
    pins: Array.from({ length: size }, (_, i) => {
      const n = b * size + i;
      return change(n) ?? pin(String(n), `Pin number ${n}`);
    }),
  }));
}

/** The topic's records by partition, values as text where they are JSON. */
export async function dump(
  log: Log,
  topic: string,
): Promise<(Omit<LogRecord, 'value'> & { partition: number; value: string })[]> {
  const seen = [];
  for await (const record of readAll(log, topic)) {
    seen.push({ ...record, value: Buffer.from(record.value ?? '').toString('latin1') });
  }
  return seen.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}
