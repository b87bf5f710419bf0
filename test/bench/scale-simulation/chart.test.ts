import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartOf } from '../../../bench/scale-simulation/chart.ts';
import { VALUES, type Values } from '../../../bench/scale-simulation/inputs.ts';
import { planFor } from '../../../bench/scale-simulation/plan.ts';
import { simulate } from '../../../bench/scale-simulation/simulate.ts';

test('a chart has a line for each pool but the replay, twice, and one for the run, in each column', () => {
  const values: Values = { ...VALUES, pinsADay: 2e9, newPinsASecond: 100 };
  const plan = planFor({ scale: 1, shape: 'pools' }, values);
  const scenario = { plan, scaled: [], hours: 2, pins: 1e8, newPins: 100, seed: 1 };
  const simulation = simulate(scenario, values);
  const svg = chartOf([
    { title: 'one', simulation },
    { title: 'two', simulation },
  ]);
  for (const name of ['candidates', 'features', 'ranking', 'publishing', 'instant'])
    assert.equal(svg.split(`class="line ${name}" d="M`).length - 1, 2 * 2 + 1, name);
  assert.equal(svg.split('class="line run"').length - 1, 2);
  assert.ok(!svg.includes('replay'));
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});
