import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What a fault does with a request in place of an answer; false: this request is answered. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

/** The part of a registry that clients of ours use, in memory, with its requests on record and faults at will. */
export interface FakeRegistry {
  url: string;
  /** `GET /schemas/ids/7`, in order. */
  requests: string[];
  /** By subject: the JSON that was registered, in order. */
  subjects: Map<string, string[]>;
  /** By subject. */
  levels: Map<string, string>;
  /** What `/schemas/ids/<id>` answers with. */
  schemas: Map<number, { schema: string; schemaType?: string }>;
  fault: Fault | undefined;
  /** Resolves once the next request has come in. */
  request(): Promise<void>;
  close(): Promise<void>;
}

export async function startFakeRegistry(): Promise<FakeRegistry> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const registry: FakeRegistry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    subjects: new Map(),
    levels: new Map(),
    schemas: new Map(),
    fault: undefined,
    request: async () => {
      await once(server, 'seen');
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('request', (request, response) => {
    registry.requests.push(`${request.method} ${request.url}`);
    server.emit('seen');
    if (registry.fault?.(request, response) !== true) void answer(registry, request, response);
  });
  return registry;
}

async function answer(
  registry: FakeRegistry,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, resource, name, ...rest] = request.url!.split('/').map(decodeURIComponent);
  const body = Buffer.concat(await request.toArray()).toString();
  const say = (status: number, value: unknown) => {
    response.writeHead(status).end(JSON.stringify(value));
  };
  if (resource === 'config' && request.method === 'PUT') {
    const { compatibility } = JSON.parse(body) as { compatibility: string };
    registry.levels.set(name, compatibility);
    say(200, { compatibility });
  } else if (resource === 'config') {
    const level = registry.levels.get(name);
    if (level === undefined) say(404, { error_code: 40408, message: 'no level' });
    else say(200, { compatibilityLevel: level });
  } else if (resource === 'subjects' && request.method === 'POST') {
    const { schema } = JSON.parse(body) as { schema: string };
    const versions = registry.subjects.get(name) ?? [];
    registry.subjects.set(name, versions);
    if (!versions.includes(schema)) {
      versions.push(schema);
      registry.schemas.set(registry.schemas.size + 1, { schema });
    }
    say(200, { id: [...registry.schemas].find(([, known]) => known.schema === schema)![0] });
  } else if (resource === 'schemas') {
    const schema = registry.schemas.get(Number(rest[0]));
    if (schema === undefined) say(404, { error_code: 40403, message: 'Schema not found' });
    else say(200, schema);
  } else {
    const schema = registry.subjects.get(name)?.at(-1);
    if (schema === undefined) say(404, { error_code: 40401, message: 'Subject not found' });
    else say(200, { subject: name, id: 1, schema });
  }
}
