import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, ensureBrokerFiles } from './files.ts';
import { startJava } from './jvm.ts';
import { freePort } from './ports.ts';
import { untilReady, type Guarded } from './process.ts';

/** A real schema registry (Apicurio). It ends with this process, however that ends. */
export interface SchemaRegistry {
  /** Of its Confluent-compatible interface. */
  readonly url: string;
  /** Shuts it down; its schemas and their ids are kept. */
  stop(): Promise<void>;
  /** Starts it again on its port; resolves once it answers. */
  start(): Promise<void>;
  /** Ends it and deletes its schemas. */
  close(): Promise<void>;
}

const CLASSES = 'classes.jsa';

/** Starts an empty registry; resolves once it answers. */
export async function startRegistry(): Promise<SchemaRegistry> {
  const { registry: jar } = await ensureBrokerFiles();
  const prepared = await cached('registry', (directory) => prepare(jar, directory));
  const directory = mkdtempSync(join(tmpdir(), 'p2i-registry-'));
  const port = await freePort();
  const start = () => startServer(jar, directory, port, `-XX:SharedArchiveFile=${join(prepared, CLASSES)}`);
  let server = start();
  const registry: SchemaRegistry = {
    url: urlOf(port),
    stop: () => server.end('SIGTERM'),
    async start() {
      assert(!server.isRunning(), 'the registry is up');
      server = start();
      await untilAnswers(server, port);
    },
    async close() {
      await server.end('SIGKILL');
      rmSync(directory, { recursive: true });
    },
  };
  try {
    await untilAnswers(server, port);
  } catch (error) {
    await registry.close();
    throw error;
  }
  return registry;
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}/apis/ccompat/v7`;
}

function startServer(jar: string, directory: string, port: number, archive: string): Guarded {
  const settings = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.http.access-log.enabled': false,
    // A file, so that schemas outlive the process.
    'apicurio.datasource.url': `jdbc:h2:file:${join(directory, 'schemas')}`,
    // Twenty connections are opened at the start by default.
    'apicurio.datasource.jdbc.initial-size': 1,
    'apicurio.datasource.jdbc.min-size': 1,
  };
  const definitions = Object.entries(settings).map(([key, value]) => `-D${key}=${value}`);
  return startJava({
    args: [archive, ...definitions, '-jar', jar],
    temporary: directory,
    log: join(directory, 'registry.log'),
  });
}

function untilAnswers(server: Guarded, port: number): Promise<void> {
  return untilReady('the registry', server, async () => {
    const response = await fetch(`${urlOf(port)}/subjects`);
    return response.ok && Array.isArray(await response.json());
  });
}

/** An archive of the classes that the registry loads, from one that ran: it starts in half the time. */
async function prepare(jar: string, directory: string): Promise<void> {
  const scratch = join(directory, 'scratch');
  mkdirSync(scratch);
  const port = await freePort();
  const server = startServer(jar, scratch, port, `-XX:ArchiveClassesAtExit=${join(directory, CLASSES)}`);
  await untilAnswers(server, port);
  await server.end('SIGTERM');
  rmSync(scratch, { recursive: true });
}
