import { P2iError } from '../../shared/errors/errors.ts';

/** What a user did with a Pin. */
export interface PinEngagement {
  pin: string;
  /** Milliseconds since 1970. */
  time: number;
  /** How much it says, at most 16: of a save 1, of a click 0.3. */
  weight: number;
}

/** All that a user did with a Pin within a period (of decay.ts) is one engagement. */
export interface PinInPeriod {
  pin: string;
  period: number;
}

/** The order in which a user's engagements are kept: those of later periods, then Pins by id. */
export function newestFirst(a: PinInPeriod, b: PinInPeriod): number {
  return b.period - a.period || (a.pin < b.pin ? -1 : 1);
}

/** The most that an engagement may weigh. */
export const MAX_WEIGHT = 16;

/**
 * @param now what is later than this by more than an hour, which clocks may differ by, has not happened
 * @throws P2iError PIN_INVALID for a weight or a time that can be none
 */
export function checkEngagement({ pin, time, weight }: PinEngagement, now: number): void {
  const where = `Pin ${pin}`;
  if (!(weight >= 0 && weight <= MAX_WEIGHT))
    throw new P2iError('PIN_INVALID', `the weight ${weight} is none from 0 to ${MAX_WEIGHT}`, { where });
  if (!(time >= 0))
    throw new P2iError('PIN_INVALID', `the time ${time} is no number of ms since 1970`, { where });
  if (time > now + CLOCK_SKEW)
    throw new P2iError('PIN_INVALID', `the time ${time} is yet to come: it is ${now} now`, { where });
}

const CLOCK_SKEW = 3_600_000;
