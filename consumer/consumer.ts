import { join } from 'node:path';
import { readConnections, type Connections } from '../shared/connections/settings.ts';
import { connect, type OpenedLog } from '../shared/stream/connect.ts';
import type { ClientName } from '../shared/stream/kafka/clients.ts';
import { Results } from './results/results.ts';
import { PublishedTaxonomy, type TaxonomyOptions } from './taxonomies/published.ts';

/** Where p2i-results is. */
export type ConsumerAddress =
  /** State directory of embedded runs (`p2i run --state`). */
  | { state: string }
  | {
      /** `host:port` of some of the brokers. */
      brokers: readonly string[];
      /** Of the schema registry, up to before `/subjects`. */
      registry: string;
      /** Kafka's client library; absent: kafkajs. */
      client?: ClientName;
      /** Absent: what the environment variables `P2I_KAFKA_…` and `P2I_REGISTRY_…` say. */
      security?: Pick<Connections, 'kafka' | 'registry'>;
    };

/** A connection to what P2I publishes. */
export class P2iConsumer {
  readonly results: Results;
  readonly #opened: OpenedLog;

  private constructor(opened: OpenedLog) {
    this.#opened = opened;
    this.results = new Results(opened.log, opened.registry);
  }

  /**
   * Connects. It registers no schema and makes no topic: the right to read is all that it needs, and for `subscribe` the
   * right to commit (docs/kafka.md).
   *
   * @param writes topics that the caller is going to write
   * @throws P2iError CONFIG_INVALID where a `P2I_…` variable is wrong; LOG_LOCKED where a run holds the state;
   *   BROKER_UNAVAILABLE, REGISTRY_UNAVAILABLE, AUTHENTICATION_FAILED, NOT_AUTHORISED, CERTIFICATE_UNTRUSTED
   */
  static async connect(address: ConsumerAddress, writes: readonly string[] = []): Promise<P2iConsumer> {
    const options = { schemas: SCHEMAS, writes };
    if ('state' in address) return new P2iConsumer(await connect(address, options));
    const { client = 'kafkajs', security = readConnections(process.env), ...place } = address;
    return new P2iConsumer(await connect({ ...place, client, security }, options));
  }

  /** The log and the registry behind it, for consumers that write too. */
  get opened(): Pick<OpenedLog, 'log' | 'registry'> {
    return this.#opened;
  }

  /** @throws P2iError TAXONOMY_UNPUBLISHED; TAXONOMY_UNKNOWN; of the log; REGISTRY_UNAVAILABLE */
  taxonomy(options: TaxonomyOptions): Promise<PublishedTaxonomy> {
    return PublishedTaxonomy.open(this.#opened.log, this.#opened.registry, options);
  }

  async close(): Promise<void> {
    await this.#opened.close();
  }
}

/** Beside this folder, in the project and in the package. */
const SCHEMAS = join(import.meta.dirname, '../schemas');
