import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { ERRORS } from '../../shared/errors/errors.ts';
import { commandOf, VARIABLES } from './commands.ts';
import { ROOT } from './tools.ts';

const DOCUMENTS = ['docs/operating.md', 'deploy/helm/p2i/README.md'];

describe('docs/operating.md and the chart’s README', () => {
  for (const document of DOCUMENTS) {
    const text = readFileSync(join(ROOT, document), 'utf8');

    test(`${document} names commands, options, variables and error codes that there are`, () => {
      const commands = [...text.matchAll(/(?:\.\/p2i|run --rm p2i|node cli\/main\.ts) ([a-z].*)/g)];
      // Less comments, quoted words, and what the shell makes of the end of a line.
      const args = commands.map(([, line]) =>
        line
          .replace(/ #.*|'[^']*'|`.*|2> .*|[();&|].*/g, '')
          .trim()
          .split(/\s+/),
      );
      for (const words of args) assert(commandOf(words), words.join(' '));
      const codes = [
        ...text.matchAll(
          /\b[A-Z]+(?:_[A-Z]+)*_(?:UNAVAILABLE|UNKNOWN|UNPUBLISHED|INVALID|FAILED|AUTHORISED|LOST)\b/g,
        ),
      ];
      for (const [code] of codes) assert(code in ERRORS, code);
      for (const [variable] of text.matchAll(/\bP2I_[A-Z_]+\b/g)) assert(VARIABLES.has(variable), variable);
    });

    test(`${document} leads to pages that there are`, () => {
      for (const [, target] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g))
        assert(existsSync(join(ROOT, dirname(document), target)), target);
    });
  }

  test('the check finds commands', () => {
    assert.equal(commandOf(['backfill', 'plan', '--run', 'x']), 'backfill plan');
    assert.equal(commandOf(['backfill', 'plan', '--rum', 'x']), undefined);
    assert.equal(commandOf(['backfil', 'plan']), undefined);
  });
});
