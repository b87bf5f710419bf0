import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompressSync, zstdDecompress } from 'node:zlib';
import { P2iError } from '../../shared/errors/errors.ts';
import { parseTaxonomy } from '../../shared/taxonomy/read.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';

export const TAXONOMY_TOPIC = 'p2i-taxonomy';

/** Value of p2i-taxonomy. Exactly the fields of schemas/p2i-taxonomy.avsc. */
export interface TaxonomyVersion {
  version: string;
  /** Milliseconds since 1970. */
  published: number;
  reason: string;
  interests: number;
  /** Hash of what it says, whatever the order of its lines: `Taxonomy.version` of a taxonomy that has no name. */
  content: string;
  sha256: string;
  format: string;
  taxonomy: Uint8Array;
}

/** What a version is published with. */
export interface PublicationDetails {
  /** Without it, the version is named by its content. */
  version?: string | undefined;
  reason: string;
  /** Milliseconds since 1970. */
  published: number;
}

/**
 * A taxonomy's JSONL as a version to publish.
 *
 * @param where names the bytes in errors
 * @throws P2iError TAXONOMY_INVALID, also for more than 64 MiB; CONFIG_INVALID for a name that is none
 */
export function packTaxonomy(jsonl: Uint8Array, where: string, details: PublicationDetails): TaxonomyVersion {
  if (jsonl.length > MAX_JSONL_BYTES) {
    const message = `it has ${jsonl.length} bytes; at most ${MAX_JSONL_BYTES} can be published`;
    throw new P2iError('TAXONOMY_INVALID', message, { where });
  }
  const { size, version: content } = parseTaxonomy(jsonl, where);
  const { version = content, reason, published } = details;
  if (!VERSION_NAME.test(version)) {
    const message = `${JSON.stringify(version)} is no version: 1 to 64 letters, digits, ".", "_" and "-"`;
    throw new P2iError('CONFIG_INVALID', message);
  }
  return {
    version,
    published,
    reason,
    interests: size,
    content,
    sha256: sha256Of(jsonl),
    format: FORMAT,
    taxonomy: zstdCompressSync(jsonl, COMPRESSION),
  };
}

/**
 * The taxonomy of a published version, under its name.
 *
 * @param where names the record in errors
 * @throws P2iError TAXONOMY_INVALID, also for bytes that are not those that were published
 */
export async function unpackTaxonomy(published: TaxonomyVersion, where: string): Promise<Taxonomy> {
  const { version, format, sha256, taxonomy } = published;
  if (format !== FORMAT) {
    const message = `version ${version} is written as ${format}, which is newer than this program`;
    throw new P2iError('TAXONOMY_INVALID', message, { where });
  }
  let jsonl: Buffer;
  try {
    jsonl = await decompress(taxonomy, { maxOutputLength: MAX_JSONL_BYTES });
  } catch (cause) {
    const message = `version ${version} does not decompress: ${(cause as Error).message}`;
    throw new P2iError('TAXONOMY_INVALID', message, { where, cause });
  }
  if (sha256Of(jsonl) !== sha256) {
    const message = `version ${version} does not have the SHA-256 that it was published with`;
    throw new P2iError('TAXONOMY_INVALID', message, { where });
  }
  return parseTaxonomy(jsonl, where, version);
}

const VERSION_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const FORMAT = 'jsonl+zstd';

/** The largest we know, 10,595 interests with their names in 20 more languages, has 7 MB. */
const MAX_JSONL_BYTES = 64 << 20;

/** Higher levels take seconds and save a tenth. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 12 } };

const decompress = promisify(zstdDecompress);

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
