import { aligned, ENTRY_BYTES } from './entry.ts';

/** A Pin's interests with their scores. */
export interface Scored {
  /** Interest ids, ascending. */
  interests: Uint32Array;
  /** Quantised, by place in `interests`. */
  scores: Uint16Array;
}

/** What is known of a Pin. */
export interface PinRecord extends Scored {
  pin: string;
  /** Which of the store's taxonomy versions the result behind it is of. */
  version: number;
  /** How many successions of the taxonomy had begun when its interests were written. */
  epoch: number;
}

/** Version (uint16), n (uint16), epoch (uint32); n × interest id (uint32), n × score (uint16), then the Pin id in UTF-8. */
const HEAD_BYTES = 8;

export function packRecord({ pin, version, epoch, interests, scores }: PinRecord): Buffer {
  const n = interests.length;
  const body = HEAD_BYTES + n * ENTRY_BYTES;
  const bytes = Buffer.allocUnsafeSlow(body + Buffer.byteLength(pin));
  bytes.writeUInt16LE(version, 0);
  bytes.writeUInt16LE(n, 2);
  bytes.writeUInt32LE(epoch, 4);
  new Uint32Array(bytes.buffer, HEAD_BYTES, n).set(interests);
  new Uint16Array(bytes.buffer, HEAD_BYTES + 4 * n, n).set(scores);
  bytes.write(pin, body);
  return bytes;
}

export function unpackRecord(bytes: Buffer): PinRecord {
  const scored = unpackScored(bytes);
  return {
    pin: bytes.toString('utf8', HEAD_BYTES + scored.interests.length * ENTRY_BYTES),
    version: bytes.readUInt16LE(0),
    epoch: bytes.readUInt32LE(4),
    ...scored,
  };
}

/** The interests alone: a search reads many records for the sake of a few Pins. */
export function unpackScored(bytes: Buffer): Scored {
  const { buffer, byteOffset } = aligned(bytes);
  const n = bytes.readUInt16LE(2);
  return {
    interests: new Uint32Array(buffer, byteOffset + HEAD_BYTES, n),
    scores: new Uint16Array(buffer, byteOffset + HEAD_BYTES + 4 * n, n),
  };
}
