import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { P2iError } from '../../../shared/errors/errors.ts';
import type { PinBatch } from '../../../shared/pins/pin.ts';
import { checkPinBatch, PinBatchCodec } from '../../../shared/registry/pin-batch.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import { pinOf } from '../../support/pin.ts';
import { payload, published, SCHEMAS } from './recorded.ts';
import { ofCode } from '../../support/assertions.ts';

const codec = new PinBatchCodec(new Registry(SCHEMAS));
const scratch = mkdtempSync(join(tmpdir(), 'p2i-registry-'));
after(() => rmSync(scratch, { recursive: true }));

const BATCH: PinBatch = {
  pins: [
    {
      id: '17',
      version: 2 ** 52,
      createdAt: 1_700_000_000_123,
      title: 'Die Brücke – 橋',
      description: '',
      language: 'de',
      annotations: [{ term: 'bridge', confidence: 0.75, sources: ['title', 'link'] }],
      boards: [{ id: 'b:1', name: 'Bridges' }],
      engagement: {
        saves: 3,
        clicks: 0,
        closeups: null,
        impressions: 1e12,
        femaleShare: 0.25,
        maleShare: 0.5,
      },
      kind: 'image',
      country: 'AT',
      embedding: Float32Array.of(0.5, -1, 3.25),
      deleted: false,
    },
    pinOf({ id: '18', description: 'x'.repeat(300) }),
  ],
};

function schemaDirectory(current: object, history: Record<string, object> = {}): string {
  const directory = mkdtempSync(join(scratch, 's-'));
  writeFileSync(join(directory, 't.avsc'), JSON.stringify(current));
  for (const [name, schema] of Object.entries(history)) {
    mkdirSync(join(directory, 'history'), { recursive: true });
    writeFileSync(join(directory, 'history', `${name}.avsc`), JSON.stringify(schema));
  }
  return directory;
}

test('a Pin batch comes back as it went, as plain objects with times as numbers', () => {
  assert.deepEqual(codec.decode(codec.encode(BATCH), 'p2i-pins-0@0'), BATCH);
});

test('the first Pins ever recorded come back whole, fields that they lacked at their defaults', () => {
  const [first] = published().filter(({ topic }) => topic === 'p2i-pins');
  assert.deepEqual(codec.decode(payload(first), first.name), BATCH);
});

test('a batch larger than the scratch buffer is encoded whole', () => {
  const pins = Array.from({ length: 5000 }, () => BATCH.pins[1]);
  const bytes = codec.encode({ pins });
  assert.ok(bytes.length > 1 << 20);
  assert.deepEqual(codec.decode(bytes, 'x'), { pins });
});

test('a value that does not start with the magic byte and a known id is SCHEMA_UNKNOWN', () => {
  const bytes = codec.encode(BATCH);
  const foreign = Buffer.from(bytes);
  foreign[0] = 1;
  const unknown = Buffer.from(bytes);
  unknown.writeInt32BE(12345, 1);
  for (const value of [Buffer.alloc(0), bytes.subarray(0, 4), foreign, unknown]) {
    assert.throws(
      () => codec.decode(value, 'p2i-pins-3@1204'),
      ofCode('SCHEMA_UNKNOWN', /^p2i-pins-3@1204: /),
    );
  }
});

test('a tombstone, which has no value, is SCHEMA_UNKNOWN and says so', () => {
  assert.throws(
    () => codec.decode(null, 'p2i-pins-3@1204'),
    ofCode('SCHEMA_UNKNOWN', /^p2i-pins-3@1204: the value is null/),
  );
});

test('a body that is cut anywhere, or has a byte too many, is AVRO_MALFORMED', () => {
  const bytes = codec.encode(BATCH);
  for (let length = 5; length < bytes.length; length++) {
    assert.throws(() => codec.decode(bytes.subarray(0, length), 'here'), ofCode('AVRO_MALFORMED', /^here: /));
  }
  const longer = Buffer.concat([bytes, Buffer.alloc(1)]);
  assert.throws(() => codec.decode(longer, 'here'), ofCode('AVRO_MALFORMED', /1 bytes too many/));
});

test('broken bytes decode to some batch or end in an error of the list, quickly', () => {
  const bytes = codec.encode(BATCH);
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: bytes.length - 1 }),
      fc.uint8Array({ minLength: 1, maxLength: 12 }),
      (at, by) => {
        const broken = Buffer.from(bytes);
        broken.set(by.subarray(0, broken.length - at), at);
        const start = performance.now();
        try {
          codec.decode(broken, 'here');
        } catch (error) {
          assert.ok(error instanceof P2iError, String(error));
        }
        assert.ok(performance.now() - start < 1000);
      },
    ),
    { numRuns: 3000 },
  );
});

test('a count of 2^40 items ends in an error, not in an allocation', () => {
  const bytes = Buffer.concat([codec.encode(BATCH).subarray(0, 5), Buffer.from('8080808080800100', 'hex')]);
  assert.throws(() => codec.decode(bytes, 'here'), ofCode('AVRO_MALFORMED', /truncated/));
});

