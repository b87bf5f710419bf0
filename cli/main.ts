#!/usr/bin/env node
import { addDlqCommand } from './dlq.ts';
import { addEvaluateCommand } from './evaluate.ts';
import { addExplainCommand } from './explain.ts';
import { addLanguageCommand } from './language.ts';
import { createProgram, runProgram } from './program.ts';
import { addRunCommand } from './run.ts';
import { addStartCommand } from './start.ts';
import { addTrainCommand } from './train.ts';
import { addTaxonomyCommand } from './taxonomy.ts';
import { addPinsCommand } from './pins.ts';
import { addReplayCommand } from './replay.ts';
import { addTopicsCommand } from './topics.ts';
import { addWorkerCommand } from './worker.ts';

const program = createProgram();
addStartCommand(program);
addRunCommand(program);
addExplainCommand(program);
addTrainCommand(program);
addEvaluateCommand(program);
addTaxonomyCommand(program);
addLanguageCommand(program);
addTopicsCommand(program);
addPinsCommand(program);
addWorkerCommand(program);
addReplayCommand(program);
addDlqCommand(program);
await runProgram(program, process.argv);
