/**
 * Bytes a Pin on each topic and the time to compress them, by compression; and the same content written otherwise: in
 * plain Avro records, one a candidate with named fields. Compressed is what Kafka compresses: the records of a
 * transaction in a partition together, in record batches as our clients cut them. One partition of twelve of the Tate
 * corpus. Rounds alternate; times are of CPU. Usage: node bench/wire.ts [--json]
 */
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { compressionsAlgorithms, createRecordsBatch, type MessageRecord } from '@platformatic/kafka';
import { stamped } from '../shared/stream/kafka/timestamps.ts';
import type { NewRecord } from '../shared/stream/log.ts';
import { candidatesTopic } from '../workers/candidates/topic.ts';
import { featuresTopic } from '../workers/features/topic.ts';
import { oneTaxonomy } from '../workers/taxonomy-source.ts';
import { pipelineContent, type Content, type PipelineContent } from './support/content.ts';
import { median, round } from './support/figures.ts';
import { candidateRecords, candidateRows, featureRecords, type Writing } from './support/forms.ts';
import { runBenchmark, type Claim } from './support/report.ts';

const ROUNDS = 5;

/** Records of one transaction of an ingest. */
const INGEST_RECORDS = 16;
/** Bytes of input of one transaction of a worker: it takes records until it has so many. */
const POLL_BYTES = 1 << 18;
/** A record batch before compression, at most; a larger record goes alone. As kafkajs' adapter has it. */
const BATCH_BYTES = 900_000;
/** Bytes of the features as we send them over plain Avro records of them, at most. */
const FEATURE_SHARE = 1 / 6;

/** What comes before the records of a record batch, and is never compressed. */
const BATCH_HEAD_BYTES = 61;

/**
 * Bytes that a second of CPU is worth. A byte of a record batch crosses the network four times: to the leader, to two
 * followers, to a reader.
 */
const CPU_SECOND_BYTES = {
  // 10 Gbit/s for 32 threads are 40 MB/s for each of them.
  'own machines': 10e6,
  // A thread at 0.04 $/h; 0.02 $/GB between zones, which 3.3 of the four cross on average.
  'across cloud zones': 0.17e6,
};

interface Compression {
  name: string;
  compress(bytes: Buffer): Buffer;
  decompress(bytes: Buffer): Buffer;
}

const NONE: Compression = { name: 'none', compress: (bytes) => bytes, decompress: (bytes) => bytes };
const ZSTD_1 = zstd(1);
const ZSTD_3 = zstd(3);
const { lz4, snappy } = compressionsAlgorithms;
const COMPRESSIONS: readonly Compression[] = [
  ...[NONE, ZSTD_1, ZSTD_3, zstd(6)],
  { name: 'gzip 6', compress: (bytes) => gzipSync(bytes), decompress: (bytes) => gunzipSync(bytes) },
  { name: 'lz4', compress: lz4.compressSync, decompress: lz4.decompressSync },
  { name: 'snappy', compress: snappy.compressSync, decompress: snappy.decompressSync },
];

function zstd(level: number): Compression {
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  return {
    name: `zstd ${level}`,
    compress: (bytes) => zstdCompressSync(bytes, { params }),
    decompress: (bytes) => zstdDecompressSync(bytes),
  };
}

/** What is on a topic, in one form. */
interface Form {
  topic: string;
  form: string;
  compressions: readonly Compression[];
  /** The records of each record batch, uncompressed. */
  bodies: Buffer[];
  /** Encode and decode all batches: there where forms are compared. */
  codec?: Record<'encode' | 'decode', () => void>;
}

type Step = 'compress' | 'decompress' | 'encode' | 'decode';

/** Of a Pin. */
interface Result {
  topic: string;
  form: string;
  compression: string;
  bytes: number;
  /** Microseconds of CPU, the medians of the rounds. */
  compress: number;
  decompress: number;
  encode: number | undefined;
  decode: number | undefined;
}

