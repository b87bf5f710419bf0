import { Command, CommanderError, InvalidArgumentError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { P2iError } from '../shared/errors/errors.ts';
import { scrub } from '../shared/errors/scrub.ts';

/** Exit codes of every command. */
const FAILED = 1;
const MISUSED = 2;

/** The empty `p2i` program; each command adds itself with `program.command(…)` so that it inherits these settings. */
export function createProgram(): Command {
  return new Command('p2i')
    .description('Pin2Interest: maps every Pin to the interests that it is about')
    .version(packageJson.version)
    .showHelpAfterError('(--help says more)')
    .exitOverride()
    .configureHelp({ showGlobalOptions: false });
}

/**
 * Runs the command line. A failure is one line `error CODE where: message` and what to do about it on the standard
 * error, with exit code 1; a usage error has exit code 2. The stack is shown where P2I_DEBUG is set.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = reportFailure(error);
  }
}

function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
  const known =
    error instanceof P2iError ? error : new P2iError('INTERNAL', messageOf(error), { cause: error });
  process.stderr.write(`error ${known.code} ${known.message}\n  what to do: ${known.action}\n`);
  if (process.env.P2I_DEBUG) process.stderr.write(`${scrub(stackOf(error))}\n`);
  return FAILED;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** An option parser: an integer from `min` to `max`. */
export function integerOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
    return value;
  };
}
