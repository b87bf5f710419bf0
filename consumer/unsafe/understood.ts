import { P2iError } from '../../shared/errors/errors.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { FollowedTaxonomy } from '../taxonomies/followed.ts';
import type { Succession } from '../taxonomies/succession.ts';
import type { UnsafePolicy, UnsafeRule } from './policy.ts';

/** An interest that a rule is about and that the newest version has neither itself nor in others. */
export interface StaleSubject {
  rule: string;
  interest: number;
  /** What it was called. */
  label: string;
}

/**
 * A policy as it is understood in the newest version of its taxonomy. A rule is about whatever lies below its interest there: what was
 * moved below it belongs to it, what was moved away does not. An interest that was merged goes on as those that took it over,
 * and one that was removed is stale.
 */
export class UnderstoodPolicy {
  readonly policy: UnsafePolicy;
  /** Subjects that are about nothing any more. */
  readonly stale: readonly StaleSubject[];
  /** Rules by the id of each interest that they are about. */
  readonly #rules = new Map<number, UnsafeRule[]>();
  readonly #followed: FollowedTaxonomy;
  readonly #newest: Taxonomy;

  /**
   * @throws P2iError TAXONOMY_UNKNOWN where the policy's version is not followed; POLICY_INVALID naming every interest that
   *   it does not have
   */
  constructor(policy: UnsafePolicy, followed: FollowedTaxonomy) {
    this.policy = policy;
    this.#followed = followed;
    this.#newest = followed.newest;
    const succession = followed.succession(policy.taxonomy);
    checkInterests(policy, succession.from);
    const stale: StaleSubject[] = [];
    for (const rule of policy.rules) {
      const about = new Set('marked' in rule.subject ? markedIn(this.#newest) : []);
      for (const interest of subjectsOf(rule, succession)) {
        const heirs = succession.successors(interest);
        const { from } = succession;
        if (heirs.length === 0)
          stale.push({ rule: rule.name, interest, label: from.names[from.indexOf(interest)] });
        for (const heir of heirs) about.add(heir);
      }
      this.#cover(rule, about);
    }
    this.stale = stale;
  }

  /** The rules that are about an interest of the newest version, itself or as one below theirs. */
  rulesOf(interest: number): readonly UnsafeRule[] {
    return this.#rules.get(interest) ?? [];
  }

  /** True where the newest version has an interest neither itself nor in those that took it over. */
  isForgotten(interest: number): boolean {
    return this.#followed.versions.every(
      (version) => this.#followed.succession(version).successors(interest).length === 0,
    );
  }

  #cover(rule: UnsafeRule, roots: Iterable<number>): void {
    const covered = new Set<number>();
    const open = [...roots].map((id) => this.#newest.indexOf(id));
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const id = this.#newest.ids[index];
      if (covered.has(id)) continue;
      covered.add(id);
      open.push(...this.#newest.children(index));
      const rules = this.#rules.get(id);
      if (rules) rules.push(rule);
      else this.#rules.set(id, [rule]);
    }
  }
}

/**
 * The interests of the policy's version whose successors a rule is about. A marked one that is still there is
 * judged by the mark that it has now.
 */
function subjectsOf({ subject }: UnsafeRule, { from, to }: Succession): readonly number[] {
  if ('interest' in subject) return [subject.interest];
  return markedIn(from).filter((id) => to.indexOf(id) < 0);
}

/** Ids of the interests that carry the unsafe mark. */
function markedIn(taxonomy: Taxonomy): number[] {
  return [...taxonomy.ids].filter((_, index) => taxonomy.unsafe[index] === 1);
}

function checkInterests({ taxonomy, rules }: UnsafePolicy, from: Taxonomy): void {
  const unknown = rules.flatMap(({ name, subject }) =>
    'interest' in subject && from.indexOf(subject.interest) < 0 ? [`${subject.interest} (${name})`] : [],
  );
  if (unknown.length === 0) return;
  throw new P2iError('POLICY_INVALID', `taxonomy ${taxonomy} has no interests ${unknown.join(', ')}`);
}
