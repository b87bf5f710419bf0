import { P2iError } from '../../shared/errors/errors.ts';
import { unpackValues, valueCount, type PackedValues } from '../../shared/columns/values.ts';
import { unpack } from '../../shared/registry/packed.ts';
import type { Registry } from '../../shared/registry/registry.ts';

/** What can be read of bytes. */
export type Decoded =
  | {
      /** Full name of the schema that they name: `p2i.PinBatch`. */
      schema: string;
      /** As JSON can say it: columns as arrays of numbers, other bytes in hexadecimal, a NaN as `"NaN"`. */
      value: unknown;
    }
  | {
      /** Why nothing can. */
      reason: string;
    };

/**
 * Reads a dead letter's bytes by the schema that they name themselves, so that what was written to the wrong topic can be
 * read too.
 *
 * @throws P2iError REGISTRY_UNAVAILABLE
 */
export async function decodeValue(registry: Registry, value: Uint8Array): Promise<Decoded> {
  if (value.length === 0) return { reason: 'there are no bytes: the record was a tombstone' };
  await registry.learn(value);
  const codec = registry.codecOf(value);
  if (codec === undefined) return { reason: 'they name no schema that is known' };
  try {
    return { schema: codec.schema, value: plain(codec.decode(value, ''), '') };
  } catch (error) {
    if (!(error instanceof P2iError)) throw error;
    return { reason: error.message };
  }
}

/** Fields of our schemas that are packed columns, whatever the topic. */
const COLUMNS: Readonly<Record<string, Parameters<typeof unpack>[0]>> = {
  counts: Uint16Array,
  sources: Uint16Array,
  interests: Int32Array,
  evidence: Float32Array,
  features: Float32Array,
  wordIdf: Float32Array,
  vector: Float32Array,
  embedding: Float32Array,
  interestColumn: Int32Array,
  packed: Float32Array,
  terms: Float64Array,
  boards: Float64Array,
  scores: Float64Array,
};

function plain(value: unknown, field: string): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return column(value, field);
  if (Array.isArray(value)) return value.map((item) => plain(item, field));
  if (typeof value !== 'object' || value === null) return value;
  if ('dictionary' in value && 'values' in value) return packedColumn(value as PackedValues, field);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part, name)]));
}

/** Values of 32 bits, as they are read; what does not unpack, as it is. */
function packedColumn(packed: PackedValues, field: string): unknown {
  try {
    const values = new Uint32Array(valueCount(packed));
    unpackValues(packed, values);
    return column(new Uint8Array(values.buffer), field);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { dictionary: column(packed.dictionary, ''), values: column(packed.values, '') };
  }
}

function column(bytes: Uint8Array, field: string): unknown {
  const type = COLUMNS[field];
  if (type === undefined || bytes.length % type.BYTES_PER_ELEMENT !== 0)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return Array.from(unpack(type, bytes), (number) => plain(number, field));
}
