import type { Codec } from '../../shared/registry/codec.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Origin, Output, OutputRecord } from '../../shared/stream/binding.ts';
import type { Log } from '../../shared/stream/log.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { LANE_HEADER, ORDER_HEADER, PIN_VERSION_HEADER, RUN_HEADER, SHADOW_HEADER } from '../headers.ts';
import type { RankedBatch, RankedPin } from '../ranking/stage.ts';
import type { TaxonomySource } from '../taxonomy-source.ts';
import { PublishedRanks } from './published-ranks.ts';
import { replaces } from './rank.ts';
import {
  resultKey,
  RESULTS_TOPIC,
  scoredInterests,
  SHADOW_RESULTS_TOPIC,
  shadowKey,
  type PinInterests,
} from './topic.ts';

/**
 * Publishing: one record a Pin and taxonomy version, and a tombstone for a Pin that is gone. What is older than what
 * stands there is left out, so that the last record of a key is always its newest. It must be the only writer of the
 * topic's partitions that it writes: on Kafka the publishing pool is, since each partition has one owner at a time.
 * What a shadow run found is written beside it, all of it, and neither p2i-results nor what is known of it changes.
 */
export class PublishedResults implements Output<RankedBatch> {
  readonly topic = RESULTS_TOPIC;
  readonly others = [SHADOW_RESULTS_TOPIC];
  readonly #codec: Codec<PinInterests>;
  readonly #taxonomies: TaxonomySource<Taxonomy>;
  readonly #ranks: PublishedRanks;

  /**
   * @param store where ranks are kept between processes
   * @param mostHeld as PublishedRanks has it
   */
  constructor(
    registry: Registry,
    taxonomies: TaxonomySource<Taxonomy>,
    log: Log,
    store: Store,
    mostHeld?: number,
  ) {
    this.#codec = registry.codec<PinInterests>(RESULTS_TOPIC);
    this.#taxonomies = taxonomies;
    this.#ranks = new PublishedRanks(store, log, this.#codec, mostHeld);
  }

  encode(batch: RankedBatch, _key: string, origin: Origin): Iterable<OutputRecord> {
    return origin.headers[SHADOW_HEADER] === 'true'
      ? this.#ofShadowRun(batch, origin)
      : this.#newest(batch, origin);
  }

  takeUp(partition: number): Promise<void> {
    return this.#ranks.takeUp(partition);
  }

  committed(partition: number): Promise<void> {
    return this.#ranks.committed(partition);
  }

  *#newest(batch: RankedBatch, origin: Origin): Iterable<OutputRecord> {
    const { partition, headers } = origin;
    const order = batch.lane === 'batch' ? Number(headers[ORDER_HEADER] ?? 0) : 0;
    for (const pin of batch.pins) {
      const key = resultKey(pin.id, batch.taxonomy);
      const rank = { pinVersion: pin.version, lane: batch.lane, order };
      if (!replaces(rank, this.#ranks.get(partition, key))) continue;
      yield { key, ...this.#contentOf(pin, batch, origin) };
      this.#ranks.set(partition, key, rank);
    }
  }

  *#ofShadowRun(batch: RankedBatch, origin: Origin): Iterable<OutputRecord> {
    const run = origin.headers[RUN_HEADER] ?? '';
    for (const pin of batch.pins) {
      const key = shadowKey(pin.id, batch.taxonomy, run);
      yield { topic: SHADOW_RESULTS_TOPIC, key, ...this.#contentOf(pin, batch, origin) };
    }
  }

  #contentOf(pin: RankedPin, batch: RankedBatch, origin: Origin): Pick<OutputRecord, 'value' | 'headers'> {
    if (!pin.deleted) return { value: this.#codec.encode(this.#valueOf(pin, batch, origin)) };
    return {
      value: null,
      headers: { [PIN_VERSION_HEADER]: String(pin.version), [LANE_HEADER]: batch.lane },
    };
  }

  #valueOf(pin: RankedPin, batch: RankedBatch, origin: Origin): PinInterests {
    return {
      pin: pin.id,
      pinVersion: pin.version,
      lane: batch.lane,
      run: origin.headers[RUN_HEADER] ?? '',
      taxonomy: batch.taxonomy,
      model: batch.model,
      time: origin.timestamp,
      interests: scoredInterests(pin.interests, this.#taxonomies.taxonomy(batch.taxonomy)),
    };
  }
}
