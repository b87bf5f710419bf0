import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Access } from '../access.ts';
import type { SessionState } from '../api.ts';

const body = z.strictObject({ token: z.string().max(1000) });
const open = { config: { open: true } };

/** A token is traded for a cookie that the page's scripts cannot read, and given back. */
export function sessionRoutes(server: FastifyInstance, access: Access): void {
  server.get('/v1/session', open, async (request): Promise<SessionState> => ({
    needed: !access.admitted(request),
  }));
  server.post('/v1/session', open, async (request, reply): Promise<SessionState> => {
    access.begin(body.parse(request.body).token, request, reply);
    return { needed: false };
  });
  server.delete('/v1/session', open, async (request, reply): Promise<SessionState> => {
    access.end(request, reply);
    return { needed: access.asksForToken };
  });
}
