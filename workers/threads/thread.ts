/*
 * A thread of a worker: the same stages over the same artefacts as in the main thread. It has a registry and a view of
 * the store of its own; all else that is large lies in memory that the threads share.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Generation, newestGeneration } from '../../shared/cooccurrence/generation.ts';
import { TextVectors } from '../../shared/embeddings/text.ts';
import { RankingModels } from '../../shared/ranking/ranking-models.ts';
import { Registry } from '../../shared/registry/registry.ts';
import { LmdbStore } from '../../shared/store/lmdb.ts';
import { HEEDLESS } from '../../shared/stream/observer.ts';
import { ChainWork, type Worked } from '../../shared/stream/record-work.ts';
import type { Tally } from '../../shared/stream/tally.ts';
import { Languages } from '../../shared/translation/languages.ts';
import { openStageTaxonomy, type StageTaxonomy, type TextModels } from '../artefacts.ts';
import type { TaxonomyVersions } from '../chains.ts';
import type { Generations, OpenGeneration } from '../generations.ts';
import { chained } from '../stages.ts';
import {
  errorOf,
  plainError,
  type PlainWorked,
  type Reply,
  type Request,
  type Response,
  type Spent,
  type ThreadData,
} from './messages.ts';

const data = workerData as ThreadData;
const port = parentPort!;
const send = (response: Response, transfer: ArrayBuffer[] = []): void => port.postMessage(response, transfer);

const waiting = new Map<number, (reply: Reply) => void>();
let asked = 0;

/** Asks the main thread. @throws P2iError that it answers with */
async function ask(question: (id: number) => Response): Promise<Exclude<Reply, { type: 'failed' }>> {
  const id = asked++;
  const { promise, resolve } = Promise.withResolvers<Reply>();
  waiting.set(id, resolve);
  send(question(id));
  const reply = await promise;
  if (reply.type === 'failed') throw errorOf(reply.error);
  return reply;
}

const models: TextModels = {
  textVectors: TextVectors.from(data.textVectors),
  languages: new Languages(data.languages),
};
const store = new LmdbStore(data.store);

/** The versions that the main thread has sent. */
class SentTaxonomies implements TaxonomyVersions<StageTaxonomy> {
  #versions: readonly string[] = [];
  readonly #held = new Map<string, StageTaxonomy>();

  take({ versions, added }: Extract<Request, { type: 'taxonomies' }>): void {
    this.#versions = versions;
    for (const shared of added) this.#held.set(shared.taxonomy.version, openStageTaxonomy(shared, models));
    for (const version of this.#held.keys()) if (!versions.includes(version)) this.#held.delete(version);
  }

  versions(): readonly string[] {
    return this.#versions;
  }

  artefacts(version: string): StageTaxonomy | undefined {
    return this.#held.get(version);
  }

  async refresh(): Promise<void> {
    await ask((id) => ({ type: 'refresh', id }));
  }
}

/** Generations that the main thread has opened. */
const generations: Generations<StageTaxonomy> = {
  newest: ({ taxonomy }) => newestGeneration(store, taxonomy),
  async open({ taxonomy }, number): Promise<OpenGeneration> {
    const reply = await ask((id) => ({ type: 'generation', id, taxonomy: taxonomy.version, number }));
    const { generation, names } = reply as Extract<Reply, { type: 'generation' }>;
    return { generation: Generation.from(generation, store, taxonomy), names: () => names! };
  },
};

const { directory, connection } = data.registry;
const registry =
  connection === undefined ? new Registry(directory) : await Registry.connect({ ...connection, directory });
const taxonomies = new SentTaxonomies();
let phases: Spent[] = [];
let tallies: Tally[] = [];
const work = new ChainWork({
  registry,
  ...chained({
    ...{ registry, taxonomies, generations, stages: data.stages, lane: data.lane },
    models: data.models && RankingModels.from(data.models),
  }),
  observer: {
    ...HEEDLESS,
    phase: (...spent) => phases.push(spent),
    tally: (tally) => tallies.push(tally),
  },
});
let aborting = new AbortController();

/** Resolves when the records before are done: they go one after another. */
let tail: Promise<void> = Promise.resolve();

port.on('message', (request: Request) => {
  switch (request.type) {
    case 'taxonomies':
      taxonomies.take(request);
      return;
    case 'work':
      tail = tail.then(() => run(request));
      return;
    case 'reply':
      waiting.get(request.id)!(request.reply);
      waiting.delete(request.id);
      return;
    case 'abort':
      aborting.abort();
      aborting = new AbortController();
      return;
    case 'close':
      port.close();
      void store.close();
  }
});
send({ type: 'ready' });

async function run({ id, record, partition }: Extract<Request, { type: 'work' }>): Promise<void> {
  try {
    phases = [];
    tallies = [];
    const transfer: ArrayBuffer[] = [];
    const worked = plain(await work.work(record, partition, aborting.signal), transfer);
    send({ type: 'worked', id, worked, phases, tallies }, transfer);
  } catch (error) {
    send({ type: 'failed', id, error: plainError(error) });
  }
}

function plain({ pins, parts, failures }: Worked<unknown>, transfer: ArrayBuffer[]): PlainWorked {
  return {
    pins,
    parts: parts.map(({ headers, encoded }) => ({
      headers,
      encoded: encoded.map((record) => ({
        ...record,
        value: record.value && handOver(record.value, transfer),
      })),
    })),
    failures: failures.map((failure) => ({
      ...failure,
      error: plainError(failure.error),
      value: handOver(failure.value, transfer),
    })),
  };
}

/** The bytes in a buffer of their own, which goes to the other thread as it is. */
function handOver(bytes: Uint8Array, transfer: ArrayBuffer[]): Uint8Array {
  const own = Uint8Array.prototype.slice.call(bytes);
  transfer.push(own.buffer);
  return own;
}
