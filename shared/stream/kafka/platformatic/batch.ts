import { constants, zstdCompressSync } from 'node:zlib';
import { crc32c, CURRENT_RECORD_VERSION, IS_TRANSACTIONAL } from '@platformatic/kafka';
import type { NewRecord } from '../../log.ts';
import { ZSTD_LEVEL } from '../client.ts';

/** Who writes a batch: the brokers drop what comes twice under the same sequence number. */
export interface Origin {
  producerId: bigint;
  epoch: number;
  /** Of the first record. */
  sequence: number;
}

/**
 * Records of one partition as a record batch of a transaction, zstd-compressed. The library’s own encoder garbles
 * timestamps that are more than 2^31 ms, 25 days, from the first one’s.
 */
export function encodeBatch(records: readonly NewRecord[], origin: Origin): Buffer {
  const times = records.map(({ timestamp }) => timestamp);
  const bodies = records.map((record, i) => encodeRecord(record, i, record.timestamp - times[0]));
  const body = zstdCompressSync(Buffer.concat(bodies), ZSTD);

  const batch = Buffer.alloc(HEADER_BYTES + body.length);
  batch.writeInt32BE(batch.length - AFTER_LENGTH, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(CURRENT_RECORD_VERSION, 16);
  batch.writeInt16BE(IS_TRANSACTIONAL | IS_ZSTD, AFTER_CRC);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(BigInt(times[0]), 27);
  batch.writeBigInt64BE(BigInt(times.reduce((latest, time) => Math.max(latest, time))), 35);
  batch.writeBigInt64BE(origin.producerId, 43);
  batch.writeInt16BE(origin.epoch, 51);
  batch.writeInt32BE(origin.sequence, 53);
  batch.writeInt32BE(records.length, 57);
  body.copy(batch, HEADER_BYTES);
  batch.writeUInt32BE(crc32c(batch.subarray(AFTER_CRC)), 17);
  return batch;
}

function encodeRecord({ key, headers, value }: NewRecord, offset: number, time: number): Buffer {
  const texts = Object.entries(headers).flat();
  let size = Buffer.byteLength(key) + (value?.length ?? 0) + FIXED_BYTES + texts.length * VARINT_BYTES;
  for (const text of texts) size += Buffer.byteLength(text);
  const buffer = Buffer.allocUnsafe(size);
  // The length goes before the rest; there is room for the longest.
  let at = VARINT_BYTES;
  const text = (string: string): void => {
    at = writeVarint(buffer, at, Buffer.byteLength(string));
    at += buffer.write(string, at);
  };
  at = buffer.writeInt8(0, at);
  at = writeVarint(buffer, at, time);
  at = writeVarint(buffer, at, offset);
  text(key);
  at = writeVarint(buffer, at, value?.length ?? -1);
  if (value !== null) {
    buffer.set(value, at);
    at += value.length;
  }
  at = writeVarint(buffer, at, texts.length / 2);
  texts.forEach(text);

  const length = Buffer.allocUnsafe(VARINT_BYTES);
  const lengthBytes = writeVarint(length, 0, at - VARINT_BYTES);
  length.copy(buffer, VARINT_BYTES - lengthBytes, 0, lengthBytes);
  return buffer.subarray(VARINT_BYTES - lengthBytes, at);
}

/** Seven bits a byte, the lowest first, of the number in zigzag: 0, -1, 1, -2… @returns where it ends */
function writeVarint(buffer: Buffer, at: number, value: number): number {
  let end = at;
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) buffer[end++] = (rest % 0x80) | 0x80;
  buffer[end++] = rest;
  return end;
}

const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } };
const IS_ZSTD = 4;
const HEADER_BYTES = 61;
/** Where the part begins whose length the header says. */
const AFTER_LENGTH = 12;
/** Where the part begins that the checksum is of. */
const AFTER_CRC = 21;
/** Of the longest number below 2^31. */
const VARINT_BYTES = 5;
/** A length, an attribute byte, a time below 2^53, an offset, lengths of key and value, a count of headers. */
const FIXED_BYTES = VARINT_BYTES + 1 + 8 + 4 * VARINT_BYTES;
