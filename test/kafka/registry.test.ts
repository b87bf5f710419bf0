import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { P2iError } from '../../shared/errors/errors.ts';
import { Registry } from '../../shared/registry/registry.ts';
import { pinsTopic } from '../../shared/stream/pins-topic.ts';
import { HISTORY, payload, published, SCHEMAS, topics, type Published } from '../shared/registry/recorded.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { pinOf } from '../support/pin.ts';
import { startRegistry, type SchemaRegistry } from '../support/brokers/registry.ts';

const available = brokersAvailable();

const PINS = { pins: [pinOf({ id: '17', title: 'bridge' })] };

interface Field {
  name: string;
  type: unknown;
  default?: unknown;
}

describe('a real schema registry', { skip: available.available ? false : available.why }, () => {
  let server: SchemaRegistry;
  let scratch: string;
  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'p2i-schemas-'));
    server = await startRegistry();
  });
  after(async () => {
    await server.close();
    rmSync(scratch, { recursive: true });
  });

  const connect = (directory: string): Promise<Registry> => Registry.connect({ url: server.url, directory });

  /** A directory with one schema, under a topic of any name. */
  function directoryOf(schema: string, topic: string): string {
    const directory = mkdtempSync(join(scratch, 's-'));
    writeFileSync(join(directory, `${topic}.avsc`), schema);
    return directory;
  }

  test('every published schema is accepted in its order, then the current ones, and old records decode', async () => {
    const old: { version: Published; value: Buffer }[] = [];
    for (const version of published()) {
      const registry = await connect(directoryOf(schemaOf(version), version.topic));
      const value = payload(version);
      value.writeInt32BE(registry.codec(version.topic).id, 1);
      old.push({ version, value });
    }
    const registry = await connect(SCHEMAS);
    const embedded = new Registry(SCHEMAS);
    for (const { version, value } of old) {
      await registry.learn(value);
      assert.deepEqual(
        registry.codec(version.topic).decode(value, version.name),
        embedded.codec(version.topic).decode(payload(version), version.name),
      );
    }
    await registry.ping();
  });

  test('many workers that start at once on an empty registry agree on the ids', async () => {
    const renamed = mkdtempSync(join(scratch, 's-'));
    for (const topic of topics()) {
      cpSync(join(SCHEMAS, `${topic}.avsc`), join(renamed, `at-once-${topic}.avsc`));
    }
    const workers = await Promise.all(Array.from({ length: 12 }, () => connect(renamed)));
    for (const topic of topics()) {
      assert.equal(new Set(workers.map((worker) => worker.codec(`at-once-${topic}`).id)).size, 1);
    }
  });

  test('a worker that is older than the registry’s last schema keeps its id, and reads what newer ones write', async () => {
    const [version] = published().filter(({ topic }) => topic === 'p2i-pins');
    const topic = 'rolled-back';
    const older = directoryOf(schemaOf(version), topic);
    const newer = directoryOf(
      changed(schemaOf(version), (fields) => fields.push({ name: 'extra', type: 'string', default: '' })),
      topic,
    );
    const { id } = (await connect(older)).codec(topic);
    const writer = (await connect(newer)).codec(topic);
    assert.notEqual(writer.id, id);
    const registry = await connect(older);
    assert.equal(registry.codec(topic).id, id);

    const body = new Registry(older).codec<object>(topic).decode(payload(version), version.name);
    const value = writer.encode({ ...body, extra: 'new' });
    assert.equal(registry.knows(value), false);
    await registry.learn(value);
    assert.deepEqual(registry.codec(topic).decode(value, 'here'), body);
  });

  /** Registers a schema under a topic of that name, and then asks for another one to be refused. */
  async function refuses(topic: string, accepted: string, refused: string): Promise<void> {
    await connect(directoryOf(accepted, topic));
    await assert.rejects(connect(directoryOf(refused, topic)), (error) => {
      assert.ok(error instanceof P2iError, String(error));
      assert.equal(error.code, 'SCHEMA_INCOMPATIBLE');
      assert.ok(error.message.startsWith(`${topic}-value: `), error.message);
      return true;
    });
  }

  const BREAKS: Record<string, (fields: Field[]) => void> = {
    'a new field without a default': (fields) => fields.push({ name: 'extra', type: 'string' }),
    'a renamed field': (fields) => (fields[0] = { name: 'renamed', type: fields[0].type }),
    'a field of another type': (fields) =>
      (fields[0] = { name: fields[0].name, type: { type: 'array', items: 'int' } }),
  };

  for (const [what, change] of Object.entries(BREAKS)) {
    test(`${what} is refused for every topic`, async () => {
      for (const topic of topics()) {
        const schema = readFileSync(join(SCHEMAS, `${topic}.avsc`), 'utf8');
        await refuses(`${what.replaceAll(' ', '-')}-${topic}`, schema, changed(schema, change));
      }
    });
  }

  test('a default that is lost is refused where the last schema lacks the field', async () => {
    const [first] = published().filter(({ topic }) => topic === 'p2i-pins');
    const current = readFileSync(join(SCHEMAS, 'p2i-pins.avsc'), 'utf8');
    const lost = JSON.stringify(JSON.parse(current), (_key, part: Partial<Field> | null) =>
      part?.name === 'deleted' ? { name: part.name, type: part.type } : part,
    );
    await refuses('lost-default', schemaOf(first), lost);
  });

  test('an id that it never gave is SCHEMA_UNKNOWN', async () => {
    const registry = await connect(SCHEMAS);
    const pins = pinsTopic(registry);
    for (const id of [-5, 0, 2 ** 31 - 1]) {
      const value = Buffer.from(pins.encode(PINS));
      value.writeInt32BE(id, 1);
      await registry.learn(value);
      assert.throws(
        () => pins.decode(value, 'p2i-pins-0@1'),
        (error) => error instanceof P2iError && error.code === 'SCHEMA_UNKNOWN',
      );
    }
  });

  test('while it is away all but decoding is REGISTRY_UNAVAILABLE, and then goes on with the same ids', async () => {
    const registry = await connect(SCHEMAS);
    const pins = pinsTopic(registry);
    const value = pins.encode(PINS);
    await server.stop();
    const away = (error: unknown): boolean =>
      error instanceof P2iError && error.code === 'REGISTRY_UNAVAILABLE' && error.transient;
    await assert.rejects(registry.ping(), away);
    await assert.rejects(connect(SCHEMAS), away);
    assert.deepEqual(pins.decode(value, 'p2i-pins-0@1'), PINS);
    await server.start();
    await registry.ping();
    assert.equal((await connect(SCHEMAS)).codec('p2i-pins').id, registry.codec('p2i-pins').id);
  });
});

function schemaOf({ name }: Published): string {
  return readFileSync(join(HISTORY, `${name}.avsc`), 'utf8');
}

/** A schema with its own fields changed. */
function changed(json: string, change: (fields: Field[]) => void): string {
  const schema = JSON.parse(json) as { fields: Field[] };
  change(schema.fields);
  return JSON.stringify(schema);
}
