import type { ApiPool, ApiPools } from '../api.ts';
import { count, counted, duration, percent } from './format.ts';
import { html, type VNode } from './html.ts';
import { FailureNote, useEvents } from './loading.ts';
import type { ViewProps } from './view.ts';

/** The pools with their lag and busy share, as they change. */
export function PoolsView({ about }: ViewProps): VNode {
  const state = useEvents<ApiPools>(about.parts.pools ? '/v1/pools/events' : undefined);
  if (!about.parts.pools)
    return html`<div class="view">
      <h1>Pools</h1>
      <p class="note">
        Start <code>p2i serve</code> with <code>--brokers</code> and <code>--registry</code> to see the pools
        of workers. An embedded run has none.
      </p>
    </div>`;
  const { value } = state;
  return html`<div class="view">
    <h1>Pools</h1>
    <${FailureNote} failure=${state.failure} />
    <div aria-live="polite">
      ${
        value === undefined
          ? html`<p class="quiet-note">Listening…</p>`
          : html`<p class=${value.bottleneck ? 'note' : 'note good'}>${sentence(value)}</p>`
      }
    </div>
    ${value && value.pools.length > 0 && html`<${PoolTable} status=${value} />`}
  </div>`;
}

function sentence({ pools, bottleneck }: ApiPools): string {
  if (bottleneck) return bottleneck.words;
  return pools.length === 0 ? 'No worker has said anything lately.' : 'No pool holds up the others.';
}

const COLUMNS = ['Pool', 'Workers', 'Busy', 'Pins/s', 'Lag', 'Growth a minute', 'To drain', 'Failed'];

function PoolTable({ status: { pools, bottleneck } }: { status: ApiPools }): VNode {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Pools">
    <table>
      <thead>
        <tr>
          ${COLUMNS.map(
            (name, i) => html`<th scope="col" class=${i === 0 || i === 2 ? '' : 'figure'}>${name}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${pools.map(
          (pool) =>
            html`<${PoolRow} key=${pool.group} pool=${pool} isSlow=${pool.group === bottleneck?.group} />`,
        )}
      </tbody>
    </table>
  </div>`;
}

function PoolRow({ pool, isSlow }: { pool: ApiPool; isSlow: boolean }): VNode {
  const { stages, lane, topic, workers, lost, partitions, failing } = pool;
  return html`<tr>
    <th scope="row">
      <strong>${stages.join(', ')}</strong>${lane === 'instant' && html`<span class="tag">instant</span>`}
      ${isSlow && html`<span class="tag warn">holds up the others</span>`}<br />
      <span class="soft">reads ${topic}, ${counted(partitions, 'partition', 'partitions')}</span>
      ${Object.entries(failing).map(
        ([code, some]) =>
          html`<br /><span class="tag warn">${counted(some, 'worker', 'workers')}: ${code}</span>`,
      )}
    </th>
    <td class="figure">${workers}${lost > 0 && html`<br /><span class="tag warn">${lost} lost</span>`}</td>
    <td>
      <span class="with-bar"
        ><span class=${isSlow ? 'bar hot' : 'bar'} aria-hidden="true"
          ><span style=${{ width: `${100 * Math.min(1, pool.busyShare)}%` }}></span></span
        ><span class="figure">${percent(pool.busyShare)}</span></span
      ><${Shares} pool=${pool} />
    </td>
    <td class="figure">${count(pool.pinsPerSecond)}</td>
    <td class="figure">${lagOf(pool)}</td>
    <td class="figure">${growthOf(pool)}</td>
    <td class="figure">${pool.drainSeconds === null ? 'never' : duration(pool.drainSeconds)}</td>
    <td class="figure">${count(pool.pinsFailed)}</td>
  </tr>`;
}

function Shares({ pool: { stageShares } }: { pool: ApiPool }): VNode | null {
  const shares = Object.entries(stageShares);
  if (shares.length < 2) return null;
  return html`<span class="soft"
    >${shares.map(([stage, share]) => `${stage} ${percent(share)}`).join(', ')}</span
  >`;
}

function lagOf({ lagPins, lagRecords }: ApiPool): string {
  return lagPins === null
    ? counted(lagRecords, 'offset', 'offsets')
    : counted(Math.round(lagPins), 'Pin', 'Pins');
}

function growthOf({ lagGrowth }: ApiPool): string {
  if (lagGrowth === null) return 'not known yet';
  const rounded = Math.round(lagGrowth);
  return `${rounded > 0 ? '+' : rounded < 0 ? '−' : ''}${count(Math.abs(rounded))}`;
}
