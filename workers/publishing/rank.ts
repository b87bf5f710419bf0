import type { Lane } from '../../shared/features/feature.ts';

/** What decides which of two results of a Pin and taxonomy version stays. */
export interface Rank {
  pinVersion: number;
  lane: Lane;
  /** Grows from run to run; 0 for the instant lane. */
  order: number;
}

/**
 * True where `next` takes the place of `last`, or is the same again: of a newer Pin version; of the same one, a batch
 * result over an instant one; of two batch results, that of the later run.
 */
export function replaces(next: Rank, last: Rank | undefined): boolean {
  if (last === undefined) return true;
  if (next.pinVersion !== last.pinVersion) return next.pinVersion > last.pinVersion;
  if (next.lane !== last.lane) return next.lane === 'batch';
  return next.order >= last.order;
}
