import type { ScoredInterest } from 'p2i/consumer';
import { formatTable } from '../../../cli/output.ts';

/** A row an interest, in the order given. */
export function interestTable(interests: readonly ScoredInterest[]): string {
  const rows = interests.map(({ id, level, label, score }) => [String(id), `L${level}`, label, score]);
  return formatTable(['interest', 'level', 'label', 'score'], rows);
}
