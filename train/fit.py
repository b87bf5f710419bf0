"""Fits official LightGBM on a matrix that `p2i train` exported, and writes its text model.

    python fit.py MATRIX_DIRECTORY MODEL_FILE

The directory holds meta.json (features, categorical, blocks: rows of each block, params, rounds) and, block after block,
features.f32 (column-major within a block, little endian) and labels.u8.
"""

import json
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np


def read_matrix(directory: Path, meta: dict) -> np.ndarray:
    """All blocks as one C-ordered matrix of rows by features."""
    width = len(meta["features"])
    matrix = np.empty((sum(meta["blocks"]), width), np.float32)
    flat = np.memmap(directory / "features.f32", "<f4", "r")
    row = 0
    for rows in meta["blocks"]:
        block = flat[row * width : (row + rows) * width]
        matrix[row : row + rows] = block.reshape(width, rows).T
        row += rows
    return matrix


class Progress:
    """Prints a line of JSON a round, for the caller to show."""

    def __init__(self, rounds: int):
        self.rounds = rounds

    def __call__(self, env) -> None:
        print(json.dumps({"round": env.iteration + 1, "rounds": self.rounds}), flush=True)


def main() -> None:
    directory, model_file = Path(sys.argv[1]), Path(sys.argv[2])
    meta = json.loads((directory / "meta.json").read_text())
    data = lgb.Dataset(
        read_matrix(directory, meta),
        np.fromfile(directory / "labels.u8", np.uint8),
        feature_name=meta["features"],
        categorical_feature=meta["categorical"],
        free_raw_data=True,
    )
    booster = lgb.train(
        {"objective": "binary", "deterministic": True, "force_row_wise": True, "verbose": -1, **meta["params"]},
        data,
        num_boost_round=meta["rounds"],
        callbacks=[Progress(meta["rounds"])],
    )
    booster.save_model(str(model_file))
    gain = booster.feature_importance("gain")
    print(json.dumps({"gain": dict(zip(meta["features"], (gain / gain.sum()).tolist()))}), flush=True)


if __name__ == "__main__":
    main()
