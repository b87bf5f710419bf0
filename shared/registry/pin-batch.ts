import { P2iError } from '../errors/errors.ts';
import type { Pin, PinBatch } from '../pins/pin.ts';
import type { Codec } from './codec.ts';
import type { Registry } from './registry.ts';

/** A Pin as Avro has it. */
type WirePin = Omit<Pin, 'embedding'> & { embedding: Uint8Array | null };

/** Pin batches as bytes of p2i-pins: an embedding is float32, little endian. */
export class PinBatchCodec {
  readonly #codec: Codec<{ pins: WirePin[] }>;

  constructor(registry: Registry) {
    this.#codec = registry.codec('p2i-pins');
  }

  /**
   * Values out of range are written as they are (dead letters need that): `checkPinBatch` is for those.
   *
   * @throws P2iError SCHEMA_MISMATCH for a field of a wrong type
   */
  encode(batch: PinBatch): Buffer {
    return this.#codec.encode({ pins: batch.pins.map(toWire) });
  }

  /** @throws P2iError SCHEMA_UNKNOWN, AVRO_MALFORMED; PIN_INVALID for an embedding that is no float32 vector */
  decode(bytes: Uint8Array | null, where: string): PinBatch {
    const { pins } = this.#codec.decode(bytes, where);
    for (const pin of pins) {
      if (pin.embedding !== null) (pin as unknown as Pin).embedding = floats(pin.embedding, pin.id, where);
    }
    return { pins: pins as unknown as Pin[] };
  }
}

/**
 * Checks what Avro's types do not: ids are not empty, numbers are finite and in their range.
 *
 * @throws P2iError PIN_INVALID naming the first Pin and field that are wrong
 */
export function checkPinBatch(batch: PinBatch): void {
  for (const pin of batch.pins) checkPin(pin);
}

function checkPin(pin: Pin): void {
  if (pin.id === '') throw invalid(pin, 'id', 'is empty');
  for (const { term, confidence } of pin.annotations) {
    if (!isShare(confidence))
      throw invalid(pin, 'annotations.confidence', `of "${term}" is ${confidence}, not in [0, 1]`);
  }
  for (const board of pin.boards) if (board.id === '') throw invalid(pin, 'boards.id', 'is empty');
  const { saves, clicks, closeups, impressions, femaleShare, maleShare } = pin.engagement;
  checkCount(pin, 'saves', saves);
  checkCount(pin, 'clicks', clicks);
  checkCount(pin, 'closeups', closeups);
  checkCount(pin, 'impressions', impressions);
  checkShare(pin, 'femaleShare', femaleShare);
  checkShare(pin, 'maleShare', maleShare);
  if (pin.embedding !== null) {
    for (const x of pin.embedding) if (!Number.isFinite(x)) throw invalid(pin, 'embedding', `has a ${x}`);
  }
}

function checkCount(pin: Pin, field: string, value: number | null): void {
  if (value === null || (value >= 0 && value < Infinity)) return;
  throw invalid(pin, `engagement.${field}`, `is ${value}, not a count`);
}

function checkShare(pin: Pin, field: string, value: number | null): void {
  if (value === null || isShare(value)) return;
  throw invalid(pin, `engagement.${field}`, `is ${value}, not in [0, 1]`);
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

function invalid(pin: Pin, field: string, what: string): P2iError {
  return new P2iError('PIN_INVALID', `${field} ${what}`, { where: `Pin "${pin.id}"` });
}

function toWire(pin: Pin): WirePin {
  const { embedding } = pin;
  if (embedding === null) return pin as WirePin & { embedding: null };
  return { ...pin, embedding: Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength) };
}

function floats(bytes: Uint8Array, id: string, where: string): Float32Array {
  if (bytes.length % 4 !== 0) {
    throw new P2iError('PIN_INVALID', `embedding of Pin "${id}" has ${bytes.length} bytes`, { where });
  }
  const vector = new Float32Array(bytes.length / 4);
  new Uint8Array(vector.buffer).set(bytes);
  return vector;
}
