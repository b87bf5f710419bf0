import { useRef, useState } from 'preact/hooks';
import type { ApiPlannedRun, ApiRun, ApiRuns } from '../api.ts';
import { post } from './client.ts';
import { count, counted, duration, percent, time } from './format.ts';
import { html, type VNode } from './html.ts';
import { FailureNote, useEvents, useWork } from './loading.ts';
import type { ViewProps } from './view.ts';

/** Runs with their progress and their ledgers; start, pause, resume, cancel, retry. */
export function RunsView({ about }: ViewProps): VNode {
  const state = useEvents<ApiRuns>(about.parts.runs ? '/v1/runs/events' : undefined);
  if (!about.parts.runs)
    return html`<div class="view">
      <h1>Runs</h1>
      <p class="note">
        Start <code>p2i serve</code> with <code>--redis</code>, beside <code>--brokers</code> and
        <code>--registry</code>, to see runs and backfills.
      </p>
    </div>`;
  const { value } = state;
  return html`<div class="view">
    <h1>Runs</h1>
    <${FailureNote} failure=${state.failure} />
    <${PlanForm} />
    ${value === undefined && html`<p class="quiet-note">Listening…</p>`}
    ${value && html`<${Schedules} schedules=${value.schedules} />`}
    ${value?.runs.length === 0 && html`<p class="empty">No run is planned yet.</p>`}
    ${value?.runs.map((run) => html`<${RunCard} key=${run.run} run=${run} />`)}
    ${
      value &&
      value.older > 0 &&
      html`<p class="soft">${count(value.older)} older: <code>p2i backfill status</code> has them all.</p>`
    }
  </div>`;
}

function Schedules({ schedules }: { schedules: ApiRuns['schedules'] }): VNode | null {
  if (schedules.length === 0) return null;
  return html`<p class="quiet-note">
    Scheduled:
    ${schedules
      .map(({ name, cron, next }) => `${name} (${cron} UTC${next === null ? '' : `, next ${time(next)}`})`)
      .join('; ')}
  </p>`;
}

