import { P2iError, type ErrorCode } from '../../../errors/errors.ts';
import type { KafkaConnection } from '../client.ts';
import { securityError } from '../security.ts';
import { KafkaJSError } from './library.ts';

/** What the brokers refuse for good, by kafkajs' name of the protocol's error. Every other error can pass. */
const REFUSED: ReadonlySet<string | undefined> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_PARTITIONS',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TIMESTAMP',
  'INVALID_TRANSACTION_TIMEOUT',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INCONSISTENT_GROUP_PROTOCOL',
  'SECURITY_DISABLED',
  'UNSUPPORTED_VERSION',
]);

/** kafkajs' error as ours. `where` names the topic, the group or the transactional id. */
export function brokerError(error: unknown, where: string, connection: KafkaConnection): P2iError {
  const type = errorType(error);
  const chain = [...causes(error)];
  const unauthenticated = chain.some(isUnauthenticated);
  const answers = type === undefined ? [] : [type];
  const insecure = securityError({ error, answers, unauthenticated, where }, connection);
  if (insecure !== undefined) return insecure;
  const root = chain.at(-1);
  return new P2iError(codeOf(type), root?.message ?? String(error), { where, cause: error });
}

/** kafkajs says the same where the connection was lost meanwhile, with that after it. */
function isUnauthenticated({ name, message }: Error): boolean {
  return name === 'KafkaJSSASLAuthenticationError' && !LOST_CONNECTION.test(message);
}

const LOST_CONNECTION = /failed: (Closed connection|Connection (error|timeout)|Request .* timed out)/;

function codeOf(type: string | undefined): ErrorCode {
  // Also where the brokers have aborted its transaction because it took too long: the same epoch tells both.
  if (type === 'INVALID_PRODUCER_EPOCH') return 'PARTITION_LOST';
  return REFUSED.has(type) ? 'BROKER_REFUSED' : 'BROKER_UNAVAILABLE';
}

/** The protocol's name of what the brokers answered; undefined where they did not answer. */
export function errorType(error: unknown): string | undefined {
  for (const cause of causes(error)) {
    if ('type' in cause && typeof cause.type === 'string') return cause.type;
  }
  return undefined;
}

/** The error and what it wraps, outermost first. */
function* causes(error: unknown): Generator<Error> {
  for (let next = error; next instanceof Error;) {
    yield next;
    next = 'errors' in next && Array.isArray(next.errors) ? (next.errors[0] as unknown) : next.cause;
  }
}

/** Gives up an operation that takes longer than `ms`: kafkajs may wait for a silent broker over and over. */
export async function within<T>(ms: number, operation: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new KafkaJSError(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([operation, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
