import { z } from 'zod';
import { P2iError } from '../errors/errors.ts';
import { readSecret, type SecretSource } from './secrets.ts';
import { checkTls, type PemFile, type TlsSettings } from './tls.ts';

/** SASL mechanisms by Kafka’s names, in lower case. */
export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

/** How connections to the brokers are secured. */
export interface KafkaSecurity {
  /** Undefined: not encrypted. */
  tls: TlsSettings | undefined;
  sasl: { mechanism: SaslMechanism; user: string; password: SecretSource } | undefined;
}

/** How requests to the schema registry are secured. */
export interface RegistrySecurity {
  /** Of `https://` addresses. */
  tls: TlsSettings;
  /** Basic authentication, or a bearer token. */
  login: { user: string; password: SecretSource } | { token: SecretSource } | undefined;
}

/** How connections to Redis are secured. */
export interface RedisSecurity {
  /** Of `rediss://` addresses. */
  tls: TlsSettings;
  /** Without a user it is the default one. */
  login: { user: string | undefined; password: SecretSource } | undefined;
}

/** How every connection is secured. Plain data without a secret. */
export interface Connections {
  kafka: KafkaSecurity;
  registry: RegistrySecurity;
  redis: RedisSecurity;
}

/** Compose files and charts pass what is not set as an empty text. */
const text = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));

/** What must not stand on a command line is only ever a variable, or a file that one names. */
const VARIABLES = z.object({
  P2I_KAFKA_TLS: text
    .pipe(z.enum(['true', 'false']).optional())
    .describe('`true`: encrypt connections to the brokers. Naming one of the next files says so as well'),
  P2I_KAFKA_TLS_CA_FILE: text.describe(
    'PEM of the authorities of the brokers’ certificates; default: those that Node trusts',
  ),
  P2I_KAFKA_TLS_CERT_FILE: text.describe('PEM of the client’s certificate (mutual TLS)'),
  P2I_KAFKA_TLS_KEY_FILE: text.describe('PEM of its private key'),
  P2I_KAFKA_TLS_KEY_PASSPHRASE: text.describe('what the key is encrypted with'),
  P2I_KAFKA_TLS_KEY_PASSPHRASE_FILE: text.describe('file of that'),
  P2I_KAFKA_SASL: text
    .pipe(z.enum(SASL_MECHANISMS).optional())
    .describe(`how the brokers know the user: ${SASL_MECHANISMS.map((name) => `\`${name}\``).join(', ')}`),
  P2I_KAFKA_USER: text.describe('user, for SASL'),
  P2I_KAFKA_PASSWORD: text.describe('the user’s password'),
  P2I_KAFKA_PASSWORD_FILE: text.describe('file of that'),
  P2I_REGISTRY_TLS_CA_FILE: text.describe(
    'PEM of the authorities of the registry’s certificate; default: those that Node trusts',
  ),
  P2I_REGISTRY_TLS_CERT_FILE: text.describe('PEM of the client’s certificate (mutual TLS)'),
  P2I_REGISTRY_TLS_KEY_FILE: text.describe('PEM of its private key'),
  P2I_REGISTRY_TLS_KEY_PASSPHRASE: text.describe('what the key is encrypted with'),
  P2I_REGISTRY_TLS_KEY_PASSPHRASE_FILE: text.describe('file of that'),
  P2I_REGISTRY_USER: text.describe('user, for basic authentication'),
  P2I_REGISTRY_PASSWORD: text.describe('the user’s password'),
  P2I_REGISTRY_PASSWORD_FILE: text.describe('file of that'),
  P2I_REGISTRY_TOKEN: text.describe('bearer token, in place of user and password'),
  P2I_REGISTRY_TOKEN_FILE: text.describe('file of that'),
  P2I_REDIS_TLS_CA_FILE: text.describe(
    'PEM of the authorities of Redis’ certificate, for `rediss://`; default: those that Node trusts',
  ),
  P2I_REDIS_TLS_CERT_FILE: text.describe('PEM of the client’s certificate (mutual TLS)'),
  P2I_REDIS_TLS_KEY_FILE: text.describe('PEM of its private key'),
  P2I_REDIS_TLS_KEY_PASSPHRASE: text.describe('what the key is encrypted with'),
  P2I_REDIS_TLS_KEY_PASSPHRASE_FILE: text.describe('file of that'),
  P2I_REDIS_USER: text.describe('user of Redis’ access control list; default: `default`'),
  P2I_REDIS_PASSWORD: text.describe('the user’s password'),
  P2I_REDIS_PASSWORD_FILE: text.describe('file of that'),
});

type Variables = z.output<typeof VARIABLES>;
type Variable = keyof Variables;
type Service = 'KAFKA' | 'REGISTRY' | 'REDIS';

