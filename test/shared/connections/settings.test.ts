import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSecret } from '../../../shared/connections/secrets.ts';
import {
  CONNECTION_VARIABLES,
  readConnections,
  type Connections,
} from '../../../shared/connections/settings.ts';
import { tlsOptions } from '../../../shared/connections/tls.ts';
import { P2iError } from '../../../shared/errors/errors.ts';
import { withEnvironment } from '../../support/environment.ts';
import { Authority } from '../../support/brokers/certificates.ts';

const directory = mkdtempSync(join(tmpdir(), 'p2i-settings-'));
after(() => rmSync(directory, { recursive: true }));
const authority = new Authority(directory, 'authority');
const own = authority.issue('client');
const encrypted = authority.issue('client', 'phrase-1234');
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

function read(environment: Readonly<Record<string, string>>): Promise<Connections> {
  return withEnvironment(environment, () => readConnections(environment));
}

test('without variables, and with empty ones, nothing is secured', () => {
  const plain = readConnections({});
  assert.equal(plain.kafka.tls, undefined);
  assert.equal(plain.kafka.sasl, undefined);
  assert.equal(plain.registry.login, undefined);
  assert.equal(plain.redis.login, undefined);
  assert.deepEqual(
    readConnections(Object.fromEntries([...CONNECTION_VARIABLES.keys()].map((name) => [name, '']))),
    plain,
  );
});

test('settings hold no secret: they say where each is', async () => {
  const password = file('password', 'from-a-file\n');
  const connections = await read({
    P2I_KAFKA_TLS_CERT_FILE: encrypted.certificate,
    P2I_KAFKA_TLS_KEY_FILE: encrypted.key,
    P2I_KAFKA_TLS_KEY_PASSPHRASE: 'phrase-1234',
    P2I_KAFKA_SASL: 'scram-sha-512',
    P2I_KAFKA_USER: 'ranking',
    P2I_KAFKA_PASSWORD_FILE: password,
    P2I_REGISTRY_TOKEN: 'token-5678',
    P2I_REDIS_PASSWORD: 'from-a-variable',
  });
  assert.doesNotMatch(JSON.stringify(connections), /phrase-1234|from-a|token-5678/);
  assert.deepEqual(structuredClone(connections), connections);
  assert.deepEqual(connections.kafka.sasl, {
    mechanism: 'scram-sha-512',
    user: 'ranking',
    password: { variable: 'P2I_KAFKA_PASSWORD_FILE', file: password },
  });
});

test('a secret in a file is read anew each time, less its line break', () => {
  const path = file('rotated', 'first-one\r\n');
  const source = { variable: 'P2I_REDIS_PASSWORD_FILE', file: path };
  assert.equal(readSecret(source), 'first-one');
  writeFileSync(path, ' second one \n\n');
  assert.equal(readSecret(source), ' second one \n');
});

test('certificates are read at each connection', () => {
  const ca = file('ca.pem', readFileSync(authority.certificate, 'utf8'));
  const { tls } = readConnections({ P2I_REDIS_TLS_CA_FILE: ca }).redis;
  const options = tlsOptions(tls);
  const other = new Authority(directory, 'other').certificate;
  writeFileSync(ca, readFileSync(other));
  assert.equal(options.ca, readFileSync(other, 'utf8'));
});

const MISTAKES: Readonly<Record<string, [string, Readonly<Record<string, string>>]>> = {
  'a mechanism that there is not': ['P2I_KAFKA_SASL', { P2I_KAFKA_SASL: 'kerberos-4711' }],
  'TLS that is neither on nor off': ['P2I_KAFKA_TLS', { P2I_KAFKA_TLS: 'yes-4711' }],
  'TLS that is off and has files': [
    'P2I_KAFKA_TLS',
    { P2I_KAFKA_TLS: 'false', P2I_KAFKA_TLS_CA_FILE: authority.certificate },
  ],
  'a mechanism without a user': ['P2I_KAFKA_USER', { P2I_KAFKA_SASL: 'plain' }],
  'a user without a password': ['P2I_KAFKA_PASSWORD', { P2I_KAFKA_SASL: 'plain', P2I_KAFKA_USER: 'u-4711' }],
  'a password without a mechanism': ['P2I_KAFKA_SASL', { P2I_KAFKA_PASSWORD: 'p-4711' }],
  'a password twice': [
    'P2I_REDIS_PASSWORD_FILE',
    { P2I_REDIS_PASSWORD: 'p-4711', P2I_REDIS_PASSWORD_FILE: own.key },
  ],
  'a password file that is not there': [
    'P2I_REDIS_PASSWORD_FILE',
    { P2I_REDIS_PASSWORD_FILE: join(directory, 'none') },
  ],
  'an empty password file': ['P2I_REDIS_PASSWORD_FILE', { P2I_REDIS_PASSWORD_FILE: file('empty', '\n') }],
  'a user and a token': [
    'P2I_REGISTRY_TOKEN',
    { P2I_REGISTRY_TOKEN: 't-4711', P2I_REGISTRY_USER: 'u', P2I_REGISTRY_PASSWORD: 'p-4711' },
  ],
  'an authority that is not there': [
    'P2I_KAFKA_TLS_CA_FILE',
    { P2I_KAFKA_TLS_CA_FILE: join(directory, 'none') },
  ],
  'an authority that is none': ['P2I_KAFKA_TLS_CA_FILE', { P2I_KAFKA_TLS_CA_FILE: file('none.pem', 'text') }],
  'a certificate without its key': ['P2I_REDIS_TLS_KEY_FILE', { P2I_REDIS_TLS_CERT_FILE: own.certificate }],
  'a key without its certificate': ['P2I_REDIS_TLS_CERT_FILE', { P2I_REDIS_TLS_KEY_FILE: own.key }],
  'the key of another certificate': [
    'P2I_KAFKA_TLS_CERT_FILE, P2I_KAFKA_TLS_KEY_FILE',
    { P2I_KAFKA_TLS_CERT_FILE: own.certificate, P2I_KAFKA_TLS_KEY_FILE: authority.issue('x').key },
  ],
  'a wrong passphrase': [
    'P2I_KAFKA_TLS_CERT_FILE, P2I_KAFKA_TLS_KEY_FILE',
    {
      P2I_KAFKA_TLS_CERT_FILE: encrypted.certificate,
      P2I_KAFKA_TLS_KEY_FILE: encrypted.key,
      P2I_KAFKA_TLS_KEY_PASSPHRASE: 'phrase-4711',
    },
  ],
};

for (const [what, [variable, environment]] of Object.entries(MISTAKES)) {
  test(`${what} is refused by the name of the variable`, async () => {
    await assert.rejects(read(environment), (error) => {
      assert.ok(error instanceof P2iError, String(error));
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.equal(error.where, variable);
      assert.doesNotMatch(error.message, /4711/);
      return true;
    });
  });
}

test('docs/kafka.md has every variable, with its meaning, in the order of the schema', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/kafka.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(P2I_(?:KAFKA|REGISTRY|REDIS)_\w+)` +\| (.*?) +\|$/gm)];
  assert.deepEqual(
    rows.map(([, name, meaning]) => [name, meaning]),
    [...CONNECTION_VARIABLES],
  );
});
