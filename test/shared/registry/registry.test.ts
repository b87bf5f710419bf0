import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Registry } from '../../../shared/registry/registry.ts';
import { startFakeRegistry, type Fault } from './fake-registry.ts';
import { payload, published, SCHEMAS, topics } from './recorded.ts';
import { ofCode } from '../../support/assertions.ts';

const fake = await startFakeRegistry();
const scratch = mkdtempSync(join(tmpdir(), 'p2i-registry-'));
after(async () => {
  await fake.close();
  rmSync(scratch, { recursive: true });
});

beforeEach(() => {
  fake.requests.length = 0;
  fake.subjects.clear();
  fake.levels.clear();
  fake.schemas.clear();
  fake.fault = undefined;
});

const SIZED = {
  type: 'record',
  name: 'T',
  namespace: 'n',
  doc: 'A thing.',
  fields: [{ name: 'size', type: 'int', default: 7, doc: 'mm' }],
};
/** What a newer producer writes. */
const NEWER = { ...SIZED, fields: [...SIZED.fields, { name: 'colour', type: 'string', default: 'red' }] };

/** A directory with the schema of topic `t`. */
function directoryOf(schema: object, indent?: number): string {
  const directory = mkdtempSync(join(scratch, 's-'));
  writeFileSync(join(directory, 't.avsc'), JSON.stringify(schema, undefined, indent));
  return directory;
}

const connect = (directory = directoryOf(SIZED)): Promise<Registry> =>
  Registry.connect({ url: fake.url, directory });

/** A value of topic `t` that is written under an id of the registry. */
function written(id: number, schema = NEWER, value: object = { size: 1, colour: 'blue' }): Buffer {
  const bytes = new Registry(directoryOf(schema)).codec('t').encode(value);
  bytes.writeInt32BE(id, 1);
  return bytes;
}

const answering =
  (status: number, body: string): Fault =>
  (_request, response) => {
    response.writeHead(status).end(body);
    return true;
  };

test('every schema is registered under its topic’s subject, whole, and gives the topic its id', async () => {
  const registry = await connect(SCHEMAS);
  assert.deepEqual(
    [...fake.subjects.keys()],
    topics().map((topic) => `${topic}-value`),
  );
  topics().forEach((topic, i) => {
    assert.equal(registry.codec(topic).id, i + 1);
    const [schema] = fake.subjects.get(`${topic}-value`)!;
    assert.deepEqual(JSON.parse(schema), JSON.parse(readFileSync(join(SCHEMAS, `${topic}.avsc`), 'utf8')));
  });
});

test('connecting again, or with a file that is formatted anew, registers nothing new', async () => {
  const ids = [];
  for (const directory of [directoryOf(SIZED), directoryOf(SIZED), directoryOf(SIZED, 8)]) {
    ids.push((await connect(directory)).codec('t').id);
  }
  assert.deepEqual(ids, [1, 1, 1]);
  assert.deepEqual(fake.subjects.get('t-value'), [JSON.stringify(SIZED)]);
});

test('a new subject is BACKWARD_TRANSITIVE before it has a schema; one of another level is refused and left as it is', async () => {
  await connect();
  assert.equal(fake.levels.get('t-value'), 'BACKWARD_TRANSITIVE');
  const level = fake.requests.indexOf('PUT /config/t-value');
  assert.ok(level >= 0 && level < fake.requests.indexOf('POST /subjects/t-value/versions'));
  fake.levels.set('t-value', 'NONE');
  await assert.rejects(connect(), ofCode('SCHEMA_INCOMPATIBLE', /^t-value: .*BACKWARD_TRANSITIVE != NONE/));
  assert.equal(fake.levels.get('t-value'), 'NONE');
});

test('a level that another worker sets at the same moment is no refusal', async () => {
  fake.fault = ({ method }, response) => {
    if (method !== 'PUT') return false;
    fake.levels.set('t-value', 'BACKWARD_TRANSITIVE');
    return answering(409, '{"message":"A rule named COMPATIBILITY already exists."}')({} as never, response);
  };
  assert.equal((await connect()).codec('t').id, 1);
});

