import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { P2iError, type ErrorCode } from '../errors/errors.ts';

const decompress = promisify(zstdDecompress);

/** What a zstd frame begins with (RFC 8878), little endian. */
const ZSTD_MAGIC = 0xfd2fb528;

/**
 * The bytes of a file; of one that is compressed with zstd, what it holds.
 *
 * @param what it is, for people: `the taxonomy`
 * @param broken the code where its zstd data is broken
 * @throws P2iError INPUT_UNREADABLE, and that code
 */
export async function readCompressed(path: string, what: string, broken: ErrorCode): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const message = `${what} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`;
    throw new P2iError('INPUT_UNREADABLE', message, { where: path, cause });
  }
  if (bytes.length < 4 || bytes.readUInt32LE() !== ZSTD_MAGIC) return bytes;
  try {
    return await decompress(bytes);
  } catch (cause) {
    throw new P2iError(broken, 'the zstd data is truncated or broken', { where: path, cause });
  }
}
