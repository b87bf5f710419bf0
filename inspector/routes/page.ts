import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Asset, Assets } from '../assets.ts';

/** Views of the page: each is an address of its own. */
const VIEWS = ['/', '/taxonomy', '/pools', '/runs', '/dead-letters'];

/** The page. It holds nothing that a token would protect. */
export function pageRoutes(server: FastifyInstance, { files, document }: Assets): void {
  for (const view of VIEWS) server.get(view, OPEN, (request, reply) => send(request, reply, document));
  for (const [path, file] of files) server.get(path, OPEN, (request, reply) => send(request, reply, file));
}

const OPEN = { config: { open: true } };

function send(request: FastifyRequest, reply: FastifyReply, file: Asset): FastifyReply {
  const { type, body, gzipped, etag } = file;
  void reply.headers({ etag, 'cache-control': 'no-cache', vary: 'accept-encoding' });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const isGzip = /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '');
  if (isGzip) void reply.header('content-encoding', 'gzip');
  return reply.type(type).send(isGzip ? gzipped : body);
}
