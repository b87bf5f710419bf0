import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Registry } from '../../../shared/registry/registry.ts';
import { HISTORY, payload, plain, published, revived, said, SCHEMAS, topics } from './recorded.ts';

const now = new Registry(SCHEMAS);
/** Each schema of the history, as if it were the one of a topic of its own. */
const then = new Registry(HISTORY);

/** The part of a value that has the fields of another: what a later schema added is left out. */
function fieldsOf(value: unknown, recorded: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(recorded)) {
    return value.map((item, i) => fieldsOf(item, recorded[i]));
  }
  if (typeof value !== 'object' || value === null || typeof recorded !== 'object' || recorded === null) {
    return value;
  }
  const known = Object.entries(recorded) as [string, unknown][];
  const fields = value as Record<string, unknown>;
  return Object.fromEntries(known.map(([key, field]) => [key, fieldsOf(fields[key], field)]));
}

for (const version of published()) {
  test(`the recorded payload of ${version.name} is what its schema writes`, () => {
    const codec = then.codec(version.name);
    const bytes = payload(version);
    assert.deepEqual(plain(codec.decode(bytes, version.name)), said(version));
    assert.equal(codec.encode(revived(said(version))).toString('hex'), bytes.toString('hex'));
  });

  test(`the recorded payload of ${version.name} says the same to the current schema`, () => {
    const value = now.codec(version.topic).decode(payload(version), version.name);
    assert.deepEqual(fieldsOf(plain(value), said(version)), said(version));
  });
}

for (const topic of topics()) {
  test(`the schema of ${topic} is the last one of its history`, () => {
    const last = published().findLast((version) => version.topic === topic);
    assert.deepEqual(
      JSON.parse(readFileSync(join(HISTORY, `${last?.name}.avsc`), 'utf8')),
      JSON.parse(readFileSync(join(SCHEMAS, `${topic}.avsc`), 'utf8')),
      'record the new schema: node test/shared/registry/record.ts',
    );
  });
}
