import {
  AuthenticationError,
  findErrorBy,
  MultipleErrors,
  ProtocolError,
  protocolErrors,
  ResponseError,
} from '@platformatic/kafka';
import { causesOf, tlsFault } from '../../../connections/faults.ts';
import { P2iError } from '../../../errors/errors.ts';
import type { KafkaConnection } from '../client.ts';
import { securityError } from '../security.ts';

/** Kafka's names of what the brokers answered: `NOT_COORDINATOR`…; none where they did not answer. */
function answers(error: unknown): string[] {
  if (error instanceof ProtocolError) return [error.apiId as string];
  return error instanceof MultipleErrors ? error.errors.flatMap(answers) : [];
}

/** True where the brokers answered one of these. */
export function answered(error: unknown, ...names: string[]): boolean {
  return answers(error).some((name) => names.includes(name));
}

/** True where no answer came: no connection, or none within the time. */
export function unanswered(error: unknown): boolean {
  return findErrorBy(error as Error, 'code', 'PLT_KFK_NETWORK') !== null;
}

/** True where the brokers did not accept who connects: the library tells it as a network error. */
function isUnauthenticated(error: unknown): boolean {
  const network = ({ code }: NodeJS.ErrnoException): boolean => code === 'PLT_KFK_NETWORK';
  // It says the same where the connection was lost meanwhile.
  return causesOf(error).some(
    (cause) => cause instanceof AuthenticationError && !causesOf(cause).some(network),
  );
}

/** True where the same request can succeed a little later, perhaps from another broker. */
export function retriable(error: unknown): boolean {
  if (isUnauthenticated(error) || tlsFault(error) !== undefined) return false;
  if (unanswered(error)) return findErrorBy(error as Error, 'closed', true) === null;
  // Of a request of several parts, one that was refused leaves the others unattempted.
  const names = answers(error).filter((name) => name !== 'OPERATION_NOT_ATTEMPTED');
  return names.length > 0 && names.every((name) => protocolErrors[name].canRetry);
}

/** Which of several to throw: one that no retry mends, if there is. */
export function gravest(failures: readonly unknown[]): unknown {
  return failures.find((failure) => !retriable(failure)) ?? failures[0];
}

/** The response also where parts of it are errors, for a caller that looks at each part's code. */
export async function withErrors<T>(response: Promise<T>): Promise<T> {
  try {
    return await response;
  } catch (error) {
    if (error instanceof ResponseError) return error.response as T;
    throw error;
  }
}

/** What a library error is to P2I. */
export function brokerError(error: unknown, where: string, connection: KafkaConnection): P2iError {
  if (error instanceof P2iError) return error;
  const names = answers(error);
  const unauthenticated = isUnauthenticated(error);
  const insecure = securityError({ error, answers: names, unauthenticated, where }, connection);
  if (insecure !== undefined) return insecure;
  const message = names.length > 0 ? `the brokers answered ${[...new Set(names)].join(', ')}` : whyOf(error);
  const code = answered(error, ...FENCED)
    ? 'PARTITION_LOST'
    : unanswered(error) || retriable(error) || answered(error, ...MENDED_BY_A_NEW_PRODUCER)
      ? 'BROKER_UNAVAILABLE'
      : 'BROKER_REFUSED';
  return new P2iError(code, message, { where, cause: error });
}

/** The library says what failed, its causes why. */
function whyOf(error: unknown): string {
  return [...causesOf(error)].map(({ message }) => message).join(' ') || String(error);
}

/** Also what a producer gets whose transaction timed out: the brokers do not say which. */
const FENCED = ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'];

const MENDED_BY_A_NEW_PRODUCER = [
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'TRANSACTION_ABORTABLE',
  'TRANSACTION_COORDINATOR_FENCED',
  'UNKNOWN_PRODUCER_ID',
  'UNKNOWN_SERVER_ERROR',
];
