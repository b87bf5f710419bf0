import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { P2iError } from '../../errors/errors.ts';

/** The directory's one holder. */
export interface Lock {
  release(): void;
}

const SQLITE_BUSY = 5;

/**
 * Takes the directory for this process, or throws at once. The lock is the operating system's own, held on the file
 * `lock`: it ends with the process, however that ends, so there is no stale lock to take over and no pid to mistake
 * for a later process's. Node gives no call for such a lock; an exclusive transaction of SQLite on an empty
 * database is one, and writes nothing. `lock.pid` only serves the message.
 *
 * @throws P2iError LOG_LOCKED naming the pid of the holder, LOG_UNAVAILABLE
 */
export function lock(directory: string): Lock {
  const pidPath = join(directory, 'lock.pid');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(directory, 'lock'), { timeout: 0 });
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    writeFileSync(pidPath, `${process.pid}\n`);
  } catch (cause) {
    database?.close();
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) {
      throw new P2iError('LOG_UNAVAILABLE', (cause as Error).message, { where: directory, cause });
    }
    throw new P2iError('LOG_LOCKED', `process ${holder(pidPath)} holds the log`, { where: directory, cause });
  }
  return { release: () => database.close() };
}

/** As {@link lock}, and waits for whoever holds it. @throws P2iError LOG_UNAVAILABLE */
export async function lockWhenFree(directory: string): Promise<Lock> {
  for (;;) {
    try {
      return lock(directory);
    } catch (error) {
      if (!(error instanceof P2iError && error.code === 'LOG_LOCKED')) throw error;
      await sleep(RETRY_MS);
    }
  }
}

const RETRY_MS = 100;

function holder(pidPath: string): string {
  try {
    return readFileSync(pidPath, 'utf8').trim();
  } catch {
    return 'of unknown id';
  }
}
