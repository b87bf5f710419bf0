import { destination, pino, stdTimeFunctions, type LevelWithSilent, type Logger } from 'pino';
import { scrub } from '../errors/scrub.ts';

/**
 * A logger of JSON lines on stderr: time as ISO 8601, level by name. Lines are written at once: none is lost at exit. No
 * secret of this process is in them, whatever an error of a library holds.
 */
export function createLogger(level: LevelWithSilent): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      hooks: { streamWrite: scrub },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: 2, sync: true }),
  );
}
