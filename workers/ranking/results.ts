import type { Lane } from '../../shared/features/feature.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { Output } from '../../shared/stream/binding.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { RUN_HEADER } from '../replay.ts';
import type { RankedBatch } from './stage.ts';

/** Value of p2i-results: exactly the fields of schemas/p2i-results.avsc. */
export interface PinInterests {
  pin: string;
  pinVersion: number;
  lane: Lane;
  run: string;
  taxonomy: string;
  model: string;
  time: number;
  interests: { id: number; level: number; score: number; label: string }[];
}

export const RESULTS_TOPIC = 'p2i-results';

/** One record a Pin, keyed by its id. */
export function resultsOutput(registry: Registry, taxonomy: Taxonomy): Output<RankedBatch> {
  const codec = registry.codec<PinInterests>(RESULTS_TOPIC);
  return {
    topic: RESULTS_TOPIC,
    *encode(batch, _key, { timestamp, headers }) {
      for (const pin of batch.pins) {
        const value: PinInterests = {
          pin: pin.id,
          pinVersion: pin.version,
          lane: batch.lane,
          run: headers[RUN_HEADER] ?? '',
          taxonomy: batch.taxonomy,
          model: batch.model,
          time: timestamp,
          interests: pin.interests.map(({ interest, score }) => ({
            id: taxonomy.ids[interest],
            level: taxonomy.level[interest],
            score,
            label: taxonomy.names[interest],
          })),
        };
        yield { key: pin.id, value: codec.encode(value) };
      }
    },
  };
}
