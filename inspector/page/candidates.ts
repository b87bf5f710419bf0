import { useEffect, useState } from 'preact/hooks';
import type { ApiCandidate, ApiExplanation, ApiFeature, Classified } from '../api.ts';
import { address, post } from './client.ts';
import { number, score, words } from './format.ts';
import { html, type VNode } from './html.ts';
import { Bar } from './interest-tree.ts';
import { FailureNote, useGet, useWork } from './loading.ts';
import { Waterfall } from './waterfall.ts';

export type Lane = Classified['lane'];

/** What was classified: the Pin as JSON, how, and what came out. */
export interface Asked {
  /** Body of the request: asked again for a candidate's contributions. */
  body: string;
  lane: Lane;
  taxonomy: string;
}

type Column = 'score' | 'path' | 'level' | 'sources';

const COLUMNS: readonly {
  column: Column;
  name: string;
  key: (candidate: ApiCandidate) => number | string;
}[] = [
  { column: 'path', name: 'Interest', key: ({ path }) => path },
  { column: 'level', name: 'Level', key: ({ level }) => level },
  { column: 'score', name: 'Score', key: (candidate) => -candidate.score },
  { column: 'sources', name: 'Found by', key: ({ sources }) => sources.join(' ') },
];

/** Rows shown until more are asked for. */
const SHOWN = 25;

/** Candidates, in the order that the reader wants; a row opens why it has its score. */
export function CandidateTable({ explanation, asked }: { explanation: ApiExplanation; asked: Asked }): VNode {
  const [order, setOrder] = useState<{ column: Column; up: boolean }>({ column: 'score', up: true });
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState<number>();
  useEffect(() => setOpen(undefined), [explanation]);
  const sorted = sortedBy(explanation.candidates, order);
  const shown = all ? sorted : sorted.slice(0, SHOWN);

  return html`<section class="wide" aria-labelledby="candidates-title">
    <h2 id="candidates-title">Candidates</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Table of candidates">
      <table class="candidates">
        <thead>
          <tr>
            ${COLUMNS.map(
              ({ column, name }) =>
                html`<${SortHeader}
                  name=${name}
                  sorted=${order.column === column ? (order.up ? 'ascending' : 'descending') : undefined}
                  onSort=${() => setOrder({ column, up: order.column === column ? !order.up : true })}
                />`,
            )}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (candidate) =>
              html`<${Row}
                key=${candidate.id}
                candidate=${candidate}
                expected=${explanation.expected}
                asked=${asked}
                isOpen=${open === candidate.id}
                onToggle=${() => setOpen(open === candidate.id ? undefined : candidate.id)}
              />`,
          )}
        </tbody>
      </table>
    </div>
    ${
      !all &&
      sorted.length > SHOWN &&
      html`<button type="button" onClick=${() => setAll(true)}>Show all ${sorted.length}</button>`
    }
  </section>`;
}

function sortedBy(
  candidates: readonly ApiCandidate[],
  { column, up }: { column: Column; up: boolean },
): ApiCandidate[] {
  const { key } = COLUMNS.find((one) => one.column === column)!;
  const ascending = candidates.toSorted((a, b) => {
    const [left, right] = [key(a), key(b)];
    return left < right ? -1 : Number(left > right);
  });
  return up ? ascending : ascending.reverse();
}

function SortHeader({
  name,
  sorted,
  onSort,
}: {
  name: string;
  sorted: 'ascending' | 'descending' | undefined;
  onSort: () => void;
}): VNode {
  return html`<th scope="col" aria-sort=${sorted}>
    <button type="button" class="sort" onClick=${onSort}>
      ${name}
      <span aria-hidden="true">${{ ascending: '↓', descending: '↑', none: '' }[sorted ?? 'none']}</span>
    </button>
  </th>`;
}

interface RowProps {
  candidate: ApiCandidate;
  expected: number;
  asked: Asked;
  isOpen: boolean;
  onToggle: () => void;
}

