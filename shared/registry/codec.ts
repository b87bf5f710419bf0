import type { Resolver, Type } from 'avsc';
import { P2iError } from '../errors/errors.ts';

/**
 * Values of one topic in the Confluent wire format: a zero byte, the schema id as an int32 in big endian, the Avro body.
 */
export class Codec<T> {
  /** The id that `encode` writes. */
  readonly id: number;
  readonly #type: Type;
  readonly #typeById: (id: number) => Type | undefined;
  /** How to read what other schemas wrote, by id. */
  readonly #resolvers = new Map<number, Resolver>();

  constructor(type: Type, id: number, typeById: (id: number) => Type | undefined) {
    this.#type = type;
    this.id = id;
    this.#typeById = typeById;
  }

  /** Full name of the schema: `p2i.PinBatch`. */
  get schema(): string {
    return this.#type.branchName ?? this.#type.typeName;
  }

  /** @throws P2iError SCHEMA_MISMATCH naming the field that does not fit */
  encode(value: T): Buffer {
    let end: number;
    try {
      end = this.#type.encode(value, scratch, BODY_AT);
      if (end < 0) {
        // avsc answers with the bytes that were missing, negative.
        scratch = Buffer.allocUnsafeSlow(2 * (scratch.length - end));
        end = this.#type.encode(value, scratch, BODY_AT);
      }
    } catch (cause) {
      throw new P2iError('SCHEMA_MISMATCH', misfit(this.#type, value) ?? (cause as Error).message, { cause });
    }
    const bytes = Buffer.allocUnsafe(end);
    scratch.copy(bytes, 0, 0, end);
    bytes[0] = MAGIC;
    bytes.writeInt32BE(this.id, 1);
    return bytes;
  }

  /**
   * The value is the caller’s own; its `bytes` fields are copies, of any alignment.
   *
   * @param where names the record, `topic-partition@offset`
   * @throws P2iError SCHEMA_UNKNOWN for null, a foreign first byte or an id that the registry does not know,
   *   AVRO_MALFORMED for a body that its schema does not read to its end, or a long beyond 2^53
   */
  decode(bytes: Uint8Array | null, where: string): T {
    if (bytes === null) {
      throw new P2iError('SCHEMA_UNKNOWN', 'the value is null: a tombstone says nothing here', { where });
    }
    const id = schemaId(bytes);
    if (id === undefined) {
      throw new P2iError('SCHEMA_UNKNOWN', 'the value does not start with the magic byte and a schema id', {
        where,
      });
    }
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const resolver = id === this.id ? undefined : this.#resolver(id, where);
    let read: { value: T; offset: number };
    try {
      read = this.#type.decode(buffer, BODY_AT, resolver);
    } catch (cause) {
      throw new P2iError('AVRO_MALFORMED', (cause as Error).message, { where, cause });
    }
    if (read.offset !== buffer.length) {
      const message =
        read.offset < 0 ? 'the value is truncated' : `${buffer.length - read.offset} bytes too many`;
      throw new P2iError('AVRO_MALFORMED', message, { where });
    }
    return read.value;
  }

  #resolver(id: number, where: string): Resolver {
    let resolver = this.#resolvers.get(id);
    if (resolver !== undefined) return resolver;
    const writer = this.#typeById(id);
    if (writer === undefined)
      throw new P2iError('SCHEMA_UNKNOWN', `there is no schema of id ${id}`, { where });
    try {
      resolver = this.#type.createResolver(writer);
    } catch (cause) {
      const message = `schema ${id} is not one of this topic: ${(cause as Error).message}`;
      throw new P2iError('SCHEMA_UNKNOWN', message, { where, cause });
    }
    this.#resolvers.set(id, resolver);
    return resolver;
  }
}

/** The id of the schema that a value says it was written with; undefined where it is no value of a registry. */
export function schemaId(bytes: Uint8Array | null): number | undefined {
  if (bytes === null || bytes.length < BODY_AT || bytes[0] !== MAGIC) return undefined;
  return (bytes[1] << 24) | (bytes[2] << 16) | (bytes[3] << 8) | bytes[4];
}

const MAGIC = 0;
const BODY_AT = 5;

/** Where values are encoded before their size is known; grows to the largest. */
let scratch = Buffer.allocUnsafeSlow(1 << 20);

/** The first field that does not fit the type, with its value; undefined where all do. */
function misfit(type: Type, value: unknown): string | undefined {
  let found: string | undefined;
  type.isValid(value, {
    errorHook: (path, part, expected) => {
      found ??= `${path.join('.')}: ${String(part)} does not fit ${expected.branchName ?? expected.typeName}`;
    },
  });
  return found;
}
