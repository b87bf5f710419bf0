import type { PinEngagement, UserInterests } from 'p2i/consumer';
import { draw } from '../../../quality/draw.ts';
import type { Pin } from '../../../shared/pins/pin.ts';

/** A board that stands for a user. */
export interface BoardUser {
  /** Of the board. */
  id: string;
  name: string;
  /** Pins that the user has saved so far: half of the board's, by a hash of their ids. */
  saved: string[];
  /** The others: what the user is going to save. */
  later: string[];
}

/** Each board of the Pins as a user. */
export function boardUsers(pins: readonly Pin[]): BoardUser[] {
  const users = new Map<string, BoardUser>();
  for (const pin of pins) {
    const half = draw(pin.id, 'saved so far') < 0.5 ? 'saved' : 'later';
    for (const { id, name } of pin.boards) {
      const user = users.get(id) ?? { id, name, saved: [], later: [] };
      user[half].push(pin.id);
      users.set(id, user);
    }
  }
  return [...users.values()];
}

/** Tells of all that the users have saved. @param time ms since 1970: the sample does not say when */
export function engage(interests: UserInterests, users: readonly BoardUser[], time: number): void {
  for (const { id, saved } of users)
    for (const pin of saved) interests.engaged(id, { pin, time, weight: SAVE } satisfies PinEngagement);
}

const SAVE = 1;
