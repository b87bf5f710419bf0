import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files of a certificate and its private key. */
export interface Certificate {
  certificate: string;
  key: string;
  /** Both in one file, as Kafka takes them. */
  both: string;
}

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '2'];

/** A certificate authority of a test’s own. Its files are in the directory, and those of what it issues. */
export class Authority {
  readonly #directory: string;
  readonly #name: string;
  #issued = 0;
  /** What it is known by. */
  readonly certificate: string;

  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
    this.certificate = join(directory, `${name}.pem`);
    const files = ['-keyout', join(directory, `${name}.key`), '-out', this.certificate];
    execFileSync('openssl', ['req', '-x509', ...EC_KEY, '-nodes', '-subj', `/CN=${name}`, ...files], QUIET);
  }

  /**
   * Issues a certificate for the common name, as server at 127.0.0.1 and as client.
   *
   * @param passphrase encrypts its key
   */
  issue(name: string, passphrase?: string): Certificate {
    const file = `${this.#name}-${name}-${++this.#issued}`;
    const path = (suffix: string): string => join(this.#directory, `${file}.${suffix}`);
    const files = { certificate: path('pem'), key: path('key'), both: path('both.pem') };
    const signing = ['-CA', this.certificate, '-CAkey', join(this.#directory, `${this.#name}.key`)];
    const extensions = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:false'];
    const protection = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', ...EC_KEY, ...protection, '-subj', `/CN=${name}`, ...signing, ...extensions],
        ...['-keyout', files.key, '-out', files.certificate],
      ],
      QUIET,
    );
    writeFileSync(files.both, readFileSync(files.key, 'utf8') + readFileSync(files.certificate, 'utf8'));
    return files;
  }
}

const QUIET = { stdio: 'pipe' } as const;
