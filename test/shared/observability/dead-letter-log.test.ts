import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { pino } from 'pino';
import { deadLetterLog } from '../../../shared/observability/dead-letter-log.ts';

type Line = Record<string, unknown>;

function logged(work: (observer: ReturnType<typeof deadLetterLog>) => void): Line[] {
  const lines: Line[] = [];
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line) => lines.push(JSON.parse(line) as Line) },
  );
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    work(deadLetterLog(logger));
  } finally {
    mock.timers.reset();
  }
  return lines;
}

const PLACE = { topic: 'p2i-pins', partition: 3, offset: 17, run: 'r1', pinId: 'A', message: 'too long' };

describe('the log of dead letters', () => {
  test('says of each what failed, where and why', () => {
    assert.deepEqual(
      logged(({ deadLetter }) => deadLetter('ranking', 'PIN_TOO_LARGE', PLACE)),
      [
        {
          ...{ level: 40, stage: 'ranking', code: 'PIN_TOO_LARGE' },
          ...{ topic: 'p2i-pins', partition: 3, offset: 17, run: 'r1', pin: 'A' },
          ...{ error: 'too long', msg: 'dead letter' },
        },
      ],
    );
  });

  test('says of a flood the first ones and how many more there were, and goes on with the next', () => {
    const lines = logged(({ deadLetter }) => {
      for (let n = 0; n < 500; n++) deadLetter('ranking', 'PIN_TOO_LARGE', { ...PLACE, offset: n });
      mock.timers.tick(10_000);
      deadLetter('ranking', 'PIN_TOO_LARGE', { ...PLACE, offset: 500 });
      mock.timers.tick(10_000);
    });
    assert.equal(lines.length, 22);
    assert.deepEqual(lines[20], { level: 40, letters: 480, seconds: 10, msg: 'more dead letters' });
    assert.equal(lines[21].offset, 500);
  });
});
