import type { RunsLog } from '../workers/backfill/book.ts';
import type { RunsKept } from '../workers/backfill/runs.ts';
import type { LetterSource } from '../workers/dead-letters/letters.ts';
import type { About } from './api.ts';
import type { Classifier } from './classifier.ts';
import type { PinSource } from './pin-source.ts';
import type { ResultsFollower } from './results-follower.ts';

/** What an inspector looks into. Beside the first three, what is not there is not served. */
export interface Parts {
  source: About['source'];
  classifier: Classifier;
  pins: PinSource;
  results?: ResultsFollower;
  letters?: Omit<LetterSource, 'onUnreadable'>;
  /** Where the workers of pools say how they are. */
  pools?: RunsLog;
  runs?: RunsLog & RunsKept;
}
