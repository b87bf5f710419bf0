import type { PinInterest } from '../api.ts';
import { address } from './client.ts';
import { score } from './format.ts';
import { html, type VNode } from './html.ts';

/** Interests on their tree: each below its parent, the best first. */
export function InterestTree({
  interests,
  taxonomy,
}: {
  interests: readonly PinInterest[];
  taxonomy: string;
}): VNode {
  const held = new Set(interests.map(({ id }) => id));
  const below = Map.groupBy(interests, ({ parent }) => (parent !== null && held.has(parent) ? parent : null));
  const list = (parent: number | null): VNode =>
    html`<ul>
      ${below
        .get(parent)!
        .toSorted((a, b) => bestBelow(b, below) - bestBelow(a, below))
        .map(
          (interest) =>
            html`<li>
              <div class="scored">
                <a href=${address('/taxonomy', { version: taxonomy, interest: interest.id })}
                  >${interest.label}</a
                >
                <span class="level">L${interest.level}</span>
                <${Bar} share=${interest.score} />
                <span class="figure">${score(interest.score)}</span>
              </div>
              ${below.has(interest.id) && list(interest.id)}
            </li>`,
        )}
    </ul>`;
  return html`<div class="interests">${list(null)}</div>`;
}

/** A score as the length of a bar; the number stands beside it. */
export function Bar({ share }: { share: number }): VNode {
  return html`<span class="bar" aria-hidden="true"
    ><span style=${{ width: `${100 * share}%` }}></span
  ></span>`;
}

/** The best score of an interest and all below it. */
function bestBelow(interest: PinInterest, below: ReadonlyMap<number | null, PinInterest[]>): number {
  const children = below.get(interest.id) ?? [];
  return Math.max(interest.score, ...children.map((child) => bestBelow(child, below)));
}
