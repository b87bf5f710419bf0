import { after, before, describe } from 'node:test';
import { openClient, type ClientName } from '../../../../shared/stream/kafka/clients.ts';
import { KafkaLog } from '../../../../shared/stream/kafka/log.ts';
import { brokersAvailable } from '../../../support/brokers/files.ts';
import { startKafka, type KafkaCluster } from '../../../support/brokers/kafka.ts';
import { logConformance } from '../conformance.ts';

export function kafkaLogConformance(name: ClientName): void {
  const available = brokersAvailable();
  describe(`the log on Kafka through ${name}`, { skip: available.available ? false : available.why }, () => {
    let cluster: KafkaCluster;
    before(async () => {
      // Records here are old.
      cluster = await startKafka({ properties: { 'log.retention.ms': '-1' } });
    });
    after(() => cluster.close());
    const open = async () =>
      new KafkaLog(await openClient(name, { brokers: cluster.bootstrap, clientId: 'log' }));

    logConformance('alone', open);
  });
}
