import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached as cachedIn } from '../cache.ts';
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

/** A directory of the brokers' cache, see `cached` of ../cache.ts. */
export function cached(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  return cachedIn(CACHE, name, make);
}
