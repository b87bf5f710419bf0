/** A record as read_results.py reads it from its standard input: lengths are in big endian, −1 that of a tombstone. */
export function framed(key: string, value: Uint8Array | null): Buffer {
  const keyBytes = Buffer.from(key);
  const [keyLength, valueLength] = [Buffer.alloc(4), Buffer.alloc(4)];
  keyLength.writeUInt32BE(keyBytes.length);
  valueLength.writeInt32BE(value?.length ?? -1);
  return Buffer.concat([keyLength, keyBytes, valueLength, value ?? Buffer.alloc(0)]);
}
