import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addStatusCommand } from '../../cli/status.ts';
import { p2i } from '../support/p2i.ts';
import { usage } from '../support/usage.ts';

describe('p2i status', () => {
  test('needs brokers, and says so', async () => {
    const { code, stderr } = await p2i(['status']);
    assert.equal(code, 1);
    assert.match(stderr, /^error CONFIG_INVALID --brokers \(or P2I_BROKERS\) is missing\n/);
  });

  test('help has an example', async () => {
    const { code, said } = await usage(addStatusCommand, 'status', '--help');
    assert.equal(code, 0);
    assert.match(said, /\nExample:\n {2}p2i status --watch /);
  });
});
