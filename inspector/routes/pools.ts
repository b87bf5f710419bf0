import type { FastifyInstance } from 'fastify';
import type { RunsLog } from '../../workers/backfill/book.ts';
import { bottleneckOf } from '../../workers/pools/bottleneck.ts';
import { readPoolStatuses } from '../../workers/pools/status.ts';
import type { ApiPools } from '../api.ts';
import { Events } from '../events.ts';

/** Between two looks while a page follows, ms. */
const LOOK_MS = 2000;

/** GET /v1/pools, and the same as events. */
export function poolRoutes(server: FastifyInstance, { log, registry }: RunsLog): void {
  const look = async (): Promise<ApiPools> => {
    const pools = await readPoolStatuses(log, registry);
    const bottleneck = bottleneckOf(pools);
    return { pools, bottleneck: bottleneck ? { group: bottleneck.group, words: bottleneck.words } : null };
  };
  const events = new Events(look, LOOK_MS);
  server.addHook('onClose', () => events.close());
  server.get('/v1/pools', look);
  server.get('/v1/pools/events', (_request, reply) => events.follow(reply));
}
