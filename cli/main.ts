#!/usr/bin/env node
import type { Command } from 'commander';
import { createProgram, runProgram } from './program.ts';

/** What adds each command, in the order in which help lists them. A file is loaded only where its command is asked for. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  start: async () => (await import('./start.ts')).addStartCommand,
  run: async () => (await import('./run.ts')).addRunCommand,
  explain: async () => (await import('./explain.ts')).addExplainCommand,
  serve: async () => (await import('./serve.ts')).addServeCommand,
  train: async () => (await import('./train.ts')).addTrainCommand,
  evaluate: async () => (await import('./evaluate.ts')).addEvaluateCommand,
  taxonomy: async () => (await import('./taxonomy.ts')).addTaxonomyCommand,
  language: async () => (await import('./language.ts')).addLanguageCommand,
  topics: async () => (await import('./topics.ts')).addTopicsCommand,
  pins: async () => (await import('./pins.ts')).addPinsCommand,
  worker: async () => (await import('./worker.ts')).addWorkerCommand,
  status: async () => (await import('./status.ts')).addStatusCommand,
  replay: async () => (await import('./replay.ts')).addReplayCommand,
  backfill: async () => (await import('./backfill.ts')).addBackfillCommand,
  dlq: async () => (await import('./dlq.ts')).addDlqCommand,
  compare: async () => (await import('./compare.ts')).addCompareCommand,
};

const { argv } = process;
const asked = Object.hasOwn(COMMANDS, argv[2]) ? [argv[2]] : Object.keys(COMMANDS);
const program = createProgram();
for (const name of asked) {
  const add = await COMMANDS[name]();
  add(program);
}
await runProgram(program, argv);
