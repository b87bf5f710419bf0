import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { P2iError } from '../../shared/errors/errors.ts';
import { lock, type Lock } from '../../shared/stream/embedded/lock.ts';

/**
 * A directory `name` of a cache. Where it is not there yet, `make` fills one that becomes it once it is whole: made by one
 * process of those that ask, and never seen half-made.
 */
export async function cached(
  cache: string,
  name: string,
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const directory = join(cache, name);
  if (existsSync(directory)) return directory;
  mkdirSync(cache, { recursive: true });
  const held = await waitForLock(cache);
  try {
    if (existsSync(directory)) return directory;
    const unfinished = `${directory}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished);
    await make(unfinished);
    renameSync(unfinished, directory);
    return directory;
  } finally {
    held.release();
  }
}

async function waitForLock(directory: string): Promise<Lock> {
  for (;;) {
    try {
      return lock(directory);
    } catch (error) {
      if (!(error instanceof P2iError && error.code === 'LOG_LOCKED')) throw error;
      await sleep(100);
    }
  }
}
