import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pinsTopic } from '../../shared/stream/pins-topic.ts';
import { BATCH_PINS_TOPIC } from '../../workers/replay.ts';
import { plainEnvironment } from '../support/environment.ts';
import { p2i } from '../support/p2i.ts';
import { pinOf } from '../support/pin.ts';
import { withStateLog } from '../support/state.ts';
import { writeTateSample } from '../support/tate-jsonl.ts';
import { PARTITIONS, registry } from '../shared/stream/toy.ts';
import { writeLetters } from '../workers/dead-letters/made.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');

/** `p2i serve` in a process of its own. */
export interface Serving {
  url: string;
  close(): Promise<void>;
}

/** Starts it; resolves once it listens. */
export async function serve(args: readonly string[]): Promise<Serving> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: plainEnvironment(),
  });
  const url = await listening(child);
  return {
    url,
    close: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      assert.deepEqual(await exited, [0, null]);
    },
  };
}

/** Where it says that it is. @throws where it ends first */
function listening(child: ChildProcess): Promise<string> {
  let told = '';
  return new Promise((resolve, reject) => {
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (told += text));
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      const url = /the inspector is at (\S+)/.exec(told)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`p2i serve ended with ${code}: ${told}`)));
  });
}

/** A state that a run over some of the Tate sample has left, with three dead letters; and an inspector of it. */
export async function serveState(everyNth: number): Promise<Serving & { pins: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'p2i-browser-'));
  const state = join(folder, 'state');
  const input = join(folder, 'pins.jsonl');
  const pins = await writeTateSample(input, everyNth);
  const run = await p2i([
    ...['run', '--input', input, '--state', state, '--partitions', String(PARTITIONS)],
    ...['--output', join(folder, 'results.jsonl')],
  ]);
  if (run.code !== 0) throw new Error(run.stderr);
  await withStateLog(state, (log) => {
    const topic = BATCH_PINS_TOPIC;
    const headers = { run: 'run-1', lane: 'batch' };
    const batch = pinsTopic(registry).encode({ pins: [pinOf({ id: 'A00001', title: 'Fishermen at Sea' })] });
    return writeLetters(log, [
      { topic, headers, value: batch, stage: 'features', code: 'STAGE_FAILED' },
      { topic, headers, value: batch.subarray(0, 20), stage: 'candidates', code: 'AVRO_MALFORMED' },
      { topic, headers, partition: 1, value: batch, stage: 'features', code: 'STAGE_FAILED' },
    ]);
  });
  const serving = await serve(['--state', state]);
  return {
    ...{ pins, url: serving.url },
    close: async () => {
      await serving.close();
      await rm(folder, { recursive: true });
    },
  };
}
