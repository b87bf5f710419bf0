import { P2iError } from '../../shared/errors/errors.ts';
import type { FeatureBatch } from '../../shared/features/batch.ts';
import type { Lane } from '../../shared/features/feature.ts';
import { FEATURE_NAMES, FEATURE_TABLE_VERSION } from '../../shared/features/table.ts';
import { unpackValues, valueCount, ValuePacker, type PackedValues } from '../../shared/columns/values.ts';
import { countsOf, pack, startsOf, unpack } from '../../shared/registry/packed.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { BatchTopic } from '../../shared/stream/binding.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';
import { interestIds, interestIndexes } from '../interest-ids.ts';
import type { TaxonomySource } from '../taxonomy-source.ts';
import { packFeatures, unpackFeatures, type WireColumns } from './columns.ts';

interface WireBatch extends WireColumns {
  taxonomy: string;
  lane: Lane;
  table: number;
  names: readonly string[];
  pins: { id: string; version: number; deleted: boolean }[];
  counts: Buffer;
  /** Null where the batch was written before features went in columns of their own: then in the two fields below. */
  interestColumn: PackedValues | null;
  interests: Buffer;
  features: Buffer;
}

/** Feature batches on p2i-features: ids in place of dense indexes, features in columns of several forms. */
export function featuresTopic(registry: Registry, taxonomies: TaxonomySource): BatchTopic<FeatureBatch> {
  const codec = registry.codec<WireBatch>('p2i-features');
  const packer = new ValuePacker();
  return {
    topic: 'p2i-features',
    encode(batch) {
      const taxonomy = taxonomies.taxonomy(batch.taxonomy);
      packer.start(4 * batch.interests.length * (1 + FEATURE_NAMES.length));
      return codec.encode({
        taxonomy: batch.taxonomy,
        lane: batch.lane,
        table: FEATURE_TABLE_VERSION,
        names: FEATURE_NAMES,
        pins: batch.pins,
        counts: pack(countsOf(batch.start)),
        interestColumn: packer.pack(new Uint32Array(interestIds(batch.interests, taxonomy).buffer)),
        ...packFeatures(batch, taxonomy, packer),
        interests: NOTHING,
        features: NOTHING,
      });
    },
    decode(value, where) {
      const wire = codec.decode(value, where);
      if (wire.table !== FEATURE_TABLE_VERSION || String(wire.names) !== String(FEATURE_NAMES)) {
        throw new P2iError('SCHEMA_MISMATCH', `its features are of table ${wire.table}`, { where });
      }
      const taxonomy = taxonomies.taxonomy(wire.taxonomy, where);
      try {
        const start = startsOf(unpack(Uint16Array, wire.counts));
        const interests = interestIndexes({ interests: idsOf(wire) }, taxonomy, where);
        checkCounts(wire, start, interests);
        return {
          taxonomy: wire.taxonomy,
          lane: wire.lane,
          pins: wire.pins,
          start,
          interests,
          features: featuresOf(wire, { start, interests }, taxonomy),
        };
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        throw new P2iError('AVRO_MALFORMED', cause.message, { where, cause });
      }
    },
    size: ({ pins }) => pins.length,
    split(batch) {
      const middle = batch.pins.length >> 1;
      return [slice(batch, 0, middle), slice(batch, middle, batch.pins.length)];
    },
    pinId: ({ pins }) => pins[0].id,
  };
}

const NOTHING = Buffer.alloc(0);

/** Bytes of the interest ids. */
function idsOf({ interestColumn, interests }: WireBatch): Uint8Array {
  if (interestColumn === null) return interests;
  const ids = new Uint32Array(valueCount(interestColumn));
  unpackValues(interestColumn, ids);
  return new Uint8Array(ids.buffer);
}

/** @throws RangeError where Pins and candidates are not as many as the counts say */
function checkCounts({ pins }: WireBatch, start: Int32Array, interests: Int32Array): void {
  if (start.length !== pins.length + 1 || start[pins.length] !== interests.length) {
    const counted = `${start.length - 1} counts of ${start.at(-1)} candidates`;
    throw new RangeError(`${counted}, but ${pins.length} Pins and ${interests.length} interests`);
  }
}

function featuresOf(
  wire: WireBatch,
  rows: Pick<FeatureBatch, 'start' | 'interests'>,
  taxonomy: TaxonomyTree,
): Float32Array {
  if (wire.interestColumn !== null) return unpackFeatures(wire, rows, taxonomy);
  const features = unpack(Float32Array, wire.features);
  if (features.length !== rows.interests.length * FEATURE_NAMES.length) {
    throw new RangeError(`${features.length} features of ${rows.interests.length} candidates`);
  }
  return features;
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
