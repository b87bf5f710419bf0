import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FeatureBatch } from '../../../shared/features/batch.ts';
import { FEATURE_NAMES, FEATURE_TABLE_VERSION } from '../../../shared/features/table.ts';
import { RankingModel } from '../../../shared/ranking/ranking-model.ts';
import { ofCode } from '../../support/assertions.ts';
import { received } from '../../support/received.ts';
import { modelText, type Node } from '../gbdt/model-text.ts';

const ROWS = 3;
const SECOND: Node = { feature: 1, threshold: 0.5, missing: 'nan', defaultLeft: false, left: -1, right: 2 };
const FIRST: Node = {
  feature: 0,
  threshold: 0.5,
  missing: 'nan',
  defaultLeft: true,
  left: -2,
  right: SECOND,
};
const TEXT = modelText(FEATURE_NAMES.length, [FIRST, SECOND]).replace(
  /feature_names=.*/,
  `feature_names=${FEATURE_NAMES.join(' ')}`,
);

/** Candidates of one Pin with the first two features, the others missing. */
const BATCH: FeatureBatch = {
  taxonomy: 'any',
  lane: 'batch',
  pins: [{ id: 'a', version: 1, deleted: false }],
  start: Int32Array.of(0, ROWS),
  interests: Int32Array.of(0, 1, 2),
  features: new Float32Array(FEATURE_NAMES.length * ROWS).fill(NaN),
};
BATCH.features.set([0, 1, NaN, 0, 1, NaN]);

function modelOf(text: string): RankingModel {
  const manifest = {
    featureTable: FEATURE_TABLE_VERSION,
    calibration: { slope: 1.5, intercept: -0.25 },
    keep: { threshold: 0.5, most: 10 },
  };
  return RankingModel.of(text, manifest, 'model.txt');
}

describe('a model of another thread', () => {
  const model = modelOf(TEXT);
  const other = RankingModel.from(received(model.shared()));

  it('is of the same version and scores alike', () => {
    assert.equal(other.version, model.version);
    assert.deepEqual(other.manifest, model.manifest);
    assert.deepEqual(other.scores(BATCH), model.scores(BATCH));
  });

  it('explains nothing', () => {
    assert.throws(() => other.contributions(BATCH, 0), ofCode('INTERNAL'));
  });
});

it('scores are the raw ones, calibrated', () => {
  const model = modelOf(TEXT);
  assert.deepEqual(
    model.scores(BATCH),
    model.rawScores(BATCH).map((raw) => model.calibrate(raw)),
  );
});

describe('contributions to a calibrated score', () => {
  const model = modelOf(TEXT);

  it('sum, with what every candidate starts from, to the log-odds of the score', () => {
    const raw = model.rawScores(BATCH);
    for (let row = 0; row < ROWS; row++) {
      const score = model.calibrate(raw[row]);
      const sum = model.contributions(BATCH, row).reduce((total, moved) => total + moved, model.expected);
      assert.ok(Math.abs(sum - Math.log(score / (1 - score))) < 1e-12);
    }
  });

  it('are those of the row that is asked for, one a feature of the table', () => {
    const [left, right, missing] = [0, 1, 2].map((row) => model.contributions(BATCH, row));
    assert.equal(left.length, FEATURE_NAMES.length);
    assert.deepEqual(
      [left, right, missing].map(([first]) => Math.sign(first)),
      [-1, 1, -1],
    );
    assert.deepEqual(
      [left, right, missing].map(([, second]) => Math.sign(second)),
      [-1, 1, 1],
    );
    assert.ok(left.subarray(2).every((moved) => moved === 0));
  });

  it('are refused, naming the file, where that lacks the counts of training rows; scores are not', () => {
    const bare = modelOf(TEXT.replaceAll(/(leaf|internal)_count=.*\n/g, ''));
    assert.deepEqual(bare.rawScores(BATCH), model.rawScores(BATCH));
    assert.throws(() => bare.contributions(BATCH, 0), ofCode('MODEL_INVALID', /^model\.txt: /));
    assert.throws(() => bare.expected, ofCode('MODEL_INVALID', /^model\.txt: /));
  });
});
