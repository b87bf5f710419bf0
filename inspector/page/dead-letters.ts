import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiLetter, ApiLetterDetails, ApiLetters, ApiRedrive } from '../api.ts';
import { address, post } from './client.ts';
import { count, counted, time } from './format.ts';
import { html, type VNode } from './html.ts';
import { FailureNote, useGet, useWork } from './loading.ts';
import { go } from './router.ts';
import type { ViewProps } from './view.ts';

/** What is asked for; the address has it. */
interface Filter {
  stage: string;
  code: string;
}

const FIRST = 50;
const MOST = 1000;

/** What failed, where and why; and putting it back. */
export function DeadLettersView({ about, route }: ViewProps): VNode {
  if (!about.parts.deadLetters)
    return html`<div class="view">
      <h1>Dead letters</h1>
      <p class="note">
        Start <code>p2i serve</code> with <code>--state</code>, or with <code>--brokers</code> and
        <code>--registry</code>, to see what failed.
      </p>
    </div>`;
  const filter = { stage: route.query.get('stage') ?? '', code: route.query.get('code') ?? '' };
  return html`<${Letters} filter=${filter} shown=${route.query.get('letter') ?? ''} />`;
}

function Letters({ filter, shown }: { filter: Filter; shown: string }): VNode {
  const [limit, setLimit] = useState(FIRST);
  const list = useGet<ApiLetters>(address('/v1/dead-letters', { ...filter, limit }));
  const all = useGet<ApiLetters>('/v1/dead-letters?limit=1');
  const refresh = (): void => {
    list.again();
    all.again();
  };
  const { value } = list;
  const fitting = value?.counts.reduce((sum, { letters }) => sum + letters, 0) ?? 0;
  return html`<div class="view">
    <h1>Dead letters</h1>
    <${FailureNote} failure=${list.failure} />
    <${Filters} filter=${filter} counts=${all.value?.counts ?? []} />
    <div aria-live="polite" class="quiet-note">
      ${list.busy ? 'Reading…' : value && summary(value, fitting)}
    </div>
    ${
      value &&
      value.letters.length > 0 &&
      html`<${RedriveForm} filter=${filter} letters=${fitting} onDone=${refresh} />
        <${LetterTable} letters=${value.letters} filter=${filter} shown=${shown} onDone=${refresh} />`
    }
    ${
      value &&
      value.letters.length < Math.min(fitting, MOST) &&
      html`<button type="button" onClick=${() => setLimit(Math.min(MOST, 2 * limit))}>Show more</button>`
    }
  </div>`;
}

function summary({ letters, counts, unreadable }: ApiLetters, fitting: number): string {
  if (fitting === 0) return 'No dead letters: nothing failed, as far as this filter goes.';
  const redriven = counts.reduce((sum, one) => sum + one.redriven, 0);
  const parts = [`${counted(fitting, 'letter', 'letters')}, ${count(redriven)} redriven`];
  if (letters.length < fitting) parts.push(`the last ${count(letters.length)} are shown`);
  if (unreadable > 0) parts.push(`${counted(unreadable, 'record is', 'records are')} no dead letter`);
  return `${parts.join('; ')}.`;
}

function Filters({ filter, counts }: { filter: Filter; counts: ApiLetters['counts'] }): VNode {
  const choices = (of: 'stage' | 'code'): string[] => [...new Set(counts.map((one) => one[of]))].sort();
  const choose = (name: keyof Filter): VNode =>
    html`<label class="inline">
      ${name === 'stage' ? 'Stage' : 'Code'}
      <select
        value=${filter[name]}
        onChange=${(event: Event) =>
          go(address('/dead-letters', { ...filter, [name]: (event.target as HTMLSelectElement).value }))}
      >
        <option value="">any</option>
        ${choices(name).map((choice) => html`<option value=${choice}>${choice}</option>`)}
      </select>
    </label>`;
  return html`<div class="row">${choose('stage')} ${choose('code')}</div>`;
}

/** Says what a redrive would do before it does. */
function RedriveForm({
  filter,
  letters,
  onDone,
}: {
  filter: Filter;
  letters: number;
  onDone: () => void;
}): VNode {
  const chosen = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''));
  return html`<${Redrive}
    what=${`these ${counted(letters, 'letter', 'letters')}`}
    request=${chosen}
    onDone=${onDone}
  />`;
}

