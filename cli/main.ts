#!/usr/bin/env node
import { createProgram, runProgram } from './program.ts';
import { addTaxonomyCommand } from './taxonomy.ts';

const program = createProgram();
addTaxonomyCommand(program);
await runProgram(program, process.argv);
