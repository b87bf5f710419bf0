import { join } from 'node:path';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';

/** The embedded log of a state directory, as `--state` has it, while nobody else holds it. */
export async function withStateLog<T>(state: string, use: (log: EmbeddedLog) => Promise<T>): Promise<T> {
  const log = await EmbeddedLog.open(join(state, 'log'));
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}