/** Every variable that secures a connection, with what it means, in Markdown. */
export const CONNECTION_VARIABLES: ReadonlyMap<string, string> = new Map(
  Object.entries(VARIABLES.shape).map(([name, { description }]) => [name, description!]),
);

/**
 * How connections are secured, by the environment. Files and secrets are looked at, so that a mistake shows at the start.
 *
 * @throws P2iError CONFIG_INVALID naming the variable that is wrong, never its value
 */
export function readConnections(environment: Readonly<Record<string, string | undefined>>): Connections {
  const parsed = VARIABLES.safeParse(environment);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw invalid(path.join('.') as Variable, message);
  }
  const variables = parsed.data;
  return { kafka: kafkaOf(variables), registry: registryOf(variables), redis: redisOf(variables) };
}

function kafkaOf(variables: Variables): KafkaSecurity {
  const tls = tlsOf(variables, 'KAFKA');
  const named = tls.ca !== undefined || tls.certificate !== undefined;
  if (named && variables.P2I_KAFKA_TLS === 'false')
    throw invalid('P2I_KAFKA_TLS', 'it is false, but files for TLS are named');
  const { P2I_KAFKA_SASL: mechanism, P2I_KAFKA_USER: user } = variables;
  const password = secretOf(variables, 'P2I_KAFKA_PASSWORD');
  if (mechanism === undefined && (user !== undefined || password !== undefined))
    throw invalid('P2I_KAFKA_SASL', 'it is missing where there is a user or a password');
  return {
    tls: named || variables.P2I_KAFKA_TLS === 'true' ? tls : undefined,
    sasl: mechanism && {
      mechanism,
      user: required('P2I_KAFKA_USER', user),
      password: required('P2I_KAFKA_PASSWORD', password),
    },
  };
}

function registryOf(variables: Variables): RegistrySecurity {
  const tls = tlsOf(variables, 'REGISTRY');
  const token = secretOf(variables, 'P2I_REGISTRY_TOKEN');
  const password = secretOf(variables, 'P2I_REGISTRY_PASSWORD');
  const { P2I_REGISTRY_USER: user } = variables;
  if (user === undefined && password === undefined) return { tls, login: token && { token } };
  if (token !== undefined)
    throw invalid('P2I_REGISTRY_TOKEN', 'it excludes P2I_REGISTRY_USER and P2I_REGISTRY_PASSWORD');
  const login = {
    user: required('P2I_REGISTRY_USER', user),
    password: required('P2I_REGISTRY_PASSWORD', password),
  };
  return { tls, login };
}

function redisOf(variables: Variables): RedisSecurity {
  const tls = tlsOf(variables, 'REDIS');
  const password = secretOf(variables, 'P2I_REDIS_PASSWORD');
  const { P2I_REDIS_USER: user } = variables;
  if (user === undefined && password === undefined) return { tls, login: undefined };
  return { tls, login: { user, password: required('P2I_REDIS_PASSWORD', password) } };
}

function tlsOf(variables: Variables, service: Service): TlsSettings {
  const pem = (what: 'CA' | 'CERT' | 'KEY'): PemFile | undefined => {
    const variable = `P2I_${service}_TLS_${what}_FILE` as const;
    const file = variables[variable];
    return file === undefined ? undefined : { variable, file };
  };
  const tls = {
    ca: pem('CA'),
    certificate: pem('CERT'),
    key: pem('KEY'),
    passphrase: secretOf(variables, `P2I_${service}_TLS_KEY_PASSPHRASE`),
  };
  if (tls.certificate !== undefined) required(`P2I_${service}_TLS_KEY_FILE`, tls.key);
  if (tls.key !== undefined) required(`P2I_${service}_TLS_CERT_FILE`, tls.certificate);
  if (tls.passphrase !== undefined) required(`P2I_${service}_TLS_KEY_FILE`, tls.key);
  checkTls(tls);
  return tls;
}

type Secret = Extract<Variable, `${string}_${'PASSWORD' | 'PASSPHRASE' | 'TOKEN'}`>;

function secretOf(variables: Variables, variable: Secret): SecretSource | undefined {
  const inFile = `${variable}_FILE` as const;
  const file = variables[inFile];
  if (variables[variable] === undefined && file === undefined) return undefined;
  if (variables[variable] !== undefined && file !== undefined)
    throw invalid(inFile, `it excludes ${variable}`);
  const source = { variable: file === undefined ? variable : inFile, file };
  readSecret(source);
  return source;
}

function required<T>(variable: Variable, value: T | undefined): T {
  if (value === undefined) throw invalid(variable, 'it is missing');
  return value;
}

function invalid(variable: Variable, message: string): P2iError {
  return new P2iError('CONFIG_INVALID', message, { where: variable });
}
