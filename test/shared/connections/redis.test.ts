import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Redis } from 'ioredis';
import { connectRedis, redisError } from '../../../shared/connections/redis.ts';
import { readConnections } from '../../../shared/connections/settings.ts';
import { ofCode } from '../../support/assertions.ts';
import { withEnvironment } from '../../support/environment.ts';
import { Authority } from '../../support/brokers/certificates.ts';
import { freePort } from '../../support/brokers/ports.ts';
import { redisAvailable, startRedis, type RedisServer } from '../../support/brokers/redis.ts';

const available = redisAvailable();
const PASSWORD = 'redis-7xKq';

describe('a Redis with TLS and users', { skip: !available.available && available.why }, () => {
  let directory: string;
  let authority: Authority;
  let server: RedisServer;
  let url: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'p2i-redis-tls-'));
    authority = new Authority(directory, 'authority');
    const { certificate, key } = authority.issue('redis');
    const port = await freePort();
    url = `rediss://127.0.0.1:${port}`;
    server = await startRedis([
      ...['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key],
      ...['--tls-ca-cert-file', authority.certificate, '--tls-auth-clients', 'optional'],
      ...['--user', 'p2i', 'on', `>${PASSWORD}`, '~p2i:*', '&*', '+@all', '-flushall'],
    ]);
  });
  after(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });

  function connect(environment: Readonly<Record<string, string>>, address = url): Promise<Redis> {
    return withEnvironment(environment, () =>
      connectRedis({ url: address, security: readConnections(environment).redis }),
    );
  }

  const secured = (more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
    P2I_REDIS_TLS_CA_FILE: authority.certificate,
    P2I_REDIS_USER: 'p2i',
    P2I_REDIS_PASSWORD: PASSWORD,
    ...more,
  });

  test('lets a user in with its password, by a certificate too, and to its keys', async () => {
    const { certificate, key } = authority.issue('client');
    const more = { P2I_REDIS_TLS_CERT_FILE: certificate, P2I_REDIS_TLS_KEY_FILE: key };
    for (const environment of [secured(), secured(more)]) {
      const redis = await connect(environment);
      assert.equal(await redis.call('ACL', 'WHOAMI'), 'p2i');
      await redis.set('p2i:key', 'value');
      redis.disconnect();
    }
  });

  test('says which user may not do what', async () => {
    const redis = await connect(secured());
    for (const command of [redis.set('other', 'value'), redis.flushall()]) {
      const error: unknown = await command.catch((failed: unknown) => failed);
      assert.ok(ofCode('NOT_AUTHORISED', /runs: NOPERM/)(redisError(error, 'runs')));
    }
    redis.disconnect();
  });

  test('a wrong password, a strange certificate and a missing password are no outage', async () => {
    await assert.rejects(
      connect(secured({ P2I_REDIS_PASSWORD: 'redis-wrong' })),
      ofCode('AUTHENTICATION_FAILED', /127\.0\.0\.1:\d+ as p2i: WRONGPASS/),
    );
    const other = new Authority(directory, 'other');
    await assert.rejects(
      connect(secured({ P2I_REDIS_TLS_CA_FILE: other.certificate })),
      ofCode('CERTIFICATE_UNTRUSTED'),
    );
    const redis = await connect(secured());
    await redis.call('ACL', 'SETUSER', 'default', 'off');
    redis.disconnect();
    await assert.rejects(
      connect({ P2I_REDIS_TLS_CA_FILE: authority.certificate }),
      ofCode('AUTHENTICATION_FAILED', /NOAUTH/),
    );
  });

  test('one that is not there is REDIS_UNAVAILABLE, which may pass', async () => {
    await assert.rejects(
      connect({}, `redis://127.0.0.1:${await freePort()}`),
      ofCode('REDIS_UNAVAILABLE', /ECONNREFUSED/),
    );
  });

  test('an address with a password in it, and what is none, are refused without being repeated', async () => {
    for (const address of [`rediss://p2i:${PASSWORD}@host:6379`, `http://${PASSWORD}`, PASSWORD]) {
      await assert.rejects(connect({}, address), (error: Error) => {
        assert.ok(!error.message.includes(PASSWORD), error.message);
        return ofCode('CONFIG_INVALID', /P2I_REDIS/)(error);
      });
    }
  });
});
