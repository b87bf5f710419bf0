import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { P2iError } from '../../../shared/errors/errors.ts';
import { lock, type Lock } from '../../../shared/stream/embedded/lock.ts';
import { run } from './process.ts';

const POM = join(import.meta.dirname, 'pom.xml');

/** One directory for each content of pom.xml, so that another version is fetched anew. */
const CACHE = join(
  import.meta.dirname,
  '../../../.p2i/brokers',
  createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12),
);
const JARS = join(CACHE, 'jars');

const MIN_JAVA = 17;

export type Availability = { available: true } | { available: false; why: string };

/**
 * Whether this machine can run real brokers: Java, and Maven where the brokers' files are still to be fetched.
 * Suites skip loudly with `why`; with CI=true nothing may be skipped, and it throws instead.
 */
export function brokersAvailable(): Availability {
  const why = missing();
  if (why === undefined) return { available: true };
  if (process.env['CI'] === 'true') throw new Error(`CI runs every suite, but ${why}`);
  return { available: false, why };
}

function missing(): string | undefined {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (java.error) return `real brokers need Java ${MIN_JAVA}: there is no \`java\` on the PATH`;
  const version = /version "(\d+)/.exec(java.stderr)?.[1];
  if (Number(version) < MIN_JAVA)
    return `real brokers need Java ${MIN_JAVA}: \`java\` is of version ${version}`;
  if (!existsSync(JARS) && spawnSync('mvn', ['-version']).error) {
    return 'real brokers are fetched by Maven: there is no `mvn` on the PATH';
  }
  return undefined;
}

export interface BrokerFiles {
  /** Java's class path of Kafka and its tools. */
  kafka: string;
  /** The registry's runnable jar. */
  registry: string;
}

/** Fetches Kafka and the registry, about 170 MB, once for a checkout; others that ask meanwhile wait. */
export async function ensureBrokerFiles(): Promise<BrokerFiles> {
  const jars = await cached('jars', (directory) =>
    run('mvn', ['-q', '-B', '-f', POM, `-Ddirectory=${directory}`, 'package'], join(directory, 'maven.log')),
  );
  // In order, because an archive of classes holds for one class path only.
  const kafka = readdirSync(join(jars, 'kafka')).sort();
  const registry = readdirSync(join(jars, 'registry')).find((name) => name.endsWith('-runner.jar'))!;
  return {
    kafka: kafka.map((name) => join(jars, 'kafka', name)).join(':'),
    registry: join(jars, 'registry', registry),
  };
}

/**
 * A directory of the cache. Where it is not there yet, `make` fills one that becomes it once it is whole: made by one
 * process of those that ask, and never seen half-made.
 */
export async function cached(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(CACHE, name);
  if (existsSync(directory)) return directory;
  mkdirSync(CACHE, { recursive: true });
  const held = await waitForLock();
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

async function waitForLock(): Promise<Lock> {
  for (;;) {
    try {
      return lock(CACHE);
    } catch (error) {
      if (!(error instanceof P2iError && error.code === 'LOG_LOCKED')) throw error;
      await sleep(100);
    }
  }
}
