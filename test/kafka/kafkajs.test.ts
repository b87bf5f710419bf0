import { KafkajsClient } from '../../shared/stream/kafka/kafkajs.ts';
import { clientConformance } from '../shared/stream/kafka/client-conformance.ts';

clientConformance('Kafka through kafkajs', (connection) => new KafkajsClient(connection));
