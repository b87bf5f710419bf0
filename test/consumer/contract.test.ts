import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import avro, { type Resolver, type Schema, type Type } from 'avsc';
import { HISTORY, payload, published, said, SCHEMAS } from '../shared/registry/recorded.ts';

/** Topics that docs/contracts.md calls public. */
const PUBLIC = [
  ...['p2i-results', 'p2i-taxonomy', 'p2i-removals', 'p2i-removals-audit'],
  ...['p2i-pins', 'p2i-dead-letters'],
];

interface RecordSchema {
  type: 'record';
  name: string;
  namespace?: string;
  fields: { name: string; type: unknown; default?: unknown }[];
}

function schemaAt(path: string): RecordSchema {
  return JSON.parse(readFileSync(path, 'utf8')) as RecordSchema;
}

/**
 * Someone else’s consumer, which knows Avro and nothing of P2I: it was built with the first schema of a topic, and gets the
 * schema that a record was written with from the registry.
 */
function readByFirstSchema(topic: string, value: Buffer, writer: RecordSchema): unknown {
  const { reader, resolver } = firstReader(topic, writer);
  return reader.fromBuffer(value.subarray(WIRE_HEAD), resolver);
}

/** @throws where records of the writer cannot be read by the first schema */
function firstReader(topic: string, writer: RecordSchema): { reader: Type; resolver: Resolver } {
  const reader = typeOf(schemaAt(join(HISTORY, `${topic}.v1.avsc`)));
  return { reader, resolver: reader.createResolver(typeOf(writer)) };
}

const typeOf = (schema: RecordSchema): Type => avro.Type.forSchema(structuredClone(schema) as Schema);

/** The magic byte and the schema id. */
const WIRE_HEAD = 5;

/** What `value` says in the fields of `known`. */
function assertSays(value: unknown, known: unknown, at: string): void {
  if (Array.isArray(known)) {
    assert.ok(Array.isArray(value) && value.length === known.length, at);
    known.forEach((part, i) => assertSays(value[i], part, `${at}[${i}]`));
  } else if (typeof known === 'object' && known !== null && !Buffer.isBuffer(known)) {
    for (const [key, part] of Object.entries(known))
      assertSays((value as Record<string, unknown>)[key], part, `${at}.${key}`);
  } else assert.deepEqual(value, known, at);
}

describe('a consumer that was built with the first schema of a public topic', () => {
  for (const topic of PUBLIC) {
    const versions = published().filter((version) => version.topic === topic);

    test(`reads every version of ${topic}, and finds in it what it knows`, () => {
      assert.ok(versions.length > 0);
      for (const version of versions) {
        const writer = schemaAt(join(HISTORY, `${version.name}.avsc`));
        const read = readByFirstSchema(topic, payload(version), writer);
        assertSays(typeOf(writer).fromBuffer(payload(version).subarray(WIRE_HEAD)), read, version.name);
      }
    });

    test(`reads what ${topic} is written with now`, () => {
      readByFirstSchema(topic, payload(versions.at(-1)!), schemaAt(join(SCHEMAS, `${topic}.avsc`)));
    });
  }
});

describe('a change of p2i-results that the contract forbids breaks that consumer', () => {
  const interestsOf = (schema: RecordSchema): RecordSchema['fields'] => {
    const { type } = schema.fields.find(({ name }) => name === 'interests')!;
    return (type as { items: RecordSchema }).items.fields;
  };
  const changed = (change: (schema: RecordSchema) => void): RecordSchema => {
    const schema = schemaAt(join(SCHEMAS, 'p2i-results.avsc'));
    change(schema);
    return schema;
  };

  const FORBIDDEN: Record<string, (schema: RecordSchema) => void> = {
    'a field is removed': (schema) => schema.fields.splice(1, 1),
    'a field of an interest is removed': (schema) => interestsOf(schema).splice(3, 1),
    'a field is renamed': (schema) => (interestsOf(schema)[2].name = 'probability'),
    'a number becomes a text': (schema) => (interestsOf(schema)[0].type = 'string'),
    'a field may be null': (schema) => (schema.fields[3].type = ['null', 'string']),
  };
  for (const [name, change] of Object.entries(FORBIDDEN))
    test(name, () => {
      assert.throws(
        () => firstReader('p2i-results', changed(change)),
        /cannot read|no matching|incompatible/,
      );
    });

  test('and one that it allows does not', () => {
    const schema = changed(({ fields }) => fields.unshift({ name: 'reason', type: 'string', default: '' }));
    const result = published().find(({ name }) => name === 'p2i-results.v1')!;
    const known = said(result) as Record<string, unknown>;
    const value = { ...known, reason: 'new' };
    const bytes = Buffer.concat([Buffer.alloc(5), typeOf(schema).toBuffer(value)]);
    assertSays(readByFirstSchema('p2i-results', bytes, schema), known, 'p2i-results');
  });
});
