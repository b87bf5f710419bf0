import {
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
} from '@opentelemetry/api';
import { RUN_HEADER } from './headers.ts';
import type { Headers, LogRecord } from './log.ts';

const tracer = trace.getTracer('p2i');

/** A record that is being worked on, where from and by whom. */
export interface TracedRecord {
  topic: string;
  partition: number;
  record: LogRecord;
  group: string;
  stages: readonly string[];
}

/** What came of the work on a record. */
export interface TracedOutcome {
  pins: number;
  failures: readonly unknown[];
}

/**
 * Does the work on a record within a span, the child of the context that its headers carry. Where no OpenTelemetry SDK is
 * registered no span is made, and the headers pass on as they are.
 *
 * @returns what the work returned, and the headers in which outputs carry on the span's context: none without an SDK
 */
export async function traced<T extends TracedOutcome>(
  { topic, partition, record, group, stages }: TracedRecord,
  work: () => Promise<T>,
): Promise<{ worked: T; context: Headers }> {
  const parent = propagation.extract(ROOT_CONTEXT, record.headers);
  const attributes: Attributes = {
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': record.offset,
    'messaging.consumer.group.name': group,
    'p2i.stages': [...stages],
  };
  if (record.headers[RUN_HEADER] !== undefined) attributes['p2i.run'] = record.headers[RUN_HEADER];
  const span = tracer.startSpan(`process ${topic}`, { kind: SpanKind.CONSUMER, attributes }, parent);
  try {
    const worked = await work();
    span.setAttributes({ 'p2i.pins': worked.pins, 'p2i.failures': worked.failures.length });
    const context: Record<string, string> = {};
    propagation.inject(trace.setSpan(parent, span), context);
    return { worked, context };
  } catch (error) {
    span.recordException(error as Error);
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
