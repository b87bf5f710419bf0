import { InvalidArgumentError, Option, type Command } from 'commander';
import { CONNECTION_VARIABLES, readConnections } from '../shared/connections/settings.ts';
import { P2iError } from '../shared/errors/errors.ts';
import { connect, type LogAddress, type OpenedLog } from '../shared/stream/connect.ts';
import { CLIENTS, type ClientName } from '../shared/stream/kafka/clients.ts';
import { PATHS } from './paths.ts';
import { integerOption } from './program.ts';

/** Where the topics are: on Kafka, or in the state of an embedded run. */
export interface LogOptions {
  brokers?: string[];
  registry?: string;
  client: ClientName;
  replication: number;
  state?: string;
}

/** Adds what says where the topics are to a command. Each option is an environment variable too. */
export function addLogOptions(command: Command): Command {
  return addKafkaOptions(command).option(
    '--state <directory>',
    'the embedded log of this state directory, in place of Kafka',
  );
}

/** As {@link addLogOptions}, for commands that only make sense on Kafka. */
export function addKafkaOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--brokers <host:port,…>', 'Kafka brokers to begin with')
        .env('P2I_BROKERS')
        .argParser(brokerList),
    )
    .addOption(new Option('--registry <url>', 'schema registry, up to before /subjects').env('P2I_REGISTRY'))
    .addOption(
      new Option('--client <library>', 'Kafka client library')
        .choices(CLIENTS)
        .default('kafkajs')
        .env('P2I_CLIENT'),
    )
    .addOption(
      new Option(
        '--replication <copies>',
        'copies of a topic that is made; -1: as the brokers are configured',
      )
        .argParser(integerOption(-1, 16))
        .default(-1)
        .env('P2I_REPLICATION'),
    )
    .addHelpText(
      'after',
      '\nTLS, users and passwords are set by environment variables: `p2i worker --help` lists them.',
    );
}

/** The variables that secure connections. They are no options: secrets have no place on a command line. */
export function connectionHelp(): string {
  const width = Math.max(...[...CONNECTION_VARIABLES.keys()].map(({ length }) => length));
  const lines = [...CONNECTION_VARIABLES].map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`);
  return ['', 'Environment variables that secure connections:', ...lines].join('\n').replaceAll('`', '');
}

/** @throws P2iError as {@link addressOf} does; of the log; of the registry */
export async function openLog(options: LogOptions): Promise<OpenedLog> {
  return connect(addressOf(options), { schemas: PATHS.schemas });
}

/** @throws P2iError CONFIG_INVALID where the options name no log or two, or the environment is wrong */
export function addressOf({ brokers, registry, client, replication, state }: LogOptions): LogAddress {
  if (state !== undefined) {
    if (brokers !== undefined)
      throw new P2iError('CONFIG_INVALID', '--state and --brokers exclude each other');
    return { state };
  }
  if (brokers === undefined) throw new P2iError('CONFIG_INVALID', '--brokers (or P2I_BROKERS) is missing');
  if (registry === undefined) throw new P2iError('CONFIG_INVALID', '--registry (or P2I_REGISTRY) is missing');
  return { brokers, registry, client, replication, security: readConnections(process.env) };
}

/** Opens the log that the options name for the work, and closes it again. @throws as {@link openLog} does */
export async function withLog<T>(options: LogOptions, work: (opened: OpenedLog) => Promise<T>): Promise<T> {
  const opened = await openLog(options);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

function brokerList(text: string): string[] {
  const brokers = text.split(',').map((broker) => broker.trim());
  if (brokers.some((broker) => !/^\S+:\d+$/.test(broker)))
    throw new InvalidArgumentError('It must be host:port, several with commas between.');
  return brokers;
}
