import avro from 'avsc';

/** The part of avsc's reader that the types below use. */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  readString(): string;
  skipLong(): void;
}

interface Readable {
  _read(tap: Tap): unknown;
}

/**
 * avsc trusts the count of an array or map, so that one flipped bit can make it allocate until memory ends. Every
 * item of our schemas takes a byte at least: a count beyond the bytes that are left is malformed.
 */
function blockSize(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.skipLong();
  }
  if (count > tap.buf.length - tap.pos) throw new RangeError('the value is truncated');
  return count;
}

class BoundedArray extends avro.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const items = this.itemsType as unknown as Readable;
    let count = blockSize(tap);
    if (count === 0) return [];
    const values: unknown[] = new Array(count);
    for (let i = 0; count > 0; count = blockSize(tap)) {
      while (count-- > 0) values[i++] = items._read(tap);
    }
    return values;
  }
}

class BoundedMap extends avro.types.MapType {
  _read(tap: Tap): Record<string, unknown> {
    const items = this.valuesType as unknown as Readable;
    const values: Record<string, unknown> = {};
    for (let count = blockSize(tap); count > 0; count = blockSize(tap)) {
      while (count-- > 0) {
        const key = tap.readString();
        values[key] = items._read(tap);
      }
    }
    return values;
  }
}

/**
 * The type of a schema. Logical types stay what they are on the wire (a time is a number of milliseconds), values of
 * unions are not wrapped, decoded records are plain objects.
 *
 * @throws Error of avsc where the schema is invalid
 */
export function typeOf(schema: avro.Schema): avro.Type {
  return avro.Type.forSchema(schema, { omitRecordMethods: true, typeHook });
}

function typeHook(schema: avro.Schema, options: avro.ForSchemaOptions): avro.Type | undefined {
  switch ((schema as { type?: unknown }).type) {
    case 'array':
      return new BoundedArray(schema, options);
    case 'map':
      return new BoundedMap(schema, options);
    case 'record': {
      const type = new avro.types.RecordType(schema, options);
      (type as unknown as { recordConstructor: { prototype: object } }).recordConstructor.prototype =
        Object.prototype;
      return type;
    }
    default:
      return undefined;
  }
}
