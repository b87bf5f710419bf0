import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace';
import { P2iError } from '../../../shared/errors/errors.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { readAll, type Headers, type Log } from '../../../shared/stream/log.ts';
import { runToEnd } from '../../../shared/stream/run.ts';
import { traced } from '../../../shared/stream/tracing.ts';
import { batches, HEADERS, pin, pins, toyPumps } from './toy.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const INCOMING: Headers = {
  ...HEADERS,
  traceparent: `00-${TRACE}-${CALLER}-01`,
  tracestate: 'vendor=opaque',
};
const TOPICS = ['p2i-candidates', 'p2i-features', 'p2i-results', 'p2i-dead-letters'] as const;

type Records = Map<string, { headers: Headers; value: string }[]>;

/** One record of two Pins, one of which fails in the second stage, through three pools. */
async function piped(headers: Headers): Promise<Records> {
  const directory = mkdtempSync(join(tmpdir(), 'p2i-tracing-'));
  const log = await EmbeddedLog.open(directory);
  try {
    await log.createTopic(pins.topic, 1);
    const [batch] = batches(1, 2, (n) => (n === 1 ? pin('1', 'fails second') : undefined));
    const transaction = log.transaction();
    transaction.append(pins.topic, 0, { key: 'k', timestamp: 1, headers, value: pins.encode(batch) });
    await transaction.commit();
    await runToEnd(await toyPumps(log, 'chained'));
    return new Map(
      await Promise.all(TOPICS.map(async (topic) => [topic, await recordsOf(log, topic)] as const)),
    );
  } finally {
    await log.close();
    rmSync(directory, { recursive: true });
  }
}

async function recordsOf(log: Log, topic: string): Promise<{ headers: Headers; value: string }[]> {
  const records = [];
  for await (const { headers, value } of readAll(log, topic))
    records.push({ headers, value: Buffer.from(value!).toString('hex') });
  return records;
}

const spanOf = ({ headers }: { headers: Headers }): string => headers.traceparent.split('-')[2];

describe('without an SDK', () => {
  test('the context of a record passes through all stages as it came', async () => {
    const records = await piped(INCOMING);
    for (const topic of TOPICS) {
      const [{ headers }] = records.get(topic)!;
      assert.deepEqual([headers.traceparent, headers.tracestate], [INCOMING.traceparent, 'vendor=opaque']);
    }
  });

  test('a record without context gets none', async () => {
    for (const [topic, records] of await piped(HEADERS))
      for (const { headers } of records) assert.ok(!('traceparent' in headers), topic);
  });
});

describe('with an SDK', () => {
  const exporter = new InMemorySpanExporter();
  let untraced: Records;

  test('each pool makes a span, a child of the one before, and writes its context', async () => {
    untraced = await piped(INCOMING);
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    trace.setGlobalTracerProvider(provider);
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());

    const records = await piped(INCOMING);
    const spans = exporter.getFinishedSpans();
    assert.deepEqual(
      spans.map(({ name, kind }) => [name, kind]),
      ['p2i-pins', 'p2i-candidates', 'p2i-features'].map((topic) => [`process ${topic}`, SpanKind.CONSUMER]),
    );
    const written = TOPICS.slice(0, 3).map((topic) => records.get(topic)![0]);
    let parent = CALLER;
    for (const [i, span] of spans.entries()) {
      const { traceId, spanId } = span.spanContext();
      assert.equal(traceId, TRACE);
      assert.equal(span.parentSpanContext?.spanId, parent);
      assert.equal(spanOf(written[i]), spanId);
      assert.equal(written[i].headers.tracestate, 'vendor=opaque');
      parent = spanId;
    }
  });

  test('a span says which record it is of, and what came of it', () => {
    const [, second] = exporter.getFinishedSpans();
    assert.deepEqual(attributesOf(second), {
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'p2i-candidates',
      'messaging.destination.partition.id': '0',
      'messaging.kafka.offset': 0,
      'messaging.consumer.group.name': 'g2',
      'p2i.stages': ['features'],
      'p2i.run': 'r1',
      'p2i.pins': 2,
      'p2i.failures': 1,
    });
  });

  test('a dead letter keeps the context that its record came with', async () => {
    exporter.reset();
    const records = await piped(INCOMING);
    const [first] = exporter.getFinishedSpans();
    assert.equal(spanOf(records.get('p2i-dead-letters')![0]), first.spanContext().spanId);
  });

  test('nothing but the context of the headers differs from what is written without it', async () => {
    const bare = (records: Records): unknown =>
      TOPICS.slice(0, 3).map((topic) =>
        records.get(topic)!.map(({ headers: { traceparent: _, ...headers }, value }) => ({ headers, value })),
      );
    assert.deepEqual(bare(await piped(INCOMING)), bare(untraced));
  });

  test('work that fails ends its span with the error', async () => {
    exporter.reset();
    const record = { key: '', offset: 7, timestamp: 0, headers: {}, value: null };
    const failing = traced(
      { topic: 't', partition: 0, record, group: 'g', stages: ['ranking'] },
      async () => {
        throw new P2iError('STORE_UNAVAILABLE', 'gone');
      },
    );
    await assert.rejects(failing, { code: 'STORE_UNAVAILABLE' });
    const [span] = exporter.getFinishedSpans();
    assert.equal(span.status.code, SpanStatusCode.ERROR);
    assert.equal(span.events[0].name, 'exception');
  });

  after(() => trace.disable());
});

function attributesOf({ attributes }: ReadableSpan): object {
  return { ...attributes };
}
