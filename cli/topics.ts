import type { Command } from 'commander';
import { createTopics, partitionsOf, TOPICS } from '../shared/stream/topics.ts';
import { addLogOptions, withLog, type LogOptions } from './log-options.ts';
import { formatTable, print, printJson } from './output.ts';
import { integerOption } from './program.ts';

interface CreateOptions extends LogOptions {
  partitions: number;
  dryRun?: true;
  json?: true;
}

/** `p2i topics create|list`. */
export function addTopicsCommand(program: Command): void {
  const topics = program.command('topics').description('make and look at the topics');

  addLogOptions(
    topics
      .command('create')
      .description(
        'make every topic with its partitions, compaction, retention and compression; those there stay',
      )
      .option('--partitions <number>', 'partitions of the corpus', integerOption(1, 100_000), 12)
      .option('--dry-run', 'show what would be made')
      .option('--json', 'print one JSON document'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  p2i topics create --partitions 24 --brokers localhost:9092 --registry http://localhost:8081',
    )
    .action(create);

  addLogOptions(
    topics
      .command('list')
      .description('show which topics there are and how much each holds')
      .option('--json', 'print one JSON document'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  p2i topics list --brokers localhost:9092 --registry http://localhost:8081',
    )
    .action(list);
}

async function create(options: CreateOptions): Promise<void> {
  await withLog(options, async ({ log }) => {
    const made: { topic: string; partitions: number; made: boolean; config: object }[] = [];
    for (const [topic, settings] of Object.entries(TOPICS)) {
      const partitions = partitionsOf(settings, options.partitions);
      const missing = (await log.partitions(topic)) === 0;
      made.push({ topic, partitions, made: missing, config: settings.config });
    }
    if (!options.dryRun) await createTopics(log, options.partitions);
    if (options.json) {
      printJson({ dryRun: options.dryRun ?? false, topics: made });
      return;
    }
    const verb = options.dryRun ? 'would be made' : 'made';
    const rows = made.map(({ topic, partitions, made: missing, config }) => [
      topic,
      partitions,
      missing ? verb : 'was there',
      Object.entries(config)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ]);
    print(formatTable(['topic', 'partitions', '', 'settings'], rows));
  });
}

async function list(options: LogOptions & { json?: true }): Promise<void> {
  await withLog(options, async ({ log }) => {
    const topics = [];
    for (const [topic, { meaning }] of Object.entries(TOPICS)) {
      const partitions = await log.partitions(topic);
      const ends = partitions > 0 ? await log.endOffsets(topic) : [];
      topics.push({ topic, partitions, end: ends.reduce((a, b) => a + b, 0), meaning });
    }
    if (options.json) printJson({ topics });
    else
      print(
        formatTable(
          ['topic', 'partitions', 'offsets', 'meaning'],
          topics.map(({ topic, partitions, end, meaning }) => [topic, partitions, end, meaning]),
        ),
      );
  });
}
