/*
 * Other scorers of LightGBM's models, called in this process and on this thread: what they cost is theirs alone.
 */
import assert from 'node:assert/strict';
import koffi from 'koffi';

/** Writes the raw scores of rows, row-major: the layout that both read fastest. */
export type PeerScorer = (rows: Float64Array, count: number, out: Float64Array) => void;

/** Values of LightGBM's c_api.h. */
const DTYPE_FLOAT64 = 1;
const ROW_MAJOR = 1;
const RAW_SCORE = 1;
const ALL_TREES = -1;

/**
 * LightGBM itself, on one thread. One call a batch: its fast call for single rows costs 2 % more, and float32 or
 * columns make no difference to it.
 *
 * @param library path of lib_lightgbm
 * @param model path of the model's text
 */
export function openLightGbm(library: string, model: string, features: number): PeerScorer {
  const lightGbm = koffi.load(library);
  const create = lightGbm.func(
    'int LGBM_BoosterCreateFromModelfile(const char *model, int *trees, _Out_ void **booster)',
  ) as (model: string, trees: Int32Array, booster: unknown[]) => number;
  const predict = lightGbm.func(
    'int LGBM_BoosterPredictForMat(void *booster, double *rows, int dtype, int32_t count, int32_t features, ' +
      'int order, int what, int first, int trees, const char *settings, int64_t *written, double *out)',
  ) as (...args: unknown[]) => number;
  const booster: unknown[] = [null];
  assert.equal(create(model, new Int32Array(1), booster), 0);
  const written = new BigInt64Array(1);
  return (rows, count, out) => {
    const shape = [DTYPE_FLOAT64, count, features, ROW_MAJOR] as const;
    const code = predict(booster[0], rows, ...shape, RAW_SCORE, 0, ALL_TREES, 'num_threads=1', written, out);
    assert.equal(code, 0);
  };
}

/** A model that lleaves compiled. @param library path of what lleaves_compile.py wrote */
export function openLleaves(library: string): PeerScorer {
  const forest = koffi
    .load(library)
    .func('void forest_root(double *rows, double *out, int32_t start, int32_t end)') as (
    rows: Float64Array,
    out: Float64Array,
    start: number,
    end: number,
  ) => void;
  return (rows, count, out) => {
    forest(rows, out, 0, count);
  };
}
