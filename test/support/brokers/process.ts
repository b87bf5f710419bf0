import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Becomes the program that it is given, beside a watcher that kills it once the pipe on descriptor 3 closes: the pipe's
 * other end closes with our process, however that ends. A line on the pipe dismisses the watcher.
 */
const GUARD = '{ read -r _ <&3 || kill -9 $$; } & exec 3<&-; exec "$@"';

/** A program that never outlives this process, and does not keep it alive. */
export interface Guarded {
  /** Its exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  isRunning(): boolean;
  /** Sends the signal, and resolves when the program is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** The last lines of what it printed: for the message of an error. */
  lastLines(): string;
}

/** Starts a program; what it prints is appended to the file `log`. */
export function start(command: string, args: readonly string[], log: string): Guarded {
  const output = openSync(log, 'a');
  const child = spawn('sh', ['-c', GUARD, command, command, ...args], {
    stdio: ['ignore', output, output, 'pipe'],
  });
  closeSync(output);
  const pipe = child.stdio[3] as Socket;
  pipe.on('error', () => undefined);
  pipe.unref();
  child.unref();
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => {
    // Its id may soon be another program's.
    pipe.end('\n');
    return code;
  });
  return {
    exited,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async end(signal) {
      child.ref();
      child.kill(signal);
      await exited;
    },
    lastLines: () => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n'),
  };
}

/** Runs a program to its end. Throws with its last lines where it fails. */
export async function run(command: string, args: readonly string[], log: string): Promise<void> {
  const program = start(command, args, log);
  // Waiting for a child that is not referenced does not keep this process alive; a timer does.
  const awake = setInterval(() => undefined, 1 << 30);
  const code = await program.exited;
  clearInterval(awake);
  if (code !== 0) throw new Error(`${command} failed (${code}):\n${program.lastLines()}`);
}

/** A server is given so long to start on a loaded machine, ms. */
const START_TIMEOUT_MS = 90_000;

/** Resolves once `answers` does. Throws where the server has exited, or takes too long, with its last lines. */
export async function untilReady(
  name: string,
  server: Guarded,
  answers: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    let cause: unknown;
    const ready = await answers().catch((error: unknown) => {
      cause = error;
      return false;
    });
    if (!server.isRunning()) throw new Error(`${name} exited at its start:\n${server.lastLines()}`);
    if (ready) return;
    if (performance.now() > deadline) {
      const message = `${name} did not serve within ${START_TIMEOUT_MS / 1000} s:\n${server.lastLines()}`;
      throw new Error(message, { cause });
    }
    await sleep(50);
  }
}
