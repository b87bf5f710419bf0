import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { Check } from '../../shared/observability/health.ts';

const OPEN = { config: { open: true } };
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** `/live`, `/ready` and `/metrics`, as workers have them. `/metrics` asks for the token. */
export function healthRoutes(server: FastifyInstance, ready: Check): void {
  const prometheus = new Registry();
  collectDefaultMetrics({ register: prometheus });
  const registers = [prometheus];
  const requests = new Counter({
    name: 'p2i_inspector_requests_total',
    help: 'Requests to the inspector, by route and status.',
    labelNames: ['route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'p2i_inspector_request_seconds',
    help: 'How long requests to the inspector take, by route.',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  });
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    requests.inc({ route, status: reply.statusCode });
    seconds.observe({ route }, reply.elapsedTime / 1000);
  });
  server.get('/live', OPEN, async () => ({ ok: true }));
  server.get('/ready', OPEN, async (_request, reply) => {
    const reason = await ready();
    if (reason === undefined) return { ok: true };
    return reply.code(503).send({ ok: false, reason });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type(prometheus.contentType).send(await prometheus.metrics()),
  );
}
