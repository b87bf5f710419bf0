import type { RequestOptions } from 'node:http';
import { Agent } from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import type { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { tlsFault, type ConnectionFault } from '../connections/faults.ts';
import { readSecret } from '../connections/secrets.ts';
import type { RegistrySecurity } from '../connections/settings.ts';
import { tlsOptions, type TlsSettings } from '../connections/tls.ts';

/** What the library calls on a request and its response. */
export type Middleware = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number];

/** Connections over TLS, with certificates that are read at each. */
export class TlsAgent extends Agent {
  readonly #tls: TlsSettings;
  /** What was wrong with the last connection that failed: the library keeps the text of it only. */
  fault: ConnectionFault | undefined;

  constructor(tls: TlsSettings) {
    super({ keepAlive: true });
    this.#tls = tls;
  }

  override createConnection(options: RequestOptions): Socket {
    const socket = connect({ ...(options as object), ...tlsOptions(this.#tls) });
    socket.once('secureConnect', () => (this.fault = undefined));
    socket.once('error', (error) => (this.fault = tlsFault(error)));
    return socket;
  }
}

/** Says who asks, with a secret that is read for each request. */
export function authorized(login: NonNullable<RegistrySecurity['login']>): Middleware {
  return () => ({
    async prepareRequest(next) {
      return (await next()).enhance({ headers: { authorization: authorizationOf(login) } });
    },
  });
}

function authorizationOf(login: NonNullable<RegistrySecurity['login']>): string {
  if ('token' in login) return `Bearer ${readSecret(login.token)}`;
  const pair = `${login.user}:${readSecret(login.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** Whom the registry takes this client for. */
export function principalOf(login: RegistrySecurity['login']): string {
  if (login === undefined) return 'a client without user or token';
  return 'token' in login ? 'the token' : `user ${login.user}`;
}
