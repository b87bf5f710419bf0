"""Trains LightGBM models on rows as a ranking pool has them, for bench/scorer.ts.

usage: scorer_models.py DIRECTORY ROWS
Writes LEAVES.txt (a model of 300 trees) for 31 and 63 leaves, and columns.f32: as many other rows, column-major float32.
Prints the path of LightGBM's library. Rows come in Pins of 70 candidates: the last quarter of the features is the same for all of a Pin.
"""

import sys
from pathlib import Path

import lightgbm
import numpy

FEATURES = 48
PIN_FEATURES = 12
CATEGORICAL = [3, 11, 40, 47]
PIN_ROWS = 70
TRAIN_ROWS = 70_000
TREES = 300
COMMON = {"objective": "binary", "verbose": -1, "deterministic": True, "force_row_wise": True, "seed": 7,
          "num_threads": 1, "learning_rate": 0.05}


def rows_of_pins(generator, rows):
    """Float32 rows: continuous, skewed, small integers, flags, categories; a tenth of the values missing, as many 0."""
    pins = -(-rows // PIN_ROWS)
    x = generator.normal(size=(pins * PIN_ROWS, FEATURES)).astype(numpy.float32)
    x[:, 1::6] = numpy.exp(2 * x[:, 1::6])
    x[:, 2::6] = numpy.round(2 * x[:, 2::6])
    x[:, 5::6] = x[:, 5::6] > 1
    for column in CATEGORICAL:
        x[:, column] = generator.zipf(1.3, size=len(x)) % 150
    x[generator.random(x.shape) < 0.1] = numpy.nan
    x[generator.random(x.shape) < 0.1] = 0
    x[:, -PIN_FEATURES:] = numpy.repeat(x[::PIN_ROWS, -PIN_FEATURES:], PIN_ROWS, axis=0)
    return x[:rows]


def main():
    directory, rows = Path(sys.argv[1]), int(sys.argv[2])
    generator = numpy.random.default_rng(11)
    x = rows_of_pins(generator, TRAIN_ROWS)
    filled = numpy.nan_to_num(x)
    signal = filled[:, :36] @ generator.normal(size=36) / 3 + filled[:, 4] * filled[:, 42] + numpy.sin(filled[:, 3])
    signal += (filled[:, 47] % 3) + 2 * numpy.isnan(x[:, 7])
    y = signal + generator.normal(size=len(x)) > 1
    for leaves in (31, 63):
        parameters = {**COMMON, "num_leaves": leaves}
        data = lightgbm.Dataset(x, y, categorical_feature=CATEGORICAL, params=parameters)
        lightgbm.train(parameters, data, TREES).save_model(directory / f"{leaves}.txt")
    numpy.ascontiguousarray(rows_of_pins(generator, rows).T).tofile(directory / "columns.f32")
    print(next((Path(lightgbm.__file__).parent / "lib").glob("lib_lightgbm.*")))


main()
