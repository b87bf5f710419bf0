import type { RecordPlace, ResultUpdate } from '../results/update.ts';
import type { FollowedTaxonomy } from '../taxonomies/followed.ts';
import { decideAnew, isSame, type Decision } from './decision.ts';
import type { Cause, DecisionChange } from './topics.ts';
import type { UnderstoodPolicy } from './understood.ts';

/** Where a change comes from. */
interface Origin {
  cause: Cause;
  result: RecordPlace | null;
  /** Milliseconds since 1970. */
  time: number;
}

/** Changes of what stands, made one after another, that nobody knows of until they are committed. */
export class Draft {
  readonly changes: DecisionChange[] = [];
  readonly #standing: Map<string, Decision>;
  readonly #policy: UnderstoodPolicy;
  readonly #followed: FollowedTaxonomy;
  /** What stands for the Pins that this draft changes. */
  readonly #changed = new Map<string, Decision | null>();

  /** @param standing by Pin id: what stands; `apply` changes it */
  constructor(standing: Map<string, Decision>, policy: UnderstoodPolicy, followed: FollowedTaxonomy) {
    this.#standing = standing;
    this.#policy = policy;
    this.#followed = followed;
  }

  /** Decides on an update. @param time of its record, milliseconds since 1970 */
  decide(update: ResultUpdate, time: number): void {
    const { pin, partition, offset } = update;
    const before = this.#get(pin);
    const change = this.#followed.change(update, before?.taxonomy);
    if (change === undefined) return;
    const result = { partition, offset };
    if (change.interests === null) {
      this.#end(pin, { cause: 'deleted', result, time });
      return;
    }
    const verdict = decideAnew(change.interests, this.#policy, before);
    const { hash, revision } = this.#policy.policy;
    const after = { pin, ...verdict, policy: hash, revision, taxonomy: change.taxonomy, result, time };
    const isNews = before === undefined ? verdict.action !== 'allowed' : !isSame(before, after);
    if (isNews) this.#change(pin, after, { cause: 'result', result, time });
  }

  /** A Pin has a result that cannot be read: what stood stands, under a new policy too. */
  keep(pin: string, result: RecordPlace, time: number): void {
    const before = this.#get(pin);
    const { hash, revision } = this.#policy.policy;
    if (before === undefined || before.policy === hash) return;
    this.#change(pin, { ...before, policy: hash, revision }, { cause: 'unreadable', result, time });
  }

  /** All results have been read under the policy: what stands by another one is of Pins that have none. */
  endOthers(time: number): void {
    const { hash } = this.#policy.policy;
    for (const [pin, { policy }] of this.#standing)
      if (policy !== hash && !this.#changed.has(pin)) this.#end(pin, { cause: 'gone', result: null, time });
  }

  /** They are committed. */
  apply(): void {
    for (const [pin, decision] of this.#changed) {
      if (decision === null) this.#standing.delete(pin);
      else this.#standing.set(pin, decision);
    }
  }

  #get(pin: string): Decision | undefined {
    const changed = this.#changed.get(pin);
    return changed === undefined ? this.#standing.get(pin) : (changed ?? undefined);
  }

  #end(pin: string, origin: Origin): void {
    if (this.#get(pin) !== undefined) this.#change(pin, null, origin);
  }

  #change(pin: string, after: Decision | null, { cause, result, time }: Origin): void {
    const { hash, revision } = this.#policy.policy;
    const before = this.#get(pin) ?? null;
    this.changes.push({ pin, cause, before, after, policy: hash, revision, result, time });
    this.#changed.set(pin, after);
  }
}
