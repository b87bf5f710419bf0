import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Availability } from './files.ts';
import { freePort } from './ports.ts';
import { start, untilReady, type Guarded } from './process.ts';

/** A real Redis with an append-only file. It ends with this process, however that ends. */
export interface RedisServer {
  readonly url: string;
  /** SIGKILL; what it has answered is in its file. */
  kill(): Promise<void>;
  /** Starts it again on its port; resolves once it answers. */
  restart(options?: { empty?: boolean }): Promise<void>;
  /** Ends it and deletes what it holds. */
  close(): Promise<void>;
}

/** Whether this machine has Redis. Suites skip loudly with `why`; with CI=true nothing may be skipped, and it throws instead. */
export function redisAvailable(): Availability {
  const missing = spawnSync('redis-server', ['--version']).error !== undefined;
  if (!missing) return { available: true };
  const why = 'there is no `redis-server` on the PATH';
  if (process.env['CI'] === 'true') throw new Error(`CI runs every suite, but ${why}`);
  return { available: false, why };
}

/** Starts an empty one; resolves once it answers. @param settings of redis.conf, besides: `--maxmemory 10mb` */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'p2i-redis-'));
  const port = await freePort();
  const data = join(directory, 'data');
  const run = async (): Promise<Guarded> => {
    mkdirSync(data, { recursive: true });
    const server = start(
      'redis-server',
      [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--save', ''],
        ...['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', ...settings],
      ],
      join(directory, 'redis.log'),
    );
    await untilReady('Redis', server, () => answers(port));
    return server;
  };
  let server = await run();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => server.end('SIGKILL'),
    async restart({ empty = false } = {}) {
      assert(!server.isRunning(), 'Redis is up');
      if (empty) rmSync(data, { recursive: true });
      server = await run();
    },
    async close() {
      await server.end('SIGKILL');
      rmSync(directory, { recursive: true });
    },
  };
}

/** True once it answers a ping: not while it loads its file. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.once('error', () => end(false));
    socket.setTimeout(2000, () => end(false));
  });
}
