import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiInterest, ApiInterestDetails, ApiTaxonomy, ExamplePin, IndexState } from '../api.ts';
import { address, get } from './client.ts';
import { count, counted, score } from './format.ts';
import { html, type VNode } from './html.ts';
import { FailureNote, useGet, useWork } from './loading.ts';
import { go } from './router.ts';
import { TreeView } from './tree-view.ts';
import type { ViewProps } from './view.ts';

interface Found extends ApiInterest {
  path: { id: number; name: string }[];
}

/** The tree of a taxonomy version with Pins per node, and one interest of it. */
export function TaxonomyView({ about, route }: ViewProps): VNode {
  const version = route.query.get('version') ?? about.taxonomies.at(-1);
  const id = Number(route.query.get('interest') ?? 0);
  const versions = useGet<{ taxonomies: ApiTaxonomy[]; index: IndexState | null }>('/v1/taxonomies');
  if (version === undefined)
    return html`<div class="view">
      <h1>Taxonomy</h1>
      <p class="note">No taxonomy version is live: <code>p2i taxonomy publish FILE</code> publishes one.</p>
    </div>`;
  const select = (interest: number): void => go(address('/taxonomy', { version, interest }));
  const taxonomy = versions.value?.taxonomies.find((one) => one.version === version);
  return html`<div class="view">
    <h1>Taxonomy</h1>
    <${FailureNote} failure=${versions.failure} />
    ${taxonomy && html`<${About} taxonomy=${taxonomy} index=${versions.value!.index} versions=${about.taxonomies} />`}
    <div class="two">
      <div>
        <${Search} version=${version} onSelect=${select} />
        <${Tree} key=${version} version=${version} selected=${id} onSelect=${select} />
      </div>
      <div aria-live="polite">
        ${
          id > 0
            ? html`<${Interest} version=${version} id=${id} />`
            : html`<p class="empty">Choose an interest to see what it is called, and Pins of it.</p>`
        }
      </div>
    </div>
  </div>`;
}

function About({
  taxonomy,
  index,
  versions,
}: {
  taxonomy: ApiTaxonomy;
  index: IndexState | null;
  versions: readonly string[];
}): VNode {
  const { version, interests, levels, pins } = taxonomy;
  return html`<p class="quiet-note">
    ${
      versions.length > 1
        ? html`<label class="inline">
            Version
            <select
              value=${version}
              onChange=${(event: Event) =>
                go(address('/taxonomy', { version: (event.target as HTMLSelectElement).value }))}
            >
              ${versions.map((one) => html`<option>${one}</option>`)}
            </select>
          </label>`
        : html`Version ${version}`
    }:
    ${counted(interests, 'interest', 'interests')} in ${levels.length} levels
    (${levels.map(count).join(' · ')}).
    ${
      index === null
        ? html`Start <code>p2i serve</code> with <code>--state</code> or <code>--brokers</code> to see Pins
            per interest.`
        : `${counted(pins, 'Pin', 'Pins')} counted${index.complete ? '' : ', still reading p2i-results'}${index.beyond > 0 ? `; ${count(index.beyond)} results came when the index was full (--index-pins)` : ''}.`
    }
  </p>`;
}

function Search({ version, onSelect }: { version: string; onSelect: (id: number) => void }): VNode {
  const [state, run, clear] = useWork<Found[]>();
  const [text, setText] = useState('');
  const search = (written: string, then: (found: Found[]) => void): void =>
    void run(async (signal) => {
      const path = address(`/v1/taxonomies/${encodeURIComponent(version)}/interests`, { search: written });
      const { interests } = await get<{ interests: Found[] }>(path, signal);
      then(interests);
      return interests;
    });
  const type = (written: string): void => {
    setText(written);
    if (written.trim() === '') clear();
    else search(written, () => undefined);
  };
  // What is listed may be of fewer letters than are written by now: the first of it may be another interest.
  const enter = (form: HTMLFormElement): void => {
    const { value: written } = form.elements.namedItem('search') as HTMLInputElement;
    if (written.trim() !== '') search(written, ([first]) => first && onSelect(first.id));
  };
  const found = state.value;
  return html`<form
    class="search"
    role="search"
    onSubmit=${(event: Event) => {
      event.preventDefault();
      enter(event.currentTarget as HTMLFormElement);
    }}
  >
    <label for="interest-search">Search by name or id <kbd>/</kbd></label>
    <input
      id="interest-search"
      name="search"
      type="search"
      data-search
      autocomplete="off"
      value=${text}
      onInput=${(event: Event) => type((event.target as HTMLInputElement).value)}
    />
    <p class="hidden" role="status">${found && counted(found.length, 'interest', 'interests')}</p>
    <${FailureNote} failure=${state.failure} />
    ${
      found &&
      html`<ul class="found">
        ${found.length === 0 && html`<li class="empty">Nothing is called so.</li>`}
        ${found.map(
          ({ id, name, path, pins }) =>
            html`<li>
              <a href=${address('/taxonomy', { version, interest: id })}>${name}</a>
              ${pins !== null && html`<span class="figure">${count(pins)}</span>`}
              ${path.length > 0 && html`<span class="soft">${path.map((above) => above.name).join(' › ')}</span>`}
            </li>`,
        )}
      </ul>`
    }
  </form>`;
}

