import { readFileSync } from 'node:fs';
import { P2iError } from '../errors/errors.ts';
import { rememberSecret } from '../errors/scrub.ts';

/**
 * Where a secret is: in an environment variable or in a file. Settings hold this in place of the secret, so that they can
 * be printed and sent to threads, and that a secret that is changed in its file is used from the next connection on.
 */
export interface SecretSource {
  /** The environment variable that has the secret, or the path of its file. */
  variable: string;
  file: string | undefined;
}

/**
 * The secret, read anew. A line break at a file’s end is no part of it.
 *
 * @throws P2iError CONFIG_INVALID naming the variable, where the file cannot be read or there is no secret
 */
export function readSecret({ variable, file }: SecretSource): string {
  const secret = file === undefined ? process.env[variable] : readText(file, variable).replace(/\r?\n$/, '');
  if (!secret) throw new P2iError('CONFIG_INVALID', 'it is empty', { where: variable });
  rememberSecret(secret);
  return secret;
}

/** @throws P2iError CONFIG_INVALID naming the variable that names the file */
export function readText(file: string, variable: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new P2iError('CONFIG_INVALID', `${file} cannot be read (${code})`, { where: variable, cause });
  }
}
