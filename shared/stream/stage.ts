/**
 * A stage: a pure function over a decoded batch. Same input and same artefacts give the same output, bit for bit.
 * It does no I/O but reads of the stores it was opened with; the runtime around it owns polling, decoding,
 * dead letters, metrics, commits and shutdown.
 */
export interface Stage<In, Out> {
  readonly name: StageName;
  process(batch: In): Out;
}

export const STAGES = ['candidates', 'features', 'ranking', 'publishing', 'cooccurrence'] as const;

export type StageName = (typeof STAGES)[number];
