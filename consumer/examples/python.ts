/**
 * Reads p2i-results in Python, by nothing but its Avro schema: from Kafka, or, of an embedded log, which Python cannot open,
 * through a pipe.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Option } from 'commander';
import { P2iError, type P2iConsumer } from 'p2i/consumer';
import type { LogOptions } from '../../cli/log-options.ts';
import { timeOption } from '../../cli/times.ts';
import { readAll, type Log } from '../../shared/stream/log.ts';
import { ensureVenv } from '../../train/venv.ts';
import { runExample } from './support/example.ts';
import { framed } from './support/framed.ts';

interface Options extends LogOptions {
  pin: string;
  group?: string;
  since?: number;
  json?: true;
}

const HERE = join(import.meta.dirname, 'python');
const VENV = join(import.meta.dirname, '../../.p2i/python');

await runExample<Options>({
  name: 'python',
  description: 'read p2i-results in Python, from its Avro schema alone (python/read_results.py)',
  usage: 'npm run example -- python --pin A00005',
  options: [
    new Option('--pin <id>', 'show what stands there of this Pin').default('A00002'),
    new Option('--group <name>', 'consumer group: it goes on where it was (Kafka alone)'),
    new Option('--since <time>', 'replay from a time on, in no group (Kafka alone)')
      .argParser(timeOption)
      .conflicts('group'),
    new Option('--json', 'print one JSON document'),
  ],
  async run({ opened }: P2iConsumer, options) {
    const python = await ensureVenv(join(HERE, 'requirements.txt'), VENV);
    const args = [join(HERE, 'read_results.py'), '--pin', options.pin, ...(options.json ? ['--json'] : [])];
    const isEmbedded = options.brokers === undefined;
    const source = isEmbedded ? framesOf(opened.log) : [];
    process.exitCode = await read(python, [...args, ...placeArguments(options)], source);
  },
});

/** @throws P2iError CONFIG_INVALID */
function placeArguments({ brokers, registry, group, since }: Options): string[] {
  if (brokers === undefined) {
    if (group === undefined && since === undefined) return [];
    throw new P2iError(
      'CONFIG_INVALID',
      '--group and --since are for Kafka: of an embedded log all is piped',
    );
  }
  return [
    ...['--kafka', brokers.join(','), registry!],
    ...(group === undefined ? [] : ['--group', group]),
    ...(since === undefined ? [] : ['--since', new Date(since).toISOString()]),
  ];
}

/** Runs the reader and writes to its standard input. @returns its exit code: where it fails, it says why itself */
async function read(
  python: string,
  args: readonly string[],
  input: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<number> {
  const child = spawn(python, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  const exit = once(child, 'exit') as Promise<[code: number | null]>;
  const written = pipeline(Readable.from(input), child.stdin).catch((error: unknown) => {
    // A reader that fails reads no further.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  });
  const [[code]] = await Promise.all([exit, written]);
  return code ?? 1;
}

/** All records of p2i-results. */
async function* framesOf(log: Log): AsyncGenerator<Buffer> {
  for await (const { key, value } of readAll(log, 'p2i-results')) yield framed(key, value);
}
