import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { P2iError } from '../shared/errors/errors.ts';
import { lockWhenFree } from '../shared/stream/embedded/lock.ts';

const run = promisify(execFile);

const ROOT = join(import.meta.dirname, '..');
/** Environments are made one after the other, whichever process asks. */
const LOCK = join(ROOT, '.p2i/environments.lock');
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** The Python interpreter that trains, with exactly the packages of train/requirements.txt: see `ensureVenv`. */
export function ensureTrainer(): Promise<string> {
  return ensureVenv(join(import.meta.dirname, 'requirements.txt'), join(ROOT, '.venv'));
}

/**
 * The Python interpreter of a virtual environment with exactly the packages of a requirements file. The environment is
 * made at the first call, and again when the requirements changed.
 *
 * @param directory the environment's own
 * @returns the interpreter's path
 * @throws P2iError TRAINING_FAILED where Python 3 is missing or the packages cannot be installed, with pip's last lines
 */
export async function ensureVenv(requirements: string, directory: string): Promise<string> {
  const python = join(directory, 'bin', 'python');
  // Holds the hash of the requirements that the environment was made from; written last.
  const stamp = join(directory, 'requirements.sha256');
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const isMade = async (): Promise<boolean> =>
    existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted;
  if (await isMade()) return python;
  await mkdir(LOCK, { recursive: true });
  const held = await lockWhenFree(LOCK);
  try {
    // Another process may have made it meanwhile.
    if (await isMade()) return python;
    await make(requirements, directory);
    await writeFile(`${stamp}.new`, wanted);
    await rename(`${stamp}.new`, stamp);
    return python;
  } finally {
    held.release();
  }
}

async function make(requirements: string, directory: string): Promise<void> {
  const python = join(directory, 'bin', 'python');
  await rm(directory, { recursive: true, force: true });
  await runPython('python3', ['-m', 'venv', directory]);
  await runPython(python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    requirements,
  ]);
}

/** True where the machine has a Python 3 that the environment can be made with. */
export async function hasPython(): Promise<boolean> {
  try {
    await run('python3', ['-c', 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10)']);
    return true;
  } catch {
    return false;
  }
}

async function runPython(python: string, args: string[]): Promise<void> {
  try {
    await run(python, args, { timeout: INSTALL_TIMEOUT_MS, maxBuffer: 1 << 24 });
  } catch (cause) {
    const { stdout = '', stderr = '', message } = cause as Error & { stdout?: string; stderr?: string };
    const lines = `${stdout}\n${stderr}`.trim().split('\n').slice(-5).join('\n') || message;
    throw new P2iError('TRAINING_FAILED', `${python} ${args.slice(0, 3).join(' ')}: ${lines}`, { cause });
  }
}
