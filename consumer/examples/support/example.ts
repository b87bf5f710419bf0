import { Command, type Argument, type Option } from 'commander';
import { P2iConsumer, type ConsumerAddress } from 'p2i/consumer';
import { addLogOptions, addressOf, type LogOptions } from '../../../cli/log-options.ts';
import { runProgram } from '../../../cli/program.ts';
import { ensureSample } from './sample.ts';

export interface Example<Options extends object> {
  /** Of its file. */
  name: string;
  description: string;
  /** A command line that shows it. */
  usage: string;
  /** Topics that it writes. */
  writes?: readonly string[];
  /** What the command line has besides options. */
  arguments?: readonly Argument[];
  /** Options of its own. */
  options?: readonly Option[];
  run: (p2i: P2iConsumer, options: Options, args: readonly string[]) => Promise<void>;
}

/** Runs an example: on Kafka where the command line says so, else on the bundled sample. */
export async function runExample<Options extends object = object>(example: Example<Options>): Promise<void> {
  const command = new Command(`npm run example -- ${example.name}`)
    .description(example.description)
    .showHelpAfterError('(--help says more)')
    .exitOverride();
  addLogOptions(command).addHelpText('after', `\nExample:\n  ${example.usage}`);
  for (const argument of example.arguments ?? []) command.addArgument(argument);
  for (const option of example.options ?? []) command.addOption(option);
  command.action(async () => {
    const options = command.opts<Options & LogOptions>();
    const p2i = await P2iConsumer.connect(await placeOf(options), example.writes);
    try {
      await example.run(p2i, options, command.args);
    } finally {
      await p2i.close();
    }
  });
  await runProgram(command, process.argv);
}

async function placeOf(options: LogOptions): Promise<ConsumerAddress> {
  if (options.brokers === undefined && options.state === undefined) return { state: await ensureSample() };
  return addressOf(options);
}