/** What may be done in each state. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  planned: ['start', 'cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
};

function RunCard({ run }: { run: ApiRun }): VNode {
  const [state, act] = useWork<unknown>();
  const failed = run.ranges.filter((range) => range.failed !== null);
  const change = (name: string): void => {
    if (name === 'cancel' && !confirm(`Cancel run ${run.run}? What is copied already goes on to results.`))
      return;
    void act((signal) => post(`/v1/runs/${encodeURIComponent(run.run)}/${name}`, {}, signal));
  };
  return html`<article class="run" aria-labelledby=${`run-${run.run}`}>
    <header class="row">
      <h2 id=${`run-${run.run}`}>${run.run}</h2>
      <span class=${run.state === 'cancelled' ? 'tag warn' : 'tag'}>${run.state}</span>
      ${run.shadow && html`<span class="tag">shadow</span>`}
      <span class="actions row">
        ${(CHANGES[run.state] ?? []).map(
          (name) =>
            html`<button
              type="button"
              disabled=${state.busy}
              aria-label=${`${name} ${run.run}`}
              onClick=${() => change(name)}
            >
              ${name}
            </button>`,
        )}
        ${
          failed.length > 0 &&
          html`<button type="button" disabled=${state.busy} onClick=${() => change('retry')}>
            retry ${counted(failed.length, 'failed range', 'failed ranges')}
          </button>`
        }
      </span>
    </header>
    <p class="soft">
      ${run.reason} · planned by ${run.by}, ${time(run.planned)} · taxonomy
      ${run.taxonomy}${
        run.generation !== null && ` · generation ${run.generation}`
      }${run.schedule !== null && ` · schedule ${run.schedule}`}
    </p>
    <${FailureNote} failure=${state.failure} />
    <div class="progress">
      <progress max="1" value=${run.done} aria-label=${`Progress of ${run.run}`}></progress>
      <span class="figure">${percent(run.done)}</span>
    </div>
    <${Ledger} run=${run} />
    ${failed.map(({ partition, failed: why }) => html`<p class="note failed">Partition ${partition}: ${why}</p>`)}
    <${Partitions} run=${run} />
  </article>`;
}

function Ledger({ run }: { run: ApiRun }): VNode {
  const parts = [
    `${count(run.records.copied)} of ${counted(run.records.total, 'record', 'records')} copied`,
    `${counted(run.pinsIn, 'Pin', 'Pins')} in`,
    counted(run.results, 'result', 'results'),
    ...(run.superseded > 0 ? [`${count(run.superseded)} superseded`] : []),
    counted(run.deadLetters, 'dead letter', 'dead letters'),
    ...(run.left > 0 ? [`${count(run.left)} on their way`] : []),
    ...(run.rate === null ? [] : [`${count(run.rate)} Pins/s`]),
    ...(run.secondsLeft === null ? [] : [`${duration(run.secondsLeft)} left`]),
  ];
  return html`<p>
    ${parts.join(' · ')}
    ${
      run.state === 'complete' &&
      html`<span class=${run.exact ? 'tag' : 'tag warn'}
        >${run.exact ? 'ledger exact' : 'ledger not exact'}</span
      >`
    }
  </p>`;
}

const COLUMNS = ['Partition', 'Copied', 'Pins in', 'Results', 'Superseded', 'Dead letters'];

function Partitions({ run: { run, ranges } }: { run: ApiRun }): VNode {
  return html`<details>
    <summary>${counted(ranges.length, 'partition', 'partitions')}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label=${`Partitions of ${run}`}>
      <table>
        <thead>
          <tr>
            ${COLUMNS.map((name) => html`<th scope="col" class="figure">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${ranges.map(
            (range) =>
              html`<tr>
                <th scope="row" class="figure">${range.partition}</th>
                <td class="figure">${count(range.copied)} of ${count(range.to - range.from)}</td>
                ${[range.pinsIn, range.results, range.superseded, range.deadLetters].map(
                  (value) => html`<td class="figure">${count(value)}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

/** Plans a run over the whole corpus, once it is shown what it would be; `p2i backfill plan` has all the choices. */
function PlanForm(): VNode {
  const [reason, setReason] = useState('');
  const [isFirst, setFirst] = useState(false);
  const [preview, runPreview, clearPreview] = useWork<ApiPlannedRun>();
  const [made, runMade, clearMade] = useWork<ApiPlannedRun>();
  const dialog = useRef<HTMLDialogElement>(null);
  const send = (dryRun: boolean, signal: AbortSignal): Promise<ApiPlannedRun> =>
    post('/v1/runs', { reason, dryRun, ...(isFirst && { generation: 0 }) }, signal);
  const look = (event: Event): void => {
    event.preventDefault();
    void runPreview((signal) => send(true, signal));
  };
  const plan = (): void => {
    void runMade(async (signal) => {
      const run = await send(false, signal);
      dialog.current?.close();
      return run;
    });
  };
  const open = (): void => {
    clearPreview();
    clearMade();
    dialog.current?.showModal();
  };
  return html`<div>
    <p><button type="button" onClick=${open}>Plan a run…</button></p>
    <dialog ref=${dialog} aria-labelledby="plan-title">
      <h2 id="plan-title">Plan a run over the whole corpus</h2>
      <form onSubmit=${look}>
        <label for="reason">Reason</label>
        <input
          id="reason"
          required
          maxlength="500"
          value=${reason}
          onInput=${(event: Event) => setReason((event.target as HTMLInputElement).value)}
        />
        <p>
          <label class="inline check">
            <input
              type="checkbox"
              checked=${isFirst}
              onChange=${(event: Event) => setFirst((event.target as HTMLInputElement).checked)}
            />
            the first run: no generation of the co-occurrence store is built yet
          </label>
        </p>
        <div aria-live="polite">
          <${FailureNote} failure=${preview.failure ?? made.failure} />
          ${preview.value && html`<p>${described(preview.value)}</p>`}
        </div>
        <div class="row">
          <button disabled=${preview.busy}>Look</button>
          <button type="button" class="primary" disabled=${!preview.value || made.busy} onClick=${plan}>
            Plan it
          </button>
          <button type="button" onClick=${() => dialog.current?.close()}>Cancel</button>
        </div>
      </form>
    </dialog>
  </div>`;
}

function described({ run, taxonomy, generation, partitions, records, pins, seconds }: ApiPlannedRun): string {
  const size = pins === null ? counted(records, 'record', 'records') : counted(pins, 'Pin', 'Pins');
  const takes = seconds === null ? '' : `, about ${duration(seconds)}`;
  return `Run ${run}: ${size} of ${counted(partitions, 'partition', 'partitions')}${takes}; taxonomy ${taxonomy}, generation ${generation ?? 'the newest'}.`;
}
