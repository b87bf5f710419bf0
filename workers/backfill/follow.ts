import { setTimeout as sleep } from 'node:timers/promises';
import type { P2iError } from '../../shared/errors/errors.ts';
import type { Consumer } from '../../shared/stream/log.ts';
import { untilThere } from '../../shared/stream/retry.ts';
import { makeRunsTopic, readToEnd, RunBook, RUNS_TOPIC, type RunsLog } from './book.ts';

/** A run book that is kept up to date: the state of a run is known here some tenths of a second after it is recorded. */
export class BookFollower {
  readonly book: RunBook;
  readonly #reader: Consumer;

  private constructor(book: RunBook, reader: Consumer) {
    this.book = book;
    this.#reader = reader;
  }

  /** Resolves once it holds what is recorded now. @throws P2iError of the log */
  static async open({ log, registry }: RunsLog): Promise<BookFollower> {
    await makeRunsTopic(log);
    const reader = await log.reader(RUNS_TOPIC);
    const follower = new BookFollower(new RunBook(registry), reader);
    try {
      await readToEnd(log, reader, follower.book);
    } catch (error) {
      await reader.close();
      throw error;
    }
    return follower;
  }

  /**
   * Follows until the signal.
   *
   * @param onChange is told after something was recorded
   * @param onFailure is told of what is tried again
   */
  async follow(
    signal: AbortSignal,
    onChange: () => void,
    onFailure: (error: P2iError) => void,
  ): Promise<void> {
    while (!signal.aborted) {
      const polled = await untilThere(() => this.#reader.poll(POLL_BYTES, WAIT_MS), signal, onFailure);
      for (const record of polled?.records ?? [])
        await untilThere(() => this.book.take(record), signal, onFailure);
      if (polled) onChange();
      // A log may answer at once that there is nothing.
      else await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

const POLL_BYTES = 1 << 20;
const WAIT_MS = 250;
const PAUSE_MS = 20;
