import type { Codec } from '../registry/codec.ts';
import type { Registry } from '../registry/registry.ts';
import { REDRIVEN_FOR_HEADER, REDRIVEN_FROM_HEADER } from './dead-letters.ts';
import { pinsHeader, RUN_END_HEADER, RUN_HEADER } from './headers.ts';
import type { Headers, Log, Transaction } from './log.ts';

/** Receipts of all runs: what a run's ledger is added up from. */
export const LEDGER_TOPIC = 'p2i-ledger';

/** Value of p2i-ledger. Exactly the fields of schemas/p2i-ledger.avsc. */
export interface Receipt {
  run: string;
  stages: string;
  pins: number;
  failed: number;
  written: number;
  ended: boolean;
  redriven: boolean;
}

/** What was done with one record. */
export interface Done {
  /** Of the record that was read. */
  headers: Headers;
  pins: number;
  failed: number;
  written: number;
}

/**
 * Writes what a transaction did with the Pins of runs into that same transaction: a receipt is there if and only if the
 * work is. Records of no run leave none.
 */
export class ReceiptWriter {
  readonly #codec: Codec<Receipt>;
  readonly #stages: string;

  private constructor(codec: Codec<Receipt>, stages: string) {
    this.#codec = codec;
    this.#stages = stages;
  }

  /**
   * Makes the topic, with as many partitions as what is read, where it is not there.
   *
   * @param stages who writes them: `replay`, or a pool's stages with commas between
   */
  static async open(
    log: Log,
    registry: Registry,
    stages: string,
    partitions: number,
  ): Promise<ReceiptWriter> {
    if ((await log.partitions(LEDGER_TOPIC)) === 0) await log.createTopic(LEDGER_TOPIC, partitions);
    return new ReceiptWriter(registry.codec(LEDGER_TOPIC), stages);
  }

  /** Appends a receipt for each run among the records, nearly always a single one. */
  write(transaction: Transaction, partition: number, done: readonly Done[]): void {
    for (const receipt of receiptsOf(this.#stages, done)) {
      transaction.append(LEDGER_TOPIC, partition, {
        key: receipt.run,
        // What a receipt is about happens now.
        timestamp: Date.now(),
        headers: {},
        value: this.#codec.encode(receipt),
      });
    }
  }
}

function receiptsOf(stages: string, done: readonly Done[]): Iterable<Receipt> {
  const receipts = new Map<string, Receipt>();
  for (const { headers, pins, failed, written } of done) {
    const { [RUN_HEADER]: run } = headers;
    const ended = RUN_END_HEADER in headers;
    if (run === undefined || (pins === 0 && !ended)) continue;
    const redriven = REDRIVEN_FROM_HEADER in headers;
    const key = `${redriven} ${run}`;
    let receipt = receipts.get(key);
    if (receipt === undefined) {
      receipt = { run, stages, pins: 0, failed: 0, written: 0, ended: false, redriven };
      receipts.set(key, receipt);
    }
    receipt.pins += pins;
    receipt.failed += failed;
    receipt.written += written;
    receipt.ended ||= ended;
  }
  return receipts.values();
}

/**
 * How many Pins a record holds for a run: 0 where every reader but one passes over it, since they have had its Pins;
 * undefined where it does not say.
 */
export function statedPins(headers: Headers): number | undefined {
  return REDRIVEN_FOR_HEADER in headers ? 0 : pinsHeader(headers);
}
