import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { p2i } from '../support/p2i.ts';

describe('p2i serve', () => {
  /** Fails with that line, before anything is loaded or listens. */
  async function refuses(args: readonly string[], line: RegExp): Promise<void> {
    const { code, stdout, stderr } = await p2i(['serve', ...args]);
    assert.match(stderr, line);
    assert.deepEqual([code, stdout], [1, '']);
  }

  test('is not opened to other machines without a token', () =>
    refuses(['--host', '0.0.0.0'], /^error CONFIG_INVALID --host 0\.0\.0\.0: .*P2I_TOKEN/));

  test('says what does not go together, and what is not there', async () => {
    await refuses(
      ['--state', '/nowhere'],
      /^error CONFIG_INVALID --state \/nowhere: no run has left a state/,
    );
    const kafka = ['--brokers', 'localhost:1', '--registry', 'http://localhost:1'];
    await refuses(
      ['--taxonomy', 'taxonomy.jsonl', ...kafka],
      /^error CONFIG_INVALID --taxonomy: with --brokers/,
    );
    await refuses(['--state', '.', ...kafka], /^error CONFIG_INVALID --state/);
    await refuses(['--redis', 'redis://localhost:1'], /^error CONFIG_INVALID --redis: .*--brokers/);
  });

  test('says that its port is taken before it loads anything', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await refuses(['--port', String(port)], /^error CONFIG_INVALID --port \d+: .*EADDRINUSE/);
    other.close();
  });

  test('has help with examples, and no option for the token', async () => {
    const { stdout } = await p2i(['serve', '--help']);
    assert.match(stdout, /Examples:\n {2}p2i serve\n/);
    assert.ok(!stdout.includes('--token'));
  });
});
