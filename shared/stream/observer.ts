import type { ErrorCode } from '../errors/errors.ts';
import type { StageName } from './stage.ts';

/** The steps of work on a poll, in order. Everything but `poll` is busy time. */
export const PHASES = ['poll', 'decode', 'compute', 'encode', 'produce', 'commit'] as const;

export type Phase = (typeof PHASES)[number];

/**
 * Is told what a pump does, a few calls a batch. In a chain the first stage polls and decodes, the last encodes,
 * produces and commits, and each computes.
 */
export interface Observer {
  phase(stage: StageName, phase: Phase, seconds: number): void;
  /** Pins that went into the stage and came out; the others failed there. */
  pins(stage: StageName, into: number, out: number): void;
  deadLetter(stage: StageName, code: ErrorCode): void;
}
