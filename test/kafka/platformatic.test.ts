import { PlatformaticClient } from '../../shared/stream/kafka/platformatic.ts';
import { clientConformance } from '../shared/stream/kafka/client-conformance.ts';

clientConformance('Kafka through @platformatic/kafka', (connection) => new PlatformaticClient(connection));
