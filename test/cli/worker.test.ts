import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PATHS } from '../../cli/paths.ts';
import { addWorkerCommand } from '../../cli/worker.ts';
import { withEnvironment } from '../support/environment.ts';
import { p2i, type Finished } from '../support/p2i.ts';
import { usage } from '../support/usage.ts';

const NOWHERE = ['--brokers', 'localhost:1', '--registry', 'http://localhost:1'];
const worker = (...args: string[]): Promise<Finished> => p2i(['worker', '--log-level', 'silent', ...args]);

describe('p2i worker', () => {
  test('stages that do not chain are refused at once, whether the brokers are there or not', async () => {
    const { code, stderr } = await worker('--stages', 'features,candidates', ...NOWHERE);
    assert.equal(code, 1);
    assert.match(stderr, /^error CONFIG_INVALID --stages: features,candidates do not follow each other\n/);
  });

  test('no stage at all, and no brokers, are said to be missing', async () => {
    const [none, brokers] = await Promise.all([worker(...NOWHERE), worker('--stage', 'features')]);
    assert.match(none.stderr, /^error CONFIG_INVALID --stages \(or P2I_STAGES\) is missing\n/);
    assert.match(brokers.stderr, /^error CONFIG_INVALID --brokers \(or P2I_BROKERS\) is missing\n/);
    assert.deepEqual([none.code, brokers.code], [1, 1]);
  });

  test('a dry run says that brokers or registry are away, and does not wait for them', async () => {
    const { code, stdout, stderr } = await worker('--stage', 'features', '--dry-run', ...NOWHERE);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^error (REGISTRY|BROKER)_UNAVAILABLE /);
  });

  test('ranking models are named with commas or by repeating the option, by P2I_MODEL as well; none is there twice', async () => {
    const twice = `${PATHS.model} and ${PATHS.model} hold the same model`;
    const named = ['--model', `${PATHS.model}, ${PATHS.heldOutModel}`, '--model', PATHS.model];
    const { code, stderr } = await worker('--stage', 'ranking', ...named, ...NOWHERE);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^error CONFIG_INVALID --model: ${twice}, \\w+\n`));
    await withEnvironment({ P2I_MODEL: `${PATHS.model},` }, async () => {
      const refused = await usage(addWorkerCommand, 'worker', '--stage', 'ranking');
      assert.equal(refused.code, 2);
      assert.match(refused.said, /P2I_MODEL.* It must be a directory, several with commas between\./);
    });
  });

  test('help has an example, and options that make no sense are a usage error', async () => {
    const { code, said } = await usage(addWorkerCommand, 'worker', '--help');
    assert.equal(code, 0);
    assert.match(said, /\nExample:\n {2}p2i worker --stages /);
    assert.match(
      said,
      /\n {2}P2I_KAFKA_SASL +how the brokers know the user: plain, scram-sha-256, scram-sha-512\n/,
    );
    for (const wrong of [
      ['--stages', 'ranking,guessing'],
      ['--stage', 'ranking', '--stages', 'features,ranking'],
      ['--lane', 'fast'],
      ['--model', 'a,,b'],
      ['--model', ''],
      ['--port', '65536'],
      ['--grace', '0'],
    ]) {
      const refused = await usage(addWorkerCommand, 'worker', ...wrong);
      assert.equal(refused.code, 2, refused.said);
    }
  });
});
