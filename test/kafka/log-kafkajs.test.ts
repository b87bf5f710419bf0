import { kafkaLogConformance } from '../shared/stream/kafka/log-conformance.ts';

kafkaLogConformance('kafkajs');