test('a schema that the registry refuses is SCHEMA_INCOMPATIBLE with the subject and what it said', async () => {
  for (const status of [409, 422]) {
    fake.fault = ({ method }, response) =>
      method === 'POST' && answering(status, '{"message":"size has no default"}')({} as never, response);
    await assert.rejects(connect(), ofCode('SCHEMA_INCOMPATIBLE', /^t-value: size has no default$/));
  }
});

test('a record of a newer producer decodes once its schema is learned', async () => {
  const registry = await connect();
  fake.schemas.set(40, { schema: JSON.stringify(NEWER) });
  const value = written(40);
  assert.equal(registry.knows(value), false);
  assert.throws(() => registry.codec('t').decode(value, 't-0@3'), ofCode('SCHEMA_UNKNOWN'));
  await registry.learn(value);
  assert.equal(registry.knows(value), true);
  assert.deepEqual(registry.codec('t').decode(value, 't-0@3'), { size: 1 });
});

test('an older schema that is learned is read with the defaults of the current one', async () => {
  const registry = await connect(directoryOf(NEWER));
  fake.schemas.set(40, { schema: JSON.stringify(SIZED) });
  const value = written(40, SIZED, { size: 3 });
  await registry.learn(value);
  assert.deepEqual(registry.codec('t').decode(value, 't-0@3'), { size: 3, colour: 'red' });
});

test('what is known, or is no value of a registry, is not asked for', async () => {
  const registry = await connect();
  fake.requests.length = 0;
  const own = registry.codec('t').encode({ size: 1 });
  for (const value of [own, null, Buffer.alloc(0), own.subarray(0, 4), Buffer.from('{"size":1}')]) {
    assert.equal(registry.knows(value), true);
    await registry.learn(value);
  }
  assert.deepEqual(fake.requests, []);
});

test('all who wait for one schema make one request', async () => {
  const registry = await connect();
  fake.schemas.set(40, { schema: JSON.stringify(NEWER) });
  fake.requests.length = 0;
  await Promise.all([registry.learn(written(40)), registry.learn(written(40)), registry.learn(written(40))]);
  assert.deepEqual(fake.requests, ['GET /schemas/ids/40']);
});

test('an id that the registry does not have is asked for once a minute', async (t) => {
  const registry = await connect();
  const value = written(41);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  fake.requests.length = 0;
  for (let i = 0; i < 100; i++) await registry.learn(value);
  assert.deepEqual(fake.requests, ['GET /schemas/ids/41']);
  assert.equal(registry.knows(value), true);
  assert.throws(() => registry.codec('t').decode(value, 't-0@3'), ofCode('SCHEMA_UNKNOWN', /^t-0@3: .*41/));
  t.mock.timers.tick(59_999);
  assert.equal(registry.knows(value), true);
  t.mock.timers.tick(1);
  assert.equal(registry.knows(value), false);
  fake.schemas.set(41, { schema: JSON.stringify(NEWER) });
  await registry.learn(value);
  assert.deepEqual(registry.codec('t').decode(value, 't-0@3'), { size: 1 });
});

