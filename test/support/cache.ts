import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockWhenFree } from '../../shared/stream/embedded/lock.ts';

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
  const held = await lockWhenFree(cache);
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
