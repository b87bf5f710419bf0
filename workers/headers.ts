import type { Lane } from '../shared/features/feature.ts';
import { RUN_HEADER } from '../shared/stream/headers.ts';
import type { Headers } from '../shared/stream/log.ts';

export { RUN_END_HEADER, RUN_HEADER } from '../shared/stream/headers.ts';

/*
 * Headers that records carry from stage to stage. All are optional: a record of the instant lane has none of a run.
 */

/** A number that grows from run to run: of two batch results of a Pin, that of the later run stays. */
export const ORDER_HEADER = 'run-order';

/** `batch` or `instant`. */
export const LANE_HEADER = 'lane';

/** Taxonomy version that the record is, or is to be, classified by. */
export const TAXONOMY_HEADER = 'taxonomy';

/** Version of the ranking model that the run uses. */
export const MODEL_HEADER = 'model';

/** Generation of the co-occurrence store that the run reads. */
export const GENERATION_HEADER = 'generation';

/** `true` on the records of a shadow run: its results go to p2i-results-shadow, and nothing that is published changes. */
export const SHADOW_HEADER = 'shadow';

/** `false` on the records of a run from which no generation of the co-occurrence store is built. */
export const LEARN_HEADER = 'learn';

/** Pin version of a result that is taken back: its record has no value to tell it. */
export const PIN_VERSION_HEADER = 'pin-version';

/** What the records of a run say. */
export interface RunDetails {
  run: string;
  order: number;
  lane: Lane;
  taxonomy: string;
  /** Without it, any model that a worker holds. */
  model?: string;
  /** Without it, the newest that there is when a record is read. */
  generation?: number;
  /** True: its results are for comparing only. */
  shadow?: boolean;
  /** False: no generation of the co-occurrence store is built from it. */
  learns?: boolean;
}

/** The headers of each record of a run. */
export function runHeaders({
  run,
  order,
  lane,
  taxonomy,
  model,
  generation,
  shadow,
  learns,
}: RunDetails): Headers {
  return {
    [RUN_HEADER]: run,
    [ORDER_HEADER]: String(order),
    [LANE_HEADER]: lane,
    [TAXONOMY_HEADER]: taxonomy,
    ...(model !== undefined && { [MODEL_HEADER]: model }),
    ...(generation !== undefined && { [GENERATION_HEADER]: String(generation) }),
    ...(shadow && { [SHADOW_HEADER]: 'true' }),
    ...(learns === false && { [LEARN_HEADER]: 'false' }),
  };
}
