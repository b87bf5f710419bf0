import type { LogRecord, Place, Polled } from '../log.ts';
import type { Fetched, KafkaSubscription } from './client.ts';
import { unstamped } from './timestamps.ts';

/**
 * What is fetched of one partition and not yet polled. It asks for the next fetch when it hands out the last of the one
 * before, so that fetching and work overlap; it holds one fetch, the subscription at most another.
 */
export class PartitionReader implements Place {
  readonly partition: number;
  readonly epoch: number;
  position: number;
  #records: LogRecord[] = [];
  /** First of `#records` that was not handed out. */
  #at = 0;
  /** After everything that was fetched: where the next fetch begins. */
  #end: number;

  /** @param epoch as Polled has it */
  constructor(partition: number, position: number, epoch = 0) {
    this.partition = partition;
    this.epoch = epoch;
    this.position = position;
    this.#end = position;
  }

  /** Where fetching has to go on, were the subscription to begin anew. */
  get fetchFrom(): number {
    return this.#end;
  }

  /**
   * Takes what was fetched; of what was asked for before a seek or a rebalance, nothing.
   * @returns true where it moved the position past offsets that hold no record
   */
  accept(fetched: Fetched, subscription: KafkaSubscription): boolean {
    // Once what is here is handed out, the next fetch is asked for anyway.
    if (this.#at < this.#records.length) return false;
    const fits = fetched.from <= this.#end && fetched.next > this.#end;
    if (fits) {
      this.#records = fetched.records.filter(({ offset }) => offset >= this.#end).map(unstamped);
      this.#at = 0;
      this.#end = fetched.next;
      if (this.#records.length > 0) return false;
      this.position = this.#end;
    }
    subscription.advance(this.partition, this.#end);
    return fits;
  }

  /** About `maxBytes` of what is here, at least one record; null where nothing is. */
  take(maxBytes: number, subscription: KafkaSubscription): Polled | null {
    if (this.#at >= this.#records.length) return null;
    const from = this.position;
    const first = this.#at;
    for (let bytes = 0; this.#at < this.#records.length && (this.#at === first || bytes < maxBytes);)
      bytes += this.#records[this.#at++].value?.length ?? 0;
    const records = this.#records.slice(first, this.#at);
    if (this.#at < this.#records.length) this.position = this.#records[this.#at].offset;
    else {
      this.position = this.#end;
      this.#records = [];
      this.#at = 0;
      subscription.advance(this.partition, this.#end);
    }
    return { partition: this.partition, from, records, epoch: this.epoch };
  }

  /** Goes on at `offset`, and forgets what is here. */
  seek(offset: number, subscription: KafkaSubscription): void {
    this.position = offset;
    this.#records = [];
    this.#at = 0;
    this.#end = offset;
    subscription.advance(this.partition, offset);
  }
}