function formsOf(content: PipelineContent): Form[] {
  const { taxonomy, registry, pins, candidates, features, ranked, results } = content;
  const taxonomies = oneTaxonomy(taxonomy);
  const candidatesNow = candidatesTopic(registry, taxonomies);
  const featuresNow = featuresTopic(registry, taxonomies);
  const few = [NONE, ZSTD_1, ZSTD_3];
  return [
    sent(
      pins,
      grouped(pins.records, ({ length }) => length === INGEST_RECORDS).map((group) => group.flat()),
    ),
    written('as sent', candidatesNow, COMPRESSIONS, candidates, pins),
    written('rows', candidateRows(candidatesNow), few, candidates, pins),
    written('named records', candidateRecords(taxonomy), few, candidates, pins),
    written('as sent', featuresNow, COMPRESSIONS, features, candidates),
    written('named records', featureRecords(taxonomy), few, features, candidates),
    sent(ranked, polled(ranked.records, features.records)),
    sent(results, polled(results.records, ranked.records)),
  ];
}

/** A topic that has one form. */
function sent({ topic }: Content<unknown>, transactions: readonly NewRecord[][]): Form {
  return { topic, form: 'as sent', compressions: COMPRESSIONS, bodies: bodiesOf(transactions) };
}

function written<Batch>(
  form: string,
  writing: Writing<Batch>,
  compressions: readonly Compression[],
  content: Content<Batch>,
  input: Content<unknown>,
): Form {
  const { topic, batches } = content;
  const values = batches.map((batch) => writing.encode(batch));
  const records = content.records.map(([record], i) => [{ ...record, value: values[i] }]);
  return {
    ...{ topic, form, compressions },
    bodies: bodiesOf(polled(records, input.records)),
    ...(writing.decode && {
      codec: {
        encode: () => batches.forEach((batch) => writing.encode(batch)),
        decode: () => values.forEach((value) => writing.decode!(value, topic)),
      },
    }),
  };
}

/** Records by transaction of the worker that makes them. @param records of each batch @param input what it was made of */
function polled(records: readonly NewRecord[][], input: readonly NewRecord[][]): NewRecord[][] {
  const pairs = records.map((made, i) => ({ made, bytes: bytesOf(input[i]) }));
  const transactions = grouped(pairs, (group) => sum(group.map(({ bytes }) => bytes)) >= POLL_BYTES);
  return transactions.map((group) => group.flatMap(({ made }) => made));
}

/** Divides a list into groups, each as short as `full` lets it. */
function grouped<T>(items: readonly T[], full: (group: readonly T[]) => boolean): T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last === undefined || full(last)) groups.push([item]);
    else last.push(item);
  }
  return groups;
}

/** The record batches of transactions, without their heads. */
function bodiesOf(transactions: readonly NewRecord[][]): Buffer[] {
  return transactions.flatMap((records) => {
    const batches: NewRecord[][] = [];
    for (const record of records) {
      const last = batches.at(-1);
      if (last === undefined || bytesOf([...last, record]) > BATCH_BYTES) batches.push([record]);
      else last.push(record);
    }
    return batches.map((batch) => createRecordsBatch(batch.map(toMessage)).buffer.subarray(BATCH_HEAD_BYTES));
  });
}

function toMessage(record: NewRecord): MessageRecord {
  const { key, value, timestamp, headers } = stamped(record);
  return {
    topic: '',
    key: Buffer.from(key),
    value: Buffer.from(value!),
    timestamp: BigInt(timestamp),
    headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
  };
}

