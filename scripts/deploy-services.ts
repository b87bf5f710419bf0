import { startKafka } from '../test/support/brokers/kafka.ts';
import { startRedis } from '../test/support/brokers/redis.ts';
import { startRegistry } from '../test/support/brokers/registry.ts';

/*
 * Kafka, a schema registry and Redis on this machine, without containers: for docs/operating.md on a machine that has
 * a JDK (17 or newer), Maven and redis-server. Prints the variables that lead to them, and ends them at SIGTERM or Ctrl-C.
 *
 *   node scripts/deploy-services.ts > .p2i/services.env &
 */

const [kafka, registry, redis] = await Promise.all([startKafka(), startRegistry(), startRedis()]);

console.log(`export P2I_BROKERS=${kafka.bootstrap.join(',')}`);
console.log(`export P2I_REGISTRY=${registry.url}`);
console.log(`export P2I_REDIS=${redis.url}`);

// They are not waited for by themselves.
const awake = setInterval(() => undefined, 1 << 30);
const stop = async (): Promise<void> => {
  clearInterval(awake);
  await Promise.all([kafka.close(), registry.close(), redis.close()]);
};
process.once('SIGTERM', () => void stop()).once('SIGINT', () => void stop());
