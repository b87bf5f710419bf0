import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientName } from '../../shared/stream/kafka/clients.ts';
import type { Right } from './brokers/secured.ts';

const PAGE = join(import.meta.dirname, '../../docs/kafka.md');

/** Who runs commands: not a pool. */
export const OPERATOR = 'an operator';

/** Who subscribes to p2i-results, in a group of its own. */
export const CONSUMER = 'a consumer';

/** The rights that docs/kafka.md gives each pool. */
export interface DocumentedRights {
  /** @param stages of the pool: `publishing`, `candidates,features,ranking`; or OPERATOR or CONSUMER */
  of(stages: string, client: ClientName): Right[];
}

/** Reads the table whose header begins with `stages`. */
export function documentedRights(): DocumentedRights {
  const lines = readFileSync(PAGE, 'utf8').split('\n');
  const header = lines.findIndex((line) => /^\| stages +\| reads /.test(line));
  const rows = new Map<string, string[][]>();
  for (const line of lines.slice(header + 2)) {
    if (!line.startsWith('|')) break;
    const [stages, ...columns] = line.split('|').slice(1, -1).map(namesIn);
    rows.set(stages.join(), columns);
  }
  return {
    of(stages, client) {
      const every = rows.get('every pool');
      const own = rows.get(stages);
      if (every === undefined || own === undefined) throw new Error(`${PAGE} has no rights of ${stages}`);
      const rights = ([OPERATOR, CONSUMER].includes(stages) ? [own] : [every, own]).flatMap(
        ([reads, writes, groups, ids]) => [
          ...reads.map((name): Right => ({ resource: 'TOPIC', name, operation: 'READ' })),
          ...writes.map((name): Right => ({ resource: 'TOPIC', name, operation: 'WRITE' })),
          ...groups.map((name): Right => ({ resource: 'GROUP', name, operation: 'READ' })),
          ...ids.map((name): Right => ({ resource: 'TRANSACTIONAL_ID', name, operation: 'WRITE' })),
        ],
      );
      return client === 'kafkajs' ? [...rights, ...READERS] : rights;
    },
  };
}

/** kafkajs reads in groups only, which are deleted afterwards. */
const READERS: readonly Right[] = [
  { resource: 'GROUP', name: 'p2i-reader-*', operation: 'READ' },
  { resource: 'GROUP', name: 'p2i-reader-*', operation: 'DELETE' },
];

/** What a cell names in code; else its text. */
function namesIn(cell: string): string[] {
  const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  return names.length > 0 || cell.trim() === '' ? names : [cell.trim()];
}
