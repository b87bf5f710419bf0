import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Registry } from 'prom-client';

/** What a probe found: nothing, or why not. */
export type Check = () => Promise<string | undefined>;

export interface HealthOptions {
  port: number;
  host: string;
  prometheus: Registry;
  /** Fails where only a restart helps. */
  live: Check;
  /** Fails where work cannot go on now: brokers, registry or store are away. */
  ready: Check;
}

/** Serves `/live` and `/ready` (200, or 503 with the reason) and `/metrics`. */
export class HealthServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws the system's error where the port is taken */
  static async listen(options: HealthOptions): Promise<HealthServer> {
    const server = createServer((request, response) => {
      void answer(request.url ?? '', options, response);
    });
    server.listen(options.port, options.host);
    await once(server, 'listening');
    return new HealthServer(server);
  }

  /** The port that it listens on, also where 0 was asked for. */
  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

async function answer(
  url: string,
  { live, ready, prometheus }: HealthOptions,
  response: ServerResponse,
): Promise<void> {
  switch (url.split('?')[0]) {
    case '/live':
      respond(response, await live());
      return;
    case '/ready':
      respond(response, await ready());
      return;
    case '/metrics':
      response.writeHead(200, { 'content-type': prometheus.contentType });
      response.end(await prometheus.metrics());
      return;
    default:
      response.writeHead(404).end();
  }
}

function respond(response: ServerResponse, reason: string | undefined): void {
  response.writeHead(reason === undefined ? 200 : 503, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(reason === undefined ? { ok: true } : { ok: false, reason })}\n`);
}
