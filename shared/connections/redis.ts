import { Redis } from 'ioredis';
import { P2iError, type ErrorCode } from '../errors/errors.ts';
import { parseAddress } from './address.ts';
import { tlsFault } from './faults.ts';
import { readSecret } from './secrets.ts';
import type { RedisSecurity } from './settings.ts';
import { tlsOptions } from './tls.ts';

export interface RedisConnection {
  /** `redis://host:port` or, with TLS, `rediss://host:port`; perhaps `/number` of a database. */
  url: string;
  /** See readConnections. */
  security: RedisSecurity;
}

/**
 * A connection that is ready. It comes back by itself where it is lost, and commands wait for it meanwhile, however
 * long: what BullMQ asks of a connection.
 *
 * @throws P2iError CONFIG_INVALID where the address is none, or a secret cannot be read; REDIS_UNAVAILABLE where it does
 *   not answer within some seconds; AUTHENTICATION_FAILED, CERTIFICATE_UNTRUSTED; NOT_AUTHORISED
 */
export async function connectRedis({ url, security }: RedisConnection): Promise<Redis> {
  const { protocol, host } = parseAddress(url, { server: 'REDIS', protocols: ['redis:', 'rediss:'] });
  const { tls, login } = security;
  const redis = new Redis(url, {
    ...(login && { password: readSecret(login.password) }),
    ...(login?.user !== undefined && { username: login.user }),
    ...(protocol === 'rediss:' && { tls: tlsOptions(tls) }),
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MS,
    lazyConnect: true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  let last: unknown = `no answer within ${CONNECT_MS} ms`;
  const where = login?.user === undefined ? host : `${host} as ${login.user}`;
  const timer = setTimeout(() => reject(redisError(last, where)), CONNECT_MS);
  redis.once('ready', () => resolve(undefined));
  // Whoever sends a command gets the error: one that nobody hears is printed by the library.
  redis.on('error', (error: Error) => {
    last = error;
    const known = redisError(error, where);
    if (!known.transient) reject(known);
  });
  redis.connect().catch(() => undefined);
  try {
    await promise;
  } catch (error) {
    redis.disconnect();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return redis;
}

/** What an error of a command or a connection is to P2I. `where`: the address, or what the command was for. */
export function redisError(error: unknown, where: string): P2iError {
  if (error instanceof P2iError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const fault = tlsFault(error);
  if (fault !== undefined) return new P2iError(fault.code, fault.message, { where, cause: error });
  const [word] = message.replace('Ready check failed: ', '').split(' ', 1);
  return new P2iError(codeOf(error, word), message, { where, cause: error });
}

function codeOf(error: unknown, word: string): ErrorCode {
  if (word === 'WRONGPASS' || word === 'NOAUTH') return 'AUTHENTICATION_FAILED';
  if (word === 'NOPERM') return 'NOT_AUTHORISED';
  const answered = error instanceof Error && error.name === 'ReplyError';
  return answered && !PASSES.has(word) ? 'INTERNAL' : 'REDIS_UNAVAILABLE';
}

/** Answers of a server that cannot serve now: it loads its data, or another one has become the master. */
const PASSES: ReadonlySet<string> = new Set([
  ...['LOADING', 'READONLY', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'BUSY', 'OOM', 'MISCONF', 'NOREPLICAS'],
]);

const CONNECT_MS = 5000;
