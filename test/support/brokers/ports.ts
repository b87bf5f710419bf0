import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Servers get ports below the range from which systems take the ports of outgoing connections: else a client could be
 * given the port of a broker that is down, which then could not restart. Test processes that run at once have their
 * own blocks of it.
 */
const FIRST_PORT = 12_000;
const PORTS_PER_PROCESS = 40;
const BLOCKS = 500;

let given = 0;

/** A port of 127.0.0.1 on which nothing listens, and that this process has not given out lately. */
export async function freePort(): Promise<number> {
  const block = FIRST_PORT + (process.pid % BLOCKS) * PORTS_PER_PROCESS;
  for (;;) {
    const port = block + (given++ % PORTS_PER_PROCESS);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