function Redrive({ what, request, onDone }: { what: string; request: object; onDone: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [plan, runPlan, clearPlan] = useWork<ApiRedrive>();
  const [done, runDone, clearDone] = useWork<ApiRedrive>();
  const send = (dryRun: boolean, signal: AbortSignal): Promise<ApiRedrive> =>
    post('/v1/dead-letters/redrive', { ...request, dryRun }, signal);
  const begin = (): void => {
    clearDone();
    clearPlan();
    dialog.current?.showModal();
    void runPlan((signal) => send(true, signal));
  };
  const redrive = (): void => {
    void runDone(async (signal) => {
      const result = await send(false, signal);
      onDone();
      return result;
    });
  };
  return html`<div>
    <button type="button" onClick=${begin}>Redrive ${what}…</button>
    <dialog ref=${dialog} aria-label=${`Redrive ${what}`}>
      <h2>Redrive ${what}</h2>
      <p class="soft">
        The original bytes go back to where they failed. It mends nothing: mend the cause first. What fails
        again is a new letter.
      </p>
      <div aria-live="polite">
        <${FailureNote} failure=${plan.failure ?? done.failure} />
        ${plan.busy && 'Looking what would go…'} ${done.busy && 'Redriving…'}
        ${
          done.value
            ? html`<p><strong>Redrove ${counted(done.value.redriven, 'letter', 'letters')}.</strong></p>`
            : plan.value && html`<${Plan} plan=${plan.value} />`
        }
      </div>
      <div class="row">
        ${
          !done.value &&
          html`<button
            type="button"
            class="primary"
            disabled=${done.busy || !plan.value || plan.value.going === 0}
            onClick=${redrive}
          >
            Redrive ${plan.value ? count(plan.value.going) : ''}
          </button>`
        }
        <button type="button" onClick=${() => dialog.current?.close()}>
          ${done.value ? 'Close' : 'Cancel'}
        </button>
      </div>
    </dialog>
  </div>`;
}

function Plan({ plan: { going, kinds, left } }: { plan: ApiRedrive }): VNode {
  return html`<p>${counted(going, 'letter', 'letters')} would go${going > 0 && ':'}</p>
    <ul>
      ${kinds.map(
        ({ topic, stage, code, letters }) =>
          html`<li>${count(letters)} to ${topic}, failed at ${stage} with ${code}</li>`,
      )}
      ${left.map(({ reason, letters }) => html`<li class="soft">${count(letters)} left: ${reason}</li>`)}
    </ul>`;
}

function LetterTable({
  letters,
  filter,
  shown,
  onDone,
}: {
  letters: readonly ApiLetter[];
  filter: Filter;
  shown: string;
  onDone: () => void;
}): VNode {
  const toggle = (id: string): void =>
    go(address('/dead-letters', { ...filter, letter: id === shown ? undefined : id }), true);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Letters">
    <table>
      <thead>
        <tr>
          ${['Failed', 'Stage', 'Why', 'Read at', 'Pin', 'Attempts', 'Redriven'].map(
            (name) => html`<th scope="col">${name}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${letters.map(
          (letter) =>
            html`<tr key=${letter.id}>
                <th scope="row">
                  <button
                    type="button"
                    class="open"
                    aria-expanded=${letter.id === shown ? 'true' : 'false'}
                    onClick=${() => toggle(letter.id)}
                  >
                    <span class="figure">${time(letter.failedAt)}</span>
                  </button>
                </th>
                <td>${letter.stage}</td>
                <td><code>${letter.code}</code> ${letter.message.split('\n', 1)[0]}</td>
                <td class="soft">${letter.place}</td>
                <td>${letter.pinId ?? html`<span class="soft">whole record</span>`}</td>
                <td class="figure">${letter.attempts}</td>
                <td>${letter.redrivenAt === null ? 'no' : time(letter.redrivenAt)}</td>
              </tr>
              ${
                letter.id === shown &&
                html`<tr class="details">
                  <td colspan="7"><${Letter} letter=${letter} onDone=${onDone} /></td>
                </tr>`
              }`,
        )}
      </tbody>
    </table>
  </div>`;
}

function Letter({ letter, onDone }: { letter: ApiLetter; onDone: () => void }): VNode {
  const details = useGet<ApiLetterDetails>(`/v1/dead-letters/${encodeURIComponent(letter.id)}`);
  const again = (): void => {
    details.again();
    onDone();
  };
  useEffect(() => details.again(), [letter.redrivenAt]);
  if (details.value === undefined) return html`<${FailureNote} failure=${details.failure} />`;
  const { id, code, message, action, key, headers, bytes, decoded, head, redrivenAt } = details.value;
  return html`<div class="letter">
    <dl class="facts">
      <dt>Letter</dt>
      <dd>${id}, ${count(bytes)} bytes, key <code>${key}</code></dd>
      <dt>Why</dt>
      <dd><code>${code}</code> ${message}</dd>
      <dt>What to do</dt>
      <dd>${action}</dd>
      ${Object.entries(headers).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd><code>${value}</code></dd>`,
      )}
    </dl>
    ${
      'schema' in decoded
        ? html`<h2 class="minor">Decoded as ${decoded.schema}</h2>
            <pre tabindex="0">${JSON.stringify(decoded.value, null, 2)}</pre>`
        : html`<h2 class="minor">Not decoded: ${decoded.reason}</h2>
            <pre tabindex="0">${head.match(/.{1,64}/g)?.join('\n') ?? ''}</pre>`
    }
    ${redrivenAt === null && html`<${Redrive} what="this letter" request=${{ ids: [id] }} onDone=${again} />`}
  </div>`;
}
