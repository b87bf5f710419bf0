#!/usr/bin/env node
import { addEvaluateCommand } from './evaluate.ts';
import { createProgram, runProgram } from './program.ts';
import { addTrainCommand } from './train.ts';
import { addTaxonomyCommand } from './taxonomy.ts';

const program = createProgram();
addTrainCommand(program);
addEvaluateCommand(program);
addTaxonomyCommand(program);
await runProgram(program, process.argv);
