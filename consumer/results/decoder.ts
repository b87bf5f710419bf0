import { knownError, type P2iError } from '../../shared/errors/errors.ts';
import type { Codec } from '../../shared/registry/codec.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { LogRecord, Polled } from '../../shared/stream/log.ts';
import { isTransient } from '../../shared/stream/retry.ts';
import { pinAndTaxonomy, RESULTS_TOPIC, type PinInterests } from '../../workers/publishing/topic.ts';
import type { ResultUpdate, UpdateBatch } from './update.ts';

/** Makes updates of the records of p2i-results. */
export class ResultDecoder {
  readonly #registry: Registry;
  readonly #codec: Codec<PinInterests>;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#codec = registry.codec<PinInterests>(RESULTS_TOPIC);
  }

  /**
   * @param onUnreadable is told of each record that cannot be decoded, and is passed over
   * @throws P2iError REGISTRY_UNAVAILABLE: nothing was passed over for that
   */
  async decode(
    { partition, records }: Polled,
    onUnreadable: (error: P2iError, record: LogRecord) => void,
  ): Promise<UpdateBatch> {
    const updates: ResultUpdate[] = [];
    for (const record of records) {
      try {
        await this.#registry.learn(record.value);
        updates.push(this.#update(record, partition));
      } catch (error) {
        if (isTransient(error)) throw error;
        onUnreadable(knownError(error), record);
      }
    }
    return { partition, updates, next: records.at(-1)!.offset + 1 };
  }

  #update({ key, value, offset }: LogRecord, partition: number): ResultUpdate {
    const result = value && this.#codec.decode(value, `${RESULTS_TOPIC}-${partition}@${offset}`);
    return { ...pinAndTaxonomy(key), partition, offset, result };
  }
}
