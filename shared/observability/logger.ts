import { destination, pino, stdTimeFunctions, type LevelWithSilent, type Logger } from 'pino';

/** A logger of JSON lines on stderr: time as ISO 8601, level by name. Lines are written at once: none is lost at exit. */
export function createLogger(level: LevelWithSilent): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: 2, sync: true }),
  );
}
