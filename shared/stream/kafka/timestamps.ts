import type { LogRecord, NewRecord } from '../log.ts';

/*
 * A record's timestamp is the time of what it is about, and the same at every replay. Kafka's own is when the broker got
 * it: retention and offsets by time need that one. So ours travels in a header.
 */
const HEADER = 'time';
const TIME = /^-?\d{1,16}$/;

/** The record as it is sent. */
export function stamped<Record extends NewRecord>(record: Record): Record {
  return { ...record, headers: { ...record.headers, [HEADER]: String(record.timestamp) } };
}

/** The record as it was appended. One of another producer, without the header or with one of its own, keeps Kafka's time. */
export function unstamped(record: LogRecord): LogRecord {
  const { [HEADER]: time, ...headers } = record.headers;
  if (time === undefined || !TIME.test(time)) return record;
  return { ...record, timestamp: Number(time), headers };
}
