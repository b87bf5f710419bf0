import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { P2iConsumer } from '../../consumer/consumer.ts';
import { readConnections } from '../../shared/connections/settings.ts';
import { Registry } from '../../shared/registry/registry.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import type { KafkaClient } from '../../shared/stream/kafka/client.ts';
import { CLIENTS, openClient, type ClientName } from '../../shared/stream/kafka/clients.ts';
import { SCHEMAS } from '../shared/registry/recorded.ts';
import { ofCode, unexpected } from '../support/assertions.ts';
import { Authority } from '../support/brokers/certificates.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { startRegistryGate, type RegistryGate } from '../support/brokers/registry-gate.ts';
import { addScramUser, grant, securedListeners, type SecuredListeners } from '../support/brokers/secured.ts';
import { withEnvironment } from '../support/environment.ts';
import { CONSUMER, documentedRights, OPERATOR } from '../support/documented-rights.ts';
import { assertExact, keyedPins, ledgerOf, untilResults } from '../support/exactly-once.ts';
import { MAIN, Pipeline, WorkerProcess } from '../support/pipeline.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

const available = brokersAvailable();

/** Of every user; none of them may be seen anywhere. */
const PASSWORDS = {
  plain: 'plain-Kq7xyz',
  fused: 'fused-7fQ2%sN=',
  publishing: 'publishing-9pLw',
  stranger: 'stranger-3mVx',
  halfway: 'halfway-8cRt',
  operator: 'operator-1xWq',
  consumer: 'consumer-0tRv',
  registry: 'registry-5hJd',
  reader: 'reader-2kBn',
  token: 'token-1dGc',
  wrong: 'wrong-6wYz',
  phrase: 'phrase-4gTs',
};
type User = keyof typeof PASSWORDS;

const FUSED: readonly StageName[] = ['candidates', 'features', 'ranking'];

/** What is wrong with a worker: its user, its variables besides, and the line that it ends with. */
type Failure = [user: User, environment: Readonly<Record<string, string>>, line: RegExp];

const AT_THE_BROKERS: Readonly<Record<string, Failure>> = {
  'no rights': ['stranger', {}, /^error NOT_AUTHORISED p2i-taxonomy: user stranger .*topic/],
  'no right to its output': ['halfway', {}, /^error NOT_AUTHORISED p2i-results: user halfway .*topic/],
  'a wrong password': [
    'fused',
    { P2I_KAFKA_PASSWORD: PASSWORDS.wrong },
    /^error AUTHENTICATION_FAILED 127\.0\.0\.1:\d+: .*user fused/,
  ],
};
const AT_THE_REGISTRY: Readonly<Record<string, Failure>> = {
  'a wrong password': [
    'fused',
    { P2I_REGISTRY_PASSWORD: PASSWORDS.wrong },
    /^error AUTHENTICATION_FAILED https:.*user registry/,
  ],
  'no right to register schemas': [
    'fused',
    { P2I_REGISTRY_USER: 'reader', P2I_REGISTRY_PASSWORD: PASSWORDS.reader },
    /^error NOT_AUTHORISED https:.*user reader .*-value/,
  ],
  'another authority': ['fused', { P2I_REGISTRY_TLS_CA_FILE: '' }, /^error CERTIFICATE_UNTRUSTED https:/],
};

async function ended(worker: WorkerProcess): Promise<{ exited: number | NodeJS.Signals; stderr: string }> {
  const exited = await worker.exited;
  return { exited, stderr: worker.stderr };
}

