import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { plainEnvironment } from './environment.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Starts the command line in a process of its own. */
export function startP2i(
  args: readonly string[],
  input?: string | Buffer,
): { child: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: plainEnvironment(),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A command that fails before it reads its input closes it: that is what its exit code is for.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const finished = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, finished };
}

/** Runs the command line to its end. */
export function p2i(args: readonly string[], input?: string | Buffer): Promise<Finished> {
  return startP2i(args, input).finished;
}
