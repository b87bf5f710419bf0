import type { ErrorCode } from '../errors/errors.ts';
import type { StageName } from './stage.ts';
import type { Tally } from './tally.ts';

/** The steps of work on a poll, in order. Everything but `poll` is busy time. */
export const PHASES = ['poll', 'decode', 'compute', 'encode', 'produce', 'commit'] as const;

export type Phase = (typeof PHASES)[number];

/** What a dead letter is of, and why it is one. */
export interface LetterPlace {
  topic: string;
  partition: number;
  offset: number;
  /** Of the record; undefined where it belongs to none. */
  run: string | undefined;
  /** Of the one Pin that failed; null where it is the whole record. */
  pinId: string | null;
  message: string;
}

/**
 * Is told what a pump does, a few calls a record. In a chain the first stage polls and decodes, the last encodes,
 * produces and commits, and each computes. It is told of work as it is done: of what is aborted and done again, twice.
 */
export interface Observer {
  phase(stage: StageName, phase: Phase, seconds: number): void;
  /** Pins that went into the stage and came out; the others failed there. */
  pins(stage: StageName, into: number, out: number): void;
  deadLetter(stage: StageName, code: ErrorCode, place: LetterPlace): void;
  /** Records that were read from a topic or are to be written to it, and the bytes of their values. */
  records(topic: string, direction: Direction, records: number, bytes: number): void;
  transaction(outcome: TransactionOutcome): void;
  /** What a stage made of a record. */
  tally(tally: Tally): void;
}

export type Direction = 'in' | 'out';

export type TransactionOutcome = 'committed' | 'failed';

/** Heeds nothing: what an observer of some of it begins with. */
export const HEEDLESS: Observer = {
  phase: () => undefined,
  pins: () => undefined,
  deadLetter: () => undefined,
  records: () => undefined,
  transaction: () => undefined,
  tally: () => undefined,
};

/** One observer that tells all of them. */
export function allOf(...observers: readonly Observer[]): Observer {
  return {
    phase: (...what) => observers.forEach((observer) => observer.phase(...what)),
    pins: (...what) => observers.forEach((observer) => observer.pins(...what)),
    deadLetter: (...what) => observers.forEach((observer) => observer.deadLetter(...what)),
    records: (...what) => observers.forEach((observer) => observer.records(...what)),
    transaction: (...what) => observers.forEach((observer) => observer.transaction(...what)),
    tally: (...what) => observers.forEach((observer) => observer.tally(...what)),
  };
}
