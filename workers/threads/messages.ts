import type { SharedGeneration } from '../../shared/cooccurrence/generation.ts';
import type { SharedTextVectors } from '../../shared/embeddings/text.ts';
import { P2iError, type ErrorCode } from '../../shared/errors/errors.ts';
import type { Lane } from '../../shared/features/feature.ts';
import type { InterestNames } from '../../shared/features/interest-names.ts';
import type { SharedRankingModels } from '../../shared/ranking/ranking-models.ts';
import type { RegistryOrigin } from '../../shared/registry/registry.ts';
import type { OutputRecord } from '../../shared/stream/binding.ts';
import type { Headers, LogRecord } from '../../shared/stream/log.ts';
import type { Phase } from '../../shared/stream/observer.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import type { Tally } from '../../shared/stream/tally.ts';
import type { SharedLanguages } from '../../shared/translation/languages.ts';
import type { SharedStageTaxonomy } from '../artefacts.ts';

/** What a thread is started with. What is large is shared memory. */
export interface ThreadData {
  stages: readonly StageName[];
  lane: Lane;
  registry: RegistryOrigin;
  /** Directory of the co-occurrence store. */
  store: string;
  textVectors: SharedTextVectors;
  languages: SharedLanguages;
  models: SharedRankingModels | undefined;
}

/** To a thread. */
export type Request =
  /** The live taxonomy versions, in order, with what it does not have yet. Goes before the first record that needs it. */
  | { type: 'taxonomies'; versions: readonly string[]; added: readonly SharedStageTaxonomy[] }
  | { type: 'work'; id: number; partition: number; record: LogRecord }
  | { type: 'reply'; id: number; reply: Reply }
  /** Retries end. */
  | { type: 'abort' }
  | { type: 'close' };

/** What a thread asked for. */
export type Reply =
  | { type: 'refreshed' }
  | { type: 'generation'; generation: SharedGeneration; names: InterestNames | undefined }
  | { type: 'failed'; error: PlainError };

/** From a thread. */
export type Response =
  | { type: 'ready' }
  | {
      type: 'worked';
      id: number;
      worked: PlainWorked;
      phases: readonly Spent[];
      tallies: readonly Tally[];
    }
  | { type: 'failed'; id: number; error: PlainError }
  /** Take up what has been published by now. */
  | { type: 'refresh'; id: number }
  | { type: 'generation'; id: number; taxonomy: string; number: number };

export type Spent = readonly [stage: StageName, phase: Phase, seconds: number];

/** `Worked`, as it is sent: without what only a sink takes, errors as data. */
export interface PlainWorked {
  pins: number;
  parts: readonly { headers: Headers; encoded: readonly OutputRecord[] }[];
  failures: readonly {
    stage: StageName;
    error: PlainError;
    otherwise: ErrorCode;
    pinId: string | null;
    value: Uint8Array;
  }[];
}

/** An error of another thread. `code`: where it is a P2iError. */
export interface PlainError {
  code: ErrorCode | undefined;
  message: string;
}

export function plainError(error: unknown): PlainError {
  if (error instanceof P2iError) return { code: error.code, message: error.message };
  return { code: undefined, message: error instanceof Error ? error.message : String(error) };
}

/** The error again; its place is part of its message. @param otherwise the code of what was no P2iError */
export function errorOf({ code, message }: PlainError, otherwise: ErrorCode = 'INTERNAL'): P2iError {
  return new P2iError(code ?? otherwise, message);
}
