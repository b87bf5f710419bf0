import type { Database } from 'lmdb';
import { packRecord, unpackRecord, unpackScored, type PinRecord, type Scored } from './pin-record.ts';
import type { Moment, Tables } from './tables.ts';

/** What is known of Pins, by their numbers and by their ids. */
export class PinTable {
  readonly #records: Database<Buffer, number>;
  readonly #numbers: Database<Buffer, Buffer>;

  constructor({ records, numbers }: Pick<Tables, 'records' | 'numbers'>) {
    this.#records = records;
    this.#numbers = numbers;
  }

  numberOf(pin: string, at: Moment = {}): number | undefined {
    return this.#numbers.get(Buffer.from(pin), at)?.readUInt32LE();
  }

  get(number: number, at: Moment = {}): PinRecord | undefined {
    const bytes = this.#records.get(number, at);
    return bytes && unpackRecord(bytes);
  }

  /** The interests of a Pin that has a record. */
  scored(number: number, at: Moment): Scored {
    return unpackScored(this.#records.get(number, at)!);
  }

  /** Within a transaction. @param isNew true where the Pin has no record */
  put(number: number, record: PinRecord, isNew: boolean): void {
    this.#records.putSync(number, packRecord(record));
    if (!isNew) return;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(number);
    this.#numbers.putSync(Buffer.from(record.pin), bytes);
  }

  /** Within a transaction. */
  remove(number: number, pin: string): void {
    this.#records.removeSync(number);
    this.#numbers.removeSync(Buffer.from(pin));
  }
}