function bytesOf(records: readonly NewRecord[]): number {
  return sum(records.map(({ value }) => value!.length));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Every form in every compression it is given in. */
function measure(forms: readonly Form[], pins: number): Result[] {
  const perPin = (work: () => void): number => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / pins;
  };
  const measured = forms.flatMap((form) =>
    form.compressions.map((compression) => {
      const compressed = form.bodies.map((body) => compression.compress(body));
      const times: Record<Step, number[]> = { compress: [], decompress: [], encode: [], decode: [] };
      return { form, compression, compressed, times };
    }),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const { form, compression, compressed, times } of measured) {
      times.compress.push(perPin(() => form.bodies.forEach((body) => compression.compress(body))));
      times.decompress.push(perPin(() => compressed.forEach((body) => compression.decompress(body))));
      if (compression !== NONE || form.codec === undefined) continue;
      times.encode.push(perPin(form.codec.encode));
      times.decode.push(perPin(form.codec.decode));
    }
  }
  return measured.map(({ form, compression, compressed, times }) => ({
    ...{ topic: form.topic, form: form.form, compression: compression.name },
    bytes: round(sum(compressed.map(({ length }) => BATCH_HEAD_BYTES + length)) / pins),
    compress: round(median(times.compress)),
    decompress: round(median(times.decompress)),
    encode: times.encode.length > 0 ? round(median(times.encode)) : undefined,
    decode: times.decode.length > 0 ? round(median(times.decode)) : undefined,
  }));
}

/** Of all topics together, as they are sent. */
function sums(results: readonly Result[]): Result[] {
  return COMPRESSIONS.map(({ name }) => {
    const of = results.filter(({ form, compression }) => form === 'as sent' && compression === name);
    return {
      ...{ topic: 'all', form: 'as sent', compression: name, encode: undefined, decode: undefined },
      bytes: round(sum(of.map(({ bytes }) => bytes))),
      compress: round(sum(of.map(({ compress }) => compress))),
      decompress: round(sum(of.map(({ decompress }) => decompress))),
    };
  });
}

/** Microseconds of CPU that a Pin costs on a topic, its bytes among them, by compression; and the cheapest. */
function costs(results: readonly Result[]): Record<string, string | number>[] {
  const asSent = Map.groupBy(
    results.filter(({ form }) => form === 'as sent'),
    ({ topic }) => topic,
  );
  return Object.entries(CPU_SECOND_BYTES).flatMap(([where, worth]) =>
    Array.from(asSent, ([topic, of]) => {
      const cost = ({ bytes, compress, decompress }: Result): number =>
        compress + decompress + (bytes / worth) * 1e6;
      const [best] = of.toSorted((a, b) => cost(a) - cost(b));
      const all = Object.fromEntries(of.map((result) => [result.compression, round(cost(result))]));
      return { where, topic, best: best.compression, ...all };
    }),
  );
}

function claimsOf(results: readonly Result[]): Claim[] {
  const bytesOf = (topic: string, form: string, compression: string): number =>
    results.find(
      (result) => result.topic === topic && result.form === form && result.compression === compression,
    )!.bytes;
  const sent = bytesOf('p2i-features', 'as sent', 'zstd 1');
  return [
    {
      name: 'p2i-features: bytes as sent, zstd 1, against the same features as plain Avro records',
      value: round(sent / bytesOf('p2i-features', 'named records', 'none')),
      ...{ unit: '×', atMost: FEATURE_SHARE, gated: true },
    },
    {
      name: 'p2i-features: bytes as sent, zstd 1, against those records with zstd 1 as well',
      value: round(sent / bytesOf('p2i-features', 'named records', 'zstd 1')),
      ...{ unit: '×', atMost: 1, gated: true },
    },
  ];
}

await runBenchmark(async () => {
  const content = await pipelineContent();
  const pins = content.pins.batches.reduce((count, batch) => count + batch.pins.length, 0);
  const measured = measure(formsOf(content), pins);
  const results = [...measured, ...sums(measured)];
  return {
    claims: claimsOf(results),
    tables: {
      [`bytes and µs of CPU a Pin, over ${pins} Pins`]: results.map((result) => ({
        ...result,
        encode: result.encode ?? '',
        decode: result.decode ?? '',
      })),
      'µs of CPU that a Pin costs, its bytes among them': costs(results),
    },
  };
});
