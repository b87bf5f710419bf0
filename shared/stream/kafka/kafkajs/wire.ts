import { connect, type Socket } from 'node:net';
import type { ISocketFactoryArgs, Kafka as Kafkajs, RetryOptions } from 'kafkajs';
import type { KafkaConnection } from '../client.ts';
import { Kafka, KafkaJSError, logLevel } from './library.ts';

/**
 * kafkajs with sockets of its own, which can be cut: it cannot disconnect while a request is pending. One for each
 * producer and consumer, since those of one kafkajs share what they know of committed offsets, and spoil it.
 */
export class Wire {
  readonly kafka: Kafkajs;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  constructor({ brokers, clientId }: KafkaConnection, retry: RetryOptions) {
    this.kafka = new Kafka({
      // Where there are none, it stops trying.
      brokers: () => (this.#cut ? [] : [...brokers]),
      clientId,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, ...retry },
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      socketFactory: (to) => this.#connect(to),
      logLevel: logLevel.NOTHING,
      logCreator: () => () => undefined,
    });
  }

  /** Disconnects in an orderly way, or else at once. Never rejects. */
  async disconnect(peer: { disconnect(): Promise<void> }): Promise<void> {
    const timer = setTimeout(() => this.cut(), DISCONNECT_MS);
    await peer.disconnect().catch(() => undefined);
    clearTimeout(timer);
    this.cut();
  }

  /** Ends all that is pending, and lets nothing connect any more. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy(new KafkaJSError('closed'));
  }

  #connect({ host, port, onConnect }: ISocketFactoryArgs): Socket {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
    this.#sockets.add(socket);
    // kafkajs ends one that still connects over and over, each time with a listener more.
    socket.setMaxListeners(0);
    socket.on('connect', onConnect);
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.#cut) socket.destroy(new KafkaJSError('closed'));
    return socket;
  }
}

const CONNECT_MS = 3000;
/** How long a broker may take to answer, ms: as long as a partition may be without a leader. */
const REQUEST_MS = 15_000;
const DISCONNECT_MS = 3000;
