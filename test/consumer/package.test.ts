import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';
import { createTopics } from '../../shared/stream/topics.ts';
import { resultKey, RESULTS_TOPIC, type PinInterests } from '../../workers/publishing/topic.ts';
import { publishVersion } from '../../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../../workers/taxonomies/topic.ts';
import { interestsUnder, resultOf, zoo, ZOO } from '../support/zoo.ts';
import { registry } from '../workers/made.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What somebody writes who installed the package. It is type-checked, then run. */
const CONSUMER = `
import { cosSimByLevel, P2iConsumer, P2iError, type ScoredInterest } from 'p2i/consumer';
import type { QueryInterests } from 'p2i/consumer/queries';
import type { RetrievalReader } from 'p2i/consumer/retrieval';

export type Services = [QueryInterests, RetrievalReader];

const p2i = await P2iConsumer.connect({ state: process.argv[2]! });
const taxonomy = await p2i.taxonomy({ onInvalid: (error) => { throw error; } });
const found: Record<string, readonly ScoredInterest[] | null> = {};
for await (const { updates } of p2i.results.follow({ until: 'now', onUnreadable: (error: P2iError) => { throw error; } })) {
  await taxonomy.takeUp(updates);
  for (const update of updates) {
    const change = taxonomy.change(update, undefined);
    if (change !== undefined) found[change.pin] = change.interests;
  }
}
await p2i.close();
const { cos_sim_l3_interests } = cosSimByLevel(found['a']!, found['b']!);
console.log(JSON.stringify({ pins: Object.keys(found), labels: found['a']?.map(({ label }) => label), cos_sim_l3_interests }));
`;

const TYPES = {
  compilerOptions: {
    ...{ target: 'es2024', module: 'nodenext', strict: true, noUncheckedIndexedAccess: true, outDir: 'out' },
    // The types of the package itself are checked as well, as far as they reach.
    ...{ skipLibCheck: false, types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
    lib: ['es2024', 'esnext.disposable'],
  },
  files: ['consumer.ts'],
};

describe('the published package', () => {
  const directory = mkdtempSync(join(tmpdir(), 'p2i-package-'));
  const project = join(directory, 'project');
  const built = join(directory, 'package');
  let peers: Record<string, string>;
  const manifest = (): Record<string, Record<string, unknown>> =>
    JSON.parse(readFileSync(join(built, 'package.json'), 'utf8')) as Record<string, Record<string, unknown>>;
  const run = (program: string, args: readonly string[], cwd = project): string =>
    execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  before(() => {
    mkdirSync(project);
    run(process.execPath, [join(ROOT, 'scripts/package-consumer.ts'), built]);
    const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', built], directory)) as {
      filename: string;
    }[];
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'someone', type: 'module' }));
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(directory, filename)]);
    peers = manifest().peerDependencies as Record<string, string>;
  });
  after(() => rmSync(directory, { recursive: true }));

  test('has few dependencies, and what one entry point alone needs is left to who uses it', () => {
    const { dependencies, peerDependenciesMeta } = manifest();
    assert.deepEqual(Object.keys(dependencies), [
      ...['@kafkajs/confluent-schema-registry', 'avsc', 'kafkajs', 'zod'],
    ]);
    assert.deepEqual(Object.keys(peers), ['@platformatic/kafka', 'lmdb']);
    assert.deepEqual(Object.keys(peerDependenciesMeta), Object.keys(peers));
    const installed = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, unknown>;
    };
    assert.ok(!('node_modules/lmdb' in installed.packages));
  });

  test('installed in a new project, it is typed and reads results', async () => {
    const state = join(directory, 'state');
    await publishResults(state);
    writeFileSync(join(project, 'consumer.ts'), CONSUMER);
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(TYPES));
    run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc')]);
    const said = run(process.execPath, ['out/consumer.js', state]);
    assert.deepEqual(JSON.parse(said), {
      pins: ['a', 'b'],
      labels: ['animals', 'nature', 'cats'],
      cos_sim_l3_interests: 0.5 * 0.25,
    });
  });

  test('a call that does not fit the types is an error of the compiler', () => {
    writeFileSync(join(project, 'consumer.ts'), CONSUMER.replace("until: 'now'", "until: 'tomorrow'"));
    assert.throws(
      () => run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit']),
      ({ stdout }: { stdout: string }) => /tomorrow/.test(stdout),
    );
  });

  test('each entry point loads, once what it alone needs is there', () => {
    const names = (entry: string): string[] => {
      const script = `console.log(JSON.stringify(Object.keys(await import('p2i/${entry}'))))`;
      return JSON.parse(run(process.execPath, ['--input-type=module', '-e', script])) as string[];
    };
    assert.ok(names('consumer').includes('cosSimByLevel'));
    for (const entry of ['consumer/queries', 'consumer/retrieval'])
      assert.throws(
        () => names(entry),
        ({ stderr }: { stderr: string }) => /Cannot find package 'lmdb'/.test(stderr),
      );
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `lmdb@${peers['lmdb']}`]);
    assert.ok(names('consumer/queries').includes('QueryInterests'));
    assert.ok(names('consumer/retrieval').includes('RetrievalIndex'));
  });
});

/** Two Pins, about cats and more or less so, under a published taxonomy. */
async function publishResults(state: string): Promise<void> {
  mkdirSync(state);
  const log = await EmbeddedLog.open(join(state, 'log'));
  await createTopics(log, 1);
  const jsonl = Buffer.from(ZOO.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await publishVersion(
    log,
    registry,
    packTaxonomy(jsonl, 'zoo', { version: 'v1', reason: '', published: 1 }),
  );
  const codec = registry.codec<PinInterests>(RESULTS_TOPIC);
  const transaction = log.transaction();
  for (const [pin, score] of [
    ['a', 0.5],
    ['b', 0.25],
  ] as const) {
    const value = codec.encode(resultOf(pin, 'v1', interestsUnder(zoo('v1'), { 4: score, 2: 0.95 })));
    transaction.append(RESULTS_TOPIC, 0, { key: resultKey(pin, 'v1'), timestamp: 0, headers: {}, value });
  }
  await transaction.commit();
  await log.close();
}