function Row({ candidate, expected, asked, isOpen, onToggle }: RowProps): VNode {
  const { id, path, level, kept, sources } = candidate;
  const at = path.lastIndexOf(' > ');
  return html`<tr class=${kept ? 'kept' : ''}>
      <th scope="row">
        <button
          type="button"
          class="open"
          aria-expanded=${isOpen ? 'true' : 'false'}
          aria-controls=${isOpen ? `candidate-${id}` : undefined}
          onClick=${onToggle}
        >
          ${at >= 0 && html`<span class="soft">${path.slice(0, at).replaceAll(' > ', ' › ')} › </span>`}<span
            >${path.slice(at < 0 ? 0 : at + 3)}</span
          >
          ${kept && html` <span class="tag">kept</span>`}
        </button>
      </th>
      <td>L${level}</td>
      <td>
        <span class="with-bar"
          ><${Bar} share=${candidate.score} /><span class="figure">${score(candidate.score)}</span></span
        >
      </td>
      <td class="soft">${sources.map(words).join(', ')}</td>
    </tr>
    ${
      isOpen &&
      html`<tr id=${`candidate-${id}`} class="details">
        <td colspan="4"><${Details} id=${id} expected=${expected} asked=${asked} /></td>
      </tr>`
    }`;
}

/** Evidence, features and contributions of one candidate: asked for when it is opened, since they take a moment. */
function Details({ id, expected, asked }: { id: number; expected: number; asked: Asked }): VNode {
  const [state, run] = useWork<ApiCandidate>();
  const features = useGet<ApiFeature[]>('/v1/features');
  useEffect(() => {
    const { lane, taxonomy, body } = asked;
    const path = address('/v1/classify', { lane, taxonomy, explain: 'all', interest: id });
    void run(async (signal) => {
      const { pins } = await post<Classified>(path, body, signal);
      return pins[0].explanation!.candidates[0];
    });
  }, [id, asked]);
  const candidate = state.value;
  if (candidate === undefined || features.value === undefined)
    return html`<${FailureNote} failure=${state.failure ?? features.failure} />
      ${state.busy && html`<p class="soft" role="status">Explaining…</p>`}`;
  return html`<div class="why">
    <section>
      <h3>What moved the score</h3>
      <${Waterfall} expected=${expected} candidate=${candidate} features=${features.value} />
    </section>
    <section>
      <h3>Evidence</h3>
      <${Values} values=${candidate.evidence!} features=${features.value} />
    </section>
    <section>
      <h3>Features</h3>
      <${FeatureGroups} candidate=${candidate} features=${features.value} />
    </section>
  </div>`;
}

function FeatureGroups({
  candidate,
  features,
}: {
  candidate: ApiCandidate;
  features: readonly ApiFeature[];
}): VNode {
  const values = candidate.features!;
  const groups = Map.groupBy(features, ({ group }) => group);
  return html`${[...groups].map(([group, of]) => {
    const there = of.filter(({ name }) => name in values);
    return html`<details>
      <summary>${words(group)} <span class="soft">${there.length} of ${of.length}</span></summary>
      ${
        there.length === 0
          ? html`<p class="empty">All missing.</p>`
          : html`<${Values}
              values=${Object.fromEntries(there.map(({ name }) => [name, values[name]]))}
              features=${features}
            />`
      }
    </details>`;
  })}`;
}

function Values({
  values,
  features,
}: {
  values: Readonly<Record<string, number>>;
  features: readonly ApiFeature[];
}): VNode {
  const meaning = new Map(features.map((feature) => [feature.name, feature]));
  return html`<dl class="values">
    ${Object.entries(values).map(([name, value]) => {
      const feature = meaning.get(name);
      return html`<div>
        <dt>
          ${words(name)}${feature && html`<span class="soft">${feature.meaning}; ${feature.unit}</span>`}
        </dt>
        <dd class="figure">${number(value)}</dd>
      </div>`;
    })}
  </dl>`;
}