describe('with TLS, users and access control', { skip: !available.available && available.why }, () => {
  let directory: string;
  let authority: Authority;
  let listeners: SecuredListeners;
  let pipeline: Pipeline;
  let gate: RegistryGate;
  let administrator: string;
  /** What workers said. */
  const outputs: string[] = [];

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'p2i-secure-'));
    authority = new Authority(directory, 'authority');
    listeners = await securedListeners(authority, { plain: PASSWORDS.plain });
    pipeline = await Pipeline.start({
      partitions: 2,
      taxonomy: await smallTaxonomy(),
      kafka: listeners.options,
    });
    [administrator] = pipeline.cluster.bootstrap;
    const basic = (user: User): string =>
      `Basic ${Buffer.from(`${user}:${PASSWORDS[user]}`).toString('base64')}`;
    gate = await startRegistryGate(
      pipeline.schemas.url,
      authority.issue('registry'),
      new Map([
        [basic('registry'), 'writes'],
        [basic('reader'), 'reads'],
        [`Bearer ${PASSWORDS.token}`, 'writes'],
      ]),
    );
    await addUser('publishing', 'scram-sha-256');
    for (const user of ['fused', 'stranger', 'halfway', 'operator', 'consumer'] as const)
      await addUser(user, 'scram-sha-512');
    const rights = documentedRights();
    await grant(administrator, 'User:fused', rights.of(FUSED.join(), 'kafkajs'));
    await grant(administrator, 'User:operator', rights.of(OPERATOR, 'kafkajs'));
    await grant(administrator, 'User:consumer', rights.of(CONSUMER, 'kafkajs'));
    await grant(administrator, 'User:publishing', rights.of('publishing', 'platformatic'));
    const halfway = rights.of('publishing', 'kafkajs').filter(({ name }) => name !== 'p2i-results');
    await grant(administrator, 'User:halfway', halfway);
    await grant(administrator, 'User:CN=fused', rights.of(FUSED.join(), 'kafkajs'));
    await grant(administrator, 'User:plain', rights.of(FUSED.join(), 'kafkajs'));
  });
  after(async () => {
    await pipeline.close();
    await gate.close();
    rmSync(directory, { recursive: true });
  });

  function addUser(user: User, sasl: 'scram-sha-256' | 'scram-sha-512'): Promise<void> {
    return addScramUser(administrator, { user, password: PASSWORDS[user], sasl });
  }

  /** The variables of a user at the brokers and of one at the registry. */
  function environment(
    user: User,
    more: Readonly<Record<string, string>> = {},
  ): Readonly<Record<string, string>> {
    return {
      P2I_KAFKA_TLS_CA_FILE: authority.certificate,
      P2I_KAFKA_SASL: user === 'publishing' ? 'scram-sha-256' : 'scram-sha-512',
      P2I_KAFKA_USER: user,
      P2I_KAFKA_PASSWORD: PASSWORDS[user],
      P2I_REGISTRY_TLS_CA_FILE: authority.certificate,
      P2I_REGISTRY_USER: 'registry',
      P2I_REGISTRY_PASSWORD: PASSWORDS.registry,
      ...more,
    };
  }

  function worker(
    stages: readonly StageName[],
    client: ClientName,
    env: Readonly<Record<string, string>>,
    threads = 1,
  ): WorkerProcess {
    const more = [...secured(client), '--log-level', 'debug'];
    return pipeline.worker(stages, { env, threads, more });
  }

  function secured(client: ClientName): string[] {
    return ['--brokers', listeners.sasl, '--registry', gate.url, '--client', client];
  }

  /** The client of the environment, for the work. */
  async function withClient<T>(
    name: ClientName,
    brokers: string,
    env: Readonly<Record<string, string>>,
    work: (client: KafkaClient) => Promise<T>,
  ): Promise<T> {
    return withEnvironment(env, async () => {
      const security = readConnections(env).kafka;
      const client = await openClient(name, { brokers: [brokers], clientId: 'secure', security });
      try {
        return await work(client);
      } finally {
        await client.close();
      }
    });
  }

  for (const name of CLIENTS) {
    describe(name, () => {
      const ping = (client: KafkaClient): Promise<void> => client.ping();

      test('speaks TLS with SASL of every mechanism, and by a certificate', async () => {
        const ca = { P2I_KAFKA_TLS_CA_FILE: authority.certificate };
        const plain = { P2I_KAFKA_SASL: 'plain', P2I_KAFKA_USER: 'plain' };
        const file = join(directory, 'password');
        writeFileSync(file, `${PASSWORDS.plain}\n`);
        await withClient(name, listeners.sasl, environment('fused'), ping);
        await withClient(name, listeners.sasl, environment('publishing'), ping);
        await withClient(name, listeners.sasl, { ...ca, ...plain, P2I_KAFKA_PASSWORD_FILE: file }, ping);
        const { certificate, key } = authority.issue('fused', PASSWORDS.phrase);
        const own = {
          ...ca,
          P2I_KAFKA_TLS_CERT_FILE: certificate,
          P2I_KAFKA_TLS_KEY_FILE: key,
          P2I_KAFKA_TLS_KEY_PASSPHRASE: PASSWORDS.phrase,
        };
        await withClient(name, listeners.certificates, own, async (client) => {
          assert.equal(await client.partitions('p2i-ranked'), 2);
          await assert.rejects(client.partitions('p2i-results'), ofCode('NOT_AUTHORISED', /CN=fused.*TOPIC/));
        });
      });

      test('takes a wrong password, a strange certificate and a missing one each for what it is', async () => {
        const wrong = environment('fused', { P2I_KAFKA_PASSWORD: PASSWORDS.wrong });
        await assert.rejects(
          withClient(name, listeners.sasl, wrong, ping),
          ofCode('AUTHENTICATION_FAILED', /user fused/),
        );
        const other = new Authority(directory, `other-${name}`);
        const untrusted = environment('fused', { P2I_KAFKA_TLS_CA_FILE: other.certificate });
        await assert.rejects(
          withClient(name, listeners.sasl, untrusted, ping),
          ofCode('CERTIFICATE_UNTRUSTED', /127\.0\.0\.1/),
        );
        const none = { P2I_KAFKA_TLS_CA_FILE: authority.certificate };
        await assert.rejects(
          withClient(name, listeners.certificates, none, ping),
          ofCode('AUTHENTICATION_FAILED', /certificate/),
        );
      });

      test('names the user and the topic, group or transactional id that it has no right to', async () => {
        await withClient(name, listeners.sasl, environment('fused'), async (client) => {
          await assert.rejects(
            client.partitions('p2i-results'),
            ofCode('NOT_AUTHORISED', /p2i-results.*user fused.*topic/),
          );
          await assert.rejects(
            client.producer('p2i-publishing/x'),
            ofCode('NOT_AUTHORISED', /p2i-publishing\/x.*user fused.*transactional id/),
          );
          await assert.rejects(
            client.committedOffsets('p2i-publishing', 'p2i-batch-pins'),
            ofCode('NOT_AUTHORISED', /p2i-publishing.*user fused.*group/),
          );
          const subscription = await client.subscribe({
            topic: 'p2i-batch-pins',
            group: 'p2i-publishing',
            assigned: async () => new Map(),
          });
          await assert.rejects(
            subscription.next(20_000),
            ofCode('NOT_AUTHORISED', /p2i-publishing.*user fused.*group/),
          );
        });
      });

      test('a worker that the brokers do not let in, or not to its topics, says so in one line and exits', () =>
        allFail(name, AT_THE_BROKERS));
    });
  }

  test('a worker that the registry does not let in, or not to its subjects, says so in one line and exits', () =>
    allFail('kafkajs', AT_THE_REGISTRY));

  test('the registry lets in who has a token', async () => {
    const env = { P2I_REGISTRY_TLS_CA_FILE: authority.certificate, P2I_REGISTRY_TOKEN: PASSWORDS.token };
    await withEnvironment(env, async () => {
      const security = readConnections(env).registry;
      const registry = await Registry.connect({ url: gate.url, directory: SCHEMAS, security });
      await registry.ping();
    });
  });

  async function allFail(client: ClientName, failures: Readonly<Record<string, Failure>>): Promise<void> {
    const failing = Object.entries(failures).map(async ([what, [user, env, line]]) => {
      const { exited, stderr } = await ended(
        worker(['publishing'], client, environment(user, { ...env, P2I_DEBUG: '1' })),
      );
      outputs.push(stderr);
      assert.equal(exited, 1, `${what}: ${stderr}`);
      const said = stderr.split('\n').filter((text) => /^error |"level":"(warn|error)"/.test(text));
      assert.equal(said.length, 1, `${what}: ${stderr}`);
      assert.match(said[0], line);
    });
    await Promise.all(failing);
  }

  test('workers with the documented rights classify, over TLS, with either client', async () => {
    const passwordFile = join(directory, 'publishing');
    writeFileSync(passwordFile, `${PASSWORDS.publishing}\n`);
    const fused = worker(FUSED, 'kafkajs', environment('fused'), 2);
    const publishing = worker(
      ['publishing'],
      'platformatic',
      environment('publishing', { P2I_KAFKA_PASSWORD: '', P2I_KAFKA_PASSWORD_FILE: passwordFile }),
    );
    const pins = keyedPins(20, 'secure');
    await pipeline.publish(pins, 5);
    const replay = new WorkerProcess(
      [MAIN, 'replay', '--run', 'secure', '--generation', '0', ...secured('kafkajs')],
      environment('operator'),
    );
    assert.equal(await replay.exited, 0, replay.stderr);
    outputs.push(replay.stderr);
    await Promise.all([fused.logged('"working"'), publishing.logged('"working"')]);
    await untilResults(pipeline, 'secure', pins, 60);
    assertExact(await ledgerOf(pipeline, 'secure', pins), 'secure');
    assert.equal(await fused.stop(), 0);
    assert.equal(await publishing.stop(), 0);
    for (const { stderr } of [fused, publishing]) {
      assert.doesNotMatch(stderr, /"level":"(warn|error)"/);
      outputs.push(stderr);
    }
  });

  test('a consumer with the documented rights subscribes, and registers nothing', async () => {
    const registry = { P2I_REGISTRY_USER: 'reader', P2I_REGISTRY_PASSWORD: PASSWORDS.reader };
    const address = { brokers: [listeners.sasl], registry: gate.url };
    const env = environment('consumer', registry);
    await withEnvironment(env, async () => {
      const p2i = await P2iConsumer.connect(address);
      try {
        const taxonomy = await p2i.taxonomy({ onInvalid: unexpected });
        assert.equal(taxonomy.newest.version, pipeline.taxonomy);
        const pins = async (group: string): Promise<number> => {
          let count = 0;
          const options = { group, until: 'now', onUnreadable: unexpected } as const;
          for await (const { updates } of p2i.results.subscribe(options)) count += updates.length;
          return count;
        };
        assert.equal(await pins('consumer-secure'), 20);
        assert.equal(await pins('consumer-secure'), 0);
        await assert.rejects(pins('p2i-publishing'), ofCode('NOT_AUTHORISED', /user consumer/));
      } finally {
        await p2i.close();
      }
    });
  });

  test('no worker has said a secret', () => {
    assert.ok(outputs.length > 2 && outputs.every((output) => output.length > 0));
    for (const output of outputs) {
      for (const password of Object.values(PASSWORDS)) {
        const forms = [password, JSON.stringify(password).slice(1, -1), encodeURIComponent(password)];
        for (const form of forms) assert.ok(!output.includes(form), output);
        assert.ok(!output.includes(Buffer.from(password).toString('base64').slice(0, -4)), output);
      }
    }
  });
});
