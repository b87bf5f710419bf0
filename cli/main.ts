#!/usr/bin/env node
import { addEvaluateCommand } from './evaluate.ts';
import { addExplainCommand } from './explain.ts';
import { createProgram, runProgram } from './program.ts';
import { addRunCommand } from './run.ts';
import { addStartCommand } from './start.ts';
import { addTrainCommand } from './train.ts';
import { addTaxonomyCommand } from './taxonomy.ts';

const program = createProgram();
addStartCommand(program);
addRunCommand(program);
addExplainCommand(program);
addTrainCommand(program);
addEvaluateCommand(program);
addTaxonomyCommand(program);
await runProgram(program, process.argv);
