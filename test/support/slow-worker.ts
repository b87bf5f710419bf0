/**
 * `p2i worker`, whose stages take longer from one SIGUSR2 to the next: every Pin so many milliseconds as P2I_TEST_SLOW_MS
 * says. The time is slept, so that the others are none the slower.
 */
import { CandidateStage } from '../../workers/candidates/stage.ts';
import { FeatureStage } from '../../workers/features/stage.ts';
import { RankingStage } from '../../workers/ranking/stage.ts';

const MS = Number(process.env.P2I_TEST_SLOW_MS);
const clock = new Int32Array(new SharedArrayBuffer(4));
let isSlow = false;
process.on('SIGUSR2', () => (isSlow = !isSlow));

type Process = (batch: { pins: readonly unknown[] }) => unknown;

for (const { prototype } of [CandidateStage, FeatureStage, RankingStage]) {
  const stage = prototype as unknown as { process: Process };
  const { process: work } = stage;
  stage.process = function (batch) {
    if (isSlow) Atomics.wait(clock, 0, 0, MS * batch.pins.length);
    return work.call(this, batch);
  };
}

await import('../../cli/main.ts');
