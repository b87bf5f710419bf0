import { pbkdf2Sync, randomBytes } from 'node:crypto';
import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  alterUserScramCredentialsV0,
  ConnectionPool,
  parseBroker,
  ResourcePatternTypes,
  ResourceTypes,
  ScramMechanisms,
} from '@platformatic/kafka';
import type { Authority } from './certificates.ts';
import type { KafkaOptions } from './kafka.ts';
import { freePort } from './ports.ts';

/** Where a secured cluster listens besides: `host:port`. */
export interface SecuredListeners {
  /** With TLS; users by SASL. */
  sasl: string;
  /** With TLS; users by their certificates. */
  certificates: string;
  /** What the cluster is to be started with. Its own listener, without TLS, is for an administrator. */
  options: KafkaOptions;
}

/** @param plain passwords of users that say them as they are (SASL PLAIN) */
export async function securedListeners(
  authority: Authority,
  plain: Readonly<Record<string, string>>,
): Promise<SecuredListeners> {
  const sasl = `127.0.0.1:${await freePort()}`;
  const certificates = `127.0.0.1:${await freePort()}`;
  const users = Object.entries(plain).map(([user, password]) => `user_${user}="${password}"`);
  const security = 'org.apache.kafka.common.security';
  const options: KafkaOptions = {
    listeners: [`SASL_SSL://${sasl}`, `SSL://${certificates}`],
    properties: {
      // With others than its own, Kafka wants to be told what each is.
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': authority.issue('broker').both,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.certificate,
      'listener.name.ssl.ssl.client.auth': 'required',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required ${users.join(' ')};`,
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  };
  return { sasl, certificates, options };
}

const SCRAM = {
  'scram-sha-256': { mechanism: ScramMechanisms.SCRAM_SHA_256, digest: 'sha256', bytes: 32 },
  'scram-sha-512': { mechanism: ScramMechanisms.SCRAM_SHA_512, digest: 'sha512', bytes: 64 },
} as const;

/** Gives the cluster a user whose password it does not know. @param bootstrap the administrator’s listener */
export async function addScramUser(
  bootstrap: string,
  { user, password, sasl }: { user: string; password: string; sasl: keyof typeof SCRAM },
): Promise<void> {
  const { mechanism, digest, bytes } = SCRAM[sasl];
  const salt = randomBytes(16);
  const iterations = 4096;
  const saltedPassword = pbkdf2Sync(password, salt, iterations, bytes, digest);
  const connections = new ConnectionPool('test');
  try {
    const connection = await connections.get(parseBroker(bootstrap));
    const credential = { name: user, mechanism, iterations, salt, saltedPassword };
    await alterUserScramCredentialsV0.api.async(connection, [], [credential]);
  } finally {
    await connections.close();
  }
}

/** What a principal may do with a resource; a name that ends in `*` is a prefix. */
export interface Right {
  resource: 'TOPIC' | 'GROUP' | 'TRANSACTIONAL_ID';
  name: string;
  operation: keyof typeof AclOperations;
}

/** @param principal as Kafka writes it: `User:name` */
export async function grant(bootstrap: string, principal: string, rights: readonly Right[]): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [bootstrap] });
  try {
    await admin.createAcls({
      creations: rights.map(({ resource, name, operation }) => ({
        resourceType: ResourceTypes[resource],
        resourceName: name.replace(/\*$/, ''),
        resourcePatternType: name.endsWith('*')
          ? ResourcePatternTypes.PREFIXED
          : ResourcePatternTypes.LITERAL,
        principal,
        host: '*',
        operation: AclOperations[operation],
        permissionType: AclPermissionTypes.ALLOW,
      })),
    });
  } finally {
    await admin.close();
  }
}
