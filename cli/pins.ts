import type { Command } from 'commander';
import { P2iError } from '../shared/errors/errors.ts';
import { openPins } from '../shared/pins/jsonl.ts';
import type { Pin } from '../shared/pins/pin.ts';
import { readTate } from '../shared/pins/tate.ts';
import { pinsTopic } from '../shared/stream/pins-topic.ts';
import { publishPins, type PinInput } from '../workers/ingest.ts';
import { addLogOptions, withLog, type LogOptions } from './log-options.ts';
import { formatCount, print, printJson, Progress } from './output.ts';
import { PATHS } from './paths.ts';

interface PublishOptions extends LogOptions {
  input?: string;
  dryRun?: true;
  json?: true;
}

/** `p2i pins publish`. */
export function addPinsCommand(program: Command): void {
  const pins = program.command('pins').description('write Pins to the corpus');
  addLogOptions(
    pins
      .command('publish')
      .description('append Pins to p2i-pins, in the partition of each: new ones, newer versions, deletions')
      .option(
        '--input <file>',
        'Pins in JSONL (docs/pins.md), - for the standard input (default: the Tate sample)',
      )
      .option('--dry-run', 'read and check the input, write nothing')
      .option('--json', 'print one JSON document'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  p2i pins publish --input pins.jsonl --brokers localhost:9092 --registry http://localhost:8081',
    )
    .action(publish);
}

async function publish(options: PublishOptions): Promise<void> {
  await withLog(options, async ({ log, registry }) => {
    const progress = new Progress('publishing', 'Pins', undefined);
    let rejected = 0;
    const onRejected = (error: P2iError): void => {
      rejected++;
      process.stderr.write(`rejected ${error.code} ${error.message}\n`);
    };
    const pins = options.input === undefined ? tate() : openPins(options.input);
    const input = { pins, onRejected, onProgress: (read: number) => progress.update(read) };
    const published = options.dryRun
      ? await countPins(input)
      : await publishPins(log, pinsTopic(registry), input);
    progress.stop();
    if (options.json) printJson({ dryRun: options.dryRun ?? false, published, rejected });
    else
      print(
        `${options.dryRun ? 'would publish' : 'published'} ${formatCount(published)} Pins, rejected ${formatCount(rejected)} lines`,
      );
  });
}

async function countPins({ pins, onRejected, onProgress }: PinInput): Promise<number> {
  let read = 0;
  for await (const pin of pins) {
    if (pin instanceof P2iError) onRejected(pin);
    else onProgress(++read);
  }
  return read;
}

async function* tate(): AsyncGenerator<Pin> {
  yield* (await readTate(PATHS.tate)).pins;
}
