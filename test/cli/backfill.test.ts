import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addBackfillCommand } from '../../cli/backfill.ts';
import { p2i } from '../support/p2i.ts';
import { usage } from '../support/usage.ts';

const backfill = (...args: string[]): ReturnType<typeof usage> =>
  usage(addBackfillCommand, 'backfill', ...args);

describe('p2i backfill', () => {
  test('every command has help with an example', async () => {
    const { said } = await backfill('--help');
    const commands = [...said.matchAll(/^ {2}([a-z]+) (?:\[options\] )?.*$/gm)].map(([, name]) => name);
    const own = commands.filter((name) => name !== 'help');
    assert.deepEqual(own, [
      ...[
        'plan',
        'start',
        'status',
        'pause',
        'resume',
        'cancel',
        'retry',
        'schedule',
        'unschedule',
        'worker',
      ],
    ]);
    for (const name of own) {
      const help = await backfill(name, '--help');
      assert.equal(help.code, 0);
      assert.match(help.said, new RegExp(`\\nExample:\\n {2}p2i backfill ${name} `));
    }
  });

  test('options that make no sense are a usage error', async () => {
    for (const wrong of [
      ['plan'],
      ['plan', '--reason', 'r', '--partitions', '3-1'],
      ['plan', '--reason', 'r', '--offsets', '3'],
      ['plan', '--reason', 'r', '--since', 'yesterday'],
      ['plan', '--reason', 'r', '--max-lag', '0'],
      ['start'],
      ['status', '--json', '--watch'],
      ['schedule', '--reason', 'r'],
      ['worker', '--concurrency', '0'],
    ]) {
      const { code, said } = await backfill(...wrong);
      assert.equal(code, 2, said);
    }
  });

  test('what a command needs is said to be missing', async () => {
    const nowhere = ['--brokers', 'localhost:1', '--registry', 'http://localhost:1'];
    const [brokers, redis] = await Promise.all([
      p2i(['backfill', 'start', 'r1']),
      p2i(['backfill', 'worker', '--dry-run', ...nowhere]),
    ]);
    assert.match(brokers.stderr, /^error CONFIG_INVALID --brokers \(or P2I_BROKERS\) is missing\n/);
    assert.match(redis.stderr, /^error CONFIG_INVALID --redis \(or P2I_REDIS\) is missing\n/);
  });
});
