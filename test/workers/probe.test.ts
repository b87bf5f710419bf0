import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blankPin } from '../../shared/candidates/batch.ts';
import { StageMetrics } from '../../shared/observability/metrics.ts';
import { MOST_INTERESTS } from '../../shared/observability/tally-metrics.ts';
import type { RankingTally, Tally } from '../../shared/stream/tally.ts';
import { probeOf } from '../../workers/probe.ts';
import { oneTaxonomy } from '../../workers/taxonomy-source.ts';
import { pinOf } from '../support/pin.ts';
import { taxonomyOf } from './candidates/made.ts';

/** 1 nature › 2 water › 3 rivers. */
const TAXONOMY = taxonomyOf({ 1: [0, 'nature'], 2: [1, 'water'], 3: [2, 'rivers'] });
const probe = probeOf(oneTaxonomy(TAXONOMY));

/** Candidates: 12 of a first Pin, of which 3 were cut, none of a second; a third Pin is deleted. */
const CANDIDATES = {
  taxonomy: TAXONOMY.version,
  pins: [
    { ...blankPin(pinOf({ id: 'A' })), cut: 3 },
    blankPin(pinOf({ id: 'B' })),
    blankPin(pinOf({ id: 'C', deleted: true })),
  ],
  start: Int32Array.of(0, 12, 12, 12),
};

const kept = (...scores: [id: number, score: number][]) =>
  scores.map(([id, score]) => ({ interest: TAXONOMY.indexOf(id), score }));
const RANKED = {
  taxonomy: TAXONOMY.version,
  pins: [
    { id: 'A', version: 1, deleted: false, interests: kept([3, 0.91], [1, 0.5], [2, 0.55]) },
    { id: 'B', version: 1, deleted: false, interests: kept([1, 0.25]) },
    { id: 'C', version: 1, deleted: false, interests: [] },
    { id: 'D', version: 1, deleted: true, interests: [] },
  ],
};

async function scraped(...tallies: Tally[]): Promise<string> {
  const metrics = new StageMetrics({
    labels: { group: 'g' },
    nameOf: (taxonomy, id) =>
      taxonomy === TAXONOMY.version ? TAXONOMY.names[TAXONOMY.indexOf(id)] : undefined,
  });
  for (const tally of tallies) metrics.tally(tally);
  return metrics.prometheus.metrics();
}

/** The samples of a metric, with their labels but the bounds that hold what the one before does. */
function samples(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('what the stages make', () => {
  test('is counted by Pin: candidates, what the caps cut, and nothing of Pins that are gone', async () => {
    const text = await scraped(probe('candidates', CANDIDATES)!);
    assert.ok(text.includes('p2i_candidates_per_pin_bucket{le="0",group="g"} 1\n'));
    assert.ok(text.includes('p2i_candidates_per_pin_bucket{le="10",group="g"} 1\n'));
    assert.ok(text.includes('p2i_candidates_per_pin_bucket{le="20",group="g"} 2\n'));
    assert.ok(text.includes('p2i_candidates_per_pin_bucket{le="+Inf",group="g"} 2\n'));
    assert.ok(text.includes('p2i_candidates_per_pin_sum{group="g"} 12\n'));
    assert.ok(text.includes('p2i_candidates_per_pin_count{group="g"} 2\n'));
    assert.ok(text.includes('p2i_candidates_cut_total{group="g"} 3\n'));
  });

  test('is counted by level and by interest of the two upper levels: results and their scores', async () => {
    const text = await scraped(probe('ranking', RANKED)!, probe('ranking', RANKED)!);
    assert.ok(text.includes('p2i_results_per_pin_bucket{le="0",group="g"} 2\n'));
    assert.ok(text.includes('p2i_results_per_pin_bucket{le="1",group="g"} 4\n'));
    assert.ok(text.includes('p2i_results_per_pin_sum{group="g"} 8\n'));
    assert.ok(text.includes('p2i_result_score_bucket{level="1",le="0.3",group="g"} 2\n'));
    assert.ok(text.includes('p2i_result_score_bucket{level="1",le="0.5",group="g"} 4\n'));
    assert.ok(text.includes('p2i_result_score_bucket{level="3",le="0.9",group="g"} 0\n'));
    assert.ok(text.includes('p2i_result_score_bucket{level="3",le="1",group="g"} 2\n'));
    assert.ok(text.includes('p2i_result_score_sum{level="1",group="g"} 1.5\n'));
    const { version } = TAXONOMY;
    assert.deepEqual(samples(text, 'p2i_interest_pins_total'), [
      `p2i_interest_pins_total{taxonomy="${version}",level="1",interest="1",name="nature",group="g"} 4`,
      `p2i_interest_pins_total{taxonomy="${version}",level="2",interest="2",name="water",group="g"} 2`,
    ]);
  });

  test('of a taxonomy with very many interests is counted without flooding whoever scrapes', async () => {
    const perPin = { counts: new Array<number>(10).fill(0), sum: 0 };
    const tally = (from: number): RankingTally => ({
      ...{ stage: 'ranking', taxonomy: 'wide', perPin, scores: [] },
      pins: new Map(Array.from({ length: MOST_INTERESTS }, (_, i) => [from + i, { level: 2, pins: 1 }])),
    });
    const lines = samples(await scraped(tally(0), tally(MOST_INTERESTS)), 'p2i_interest_pins_total');
    assert.equal(lines.length, MOST_INTERESTS + 1);
    assert.ok(lines.at(-1)!.includes('interest="others",name="",group="g"} 2000'), lines.at(-1));
  });

  test('of other stages is not looked at', () => {
    assert.equal(probe('features', undefined), undefined);
    assert.equal(probe('publishing', undefined), undefined);
  });
});
