import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { Schema, Type } from 'avsc';
import { parseAddress } from '../connections/address.ts';
import type { RegistrySecurity } from '../connections/settings.ts';
import { P2iError } from '../errors/errors.ts';
import { authorized, principalOf, TlsAgent, type Middleware } from './access.ts';
import { typeOf } from './avro.ts';

/**
 * A schema registry that speaks Confluent's API. Every method answers or throws within some seconds; what fails for a
 * moment is asked again twice, the rest of the patience is the caller's. Besides what they name, all throw
 * AUTHENTICATION_FAILED, NOT_AUTHORISED and CERTIFICATE_UNTRUSTED.
 */
export class RegistryClient {
  readonly #url: string;
  readonly #library: SchemaRegistry;
  readonly #login: RegistrySecurity['login'];
  readonly #agent: TlsAgent | undefined;

  /**
   * @param url up to before `/subjects`
   * @throws P2iError CONFIG_INVALID where it is none
   */
  constructor(url: string, security: RegistrySecurity | undefined) {
    const { protocol } = parseAddress(url, { server: 'REGISTRY', protocols: ['http:', 'https:'] });
    this.#url = url;
    this.#login = security?.login;
    this.#agent = security !== undefined && protocol === 'https:' ? new TlsAgent(security.tls) : undefined;
    this.#library = new SchemaRegistry({
      host: url,
      clientId: CLIENT,
      retry: { retries: 2 },
      ...(this.#agent && { agent: this.#agent }),
      middlewares: [...(this.#login === undefined ? [] : [authorized(this.#login)]), guarded],
    });
  }

  /**
   * The id of a schema under a subject, registered there where it is not yet. A new subject takes compatible schemas
   * only, from its first one on.
   *
   * @throws P2iError SCHEMA_INCOMPATIBLE where the registry refuses it, or the subject is of another level than LEVEL;
   *   REGISTRY_UNAVAILABLE
   */
  async register(subject: string, schema: string): Promise<number> {
    try {
      await this.#setLevel(subject);
      const { id } = await this.#library.register(
        { type: SchemaType.AVRO, schema },
        { subject, updateConfig: false, compatibility: LEVEL },
      );
      if (Number.isInteger(id)) return id;
    } catch (error) {
      if (REFUSALS.has(statusOf(error)) || isOf(error, 'ConfluentSchemaRegistryCompatibilityError')) {
        throw new P2iError('SCHEMA_INCOMPATIBLE', said(error), { where: subject, cause: error });
      }
      throw this.#failure(error, subject);
    }
    throw this.#failure(`it gives ${subject} no id`, subject);
  }

  /**
   * The schema of an id; undefined where the registry has none of that id, or one that is not Avro.
   *
   * @throws P2iError REGISTRY_UNAVAILABLE
   */
  async schema(id: number): Promise<Type | undefined> {
    try {
      const schema = await this.#library.getSchema(id);
      return typeOf(JSON.parse(JSON.stringify(schema)) as Schema);
    } catch (error) {
      if (error instanceof P2iError) throw error;
      const status = statusOf(error);
      if (status === undefined || status === 404) return undefined;
      throw this.#failure(error, `schema ${id}`);
    }
  }

  /** Resolves where the registry answers about the subject, even that it has none. @throws P2iError REGISTRY_UNAVAILABLE */
  async ping(subject: string): Promise<void> {
    try {
      await this.#library.getLatestSchemaId(subject);
    } catch (error) {
      if (statusOf(error) !== 404) throw this.#failure(error, subject);
    }
  }

  /**
   * The library sets the level of a subject after its first schema. In between, registries whose own level is another
   * make it refuse the same schema to a second worker, for good where the first one died: so it is set before.
   */
  async #setLevel(subject: string): Promise<void> {
    const { Subject } = this.#library['api'] as unknown as LevelApi;
    try {
      await Subject.config({ subject });
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      await Subject.updateConfig({ subject, body: { compatibility: LEVEL } }).catch(unlessConflict);
    }
  }

  /** What an error of the library is to P2I. `what`: the subject or schema that was asked for. */
  #failure(cause: unknown, what: string): P2iError {
    if (cause instanceof P2iError) return cause;
    const where = this.#url;
    const fault = this.#agent?.fault;
    if (fault !== undefined) return new P2iError(fault.code, fault.message, { where, cause });
    const status = statusOf(cause);
    const client = principalOf(this.#login);
    if (status === 401)
      return new P2iError('AUTHENTICATION_FAILED', `the registry does not accept ${client} (401)`, {
        where,
        cause,
      });
    if (status === 403)
      return new P2iError('NOT_AUTHORISED', `${client} may not do this with ${what} (403)`, { where, cause });
    return new P2iError('REGISTRY_UNAVAILABLE', said(cause), { where: this.#url, cause });
  }
}

/**
 * What a new schema has to be able to read: everything that any version before wrote, not only the last one, since the
 * corpus keeps records for ever.
 */
const LEVEL = COMPATIBILITY.BACKWARD_TRANSITIVE;

const CLIENT = 'registry';

/** A request, its retries included, ends within so many ms. */
const TIMEOUT_MS = 5000;

/** An incompatible schema, an invalid one. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([409, 422]);

/** What the library has of the levels of subjects, not public. */
interface LevelApi {
  Subject: {
    config(options: { subject: string }): Promise<unknown>;
    updateConfig(options: { subject: string; body: { compatibility: COMPATIBILITY } }): Promise<unknown>;
  };
}

/**
 * The library's own timeout is for a silence, and an answer that breaks off is waited for without end: this one bounds
 * the whole request, and takes for an answer only what can be one.
 */
const guarded: Middleware = ({ resourceName }) => {
  const deadline = new AbortController();
  return {
    prepareRequest: async (next) => (await next()).enhance({ signal: deadline.signal }),
    async response(next, _renew, request) {
      const { promise, reject } = Promise.withResolvers<never>();
      const fail = (what: string): P2iError =>
        new P2iError('REGISTRY_UNAVAILABLE', what, { where: request.url() });
      const timer = setTimeout(() => {
        reject(fail(`no answer within ${TIMEOUT_MS / 1000} s`));
        deadline.abort();
      }, TIMEOUT_MS);
      try {
        const response = await Promise.race([next(), promise]);
        const answer: { schema?: unknown } | string | null = response.data();
        const whole = typeof answer === 'object' && answer !== null;
        if (whole && (resourceName !== 'Schema' || typeof answer.schema === 'string')) return response;
        throw fail('what answers is no schema registry');
      } finally {
        clearTimeout(timer);
      }
    },
  };
};

/** A conflict is another worker that did the same at the same moment. */
function unlessConflict(error: unknown): void {
  if (statusOf(error) !== 409) throw error;
}

/** The HTTP status that the library's error carries; undefined where it has none. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error ? (error.status as number) : undefined;
}

function isOf(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** What the library's error says, without the name of the client that it begins with. */
function said(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(`${CLIENT} - `, '');
}
