import type { Command } from 'commander';
import { createProgram, runProgram } from '../../cli/program.ts';

/** What the command line answers to options with which it does no work: help, or what is wrong with them. */
export async function usage(
  add: (program: Command) => void,
  ...args: string[]
): Promise<{ code: number; said: string }> {
  let said = '';
  const write = (text: string): void => void (said += text);
  const program = createProgram().configureOutput({ writeOut: write, writeErr: write });
  add(program);
  await runProgram(program, ['node', 'p2i', ...args]);
  const code = Number(process.exitCode);
  process.exitCode = undefined;
  return { code, said };
}
