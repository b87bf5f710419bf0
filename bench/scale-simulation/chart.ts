import type { Simulation } from './simulate.ts';

/** One day, drawn in a column. */
export interface ChartedDay {
  title: string;
  simulation: Simulation;
}

const WIDTH = 960;
const COLUMN = 400;
const GAP = 70;
const LEFT = 70;
const ROW = 150;
const TOP = 88;
const ROW_GAP = 56;
const ROWS = 3;
const HEIGHT = TOP + ROWS * ROW + (ROWS - 1) * ROW_GAP + 40;
/** Seconds of lag that are marked; below the first it is none. */
const LAGS: readonly [seconds: number, label: string][] = [
  [0.1, '≤ 0.1 s'],
  [1, '1 s'],
  [10, '10 s'],
  [60, '1 min'],
  [600, '10 min'],
  [3600, '1 h'],
];
const HOURS = [0, 4, 8, 12, 16, 20, 24];

/** By line; in the dark, the second ones. Of Okabe and Ito's colours, which the colour-blind tell apart. */
const COLOURS: readonly [line: string, light: string, dark: string][] = [
  ['fused', '#0072b2', '#56b4e9'],
  ['candidates', '#0072b2', '#56b4e9'],
  ['features', '#8a6d00', '#f0e442'],
  ['ranking', '#a3427a', '#e69fc8'],
  ['publishing', '#c04a00', '#ff9d4d'],
  ['instant', '#00795a', '#3fd6a8'],
  ['run', '#333', '#ddd'],
];

/** An SVG of the lag and the workers of each pool, a column a day; it follows the reader's light or dark scheme. */
export function chartOf(days: readonly ChartedDay[]): string {
  const drawn = days.map(({ title, simulation }, i) => {
    const left = LEFT + i * (COLUMN + GAP);
    return [
      text(left, TOP - 40, title, 'title'),
      ...lagPanel(simulation, left, TOP),
      ...workersPanel(simulation, left, TOP + ROW + ROW_GAP),
      ...progressPanel(simulation, left, TOP + 2 * (ROW + ROW_GAP)),
    ];
  });
  const pools = new Set(days.flatMap(({ simulation }) => chartedPools(simulation).map(({ name }) => name)));
  const legend = COLOURS.filter(([pool]) => pools.has(pool)).map(
    ([pool], i) =>
      `<g transform="translate(${LEFT + i * 110} 22)"><path class="line ${pool}" d="M0 -4H22"/>${text(28, 0, pool, '')}</g>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    '<title>Lag and workers of each pool over a day</title>',
    `<style>${style()}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>`,
    ...legend,
    ...drawn.flat(),
    '</svg>',
    '',
  ].join('\n');
}

/** Nobody waits for the replay: it only hands out. */
function chartedPools({ pools }: Simulation): Simulation['pools'] {
  return pools.filter(({ name }) => name !== 'replay');
}

function lagPanel(simulation: Simulation, left: number, top: number): string[] {
  const [least, most] = [LAGS[0][0], LAGS[LAGS.length - 1][0]];
  const y = (lag: number): number =>
    top + ROW * (1 - Math.log(Math.min(Math.max(lag, least), most) / least) / Math.log(most / least));
  const ticks = LAGS.map(([lag, label]): Tick => [y(lag), label]);
  const lines = chartedPools(simulation).map(({ name, samples }) =>
    line(left, name, samples, ({ lag }) => y(lag)),
  );
  return panel(left, top, 'lag, in time at the planned rate', ticks, lines);
}

function workersPanel(simulation: Simulation, left: number, top: number): string[] {
  const pools = chartedPools(simulation);
  const most = Math.max(...pools.map(({ peakWorkers }) => peakWorkers));
  const step = tickStep(most);
  const end = Math.ceil(most / step) * step;
  const y = (workers: number): number => top + ROW * (1 - workers / end);
  const ticks = Array.from({ length: end / step + 1 }, (_, i): Tick => [
    y(i * step),
    (i * step).toLocaleString('en'),
  ]);
  const lines = pools.map(({ name, samples }) => line(left, name, samples, ({ workers }) => y(workers)));
  return panel(left, top, 'workers', ticks, lines);
}

function progressPanel({ progress }: Simulation, left: number, top: number): string[] {
  const y = (share: number): number => top + ROW * (1 - share);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share): Tick => [y(share), `${share * 100} %`]);
  return panel(left, top, 'of the run, published', ticks, [
    line(left, 'run', progress, ({ share }) => y(share)),
  ]);
}

/** Where on the page, and what is written there. */
type Tick = readonly [y: number, label: string];

function panel(
  left: number,
  top: number,
  name: string,
  ticks: readonly Tick[],
  lines: readonly string[],
): string[] {
  return [
    text(left, top - 12, name, 'name'),
    ...ticks.flatMap(([y, label]) => [
      `<path class="grid" d="M${left} ${y.toFixed(1)}h${COLUMN}"/>`,
      text(left - 8, y + 4, label, 'right'),
    ]),
    ...HOURS.map((hour) => text(hourX(left, hour), top + ROW + 18, `${hour} h`, 'middle')),
    ...lines,
  ];
}

function line<Sample extends { hour: number }>(
  left: number,
  name: string,
  samples: readonly Sample[],
  y: (sample: Sample) => number,
): string {
  const points = samples.map((sample) => `${hourX(left, sample.hour).toFixed(1)} ${y(sample).toFixed(1)}`);
  return `<path class="line ${name}" d="M${points.join('L')}"/>`;
}

function hourX(left: number, hour: number): number {
  return left + (COLUMN * hour) / 24;
}

/** 1, 2 or 5 times a power of ten, for four to ten ticks. */
function tickStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  return [5, 2, 1].map((times) => times * power).find((step) => most / step >= 4) ?? power;
}

function text(x: number, y: number, words: string, kind: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" class="${kind}">${words}</text>`;
}

function style(): string {
  const lines = (of: 1 | 2): string =>
    COLOURS.map((colour) => `.${colour[0]}{stroke:${colour[of]}}`).join('');
  return [
    'text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}.name{font-weight:600}',
    '.right{text-anchor:end}.middle{text-anchor:middle}.ground{fill:#fff}.grid{stroke:#ddd}',
    `.line{fill:none;stroke-width:1.8;stroke-linejoin:round}.publishing{stroke-dasharray:6 3}${lines(1)}`,
    `@media(prefers-color-scheme:dark){text{fill:#ddd}.ground{fill:#161b22}.grid{stroke:#343b45}${lines(2)}}`,
  ].join('');
}
