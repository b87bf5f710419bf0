import type { Lane } from '../../shared/features/feature.ts';
import { countsOf, pack, startsOf, unpack } from '../../shared/registry/packed.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { BatchTopic } from '../../shared/stream/binding.ts';
import { interestIndexes } from '../interest-ids.ts';
import type { TaxonomySource } from '../taxonomy-source.ts';
import type { RankedBatch } from './stage.ts';

interface WireBatch {
  taxonomy: string;
  model: string;
  lane: Lane;
  pins: { id: string; version: number; deleted: boolean }[];
  counts: Buffer;
  interests: Buffer;
  scores: Buffer;
}

export const RANKED_TOPIC = 'p2i-ranked';

/** Ranked batches on p2i-ranked. */
export function rankedTopic(registry: Registry, taxonomies: TaxonomySource): BatchTopic<RankedBatch> {
  const codec = registry.codec<WireBatch>(RANKED_TOPIC);
  return {
    topic: RANKED_TOPIC,
    encode(batch) {
      const { ids } = taxonomies.taxonomy(batch.taxonomy);
      const start = new Int32Array(batch.pins.length + 1);
      batch.pins.forEach(({ interests }, p) => (start[p + 1] = start[p] + interests.length));
      const all = batch.pins.flatMap(({ interests }) => interests);
      return codec.encode({
        taxonomy: batch.taxonomy,
        model: batch.model,
        lane: batch.lane,
        pins: batch.pins.map(({ id, version, deleted }) => ({ id, version, deleted })),
        counts: pack(countsOf(start)),
        interests: pack(Int32Array.from(all, ({ interest }) => ids[interest])),
        scores: pack(Float64Array.from(all, ({ score }) => score)),
      });
    },
    decode(value, where) {
      const wire = codec.decode(value, where);
      const start = startsOf(unpack(Uint16Array, wire.counts));
      const interests = interestIndexes(wire, taxonomies.taxonomy(wire.taxonomy, where), where);
      const scores = unpack(Float64Array, wire.scores);
      return {
        taxonomy: wire.taxonomy,
        model: wire.model,
        lane: wire.lane,
        pins: wire.pins.map((pin, p) => ({
          ...pin,
          interests: Array.from(interests.subarray(start[p], start[p + 1]), (interest, i) => ({
            interest,
            score: scores[start[p] + i],
          })),
        })),
      };
    },
    size: ({ pins }) => pins.length,
    split(batch) {
      const middle = batch.pins.length >> 1;
      return [
        { ...batch, pins: batch.pins.slice(0, middle) },
        { ...batch, pins: batch.pins.slice(middle) },
      ];
    },
    pinId: ({ pins }) => pins[0].id,
  };
}
