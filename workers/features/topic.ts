import { P2iError } from '../../shared/errors/errors.ts';
import type { FeatureBatch } from '../../shared/features/batch.ts';
import type { Lane } from '../../shared/features/feature.ts';
import { FEATURE_NAMES, FEATURE_TABLE_VERSION } from '../../shared/features/table.ts';
import { countsOf, pack, startsOf, unpack } from '../../shared/registry/packed.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { BatchTopic } from '../../shared/stream/binding.ts';
import { interestIds, interestIndexes } from '../interest-ids.ts';
import type { TaxonomySource } from '../taxonomy-source.ts';

interface WireBatch {
  taxonomy: string;
  lane: Lane;
  table: number;
  names: readonly string[];
  pins: { id: string; version: number; deleted: boolean }[];
  counts: Buffer;
  interests: Buffer;
  features: Buffer;
}

/** Feature batches on p2i-features. */
export function featuresTopic(registry: Registry, taxonomies: TaxonomySource): BatchTopic<FeatureBatch> {
  const codec = registry.codec<WireBatch>('p2i-features');
  return {
    topic: 'p2i-features',
    encode: (batch) =>
      codec.encode({
        taxonomy: batch.taxonomy,
        lane: batch.lane,
        table: FEATURE_TABLE_VERSION,
        names: FEATURE_NAMES,
        pins: batch.pins,
        counts: pack(countsOf(batch.start)),
        interests: pack(interestIds(batch.interests, taxonomies.taxonomy(batch.taxonomy))),
        features: pack(batch.features),
      }),
    decode(value, where) {
      const wire = codec.decode(value, where);
      if (wire.table !== FEATURE_TABLE_VERSION || String(wire.names) !== String(FEATURE_NAMES)) {
        throw new P2iError('SCHEMA_MISMATCH', `its features are of table ${wire.table}`, { where });
      }
      return {
        taxonomy: wire.taxonomy,
        lane: wire.lane,
        pins: wire.pins,
        start: startsOf(unpack(Uint16Array, wire.counts)),
        interests: interestIndexes(wire, taxonomies.taxonomy(wire.taxonomy, where), where),
        features: unpack(Float32Array, wire.features),
      };
    },
    size: ({ pins }) => pins.length,
    split(batch) {
      const middle = batch.pins.length >> 1;
      return [slice(batch, 0, middle), slice(batch, middle, batch.pins.length)];
    },
    pinId: ({ pins }) => pins[0].id,
  };
}

function slice(batch: FeatureBatch, from: number, to: number): FeatureBatch {
  const [first, last] = [batch.start[from], batch.start[to]];
  const rows = batch.interests.length;
  const features = new Float32Array(FEATURE_NAMES.length * (last - first));
  for (let f = 0; f < FEATURE_NAMES.length; f++) {
    features.set(batch.features.subarray(f * rows + first, f * rows + last), f * (last - first));
  }
  return {
    taxonomy: batch.taxonomy,
    lane: batch.lane,
    pins: batch.pins.slice(from, to),
    start: batch.start.subarray(from, to + 1).map((offset) => offset - first),
    interests: batch.interests.subarray(first, last),
    features,
  };
}
