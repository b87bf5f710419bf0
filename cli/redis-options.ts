import { Option, type Command } from 'commander';
import type { Redis } from 'ioredis';
import { connectRedis } from '../shared/connections/redis.ts';
import { readConnections } from '../shared/connections/settings.ts';
import { P2iError } from '../shared/errors/errors.ts';

/** Where the queue and the ledgers of runs are. */
export interface RedisOptions {
  redis?: string;
}

/** Adds `--redis` to a command. It is an environment variable too. */
export function addRedisOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--redis <url>',
      'Redis, with append-only file: redis://host:port, or rediss://host:port with TLS',
    ).env('P2I_REDIS'),
  );
}

/** A connection that is ready. @throws P2iError CONFIG_INVALID where no Redis is named; as connectRedis does */
export async function openRedis({ redis: url }: RedisOptions): Promise<Redis> {
  if (url === undefined) throw new P2iError('CONFIG_INVALID', '--redis (or P2I_REDIS) is missing');
  return connectRedis({ url, security: readConnections(process.env).redis });
}
