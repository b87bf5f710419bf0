import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { GbdtExplainer } from '../../../shared/gbdt/contributions.ts';
import { compileModel } from '../../../shared/gbdt/engine.ts';
import { parseModel } from '../../../shared/gbdt/model.ts';
import { probability, referenceScore } from '../../../shared/gbdt/reference.ts';
import { ensureTrainer, hasPython } from '../../../train/venv.ts';

const ROWS = 100_000;
const MODELS = [
  'missing-nan-300x31',
  'missing-zero-300x63',
  'missing-none-300x31',
  'complete-rows-100x31',
  'wide-bins-60x255',
];

const python = await hasPython();
if (!python) {
  const message = 'Python 3.10 or later is missing: scores are NOT compared with official LightGBM';
  if (process.env['CI'] === 'true') throw new Error(message);
  process.stderr.write(`\n*** SKIPPED: ${message} ***\n\n`);
}

describe('scores compared with official LightGBM', { skip: !python }, () => {
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'p2i-gbdt-'));
    const script = join(import.meta.dirname, 'official.py');
    await promisify(execFile)(await ensureTrainer(), [script, directory, String(ROWS)]);
  });

  after(() => rm(directory, { recursive: true, force: true }));

  async function readFloats(name: string): Promise<ArrayBuffer> {
    const bytes = await readFile(join(directory, name));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }

  for (const name of MODELS) {
    it(`${name}: engine, reference and probabilities have the same bits on ${ROWS} rows`, async () => {
      const model = parseModel(await readFile(join(directory, `${name}.txt`), 'utf8'), `${name}.txt`);
      const columns = new Float32Array(await readFloats(`${name}.columns.f32`));
      const raw = new Float64Array(await readFloats(`${name}.raw.f64`));
      const probabilities = new Float64Array(await readFloats(`${name}.probability.f64`));
      assert.equal(raw.length, ROWS);

      const engine = new Float64Array(ROWS);
      compileModel(model).score(columns, ROWS, ROWS, engine);
      assertSameBits(engine, raw, 'engine');

      const row = new Float64Array(model.featureNames.length);
      const reference = Float64Array.from({ length: ROWS }, (_, i) => {
        for (let j = 0; j < row.length; j++) row[j] = columns[j * ROWS + i];
        return referenceScore(model, row);
      });
      assertSameBits(reference, raw, 'reference');
      assertSameBits(
        raw.map((score) => probability(model, score)),
        probabilities,
        'probability',
      );
    });

    it(`${name}: contributions are those of pred_contrib, to 1e-12 of a row's largest`, async () => {
      const model = parseModel(await readFile(join(directory, `${name}.txt`), 'utf8'), `${name}.txt`);
      const columns = new Float32Array(await readFloats(`${name}.columns.f32`));
      const official = new Float64Array(await readFloats(`${name}.contributions.f64`));
      const explainer = new GbdtExplainer(model, `${name}.txt`);
      const features = model.featureNames.length;
      const rows = official.length / (features + 1);
      assert.ok(rows > 100);
      for (let i = 0; i < rows; i++) {
        const row = Float64Array.from({ length: features }, (_, j) => columns[j * ROWS + i]);
        const actual = explainer.contributions(row);
        const expected = official.subarray(i * (features + 1), (i + 1) * (features + 1) - 1);
        const largest = Math.max(...expected.map(Math.abs));
        const error = Math.max(...expected.map((contribution, j) => Math.abs(contribution - actual[j])));
        assert.ok(error <= 1e-12 * largest, `row ${i}: ${error} of ${largest}`);
        assert.equal(explainer.expected, official[(i + 1) * (features + 1) - 1]);
      }
    });
  }
});

function assertSameBits(actual: Float64Array, expected: Float64Array, what: string): void {
  const actualBits = new BigUint64Array(actual.buffer, actual.byteOffset, actual.length);
  const expectedBits = new BigUint64Array(expected.buffer, expected.byteOffset, expected.length);
  const different = actualBits.findIndex((bits, i) => bits !== expectedBits[i]);
  if (different < 0) return;
  assert.fail(`${what} of row ${different}: ${actual[different]}, official ${expected[different]}`);
}