test('an id of a schema that is not Avro is unknown', async () => {
  const registry = await connect();
  fake.schemas.set(42, { schemaType: 'JSON', schema: '{"type":"object"}' });
  fake.schemas.set(43, { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; message M { int32 a = 1; }' });
  fake.schemas.set(44, { schema: 'no JSON' });
  fake.schemas.set(45, { schema: '{"type":"recrod"}' });
  for (const id of [42, 43, 44, 45]) {
    const value = written(id);
    await registry.learn(value);
    assert.equal(registry.knows(value), true);
    assert.throws(() => registry.codec('t').decode(value, 't-0@3'), ofCode('SCHEMA_UNKNOWN'));
  }
});

test('a registry that fails for a moment is asked again; one that goes on failing is REGISTRY_UNAVAILABLE', async () => {
  const registry = await connect();
  fake.schemas.set(40, { schema: JSON.stringify(NEWER) });
  let failures = 2;
  fake.fault = (request, response) => failures-- > 0 && answering(503, 'busy')(request, response);
  await registry.learn(written(40));
  assert.equal(registry.knows(written(40)), true);

  for (const [status, body] of [
    [500, '{"message":"store is down"}'],
    [502, '<html>Bad gateway</html>'],
    [500, ''],
  ] as const) {
    fake.fault = answering(status, body);
    await assert.rejects(registry.learn(written(46)), ofCode('REGISTRY_UNAVAILABLE', /^http:/));
    await assert.rejects(registry.ping(), ofCode('REGISTRY_UNAVAILABLE'));
    await assert.rejects(connect(), ofCode('REGISTRY_UNAVAILABLE'));
  }

  fake.fault = undefined;
  await registry.ping();
  assert.equal(registry.knows(written(46)), false);
});

test('a registry that does not let in, or not do, is no outage, and says whom it does not let', async () => {
  const registry = await connect();
  for (const [status, code] of [
    [401, 'AUTHENTICATION_FAILED'],
    [403, 'NOT_AUTHORISED'],
  ] as const) {
    fake.fault = answering(status, '{"message":"who are you"}');
    for (const asked of [registry.learn(written(46)), registry.ping(), connect()])
      await assert.rejects(asked, ofCode(code, /a client without user or token/));
  }
});

test('an answer that is none of a registry is REGISTRY_UNAVAILABLE, and no schema is taken for unknown', async () => {
  const registry = await connect();
  for (const body of ['<html>Log in</html>', '', 'null', '7', '{}', '[]', '{"schema":7}']) {
    fake.fault = answering(200, body);
    await assert.rejects(registry.learn(written(47)), ofCode('REGISTRY_UNAVAILABLE'));
    assert.equal(registry.knows(written(47)), false);
    await assert.rejects(connect(), ofCode('REGISTRY_UNAVAILABLE'));
  }
});

test('a schema that is registered without an id is REGISTRY_UNAVAILABLE', async () => {
  fake.fault = ({ method, url }, response) =>
    method === 'POST' && answering(200, '{"version":1}')({ url } as never, response);
  await assert.rejects(connect(), ofCode('REGISTRY_UNAVAILABLE', /t-value/));
});

test('a registry that nothing listens for is REGISTRY_UNAVAILABLE', async () => {
  const gone = await startFakeRegistry();
  const registry = await Registry.connect({ url: gone.url, directory: directoryOf(SIZED) });
  await gone.close();
  await assert.rejects(registry.ping(), ofCode('REGISTRY_UNAVAILABLE', /ECONNREFUSED/));
  await assert.rejects(registry.learn(written(40)), ofCode('REGISTRY_UNAVAILABLE', /ECONNREFUSED/));
  await assert.rejects(
    Registry.connect({ url: gone.url, directory: directoryOf(SIZED) }),
    ofCode('REGISTRY_UNAVAILABLE', /ECONNREFUSED/),
  );
});

const STALLS: Record<string, Fault> = {
  'does not answer': () => true,
  'stops in the middle of an answer': (_request, response) => {
    response.writeHead(200).write('{"schema":');
    return true;
  },
  'closes the connection in the middle of an answer': (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('{"schema":', () => response.destroy());
    return true;
  },
};

for (const [what, fault] of Object.entries(STALLS)) {
  test(`a registry that ${what} is REGISTRY_UNAVAILABLE after 5 s`, async (t) => {
    const registry = await connect();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    fake.fault = fault;
    let settled = false;
    const seen = fake.request();
    const learning = assert
      .rejects(registry.learn(written(48)), ofCode('REGISTRY_UNAVAILABLE', /no answer within 5 s/))
      .finally(() => (settled = true));
    await seen;
    t.mock.timers.tick(4_999);
    for (let i = 0; i < 50; i++) await setImmediate();
    assert.equal(settled, false);
    t.mock.timers.tick(1);
    await learning;
  });
}

test('ping resolves where the registry answers that it has no such subject', async () => {
  const registry = await connect();
  fake.subjects.clear();
  await registry.ping();
});

test('an embedded registry knows all it will ever know, and is always there', async () => {
  const registry = new Registry(SCHEMAS);
  for (const version of published()) assert.equal(registry.knows(payload(version)), true);
  const value = written(49);
  assert.equal(registry.knows(value), true);
  await registry.learn(value);
  await registry.ping();
});
