import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance } from 'fastify';
import type { BackfillQueue } from '../../workers/backfill/queue.ts';

/** Where Bull Board is. */
export const QUEUES = '/queues';

/** Its page styles itself in place and says where its files are; its scripts are files, as ours are. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The queue of the runs in Bull Board, to look at: what happens to runs is recorded on p2i-runs, and a job that is
 * changed behind its back would be brought in line with it.
 */
export async function queueRoutes(server: FastifyInstance, queue: BackfillQueue): Promise<void> {
  const board = new FastifyAdapter();
  board.setBasePath(QUEUES);
  createBullBoard({
    queues: [new BullMQAdapter(queue, { readOnlyMode: true })],
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'P2I queue' } },
  });
  await server.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      void reply.header('content-security-policy', POLICY);
    });
    await scope.register(board.registerPlugin(), { prefix: QUEUES });
  });
}
