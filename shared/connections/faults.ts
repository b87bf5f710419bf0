import type { ErrorCode } from '../errors/errors.ts';

/** What went wrong while a connection was made that no retry mends. */
export interface ConnectionFault {
  code: Extract<ErrorCode, 'AUTHENTICATION_FAILED' | 'CERTIFICATE_UNTRUSTED' | 'CONFIG_INVALID'>;
  message: string;
}

/** What TLS says was wrong, by whatever library and however wrapped; undefined where it was nothing of that kind. */
export function tlsFault(error: unknown): ConnectionFault | undefined {
  for (const cause of causesOf(error)) {
    const { code } = cause as NodeJS.ErrnoException;
    if (typeof code !== 'string') continue;
    if (UNTRUSTED.has(code)) {
      // Less what kafkajs puts before it, and Node’s advice after it.
      const why = cause.message.replace(/^Connection error: /, '').replace(/; if .*/, '');
      const message = `the server’s certificate is not trusted: ${why} (${code})`;
      return { code: 'CERTIFICATE_UNTRUSTED', message };
    }
    if (REFUSED_BY_SERVER.test(code)) {
      const message = `the server refuses the client’s certificate, or that there is none (${code})`;
      return { code: 'AUTHENTICATION_FAILED', message };
    }
    if (NO_TLS.has(code))
      return { code: 'CONFIG_INVALID', message: `the server does not speak TLS here (${code})` };
  }
  return undefined;
}

/** The error and all that it wraps, outermost first. */
export function* causesOf(error: unknown): Generator<Error> {
  if (!(error instanceof Error)) return;
  yield error;
  yield* causesOf(error.cause);
  if ('errors' in error && Array.isArray(error.errors))
    for (const part of error.errors) yield* causesOf(part);
}

/** OpenSSL’s results of the verification of a certificate, and Node’s of its name. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Alerts by which a server says so: `bad certificate`, `certificate required`, `unknown ca`… */
const REFUSED_BY_SERVER = /^ERR_SSL_.*ALERT_.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/;

const NO_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
]);
