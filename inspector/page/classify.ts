import { useEffect, useRef, useState } from 'preact/hooks';
import type { Classified, ClassifiedPin, FoundPin } from '../api.ts';
import { CandidateTable, type Asked, type Lane } from './candidates.ts';
import { address, get, post } from './client.ts';
import { count, time } from './format.ts';
import { html, type VNode } from './html.ts';
import { InterestTree } from './interest-tree.ts';
import { FailureNote, useWork } from './loading.ts';
import { pinOfText } from './pin-text.ts';
import { go } from './router.ts';
import type { ViewProps } from './view.ts';

/** Titles to begin with, in three languages. */
const EXAMPLES = [
  'Ruined castle in the mountains',
  'Segelboote am Strand bei Sonnenuntergang',
  'Une église dans la forêt',
];

interface Answer {
  asked: Asked;
  classified: Classified;
  /** Where the Pin came from the corpus. */
  found: FoundPin | undefined;
}

/** Paste or search a Pin; see its interests, its candidates, and why. */
export function ClassifyView({ about, route }: ViewProps): VNode {
  const [text, setText] = useState('');
  const [lane, setLane] = useState<Lane>('instant');
  const [taxonomy, setTaxonomy] = useState(about.taxonomies.at(-1) ?? '');
  const [state, run] = useWork<Answer>();
  const id = route.query.get('pin') ?? '';
  const title = route.query.get('title') ?? '';

  const classify = (written: string): void => {
    void run(async (signal) => {
      const body = pinOfText(written);
      return {
        asked: { body, lane, taxonomy },
        found: undefined,
        ...(await ask(body, lane, taxonomy, signal)),
      };
    });
  };
  const search = (pin: string): void => {
    void run(async (signal) => {
      const found = await get<FoundPin>(`/v1/pins/${encodeURIComponent(pin)}`, signal);
      const body = JSON.stringify(found.pin ?? { id: pin });
      setText(JSON.stringify(found.pin, null, 2));
      setLane('batch');
      return {
        asked: { body, lane: 'batch', taxonomy },
        found,
        ...(await ask(body, 'batch', taxonomy, signal)),
      };
    });
  };
  useEffect(() => {
    if (id !== '') search(id);
    else if (title !== '') {
      setText(title);
      classify(title);
    }
  }, [id, title]);

  const submit = (event?: Event): void => {
    event?.preventDefault();
    const isTitle = text.trim() !== '' && !/^\s*[[{]/.test(text) && !text.trim().includes('\n');
    const to = isTitle ? address('/', { title: text.trim() }) : '/';
    // The address of a title is what others can be sent; a whole Pin is no address.
    if (isTitle && to !== `${location.pathname}${location.search}`) go(to);
    else classify(text);
  };

  return html`<div class="view">
    <h1>Classify a Pin</h1>
    <div class="ask">
      <form class="paste" onSubmit=${submit}>
        <label for="pin">A title, a title and a description below it, or a Pin as JSON</label>
        <textarea
          id="pin"
          rows="4"
          spellcheck="false"
          placeholder=${EXAMPLES[0]}
          value=${text}
          onInput=${(event: Event) => setText((event.target as HTMLTextAreaElement).value)}
          onKeyDown=${(event: KeyboardEvent) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
          }}
        ></textarea>
        <div class="row">
          <button class="primary" disabled=${state.busy || text.trim() === ''}>Classify</button>
          <${LaneChoice} lane=${lane} onLane=${setLane} />
          <${TaxonomyChoice} taxonomies=${about.taxonomies} taxonomy=${taxonomy} onTaxonomy=${setTaxonomy} />
        </div>
      </form>
      <${Search} id=${id} />
    </div>
    <p class="hint">
      Try
      ${EXAMPLES.map((example, i) => html`${i > 0 && ' · '}<a href=${address('/', { title: example })}>${example}</a>`)}
    </p>
    <${FailureNote} failure=${state.failure} />
    <div aria-live="polite" class="quiet-note">${state.busy ? 'Classifying…' : summary(state.value)}</div>
    ${state.value && html`<${Answered} answer=${state.value} />`}
  </div>`;
}

async function ask(
  body: string,
  lane: Lane,
  taxonomy: string,
  signal: AbortSignal,
): Promise<{ classified: Classified }> {
  const path = address('/v1/classify', { lane, taxonomy, explain: 'candidates' });
  return { classified: await post<Classified>(path, body, signal) };
}

function summary(answer: Answer | undefined): string {
  if (answer === undefined) return '';
  const { milliseconds, pins, model, generation, taxonomy } = answer.classified;
  const [{ interests, explanation }] = pins;
  return `${count(interests.length)} interests of ${count(explanation!.candidates.length)} candidates in ${milliseconds} ms: taxonomy ${taxonomy}, model ${model}, co-occurrence generation ${generation}`;
}

function LaneChoice({ lane, onLane }: { lane: Lane; onLane: (lane: Lane) => void }): VNode {
  return html`<label class="inline">
    As
    <select
      value=${lane}
      onChange=${(event: Event) => onLane((event.target as HTMLSelectElement).value as Lane)}
    >
      <option value="instant">a new Pin (instant lane)</option>
      <option value="batch">one of the corpus (batch lane)</option>
    </select>
  </label>`;
}

function TaxonomyChoice({
  taxonomies,
  taxonomy,
  onTaxonomy,
}: {
  taxonomies: readonly string[];
  taxonomy: string;
  onTaxonomy: (taxonomy: string) => void;
}): VNode | null {
  if (taxonomies.length < 2) return null;
  return html`<label class="inline">
    by taxonomy
    <select
      value=${taxonomy}
      onChange=${(event: Event) => onTaxonomy((event.target as HTMLSelectElement).value)}
    >
      ${taxonomies.map((version) => html`<option>${version}</option>`)}
    </select>
  </label>`;
}

function Search({ id }: { id: string }): VNode {
  const field = useRef<HTMLInputElement>(null);
  const find = (event: Event): void => {
    event.preventDefault();
    go(address('/', { pin: field.current!.value.trim() }));
  };
  return html`<form class="search" role="search" onSubmit=${find}>
    <label for="pin-id">Or one of the corpus, by its id <kbd>/</kbd></label>
    <div class="row">
      <input
        id="pin-id"
        ref=${field}
        data-search
        defaultValue=${id}
        key=${id}
        placeholder="A00002"
        autocomplete="off"
      />
      <button>Find</button>
    </div>
  </form>`;
}

function Answered({ answer }: { answer: Answer }): VNode {
  const { classified, found, asked } = answer;
  const [pin] = classified.pins;
  return html`<div class="answer">
    <section aria-labelledby="interests-title">
      <h2 id="interests-title">Interests</h2>
      ${
        pin.interests.length === 0
          ? html`<p class="empty">None: no candidate reached the threshold.</p>`
          : html`<${InterestTree} interests=${pin.interests} taxonomy=${classified.taxonomy} />`
      }
    </section>
    <section aria-labelledby="read-title">
      <h2 id="read-title">How it was read</h2>
      <${HowRead} pin=${pin} />
      ${found && html`<${Standing} found=${found} />`}
    </section>
    <${CandidateTable} explanation=${pin.explanation!} asked=${asked} />
  </div>`;
}

function HowRead({ pin: { explanation } }: { pin: ClassifiedPin }): VNode {
  const { words, translations, cut, candidates } = explanation!;
  return html`<dl class="facts">
    <dt>Words</dt>
    <dd>
      ${words.length === 0 ? 'none' : words.map((word) => html`<span class="word">${word}</span>${' '}`)}
    </dd>
    ${translations.map(
      ({ field, text, languages, english }) =>
        html`<dt>${field}, ${languages.join(' or ')}</dt>
          <dd><span lang=${languages[0]}>${text}</span> → ${english || 'nothing'}</dd>`,
    )}
    <dt>Candidates</dt>
    <dd>${count(candidates.length)}${cut > 0 && `, ${count(cut)} more cut by the cap`}</dd>
  </dl>`;
}

/** What stands on p2i-results now. */
function Standing({ found: { results, pin, complete } }: { found: FoundPin }): VNode {
  return html`${
      pin === null &&
      html`<p class="note">
        The Pin itself was not found${complete ? '' : ' in the time there is'}; its results are.
      </p>`
    }
    <h3>What stands on p2i-results</h3>
    ${results.length === 0 && html`<p class="empty">Nothing for this Pin.</p>`}
    ${results.map(
      ({ taxonomy, lane, run, time: at, interests }) =>
        html`<p>
          <strong>${interests.map(({ label }) => label).join(', ') || 'no interests'}</strong><br />
          <span class="soft"
            >${lane}${run && `, run ${run}`}, taxonomy ${taxonomy}${at > 0 && `, ${time(at)}`}</span
          >
        </p>`,
    )}`;
}
