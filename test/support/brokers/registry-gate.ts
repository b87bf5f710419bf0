import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';

/** What stands in `authorization`, and whether whoever says so may write. */
export type Clients = ReadonlyMap<string, 'reads' | 'writes'>;

/** TLS and users before a registry that has none, as a proxy gives them. */
export interface RegistryGate {
  readonly url: string;
  close(): Promise<void>;
}

/** @param url of the registry */
export async function startRegistryGate(
  url: string,
  { certificate, key }: Certificate,
  clients: Clients,
): Promise<RegistryGate> {
  const { origin, pathname } = new URL(url);
  const files = { cert: readFileSync(certificate), key: readFileSync(key) };
  const server = createServer(files, (request, response) => {
    void answer(request, origin, clients).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}${pathname}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Answer {
  status: number;
  body: string;
}

async function answer(request: IncomingMessage, origin: string, clients: Clients): Promise<Answer> {
  const { method = 'GET', headers, url = '' } = request;
  const client = clients.get(headers.authorization ?? '');
  if (client === undefined) return refusal(401, 'Unauthorized');
  if (client === 'reads' && method !== 'GET') return refusal(403, 'Forbidden');
  const forwarded = await fetch(`${origin}${url}`, {
    method,
    headers: { 'content-type': headers['content-type'] ?? 'application/json' },
    ...(method !== 'GET' && { body: await buffer(request) }),
  });
  return { status: forwarded.status, body: await forwarded.text() };
}

function refusal(status: number, message: string): Answer {
  return { status, body: JSON.stringify({ error_code: status, message }) };
}
