import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { P2iError } from '../../../shared/errors/errors.ts';
import { untilThere } from '../../../shared/stream/retry.ts';

describe('waiting for what is needed', () => {
  test('tries until it is there', async () => {
    let tries = 0;
    const failures: string[] = [];
    const there = await untilThere(
      async () => {
        if (++tries < 3) throw new P2iError('BROKER_UNAVAILABLE', `try ${tries}`);
        return 'there';
      },
      new AbortController().signal,
      ({ message }) => failures.push(message),
    );
    assert.equal(there, 'there');
    assert.deepEqual(failures, ['try 1', 'try 2']);
  });

  test('gives up where it is asked to stop, and at once where no retry helps', async () => {
    const stopping = new AbortController();
    const away = async (): Promise<string> => {
      stopping.abort();
      throw new P2iError('BROKER_UNAVAILABLE', 'away');
    };
    const there = await untilThere(away, stopping.signal, () => undefined);
    assert.equal(there, undefined);
    const refused = async (): Promise<never> => {
      throw new P2iError('CONFIG_INVALID', 'wrong');
    };
    await assert.rejects(
      untilThere(refused, new AbortController().signal, () => undefined),
      { code: 'CONFIG_INVALID' },
    );
  });
});
