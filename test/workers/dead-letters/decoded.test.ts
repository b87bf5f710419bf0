import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyGeneration } from '../../../shared/cooccurrence/generation.ts';
import { parseTaxonomy } from '../../../shared/taxonomy/read.ts';
import { featureContext, taxonomyArtefacts } from '../../../workers/artefacts.ts';
import { CandidateStage } from '../../../workers/candidates/stage.ts';
import { candidatesTopic } from '../../../workers/candidates/topic.ts';
import { FeatureStage } from '../../../workers/features/stage.ts';
import { featuresTopic } from '../../../workers/features/topic.ts';
import { decodeValue } from '../../../workers/dead-letters/decoded.ts';
import { oneTaxonomy } from '../../../workers/taxonomy-source.ts';
import { pins, registry } from '../../shared/stream/toy.ts';
import { pinOf } from '../../support/pin.ts';
import { badPinAlone, poison } from '../../support/poison.ts';
import { smallTaxonomy } from '../../support/small-taxonomy.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';

const decoded = (value: Uint8Array) => decodeValue(registry, value);

test('Pins are shown with what JSON has no word for: a NaN, an embedding', async () => {
  const embedding = Float32Array.of(0.5, -2);
  const value = pins.encode({ pins: [pinOf({ id: '7', title: 'Boats', embedding })] });
  const { engagement, ...rest } = pinOf({ id: '7', title: 'Boats' });
  assert.deepEqual(await decoded(value), {
    schema: 'p2i.PinBatch',
    value: { pins: [{ ...rest, engagement, embedding: [0.5, -2] }] },
  });
  const bad = (await decoded(badPinAlone(registry))) as { value: { pins: { annotations: object[] }[] } };
  assert.deepEqual(bad.value.pins[0].annotations, [{ term: 'boat', confidence: 'NaN', sources: ['title'] }]);
});

test('an embedding that is no vector is shown in hexadecimal', async () => {
  const codec = registry.codec('p2i-pins');
  const value = codec.encode({ pins: [{ ...pinOf({}), embedding: Buffer.from('abcde') }] });
  const { value: shown } = (await decoded(value)) as { value: { pins: { embedding: string }[] } };
  assert.equal(shown.pins[0].embedding, '6162636465');
});

test('candidates are shown with their columns as numbers', async () => {
  const taxonomy = parseTaxonomy(await smallTaxonomy(), 'small');
  const generation = emptyGeneration(taxonomy);
  const stage = new CandidateStage({ ...taxonomyArtefacts(taxonomy, TEXT_MODELS), generation });
  const batch = stage.process({ pins: [pinOf({ id: '7', title: 'nature and people', language: 'en' })] });
  const shown = await decoded(candidatesTopic(registry, oneTaxonomy(taxonomy)).encode(batch));
  assert.ok('schema' in shown);
  const { pins: described, interests, counts } = shown.value as Record<string, never[]>;
  assert.equal(shown.schema, 'p2i.CandidateBatch');
  assert.deepEqual(counts, [batch.interests.length]);
  assert.ok(batch.interests.length > 0);
  assert.deepEqual(
    interests,
    Array.from(batch.interests, (index) => taxonomy.ids[index]),
  );
  assert.deepEqual((described[0] as { terms: number[] }).terms, [...batch.pins[0].terms]);
});

test('features are shown as numbers: what each column has beside what repeats, and the interest of each candidate', async () => {
  const taxonomy = parseTaxonomy(await smallTaxonomy(), 'small');
  const generation = emptyGeneration(taxonomy);
  const artefacts = taxonomyArtefacts(taxonomy, TEXT_MODELS);
  const candidates = new CandidateStage({ ...artefacts, generation }).process({
    pins: [pinOf({ id: '7', title: 'nature and people', language: 'en' })],
  });
  const batch = new FeatureStage(featureContext(artefacts, generation), 'batch').process(candidates);
  const shown = await decoded(featuresTopic(registry, oneTaxonomy(taxonomy)).encode(batch));
  assert.ok('schema' in shown);
  const { names, interestColumn, columns } = shown.value as {
    names: string[];
    interestColumn: number[];
    columns: { form: string; packed: (number | 'NaN')[] | null }[];
  };
  assert.deepEqual(
    interestColumn,
    Array.from(batch.interests, (index) => taxonomy.ids[index]),
  );
  assert.deepEqual(columns[names.indexOf('isLeaf')], { form: 'derived', packed: null });
  assert.ok(columns.some(({ form }) => form === 'candidate'));
  for (const [feature, { form, packed }] of columns.entries()) {
    if (form !== 'candidate') continue;
    const first = batch.features[feature * batch.interests.length];
    assert.equal(packed![0], Number.isNaN(first) ? 'NaN' : first, names[feature]);
  }
});

test('packed values that do not unpack are shown in hexadecimal', async () => {
  const codec = registry.codec('p2i-features');
  const interestColumn = { dictionary: Buffer.from([1, 0, 0, 0]), values: Buffer.from([9]) };
  const value = codec.encode({
    ...{ taxonomy: 't', lane: 'batch', table: 1, names: [], pins: [], columns: [], interestColumn },
    ...{
      counts: Buffer.alloc(0),
      interests: Buffer.alloc(0),
      features: Buffer.alloc(0),
      repeated: Buffer.alloc(0),
    },
  });
  const { value: shown } = (await decoded(value)) as { value: { interestColumn: object } };
  assert.deepEqual(shown.interestColumn, { dictionary: '01000000', values: '09' });
});

test('what does not decode is told why', async () => {
  const { magicByte, unknownSchema, truncated } = poison(registry);
  const unknown = { reason: 'they name no schema that is known' };
  assert.deepEqual(await decoded(magicByte), unknown);
  assert.deepEqual(await decoded(unknownSchema), unknown);
  assert.deepEqual(await decoded(truncated), { reason: 'the value is truncated' });
  assert.deepEqual(await decoded(Buffer.alloc(0)), {
    reason: 'there are no bytes: the record was a tombstone',
  });
});
