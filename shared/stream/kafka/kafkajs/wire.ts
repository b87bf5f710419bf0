import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactoryArgs, Kafka as Kafkajs, RetryOptions, SASLOptions } from 'kafkajs';
import { readSecret } from '../../../connections/secrets.ts';
import type { KafkaSecurity } from '../../../connections/settings.ts';
import { tlsOptions } from '../../../connections/tls.ts';
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

  constructor({ brokers, clientId, security }: KafkaConnection, retry: RetryOptions) {
    this.kafka = new Kafka({
      // Where there are none, it stops trying.
      brokers: () => (this.#cut ? [] : [...brokers]),
      clientId,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, ...retry },
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      socketFactory: (to) => this.#connect(to, security?.tls),
      ...(security?.sasl && { sasl: saslOptions(security.sasl) }),
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

  #connect({ host, port, onConnect }: ISocketFactoryArgs, tls: KafkaSecurity['tls']): Socket {
    const to = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = tls === undefined ? connect(to) : connectTls({ ...to, ...name, ...tlsOptions(tls) });
    this.#sockets.add(socket);
    // kafkajs ends one that still connects over and over, each time with a listener more.
    socket.setMaxListeners(0);
    socket.on(tls === undefined ? 'connect' : 'secureConnect', onConnect);
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.#cut) socket.destroy(new KafkaJSError('closed'));
    return socket;
  }
}

/** kafkajs looks at the password whenever it authenticates. */
function saslOptions({ mechanism, user, password }: NonNullable<KafkaSecurity['sasl']>): SASLOptions {
  return {
    mechanism,
    username: user,
    get password() {
      return readSecret(password);
    },
  };
}

const CONNECT_MS = 3000;
/** How long a broker may take to answer, ms: as long as a partition may be without a leader. */
const REQUEST_MS = 15_000;
const DISCONNECT_MS = 3000;
