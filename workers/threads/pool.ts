import { Worker } from 'node:worker_threads';
import { ERRORS, P2iError } from '../../shared/errors/errors.ts';
import type { LogRecord } from '../../shared/stream/log.ts';
import type { Observer } from '../../shared/stream/observer.ts';
import type { RecordWork, Worked } from '../../shared/stream/record-work.ts';
import { shareStageTaxonomy, type TaxonomyArtefacts } from '../artefacts.ts';
import type { TaxonomyVersions } from '../chains.ts';
import type { Generations } from '../generations.ts';
import { taxonomyUnknown } from '../taxonomy-source.ts';
import {
  errorOf,
  plainError,
  type PlainWorked,
  type Reply,
  type Request,
  type Response,
  type ThreadData,
} from './messages.ts';

export interface ThreadPoolOptions {
  threads: number;
  data: ThreadData;
  taxonomies: TaxonomyVersions;
  generations: Generations<TaxonomyArtefacts>;
  observer?: Observer;
}

/** One that it works on and one that waits, so that a thread never does. */
const IN_HAND = 2;

/** The young generation of a thread, MB: little of what a batch makes outlives it, and each thread has one. */
const YOUNG_MB = 8;

/**
 * Works on records in threads that share the taxonomies, the generations, the vectors and the models with this one.
 * A thread that ends before it is told to is a fault: all that waits fails with INTERNAL, and so does the worker.
 */
export class ThreadPool implements RecordWork<never> {
  readonly parallelism: number;
  readonly #threads: Thread[];
  readonly #aborting = new WeakSet<AbortSignal>();

  private constructor(options: ThreadPoolOptions) {
    this.parallelism = options.threads * IN_HAND;
    this.#threads = Array.from({ length: options.threads }, () => new Thread(options));
  }

  /** Resolves when all threads are ready. */
  static async open(options: ThreadPoolOptions): Promise<ThreadPool> {
    const pool = new ThreadPool(options);
    try {
      await Promise.all(pool.#threads.map((thread) => thread.ready));
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  async work(record: LogRecord, partition: number, signal: AbortSignal | undefined): Promise<Worked<never>> {
    if (signal !== undefined && !this.#aborting.has(signal)) {
      this.#aborting.add(signal);
      signal.addEventListener('abort', () => this.#threads.forEach((thread) => thread.abort()), {
        once: true,
      });
    }
    const [first, ...others] = this.#threads;
    const idlest = others.reduce((best, thread) => (thread.inHand < best.inHand ? thread : best), first);
    return idlest.work(record, partition);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Waiting {
  resolve: (worked: Worked<never>) => void;
  reject: (error: Error) => void;
}

class Thread {
  readonly ready: Promise<undefined>;
  readonly #options: ThreadPoolOptions;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** By version: what the thread has. */
  readonly #sent = new Map<string, TaxonomyArtefacts>();
  #id = 0;
  #failure: Error | undefined;
  #closing = false;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
    this.#worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: options.data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.ready = promise;
    this.#worker.on('message', (response: Response) => {
      if (response.type === 'ready') resolve(undefined);
      else this.#take(response);
    });
    const failed = (cause: unknown): void => {
      this.#failure ??= failureOf(cause);
      reject(this.#failure);
      for (const { reject: fail } of this.#waiting.values()) fail(this.#failure);
      this.#waiting.clear();
    };
    this.#worker.on('error', failed);
    this.#worker.on('exit', (code) => {
      if (!this.#closing) failed(code);
    });
  }

  /** Records that it has not given back. */
  get inHand(): number {
    return this.#waiting.size;
  }

  work(record: LogRecord, partition: number): Promise<Worked<never>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#sendTaxonomies();
    const id = this.#id++;
    const { promise, resolve, reject } = Promise.withResolvers<Worked<never>>();
    this.#waiting.set(id, { resolve, reject });
    // A copy: the bytes are part of a larger buffer, and whoever read them may still need them.
    const value = record.value && Uint8Array.prototype.slice.call(record.value);
    this.#send({ type: 'work', id, partition, record: { ...record, value } }, value ? [value.buffer] : []);
    return promise;
  }

  abort(): void {
    this.#send({ type: 'abort' });
  }

  async close(): Promise<void> {
    this.#closing = true;
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    if (this.#failure !== undefined) return;
    this.#send({ type: 'close' });
    await ended;
  }

  #send(request: Request, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  /** Brings the thread up to date with the versions that are live. */
  #sendTaxonomies(): void {
    const { taxonomies } = this.#options;
    const versions = taxonomies.versions();
    const added: TaxonomyArtefacts[] = [];
    for (const version of versions) {
      const artefacts = taxonomies.artefacts(version)!;
      if (this.#sent.get(version) === artefacts) continue;
      this.#sent.set(version, artefacts);
      added.push(artefacts);
    }
    const retired = [...this.#sent.keys()].filter((version) => !versions.includes(version));
    for (const version of retired) this.#sent.delete(version);
    if (added.length > 0 || retired.length > 0)
      this.#send({ type: 'taxonomies', versions, added: added.map(shareStageTaxonomy) });
  }

  #take(response: Exclude<Response, { type: 'ready' }>): void {
    switch (response.type) {
      case 'worked': {
        for (const [stage, phase, seconds] of response.phases)
          this.#options.observer?.phase(stage, phase, seconds / this.#options.threads);
        for (const tally of response.tallies) this.#options.observer?.tally(tally);
        this.#settle(response.id).resolve(workedOf(response.worked));
        return;
      }
      case 'failed':
        this.#settle(response.id).reject(errorOf(response.error));
        return;
      case 'refresh':
        void this.#answer(response.id, async () => {
          await this.#options.taxonomies.refresh();
          this.#sendTaxonomies();
          return { type: 'refreshed' };
        });
        return;
      case 'generation':
        void this.#answer(response.id, async () => {
          const artefacts = this.#sent.get(response.taxonomy);
          if (artefacts === undefined) throw taxonomyUnknown(response.taxonomy);
          const { generation, names } = await this.#options.generations.open(artefacts, response.number);
          const needsNames = this.#options.data.stages.includes('features');
          return {
            type: 'generation',
            generation: generation.shared(),
            names: needsNames ? names() : undefined,
          };
        });
    }
  }

  #settle(id: number): Waiting {
    const waiting = this.#waiting.get(id)!;
    this.#waiting.delete(id);
    return waiting;
  }

  async #answer(id: number, answer: () => Promise<Reply>): Promise<void> {
    let reply: Reply;
    try {
      reply = await answer();
    } catch (error) {
      reply = { type: 'failed', error: plainError(error) };
    }
    this.#send({ type: 'reply', id, reply });
  }
}

function workedOf({ pins, parts, failures }: PlainWorked): Worked<never> {
  return {
    pins,
    parts: parts.map((part) => ({ ...part, out: undefined as never })),
    failures: failures.map((failure) => ({ ...failure, error: errorOf(failure.error, failure.otherwise) })),
  };
}

/** Why a thread ended. What opening its store or its registry throws keeps its code: trying again may help. */
function failureOf(cause: unknown): P2iError {
  const { code, message } = cause as Partial<P2iError>;
  if (code !== undefined && Object.hasOwn(ERRORS, code)) return new P2iError(code, message ?? '', { cause });
  const why = cause instanceof Error ? cause.message : `it ended with ${String(cause)}`;
  return new P2iError('INTERNAL', `a thread failed: ${why}`, { cause });
}
