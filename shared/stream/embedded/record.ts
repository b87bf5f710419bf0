import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { P2iError } from '../../errors/errors.ts';
import type { Headers, LogRecord, NewRecord } from '../log.ts';

/*
 * A record on disk, integers little endian:
 *   0  u32  bytes after the checksum
 *   4  u32  CRC-32 of those bytes
 *   8  i64  offset
 *  16  i64  timestamp, ms
 *  24  u8   0: the value as it is; 1: it is compressed with zstd; 2: there is none, a tombstone
 *  25  u32  bytes of the key
 *  29  u32  bytes of the headers
 *  33       key (UTF-8), headers (JSON; no bytes where there are none), value
 */
const CHECKED_FROM = 8;
const OFFSET_AT = 8;
const TIMESTAMP_AT = 16;
const FORM_AT = 24;
const KEY_LENGTH_AT = 25;
const HEADERS_LENGTH_AT = 29;
const KEY_AT = 33;

const PLAIN = 0;
const COMPRESSED = 1;
const TOMBSTONE = 2;

/** Bytes of a record before its key. */
export const RECORD_HEAD = KEY_AT;

/** Small values (results) hardly shrink and cost a call each; batches halve at least. */
const COMPRESS_FROM = 2048;
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const NO_BYTES = new Uint8Array(0);
const NO_HEADERS: Headers = Object.freeze({});

/** The bytes of a record that does not know its offset yet; `seal` finishes it. */
export function frame(record: NewRecord): Buffer {
  let value = record.value ?? NO_BYTES;
  let form = record.value === null ? TOMBSTONE : PLAIN;
  if (value.length >= COMPRESS_FROM) {
    const smaller = zstdCompressSync(value, COMPRESSION);
    if (smaller.length < value.length) {
      value = smaller;
      form = COMPRESSED;
    }
  }
  const keyLength = Buffer.byteLength(record.key);
  const headers = Object.keys(record.headers).length === 0 ? '' : JSON.stringify(record.headers);
  const headersLength = Buffer.byteLength(headers);
  const bytes = Buffer.allocUnsafe(KEY_AT + keyLength + headersLength + value.length);
  bytes.writeUInt32LE(bytes.length - CHECKED_FROM, 0);
  bytes.writeBigInt64LE(BigInt(record.timestamp), TIMESTAMP_AT);
  bytes[FORM_AT] = form;
  bytes.writeUInt32LE(keyLength, KEY_LENGTH_AT);
  bytes.writeUInt32LE(headersLength, HEADERS_LENGTH_AT);
  bytes.write(record.key, KEY_AT);
  bytes.write(headers, KEY_AT + keyLength);
  bytes.set(value, KEY_AT + keyLength + headersLength);
  return bytes;
}

/** Gives a framed record its offset and its checksum. */
export function seal(bytes: Buffer, offset: number): void {
  bytes.writeBigInt64LE(BigInt(offset), OFFSET_AT);
  bytes.writeUInt32LE(crc32(bytes.subarray(CHECKED_FROM)), 4);
}

/** Bytes of the whole record whose head starts at `at`; at least 8 bytes must be there. */
export function recordLength(bytes: Buffer, at: number): number {
  return CHECKED_FROM + bytes.readUInt32LE(at);
}

/** The offset that the record at `at` says it has; its head must be there. */
export function recordOffset(bytes: Buffer, at: number): number {
  return Number(bytes.readBigInt64LE(at + OFFSET_AT));
}

/**
 * Decodes the record that starts at `at` and lies wholly in `bytes`. An uncompressed value is a view of them.
 *
 * @throws P2iError LOG_CORRUPT naming `where` if the checksum or the offset is not what it must be
 */
export function parseRecord(bytes: Buffer, at: number, offset: number, where: string): LogRecord {
  const end = at + recordLength(bytes, at);
  const checked = bytes.subarray(at + CHECKED_FROM, end);
  if (end - at < KEY_AT || crc32(checked) !== bytes.readUInt32LE(at + 4)) {
    throw new P2iError('LOG_CORRUPT', 'the record does not match its checksum', { where });
  }
  if (recordOffset(bytes, at) !== offset) {
    throw new P2iError('LOG_CORRUPT', `the record has offset ${recordOffset(bytes, at)}`, { where });
  }
  const headersAt = at + KEY_AT + bytes.readUInt32LE(at + KEY_LENGTH_AT);
  const valueAt = headersAt + bytes.readUInt32LE(at + HEADERS_LENGTH_AT);
  const value = bytes.subarray(valueAt, end);
  return {
    offset,
    timestamp: Number(bytes.readBigInt64LE(at + TIMESTAMP_AT)),
    key: bytes.toString('utf8', at + KEY_AT, headersAt),
    headers:
      headersAt === valueAt
        ? NO_HEADERS
        : (JSON.parse(bytes.toString('utf8', headersAt, valueAt)) as Headers),
    value: valueOf(value, bytes[at + FORM_AT]),
  };
}

function valueOf(bytes: Buffer, form: number): Uint8Array | null {
  if (form === TOMBSTONE) return null;
  return form === COMPRESSED ? zstdDecompressSync(bytes) : bytes;
}
