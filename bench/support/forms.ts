/*
 * What is on a topic, written otherwise than it is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schema } from 'avsc';
import { PATHS } from '../../cli/paths.ts';
import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import { EVIDENCE, EVIDENCE_WIDTH } from '../../shared/candidates/evidence.ts';
import type { FeatureBatch } from '../../shared/features/batch.ts';
import { FEATURE_NAMES, FEATURE_TABLE_VERSION } from '../../shared/features/table.ts';
import { typeOf } from '../../shared/registry/avro.ts';
import { Codec } from '../../shared/registry/codec.ts';
import type { BatchTopic } from '../../shared/stream/binding.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';

/** How batches become values. */
export interface Writing<Batch> {
  encode(batch: Batch): Uint8Array;
  /** Reads what can be read again of a value: of records, objects. Missing where only the bytes are of interest. */
  decode?(value: Uint8Array | null, where: string): unknown;
}

/** Candidate batches in plain Avro: a record a candidate, a named float for each kind of evidence. */
export function candidateRecords(taxonomy: Taxonomy): Writing<CandidateBatch> {
  const codec = codecOf('p2i-candidates', ['taxonomy'], ['interest', 'sources'], EVIDENCE, {
    wordIdf: arrayOf('float'),
    terms: arrayOf('long'),
    boards: arrayOf('long'),
    vector: ['null', arrayOf('float')],
  });
  const blank = blankOf(['interest', 'sources', ...EVIDENCE]);
  return {
    encode: ({ taxonomy: version, pins, start, interests, sources, evidence }) =>
      codec.encode({
        taxonomy: version,
        pins: pins.map((pin, p) => ({
          ...pin,
          wordIdf: [...pin.wordIdf],
          terms: [...pin.terms],
          boards: [...pin.boards],
          vector: pin.vector && [...pin.vector],
          candidates: rowsOf(start, p, (row) => {
            const candidate = { ...blank };
            candidate['interest'] = taxonomy.ids[interests[row]];
            candidate['sources'] = sources[row];
            for (let e = 0; e < EVIDENCE_WIDTH; e++)
              candidate[EVIDENCE[e]] = evidence[row * EVIDENCE_WIDTH + e];
            return candidate;
          }),
        })),
      }),
    decode: (value, where) => codec.decode(value, where),
  };
}

/** Candidate batches as they are, but the evidence in rows, one a candidate. */
export function candidateRows(topic: BatchTopic<CandidateBatch>): Writing<CandidateBatch> {
  return {
    encode(batch) {
      // The topic writes columns: given those of a matrix that lies across, it writes the rows of this one.
      const rows = batch.interests.length;
      const across = new Float32Array(batch.evidence.length);
      for (let row = 0; row < rows; row++) {
        for (let e = 0; e < EVIDENCE_WIDTH; e++)
          across[row * EVIDENCE_WIDTH + e] = batch.evidence[e * rows + row];
      }
      return topic.encode({ ...batch, evidence: across });
    },
  };
}

/** Feature batches in plain Avro: a record a candidate, a named float for each feature. */
export function featureRecords(taxonomy: Taxonomy): Writing<FeatureBatch> {
  const codec = codecOf('p2i-features', ['taxonomy', 'lane', 'table'], ['interest'], FEATURE_NAMES, {});
  const blank = blankOf(['interest', ...FEATURE_NAMES]);
  return {
    encode: ({ taxonomy: version, lane, pins, start, interests, features }) =>
      codec.encode({
        ...{ taxonomy: version, lane, table: FEATURE_TABLE_VERSION },
        pins: pins.map((pin, p) => ({
          ...pin,
          candidates: rowsOf(start, p, (row) => {
            const candidate = { ...blank };
            candidate['interest'] = taxonomy.ids[interests[row]];
            for (let f = 0; f < FEATURE_NAMES.length; f++)
              candidate[FEATURE_NAMES[f]] = features[f * interests.length + row];
            return candidate;
          }),
        })),
      }),
    decode: (value, where) => codec.decode(value, where),
  };
}

/** A field of an Avro record, as a schema has it. */
interface Field {
  name: string;
  type: unknown;
}

/**
 * The schema of a topic with records for its columns.
 *
 * @param head fields of the batch that stay as they are
 * @param ints fields of a candidate
 * @param floats the other fields of a candidate
 * @param types of fields of a Pin that are other than in the topic's schema
 */
function codecOf(
  topic: string,
  head: readonly string[],
  ints: readonly string[],
  floats: readonly string[],
  types: Readonly<Record<string, unknown>>,
): Codec<unknown> {
  const path = join(PATHS.schemas, `${topic}.avsc`);
  const { fields } = JSON.parse(readFileSync(path, 'utf8')) as { fields: Field[] };
  const pins = fields.find(({ name }) => name === 'pins') as { type: { items: { fields: Field[] } } };
  const pin = pins.type.items.fields.map((field) =>
    field.name in types ? { name: field.name, type: types[field.name] } : field,
  );
  const candidate = [
    ...ints.map((name) => ({ name, type: 'int' })),
    ...floats.map((name) => ({ name, type: 'float' })),
  ];
  const candidates = { name: 'candidates', type: arrayOf(recordOf('Candidate', candidate)) };
  const batch = fields.filter(({ name }) => head.includes(name));
  const schema = recordOf('Batch', [
    ...batch,
    { name: 'pins', type: arrayOf(recordOf('Pin', [...pin, candidates])) },
  ]);
  return new Codec<unknown>(typeOf(schema), 1, () => undefined);
}

function recordOf(name: string, fields: readonly Field[]): Schema {
  return { type: 'record', name, fields } as Schema;
}

function arrayOf(items: unknown): object {
  return { type: 'array', items };
}

function rowsOf<Row>(start: Int32Array, p: number, row: (row: number) => Row): Row[] {
  return Array.from({ length: start[p + 1] - start[p] }, (_, i) => row(start[p] + i));
}

/** An object of those fields: copies of one object are made, filled and encoded far faster than objects that grow. */
function blankOf(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, NaN]));
}
