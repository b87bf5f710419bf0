import type { ApiCandidate, ApiFeature } from '../api.ts';
import { number, score, signed, words } from './format.ts';
import { html, type VNode } from './html.ts';

/** Contributions that have a bar each; the rest share one. */
const SHOWN = 12;

interface Step {
  name: string;
  value: string;
  meaning: string | undefined;
  /** Log-odds before and after. */
  from: number;
  to: number;
}

/** How a score came about: from what every candidate starts with, feature by feature, to its log-odds. */
export function Waterfall({
  expected,
  candidate,
  features,
}: {
  expected: number;
  candidate: ApiCandidate;
  features: readonly ApiFeature[];
}): VNode {
  const steps = stepsOf(expected, candidate, features);
  const ends = steps.flatMap(({ from, to }) => [from, to]);
  const [least, most] = [Math.min(...ends, expected), Math.max(...ends, expected)];
  const share = (value: number): number => (100 * (value - least)) / (most - least || 1);
  const last = steps.at(-1)?.to ?? expected;
  return html`<table class="waterfall">
    <caption class="soft">
      In log-odds: every candidate starts from ${signed(expected)}; this one ends at ${signed(last)}, a score
      of ${score(candidate.score)}.
    </caption>
    <thead>
      <tr>
        <th scope="col">Feature</th>
        <th scope="col" class="figure">Value</th>
        <th scope="col" class="figure">Moves it by</th>
        <th scope="col"><span class="hidden">As a bar</span></th>
      </tr>
    </thead>
    <tbody>
      ${steps.map(
        ({ name, value, meaning, from, to }) =>
          html`<tr>
            <th scope="row" title=${meaning}>${name}</th>
            <td class="figure">${value}</td>
            <td class="figure">${signed(to - from)}</td>
            <td class="chart" aria-hidden="true">
              <span
                class=${to < from ? 'down' : 'up'}
                style=${{
                  marginLeft: `${share(Math.min(from, to))}%`,
                  width: `${Math.max(0.5, share(Math.max(from, to)) - share(Math.min(from, to)))}%`,
                }}
              ></span>
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function stepsOf(expected: number, { contributions }: ApiCandidate, features: readonly ApiFeature[]): Step[] {
  const meaning = new Map(features.map((feature) => [feature.name, feature.meaning]));
  const steps: Step[] = [];
  let at = expected;
  for (const { feature, value, contribution } of contributions!.slice(0, SHOWN)) {
    const from = at;
    at += contribution;
    steps.push({ name: words(feature), value: number(value), meaning: meaning.get(feature), from, to: at });
  }
  const rest = contributions!.slice(SHOWN);
  if (rest.length > 0) {
    const sum = rest.reduce((total, { contribution }) => total + contribution, 0);
    steps.push({ name: `${rest.length} others`, value: '', meaning: undefined, from: at, to: at + sum });
  }
  return steps;
}
