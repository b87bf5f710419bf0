import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import packageJson from '../package.json' with { type: 'json' };
import { ERRORS, P2iError } from '../shared/errors/errors.ts';
import type { Check } from '../shared/observability/health.ts';
import type { Access } from './access.ts';
import type { About, Failure } from './api.ts';
import { loadAssets } from './assets.ts';
import { failureOf } from './http.ts';
import type { Parts } from './parts.ts';
import { classifyRoutes } from './routes/classify.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { healthRoutes } from './routes/health.ts';
import { pageRoutes } from './routes/page.ts';
import { pinRoutes } from './routes/pins.ts';
import { poolRoutes } from './routes/pools.ts';
import { queueRoutes } from './routes/queues.ts';
import { runRoutes } from './routes/runs.ts';
import { sessionRoutes } from './routes/session.ts';
import { taxonomyRoutes } from './routes/taxonomy.ts';

/** What an inspector is made with. */
export interface InspectorOptions {
  access: Access;
  parts: Parts;
  logger: FastifyBaseLogger;
  /** Fails where what it looks into is away. */
  ready: Check;
}

/** The largest body of a request, bytes. */
export const BODY_BYTES = 1 << 20;
/** How long a request may take to arrive, ms. */
const REQUEST_MS = 15_000;

/** The inspector's server, which does not listen yet: a page and what it shows, as JSON under /v1. */
export async function createInspector(options: InspectorOptions): Promise<FastifyInstance> {
  const { access, parts, logger, ready } = options;
  const assets = await loadAssets();
  const server = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    routerOptions: { maxParamLength: 1000 },
    // Ending does not wait for those who follow events.
    forceCloseConnections: true,
  });
  // Other sites' forms can send text, but no JSON.
  server.removeContentTypeParser('text/plain');
  guard(server, access, assets.scriptHash);
  answerFailures(server);
  healthRoutes(server, ready);
  pageRoutes(server, assets);
  sessionRoutes(server, access);
  server.get('/v1/about', async () => about(parts, access));
  classifyRoutes(server, parts);
  taxonomyRoutes(server, parts);
  pinRoutes(server, parts);
  if (parts.letters) deadLetterRoutes(server, parts.letters);
  if (parts.pools) poolRoutes(server, parts.pools);
  if (parts.runs) {
    runRoutes(server, parts.runs);
    await queueRoutes(server, parts.runs.queue);
  }
  return server;
}

function about({ source, classifier, ...parts }: Parts, access: Access): About {
  return {
    version: packageJson.version,
    ...{ source, model: classifier.model.version, taxonomies: [...classifier.versions()] },
    parts: {
      results: parts.results !== undefined,
      deadLetters: parts.letters !== undefined,
      pools: parts.pools !== undefined,
      runs: parts.runs !== undefined,
    },
    token: access.asksForToken,
  };
}

/** Every answer says what a browser may do with it; every request is one that may be asked. */
function guard(server: FastifyInstance, access: Access, scriptHash: string): void {
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${scriptHash}`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  server.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    if (request.url.startsWith('/v1/')) void reply.header('cache-control', 'no-store');
    access.checkSite(request);
    if (request.routeOptions.config.open === true || access.admitted(request)) return;
    const { body } = failureOf(new P2iError('ACCESS_DENIED', 'the request has no valid token'));
    return reply.code(401).header('www-authenticate', 'Bearer').send(body);
  });
}

function answerFailures(server: FastifyInstance): void {
  server.setErrorHandler((error, request, reply) => {
    const { status, body } = failureOf(error);
    if (status >= 500) request.log.error({ code: body.code, err: error, url: request.url }, 'request failed');
    if (body.code === 'OVERLOADED') void reply.header('retry-after', '1');
    return reply.code(status).send(body);
  });
  server.setNotFoundHandler((request, reply) => {
    const body: Failure = {
      code: 'REQUEST_INVALID',
      message: `there is no ${request.method} ${request.url.split('?', 1)[0]}`,
      action: ERRORS.REQUEST_INVALID.action,
    };
    return reply.code(404).send(body);
  });
}