/** Loads the tree a node at a time, and opens the way to what is selected. */
function Tree({
  version,
  selected,
  onSelect,
}: {
  version: string;
  selected: number;
  onSelect: (id: number) => void;
}): VNode {
  const base = `/v1/taxonomies/${encodeURIComponent(version)}/interests`;
  const roots = useGet<{ interests: ApiInterest[] }>(base);
  const [children, setChildren] = useState<ReadonlyMap<number, ApiInterest[]>>(new Map());
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const asked = useRef(new Set<number>());

  const load = async (id: number): Promise<ApiInterestDetails> => {
    asked.current.add(id);
    const details = await get<ApiInterestDetails>(`${base}/${id}`);
    setChildren((known) => new Map(known).set(id, details.children));
    return details;
  };
  const toggle = (id: number, wanted: boolean): void => {
    setOpen((known) => {
      const next = new Set(known);
      if (wanted) next.add(id);
      else next.delete(id);
      return next;
    });
    if (wanted && !asked.current.has(id)) void load(id);
  };
  useEffect(() => {
    if (selected === 0) return;
    void load(selected).then(
      ({ path }) => {
        for (const { id } of path) toggle(id, true);
      },
      () => undefined,
    );
  }, [selected]);

  if (roots.value === undefined) return html`<${FailureNote} failure=${roots.failure} />`;
  return html`<${TreeView}
    label="Interests"
    roots=${roots.value.interests}
    children=${children}
    open=${open}
    selected=${selected}
    onToggle=${toggle}
    onSelect=${onSelect}
  />`;
}

function Interest({ version, id }: { version: string; id: number }): VNode {
  const path = `/v1/taxonomies/${encodeURIComponent(version)}/interests/${id}`;
  const details = useGet<ApiInterestDetails>(path);
  const examples = useGet<{ pins: ExamplePin[] }>(`${path}/pins`);
  if (details.value === undefined) return html`<${FailureNote} failure=${details.failure} />`;
  const { interest, path: above, aliases, translations, children } = details.value;
  const others = Object.entries(translations);
  return html`<article>
    <h2>${interest.name}</h2>
    ${
      above.length > 0 &&
      html`<nav aria-label="Above it" class="crumbs">
        ${above.map(
          (one) => html`<a href=${address('/taxonomy', { version, interest: one.id })}>${one.name}</a> › `,
        )}${interest.name}
      </nav>`
    }
    <dl class="facts">
      <dt>Id</dt>
      <dd>
        ${interest.id}, level
        ${interest.level}${interest.unsafe && ', unsafe'}${interest.hidden && ', hidden'}
      </dd>
      <dt>Below it</dt>
      <dd>${counted(children.length, 'child', 'children')}</dd>
      ${
        interest.pins !== null &&
        html`<dt>Pins</dt>
          <dd>${count(interest.pins)}; ${count(interest.ownPins!)} of them have nothing below it</dd>`
      }
      ${
        aliases.length > 0 &&
        html`<dt>Also called</dt>
          <dd>${aliases.join(', ')}</dd>`
      }
      ${others.map(
        ([tag, names]) =>
          html`<dt>${tag}</dt>
            <dd lang=${tag}>${names}</dd>`,
      )}
    </dl>
    <${FailureNote} failure=${examples.failure} />
    ${examples.value && examples.value.pins.length > 0 && html`<${Examples} pins=${examples.value.pins} />`}
  </article>`;
}

function Examples({ pins }: { pins: readonly ExamplePin[] }): VNode {
  return html`<h3>Pins of it</h3>
    <ul class="examples">
      ${pins.map(
        (pin) =>
          html`<li>
            <a href=${address('/', { pin: pin.pin })}>${pin.pin}</a>
            <span class="figure">${score(pin.score)}</span>
            <span class="soft">${pin.interests.slice(0, 8).join(', ')}</span>
          </li>`,
      )}
    </ul>`;
}
