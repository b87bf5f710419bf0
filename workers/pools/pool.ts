import type { Lane } from '../../shared/features/feature.ts';
import { PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import { BATCH_PINS_TOPIC } from '../replay.ts';

/** Workers of one consumer group. */
export interface Pool {
  group: string;
  /** The topic that it reads. */
  topic: string;
}

/** The consumer group of a pool: `p2i-candidates`, `p2i-candidates-features-ranking-instant`. */
export function groupOf(stages: readonly StageName[], lane: Lane): string {
  return ['p2i', ...stages, ...(lane === 'instant' ? [lane] : [])].join('-');
}

/** The pool of these stages. */
export function poolOf(stages: readonly StageName[], lane: Lane): Pool {
  const topic = lane === 'instant' ? PINS_TOPIC : READS[stages[0]];
  return { group: groupOf(stages, lane), topic };
}

/** By the first stage of a pool of the batch lane: the topic that it reads. */
const READS: Readonly<Record<StageName, string>> = {
  candidates: BATCH_PINS_TOPIC,
  features: 'p2i-candidates',
  ranking: 'p2i-features',
  publishing: 'p2i-ranked',
  cooccurrence: 'p2i-candidates',
};
