import type { PinInterests } from '../../workers/publishing/topic.ts';

/** Where a record lies on its topic. */
export interface RecordPlace {
  partition: number;
  offset: number;
}

/** What one record of p2i-results says: what a Pin is about now, under one taxonomy version. */
export interface ResultUpdate extends RecordPlace {
  pin: string;
  /** Taxonomy version. */
  taxonomy: string;
  /** null, a tombstone: the Pin is deleted, or has no result of that version any more. */
  result: PinInterests | null;
}

/** Updates that follow each other in one partition. */
export interface UpdateBatch {
  partition: number;
  /** Perhaps none, where only records that cannot be read came. */
  updates: ResultUpdate[];
  /** The offset to go on from once these are handled: what a consumer that keeps its own offsets stores with its state. */
  next: number;
}