test('a long beyond 2^53 is an error, written or read', () => {
  const far = { pins: [{ ...BATCH.pins[1], version: 2 ** 53 }] };
  assert.throws(() => codec.encode(far), ofCode('SCHEMA_MISMATCH', /pins\.0\.version/));
  const bytes = codec.encode({ pins: [{ ...BATCH.pins[1], id: '', version: 2 ** 40 }] });
  // The body: one Pin, an id of no bytes, then the version, 6 bytes of varint.
  const wider = Buffer.concat([
    bytes.subarray(0, 7),
    Buffer.from('feffffffffffffff7f', 'hex'),
    bytes.subarray(13),
  ]);
  assert.throws(() => codec.decode(wider, 'here'), ofCode('AVRO_MALFORMED', /precision/));
});

test('a field of a wrong type is named', () => {
  const pin = { ...BATCH.pins[1], title: undefined as unknown as string };
  assert.throws(
    () => codec.encode({ pins: [BATCH.pins[0], pin] }),
    ofCode('SCHEMA_MISMATCH', /^pins\.1\.title: undefined does not fit string/),
  );
});

test('values out of range are named with their Pin and field', () => {
  const wrong = (change: object): (() => void) => {
    return () => checkPinBatch({ pins: [BATCH.pins[0], { ...BATCH.pins[1], ...change }] });
  };
  const engagement = BATCH.pins[1].engagement;
  checkPinBatch(BATCH);
  assert.throws(wrong({ id: '' }), ofCode('PIN_INVALID', /^Pin "": id is empty/));
  for (const confidence of [NaN, -0.1, 1.1]) {
    const annotations = [{ term: 'a', confidence, sources: [] }];
    assert.throws(wrong({ annotations }), ofCode('PIN_INVALID', /^Pin "18": annotations.confidence of "a"/));
  }
  assert.throws(
    wrong({ embedding: Float32Array.of(1, NaN) }),
    ofCode('PIN_INVALID', /^Pin "18": embedding has a NaN/),
  );
  assert.throws(wrong({ boards: [{ id: '', name: 'x' }] }), ofCode('PIN_INVALID', /boards.id is empty/));
  assert.throws(
    wrong({ engagement: { ...engagement, saves: -1 } }),
    ofCode('PIN_INVALID', /engagement.saves is -1/),
  );
  assert.throws(
    wrong({ engagement: { ...engagement, maleShare: 2 } }),
    ofCode('PIN_INVALID', /engagement.maleShare/),
  );
});

test('an embedding that is no float32 vector is PIN_INVALID', () => {
  const bytes = new Registry(SCHEMAS)
    .codec('p2i-pins')
    .encode({ pins: [{ ...BATCH.pins[0], embedding: Buffer.alloc(7) }] });
  assert.throws(
    () => codec.decode(bytes, 'p2i-pins-0@4'),
    ofCode('PIN_INVALID', /^p2i-pins-0@4: embedding of Pin "17"/),
  );
});

test('what an older schema wrote is read as the newer one, with defaults for what it lacked', () => {
  const first = {
    type: 'record',
    name: 'T',
    fields: [{ name: 'tags', type: { type: 'array', items: 'string' } }],
  };
  const second = { ...first, fields: [...first.fields, { name: 'size', type: 'int', default: 7 }] };
  const written = new Registry(schemaDirectory(first)).codec('t').encode({ tags: ['a', 'b'] });
  const reader = new Registry(schemaDirectory(second, { 't.v1': first })).codec('t');
  assert.deepEqual(reader.decode(written, 'here'), { tags: ['a', 'b'], size: 7 });
  // Bounded counts hold for a resolved schema, too.
  assert.throws(() => reader.decode(written.subarray(0, -2), 'here'), ofCode('AVRO_MALFORMED'));
  assert.throws(
    () => new Registry(schemaDirectory(second)).codec('t').decode(written, 'here'),
    ofCode('SCHEMA_UNKNOWN'),
  );
});

test('a value of another topic is SCHEMA_UNKNOWN', () => {
  const letter = new Registry(SCHEMAS).codec('p2i-dead-letters');
  assert.throws(
    () => letter.decode(codec.encode(BATCH), 'here'),
    ofCode('SCHEMA_UNKNOWN', /not one of this topic/),
  );
});

test('schema ids depend on the schema alone', () => {
  const copy = join(scratch, 'copy');
  cpSync(SCHEMAS, copy, { recursive: true });
  writeFileSync(join(copy, 'a-first-topic.avsc'), JSON.stringify({ type: 'record', name: 'A', fields: [] }));
  assert.equal(new Registry(copy).codec('p2i-pins').id, new Registry(SCHEMAS).codec('p2i-pins').id);
});

test('a missing directory, file or schema is ARTEFACT_INVALID naming it', () => {
  assert.throws(() => new Registry(join(scratch, 'none')), ofCode('ARTEFACT_INVALID', /none/));
  assert.throws(
    () => new Registry(SCHEMAS).codec('p2i-nothing'),
    ofCode('ARTEFACT_INVALID', /p2i-nothing\.avsc/),
  );
  const broken = schemaDirectory({ type: 'recrod' });
  assert.throws(() => new Registry(broken), ofCode('ARTEFACT_INVALID', /t\.avsc: not an Avro schema/));
});
