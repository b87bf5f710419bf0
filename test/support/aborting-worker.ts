/**
 * `p2i worker`, of which one transaction is aborted by force: the one whose number P2I_TEST_ABORT_AT says is aborted when
 * everything was sent and only the commit is missing.
 */
import { P2iError } from '../../shared/errors/errors.ts';
import { KafkajsClient } from '../../shared/stream/kafka/kafkajs.ts';
import { ABORTED } from './exactly-once.ts';

const open = Object.getOwnPropertyDescriptor(KafkajsClient.prototype, 'producer')!.value as (
  this: KafkajsClient,
  id: string,
) => ReturnType<KafkajsClient['producer']>;
let commits = 0;

KafkajsClient.prototype.producer = async function (this: KafkajsClient, id: string) {
  const producer = await open.call(this, id);
  const commit = producer.commit.bind(producer);
  producer.commit = async () => {
    if (++commits !== Number(process.env.P2I_TEST_ABORT_AT)) return commit();
    await producer.abort();
    throw new P2iError('BROKER_UNAVAILABLE', ABORTED);
  };
  return producer;
};

await import('../../cli/main.ts');
