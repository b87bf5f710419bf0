import type { Command } from 'commander';
import { addBackfillCommand } from '../../cli/backfill.ts';
import { addCompareCommand } from '../../cli/compare.ts';
import { addDlqCommand } from '../../cli/dlq.ts';
import { addPinsCommand } from '../../cli/pins.ts';
import { createProgram } from '../../cli/program.ts';
import { addReplayCommand } from '../../cli/replay.ts';
import { addServeCommand } from '../../cli/serve.ts';
import { addStatusCommand } from '../../cli/status.ts';
import { addTaxonomyCommand } from '../../cli/taxonomy.ts';
import { addTopicsCommand } from '../../cli/topics.ts';
import { addWorkerCommand } from '../../cli/worker.ts';
import { CONNECTION_VARIABLES } from '../../shared/connections/settings.ts';

const program = createProgram();
for (const add of [
  ...[
    addBackfillCommand,
    addCompareCommand,
    addDlqCommand,
    addPinsCommand,
    addReplayCommand,
    addServeCommand,
  ],
  ...[addStatusCommand, addTaxonomyCommand, addTopicsCommand, addWorkerCommand],
])
  add(program);

/** Variables that are no option of a command. */
const OTHERS = [...CONNECTION_VARIABLES.keys(), 'P2I_TOKEN', 'P2I_TOKEN_FILE'];

/** Every environment variable that a command reads on Kafka. */
export const VARIABLES: ReadonlySet<string> = new Set([...variablesOf(program), ...OTHERS]);

/** The command that arguments name: `backfill worker`. Undefined where it is none, or an option is none of its own. */
export function commandOf(args: readonly string[]): string | undefined {
  let command: Command = program;
  const names: string[] = [];
  for (const name of args) {
    const found = command.commands.find((sub) => sub.name() === name);
    if (found === undefined) break;
    command = found;
    names.push(name);
  }
  const flags = args.filter((arg) => arg.startsWith('--'));
  const known = flags.every((flag) => command.options.some(({ long }) => long === flag));
  return names.length > 0 && known ? names.join(' ') : undefined;
}

function variablesOf(command: Command): string[] {
  const own = command.options.flatMap(({ envVar }) => envVar ?? []);
  return [...own, ...command.commands.flatMap(variablesOf)];
}
