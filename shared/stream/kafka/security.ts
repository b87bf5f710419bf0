import { X509Certificate } from 'node:crypto';
import type { SaslMechanism } from '../../connections/settings.ts';
import { tlsFault } from '../../connections/faults.ts';
import { readText } from '../../connections/secrets.ts';
import { P2iError } from '../../errors/errors.ts';
import type { KafkaConnection } from './client.ts';

/** Kafka’s names of the mechanisms, which the client libraries use as well. */
export const KAFKA_MECHANISMS = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const satisfies Record<SaslMechanism, string>;

/** What failed, as a client library tells it. */
export interface Failure {
  error: unknown;
  /** Kafka’s names of what the brokers answered; none where they did not answer. */
  answers: readonly string[];
  /** True where the brokers did not accept who asks, in the words of the library. */
  unauthenticated: boolean;
  /** The topic, the group or the transactional id that it was about. */
  where: string;
}

/** What is wrong with a connection’s security or with the user’s rights; undefined where the failure is another. */
export function securityError(
  { error, answers, unauthenticated, where }: Failure,
  connection: KafkaConnection,
): P2iError | undefined {
  const denied = answers.find((answer) => answer.endsWith(DENIED));
  if (denied !== undefined) {
    const resource = denied.slice(0, -DENIED.length).toLowerCase().replaceAll('_', ' ');
    const message = `${principalOf(connection)} may not do this with the ${resource}: the brokers answered ${denied}`;
    return new P2iError('NOT_AUTHORISED', message, { where, cause: error });
  }
  const brokers = connection.brokers.join();
  if (unauthenticated || answers.includes('SASL_AUTHENTICATION_FAILED')) {
    const message = `the brokers do not accept ${principalOf(connection)} with this password and mechanism`;
    return new P2iError('AUTHENTICATION_FAILED', message, { where: brokers, cause: error });
  }
  const fault = tlsFault(error);
  return fault && new P2iError(fault.code, fault.message, { where: brokers, cause: error });
}

const DENIED = '_AUTHORIZATION_FAILED';

/** Whom the brokers take this client for. */
function principalOf({ security }: KafkaConnection): string {
  if (security?.sasl !== undefined) return `user ${security.sasl.user}`;
  const certificate = security?.tls?.certificate;
  if (certificate === undefined) return 'user ANONYMOUS';
  const { subject } = new X509Certificate(readText(certificate.file, certificate.variable));
  return `the certificate of ${subject.replaceAll('\n', ', ')}`;
}
