"""Trains a few LightGBM models on synthetic rows and writes official predictions for the engine's test.

usage: official.py DIRECTORY ROWS [NAME...]   (all models where no name is given)
Writes per model NAME: NAME.txt (the model), NAME.columns.f32 (column-major features), NAME.raw.f64 and
NAME.probability.f64 (Booster.predict of the same rows as float64), and of the first rows NAME.contributions.f64
(pred_contrib: a row has one contribution a feature, then the expected value).
"""

import sys
from pathlib import Path

import lightgbm
import numpy

FEATURES = 20
CATEGORICAL = [3, 11]
TRAIN_ROWS = 20_000
EXPLAINED_ROWS = 200
COMMON = {"objective": "binary", "verbose": -1, "deterministic": True, "force_row_wise": True, "seed": 7,
          "num_threads": 1, "min_data_in_leaf": 3, "min_sum_hessian_in_leaf": 1e-9, "learning_rate": 0.05}
MODELS = {
    # name: (trees, parameters, with categorical features, with missing values in training)
    "missing-nan-300x31": (300, {"num_leaves": 31}, True, True),
    "missing-zero-300x63": (300, {"num_leaves": 63, "zero_as_missing": True}, True, True),
    "missing-none-300x31": (300, {"num_leaves": 31, "use_missing": False, "sigmoid": 0.7}, True, True),
    "complete-rows-100x31": (100, {"num_leaves": 31}, False, False),
    "wide-bins-60x255": (60, {"num_leaves": 255, "max_bin": 4000, "min_data_in_bin": 1, "max_cat_to_onehot": 1}, True, True),
}


def synthetic_rows(generator, rows, missing):
    """Float32-representable float64 rows: continuous, skewed, integer, near-zero, infinite and categorical values."""
    x = generator.normal(size=(rows, FEATURES))
    x[:, 1] = numpy.exp(3 * x[:, 1])
    x[:, 2] = numpy.round(2 * x[:, 2])
    for column in CATEGORICAL:
        x[:, column] = generator.zipf(1.3, size=rows) % 150
    x[:, 5] *= generator.random(rows) < 0.3
    if missing:
        x[generator.random(x.shape) < 0.1] = numpy.nan
        x[generator.random(x.shape) < 0.05] = 0
    return x.astype(numpy.float32).astype(numpy.float64)


def hostile_rows(generator, rows):
    """Rows as training has them, with values that it never has."""
    x = synthetic_rows(generator, rows, True).astype(numpy.float32)
    odd = numpy.array([numpy.inf, -numpy.inf, 1e-36, -1e-36, 1e-35, -1e-35, 1e-45, -0.0, 1e30, -1e30, -0.5, -1, 0.99,
                       31.5, 32, 149, 150, 5e9, -5e9], dtype=numpy.float32)
    places = generator.random(x.shape) < 0.02
    x[places] = generator.choice(odd, size=int(places.sum()))
    return x


def main():
    directory, rows = Path(sys.argv[1]), int(sys.argv[2])
    for name in sys.argv[3:] or MODELS:
        trees, parameters, with_categories, missing = MODELS[name]
        generator = numpy.random.default_rng(11)
        x = synthetic_rows(generator, TRAIN_ROWS, missing)
        filled = numpy.nan_to_num(x)
        signal = filled[:, 0] + filled[:, 4] * filled[:, 6] + numpy.sin(filled[:, 3]) + (filled[:, 11] % 3) + 2 * numpy.isnan(x[:, 7])
        y = signal + generator.normal(size=TRAIN_ROWS) > 1
        data = lightgbm.Dataset(x, y, categorical_feature=CATEGORICAL if with_categories else [], params={**COMMON, **parameters})
        lightgbm.train({**COMMON, **parameters}, data, trees).save_model(directory / f"{name}.txt")
        booster = lightgbm.Booster(model_file=directory / f"{name}.txt")
        test = hostile_rows(generator, rows)
        numpy.ascontiguousarray(test.T).tofile(directory / f"{name}.columns.f32")
        wide = test.astype(numpy.float64)
        booster.predict(wide, raw_score=True).tofile(directory / f"{name}.raw.f64")
        booster.predict(wide).tofile(directory / f"{name}.probability.f64")
        booster.predict(wide[:EXPLAINED_ROWS], pred_contrib=True).tofile(directory / f"{name}.contributions.f64")


main()
