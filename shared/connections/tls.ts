import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { P2iError } from '../errors/errors.ts';
import { readSecret, readText, type SecretSource } from './secrets.ts';

/** A PEM file, and the environment variable that names it. */
export interface PemFile {
  variable: string;
  file: string;
}

/** How a connection is encrypted, and who proves what by certificates. */
export interface TlsSettings {
  /** Authorities that the server’s certificate may come from; without it, those that Node trusts. */
  ca: PemFile | undefined;
  /** What the client shows of itself. */
  certificate: PemFile | undefined;
  key: PemFile | undefined;
  passphrase: SecretSource | undefined;
}

/**
 * The settings as `node:tls` takes them. The files are read whenever the properties are, which is at each connection:
 * certificates that are renewed need no restart.
 */
export function tlsOptions({ ca, certificate, key, passphrase }: TlsSettings): SecureContextOptions {
  const property = (name: string, read: () => string): PropertyDescriptorMap => ({
    [name]: { get: read, enumerable: true },
  });
  return Object.defineProperties(
    {},
    {
      ...(ca && property('ca', () => readText(ca.file, ca.variable))),
      ...(certificate && property('cert', () => readText(certificate.file, certificate.variable))),
      ...(key && property('key', () => readText(key.file, key.variable))),
      ...(passphrase && property('passphrase', () => readSecret(passphrase))),
    },
  );
}

/** @throws P2iError CONFIG_INVALID where a file cannot be read, is no PEM, or the key does not fit */
export function checkTls(settings: TlsSettings): void {
  const { ca, certificate, key } = settings;
  const options = { ...tlsOptions(settings) };
  if (ca !== undefined && !CERTIFICATE.test(String(options.ca)))
    throw new P2iError('CONFIG_INVALID', `${ca.file} holds no certificate`, { where: ca.variable });
  try {
    createSecureContext(options);
  } catch (cause) {
    const files = [certificate, key].flatMap((pem) => (pem === undefined ? [] : [pem.variable]));
    throw new P2iError('CONFIG_INVALID', `not usable for TLS: ${(cause as Error).message}`, {
      where: files.join(', '),
      cause,
    });
  }
}

/** OpenSSL reads a file without one as no authorities. */
const CERTIFICATE = /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/;
