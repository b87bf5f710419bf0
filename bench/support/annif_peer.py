"""Annif's backends for bench/fused.ts, in a process of their own that works when it is told to.

Usage: annif_peer.py DIRECTORY CORPUS [train]. The corpus is a JSON document: `subjects` as [id, name], `train` as
[text, ids], `test` as texts. What is trained stays in the directory, and is loaded where it is there already.

Each line of the standard input is an order, each line of the standard output its answer, both JSON. An order is
{"do": …, "project": one of PROJECTS, "limit": most suggestions of a text}, where `do` is
suggest   the test part through Annif: {"cpu": seconds}
predict   the same by the backend's library alone, given the texts analysed: {"cpu": seconds}
rank      what is suggested for each text, the best first: {"ranked": [[id…]…]}
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", RAYON_NUM_THREADS="1")

DIRECTORY = Path(sys.argv[1])

# The analyser splits sentences by Punkt's English model, which NLTK downloads from a server of its own. A package has
# the same numbers; they are written as NLTK reads them.
import nltk.data  # noqa: E402

nltk.data.path.insert(0, str(DIRECTORY / "nltk"))

import annif.corpus  # noqa: E402
from annif.corpus.types import Document, SubjectSet  # noqa: E402
from annif.registry import AnnifRegistry  # noqa: E402
from annif.vocab.subject_file import VocabFileTSV  # noqa: E402

# Parabel is what Annif's omikuji backend is by default; bigrams make it better and slower. Of fastText the chunk size of
# Annif's own example joins the sentences of a text again, so that it is classified as one.
PROJECTS = {
    "parabel": {"backend": "omikuji"},
    "parabel-bigrams": {"backend": "omikuji", "ngram": 2},
    "fasttext": {
        **{"backend": "fasttext", "dim": 300, "lr": 0.25, "epoch": 50, "loss": "hs", "thread": 1},
        "chunksize": 24,
    },
}
SHARED = {"language": "en", "analyzer": "snowball(english)", "vocab": "tate"}
TRAINED = DIRECTORY / "trained"
URI = "urn:tate:"


def train(registry: AnnifRegistry, corpus: dict) -> None:
    terms = DIRECTORY / "subjects.tsv"
    terms.write_text("".join(f"<{URI}{id}>\t{name}\n" for id, name in corpus["subjects"]), encoding="utf-8")
    vocabulary = registry.get_vocab("tate")
    vocabulary.load_vocabulary(VocabFileTSV(str(terms), "en"), force=True)
    subjects = vocabulary.subjects
    documents = [
        Document(text=text, subject_set=SubjectSet({subjects.by_uri(f"{URI}{id}") for id in ids}))
        for text, ids in corpus["train"]
    ]
    for project in registry.get_projects().values():
        project.train(annif.corpus.DocumentList(documents))


def section(name: str, settings: dict) -> str:
    return f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in settings.items())


def write_punkt() -> None:
    from nltk.tokenize.punkt import save_punkt_params
    from punkt import load_model

    directory = DIRECTORY / "nltk" / "tokenizers" / "punkt_tab" / "english"
    directory.mkdir(parents=True, exist_ok=True)
    save_punkt_params(load_model("english"), dir=str(directory))


class Suggester:
    """One project with the texts that it is measured on."""

    def __init__(self, project, texts: list[str]):
        project.initialize()
        self.project = project
        self.batches = list(annif.corpus.DocumentList([Document(text=text) for text in texts]).doc_batches)
        backend = project.backend
        if backend.name == "omikuji":
            rows = backend.vectorizer.transform(texts)
            analysed = [list(zip(row.indices.tolist(), row.data.tolist())) for row in rows]
            self.predict = lambda limit: [backend._model.predict(row, top_k=limit) for row in analysed]
        else:
            analysed = [backend._normalize_text(text) for text in texts]
            self.predict = lambda limit: backend._model.predict(analysed, limit)

    def suggest(self, limit: int) -> list:
        parameters = {self.project.backend.backend_id: {"limit": limit}}
        return [self.project.suggest(batch, parameters) for batch in self.batches]

    def rank(self, limit: int) -> list[list[int]]:
        subjects = self.project.subjects
        return [
            [int(subjects[suggestion.subject_id].uri[len(URI) :]) for suggestion in result]
            for batch in self.suggest(limit)
            for result in batch
        ]


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    # What libraries print is no answer.
    os.dup2(2, 1)
    corpus = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    write_punkt()
    configuration = DIRECTORY / "projects.cfg"
    configuration.write_text("".join(section(name, SHARED | of) for name, of in PROJECTS.items()))
    registry = AnnifRegistry(str(configuration), str(DIRECTORY / "data"), init_projects=False)
    if sys.argv[3:] == ["train"]:
        train(registry, corpus)
        return
    if not TRAINED.exists():
        # fastText reads memory that it has not written, which must be fresh, and so zero, or it ends with NaN.
        fresh = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"}
        subprocess.run([sys.executable, *sys.argv, "train"], env=fresh, check=True)
        TRAINED.touch()
    suggesters = {
        name: Suggester(project, corpus["test"]) for name, project in registry.get_projects().items()
    }
    for line in sys.stdin:
        order = json.loads(line)
        suggester = suggesters[order["project"]]
        if order["do"] == "rank":
            answer = {"ranked": suggester.rank(order["limit"])}
        else:
            work = getattr(suggester, order["do"])
            start = time.process_time()
            work(order["limit"])
            answer = {"cpu": time.process_time() - start}
        print(json.dumps(answer), file=answers, flush=True)


main()
