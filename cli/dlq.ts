import { writeFile } from 'node:fs/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { ERRORS, P2iError, type ErrorCode } from '../shared/errors/errors.ts';
import { STAGES } from '../shared/stream/stage.ts';
import { decodeValue, type Decoded } from '../workers/dead-letters/decoded.ts';
import {
  letterId,
  letterOf,
  type LetterFilter,
  type LetterSource,
  type StoredLetter,
} from '../workers/dead-letters/letters.ts';
import { listed, listLetters, type LetterList, type ListedLetter } from '../workers/dead-letters/list.ts';
import { LEFT, planRedrive, redrive, type Left, type RedrivePlan } from '../workers/dead-letters/redrive.ts';
import { addLogOptions, withLog, type LogOptions } from './log-options.ts';
import { countOf, formatCount, formatTable, print, printJson, Progress, warn } from './output.ts';
import { integerOption } from './program.ts';
import { untilStopped } from './run-progress.ts';
import { timeOption } from './times.ts';

type FilterOptions = LogOptions & Omit<LetterFilter, 'ids'>;

/** `p2i dlq list|show|redrive`. */
export function addDlqCommand(program: Command): void {
  const dlq = program.command('dlq').description('look at what failed, and send it back');

  addLogOptions(
    addFilterOptions(dlq.command('list').description('list dead letters, and count them by stage and code'))
      .option('--limit <letters>', 'list those that failed last', integerOption(1, 1_000_000), 50)
      .option('--json', 'print one JSON document'),
  )
    .addHelpText('after', '\nExample:\n  p2i dlq list --stage ranking --since 2h --brokers localhost:9092')
    .action(list);

  addLogOptions(
    dlq
      .command('show')
      .description('show one dead letter, with what can be decoded of its bytes')
      .argument('<id>', 'as list shows it: 3@17')
      .option('--output <file>', 'write the original bytes there')
      .option('--json', 'print one JSON document'),
  )
    .addHelpText('after', '\nExample:\n  p2i dlq show 3@17 --output poison.bin --brokers localhost:9092')
    .action(show);

  addLogOptions(
    addFilterOptions(
      dlq
        .command('redrive')
        .description(
          'send dead letters back to where they failed, each once; what fails again is a new letter',
        )
        .argument(
          '[ids...]',
          'the letters, however often they failed; without any, all that the options fit',
        ),
    )
      .option('--limit <letters>', 'send at most so many, those that failed last', integerOption(1, 1e9))
      .option('--max-attempts <times>', 'leave what failed so often', integerOption(1, 1000), 3)
      .option('--dry-run', 'show what would go, and send nothing')
      .option('--json', 'print one JSON document'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  p2i dlq redrive --code TAXONOMY_UNKNOWN --since 1d --dry-run --brokers localhost:9092',
    )
    .action((ids: string[], options: RedriveCommandOptions) =>
      untilStopped(
        (signal) => redriveLetters(ids, options, signal),
        'stopped; the same command goes on where it was',
      ),
    );
}

function addFilterOptions(command: Command): Command {
  return command
    .addOption(new Option('--stage <stage>', 'that failed at this stage').choices(STAGES))
    .addOption(new Option('--code <code>', 'that failed with this error').argParser(errorCode))
    .option('--topic <topic>', 'that were read from this topic')
    .option('--since <time>', 'that failed then or later: an ISO time, or how long ago, 2h', timeOption)
    .option('--until <time>', 'that failed before', timeOption);
}

function errorCode(text: string): ErrorCode {
  if (text in ERRORS) return text as ErrorCode;
  throw new InvalidArgumentError('There is no such code; `p2i dlq list` shows those that there are.');
}

async function list(options: FilterOptions & { limit: number; json?: true }): Promise<void> {
  await withLetters(options, async (source) => {
    const found = await listLetters(source, filterOf(options), options.limit);
    if (options.json) printJson({ letters: found.letters.map(documentOf), counts: found.counts });
    else printList(found);
  });
}

function printList({ letters, counts }: LetterList): void {
  if (letters.length === 0) {
    print('no dead letters');
    return;
  }
  const rows = letters.map(({ id, failed, redriven, letter }) => [
    id,
    isoTime(failed),
    letter.stage,
    letter.code,
    placeOf(letter),
    letter.pinId ?? 'whole record',
    letter.attempts,
    redriven === undefined ? 'no' : isoTime(redriven),
    letter.message.split('\n', 1)[0],
  ]);
  const header = ['id', 'failed', 'stage', 'code', 'read at', 'Pin', 'attempts', 'redriven', 'message'];
  print(formatTable(header, rows), '');
  const all = counts.reduce((sum, { letters: some }) => sum + some, 0);
  if (all > letters.length) print(`the last ${formatCount(letters.length)} of ${formatCount(all)}`, '');
  print(
    formatTable(
      ['stage', 'code', 'letters', 'redriven'],
      counts.map(({ stage, code, letters: some, redriven }) => [stage, code, some, redriven]),
    ),
  );
}

function documentOf({ id, failed, redriven, letter, bytes }: ListedLetter): object {
  return {
    id,
    failedAt: isoTime(failed),
    redrivenAt: redriven === undefined ? null : isoTime(redriven),
    ...letter,
    time: isoTime(letter.time),
    bytes,
  };
}

async function show(id: string, options: LogOptions & { output?: string; json?: true }): Promise<void> {
  await withLetters(options, async (source) => {
    const stored = await letterOf(source, id);
    const { value } = stored.letter;
    const decoded = await decodeValue(source.registry, value);
    if (options.output !== undefined) await writeBytes(options.output, value);
    const head = Buffer.from(value).toString('hex', 0, HEAD_BYTES);
    if (options.json) printJson({ ...documentOf(listed(stored)), ...decoded, head });
    else printLetter(stored, decoded);
  });
}

/** Bytes of a value that are shown where nothing more is known of it. */
const HEAD_BYTES = 64;

function printLetter({ id, failed, redriven, letter }: StoredLetter, decoded: Decoded): void {
  const { stage, code, message, pinId, key, time, attempts, headers, value } = letter;
  const facts: [string, string][] = [
    ['letter', id],
    ['failed', isoTime(failed)],
    ['redriven', redriven === undefined ? 'no' : isoTime(redriven)],
    ['attempts', String(attempts)],
    ['stage', stage],
    ['error', `${code} ${message}`],
    ['what to do', ERRORS[code]?.action ?? 'this version does not know that code'],
    ['read at', placeOf(letter)],
    ['key', key],
    ['time', isoTime(time)],
    ['Pin', pinId ?? 'none: the record is here whole'],
    ...Object.entries(headers).map(([name, text]): [string, string] => [`header ${name}`, text]),
    ['bytes', formatCount(value.length)],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  print(...facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`), '');
  if ('schema' in decoded) print(`decoded as ${decoded.schema}:`, JSON.stringify(decoded.value, null, 2));
  else print(`not decoded: ${decoded.reason}`, ...hexLines(value.subarray(0, HEAD_BYTES)));
}

/** As `hexdump -C` has them. */
function hexLines(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines;
}

async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes);
  } catch (cause) {
    throw new P2iError('CONFIG_INVALID', (cause as Error).message, { where: '--output', cause });
  }
}

interface RedriveCommandOptions extends FilterOptions {
  limit?: number;
  maxAttempts: number;
  dryRun?: true;
  json?: true;
}

async function redriveLetters(
  ids: readonly string[],
  options: RedriveCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const { maxAttempts, limit, dryRun = false, json } = options;
  const filter = filterOf(options);
  if (ids.length > 0) filter.ids = new Set(ids);
  if (ids.length > 0 && Object.keys(filter).length > 1)
    throw new P2iError('CONFIG_INVALID', 'ids and options that choose letters exclude each other');
  await withLetters(options, async (source) => {
    const plan = await planRedrive(source, filter, { maxAttempts, ...(limit !== undefined && { limit }) });
    const going = plan.kinds.reduce((sum, { letters }) => sum + letters, 0);
    const redriven = dryRun
      ? 0
      : await withProgress(going, (onProgress) =>
          redrive({ log: source.log, registry: source.registry, signal, onProgress }, plan),
        );
    if (json) printJson({ dryRun, ...planDocument(plan), redriven });
    else
      printPlan(
        plan,
        dryRun
          ? `would redrive ${countOf(going, 'letter', 'letters')}`
          : `redrove ${countOf(redriven, 'letter', 'letters')}`,
      );
  });
}

async function withProgress(
  total: number,
  work: (onProgress: (done: number) => void) => Promise<number>,
): Promise<number> {
  if (total === 0) return 0;
  const progress = new Progress('redriving', 'letters', total);
  try {
    return await work((done) => progress.update(done));
  } finally {
    progress.stop();
  }
}

function printPlan({ kinds, left }: RedrivePlan, outcome: string): void {
  if (kinds.length > 0) {
    const rows = kinds.map(({ topic, stage, code, letters }) => [topic, stage, code, letters]);
    print(formatTable(['to', 'failed at', 'code', 'letters'], rows), '');
  }
  print(outcome);
  for (const [why, letters] of Object.entries(left))
    if (letters > 0) print(`left ${formatCount(letters)}: ${LEFT[why as Left]}`);
}

function planDocument({ going, kinds, left }: RedrivePlan): object {
  const ids = [...going].flatMap(([partition, offsets]) =>
    offsets.map((offset) => letterId(partition, offset)),
  );
  return { going: ids, kinds, left };
}

function filterOf({ stage, code, topic, since, until }: FilterOptions): LetterFilter {
  return {
    ...(stage !== undefined && { stage }),
    ...(code !== undefined && { code }),
    ...(topic !== undefined && { topic }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

function withLetters(options: LogOptions, work: (source: LetterSource) => Promise<void>): Promise<void> {
  return withLog(options, ({ log, registry }) => work({ log, registry, onUnreadable: warn }));
}

function placeOf({ topic, partition, offset }: ListedLetter['letter']): string {
  return `${topic}-${partition}@${offset}`;
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
