import type { Logger } from 'pino';
import { HEEDLESS, type Observer } from '../stream/observer.ts';

/** So many dead letters are logged one by one in such a time, ms; of the others of that time, only how many. */
const MOST_LINES = 20;
const WINDOW_MS = 10_000;

/** An observer that logs each dead letter: what failed, where and why. A flood of them does not become a flood of lines. */
export function deadLetterLog(logger: Logger): Observer {
  let lines = 0;
  const endWindow = (): void => {
    if (lines > MOST_LINES)
      logger.warn({ letters: lines - MOST_LINES, seconds: WINDOW_MS / 1000 }, 'more dead letters');
    lines = 0;
  };
  return {
    ...HEEDLESS,
    deadLetter(stage, code, { pinId, message, ...place }) {
      if (lines === 0) setTimeout(endWindow, WINDOW_MS).unref();
      if (++lines > MOST_LINES) return;
      logger.warn({ stage, code, ...place, pin: pinId, error: message }, 'dead letter');
    },
  };
}
