import type { Headers } from './log.ts';

/*
 * Headers that the runtime itself reads. workers/headers.ts has those that the stages read.
 */

/** Name of the run that a record belongs to. */
export const RUN_HEADER = 'run';

/** `true` on the last record of a run in a partition; that record holds no Pins. */
export const RUN_END_HEADER = 'run-end';

/** How many Pins a batch holds: what is said of it where it cannot be read. */
export const PINS_HEADER = 'pins';

/** More than any record holds. */
const MOST_PINS = 2 ** 31 - 1;

/** How many Pins a record says that it holds; undefined where it says none, or nonsense: a foreign producer may write that. */
export function pinsHeader(headers: Headers): number | undefined {
  const pins = Number(headers[PINS_HEADER]);
  return Number.isInteger(pins) && pins >= 0 && pins <= MOST_PINS ? pins : undefined;
}

/** The headers without the number of Pins: what is made of a record may hold fewer. */
export function withoutPins(headers: Headers): Headers {
  const { [PINS_HEADER]: pins, ...others } = headers;
  return (pins as string | undefined) === undefined ? headers : others;
}
