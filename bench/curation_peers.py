"""What `datasets`, datatrove and distilabel take for steps of curation: run by `bench_curation.py` with an
interpreter that has the tool and no need of Limbeck.

    python curation_peers.py TOOL ROWS FOLDER SHARED

prints JSON: versions, and for each step the processor seconds of this process and its children, imports
excluded.
"""

from __future__ import annotations

import hashlib
import json
import re
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

GRAM = 8
HASHES, BANDS = 64, 16


def processors() -> float:
    both = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(sum(resource.getrusage(who)[:2]) for who in both)


def timed(steps: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Every step's processor seconds."""
    taken = {}
    for name, step in steps.items():
        before = processors()
        step()
        taken[name] = processors() - before
    return taken


def benchmarks(shared: Path) -> list[str]:
    math = [row["problem"] for row in json.loads((shared / "data/math/math.json").read_text("utf-8"))]
    lines = (shared / "data/gsm8k/test.jsonl").read_text("utf-8").splitlines()
    return math + [json.loads(line)["question"] for line in lines]


def of_datasets(rows: Path, folder: Path, shared: Path) -> dict[str, float]:
    """Plain functions in `map` and `filter`, as Open-R1's scripts are written."""
    import datasets

    datasets.disable_progress_bars()
    data: Any = None
    words = re.compile(r"\w+")

    def grams(text: str) -> set[str]:
        parts = words.findall(text.lower())
        return {" ".join(parts[at : at + GRAM]) for at in range(len(parts) - GRAM + 1)}

    def load() -> None:
        nonlocal data
        data = datasets.load_dataset("json", data_files=str(rows), split="train", cache_dir=str(folder))

    def repetition(row: dict[str, Any]) -> dict[str, Any]:
        parts = row["response"].split()
        several = [tuple(parts[at : at + 3]) for at in range(len(parts) - 2)]
        return {"distinct": len(set(several)) / max(len(several), 1)}

    def lengths(row: dict[str, Any]) -> dict[str, Any]:
        return {"words": len(row["response"].split())}

    seen: set[str] = set()

    def new(row: dict[str, Any]) -> bool:
        digest = hashlib.md5((row["question"] + row["response"]).encode()).hexdigest()
        there = digest in seen
        seen.add(digest)
        return not there

    def rates() -> None:
        table = data.select_columns(["question", "correct"]).to_pandas()
        rate = table.groupby("question")["correct"].mean()
        data.map(lambda row: {"rate": float(rate[row["question"]])})

    def decontaminate() -> None:
        known = {gram for text in benchmarks(shared) for gram in grams(text)}
        data.map(lambda row: {"contaminated": not known.isdisjoint(grams(row["question"]))})

    def select() -> None:
        nonlocal data
        data = data.filter(lambda row: row["correct"]).shuffle(seed=42)

    return timed(
        {
            "import": load,
            "repetitive": lambda: data.map(repetition),
            "lengths": lambda: data.map(lengths),
            "rates": rates,
            "exact": lambda: data.filter(new),
            "clean": decontaminate,
            "first, shuffled": select,
            "export": lambda: data.to_json(str(folder / "out.jsonl")),
        }
    )


def of_datatrove(rows: Path, folder: Path, shared: Path) -> dict[str, float]:
    """Its own blocks, one task in this process each; documents are traces, or questions for
    decontamination."""
    import numpy as np
    from datatrove.data import Document
    from datatrove.pipeline.decont import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer
    from datatrove.pipeline.dedup import minhash
    from datatrove.pipeline.filters import GopherRepetitionFilter
    from datatrove.pipeline.writers import JsonlWriter
    from loguru import logger

    logger.remove()
    config = minhash.MinhashConfig(n_grams=5, num_buckets=BANDS, hashes_per_bucket=HASHES // BANDS)
    parsed = [json.loads(line) for line in rows.open(encoding="utf-8")]

    def documents(column: str = "response") -> Iterator[Document]:
        for row in parsed:
            yield Document(text=row[column], id=row["id"])

    def run(block: Any, column: str = "response") -> int:
        return sum(1 for _ in block.run(documents(column), 0, 1))

    def near() -> None:
        signatures, buckets, remove = (str(folder / name) for name in ("signatures", "buckets", "remove"))
        minhash.MinhashDedupSignature(signatures, config=config).run(documents(), 0, 1)
        for bucket in range(BANDS):
            minhash.MinhashDedupBuckets(signatures, buckets, config=config).run(None, bucket, BANDS)
        minhash.MinhashDedupCluster(buckets, remove, config=config).run(None, 0, 1)
        run(minhash.MinhashDedupFilter(remove))

    def decontaminate() -> None:
        how = NGramsDecontConfig(n_grams=GRAM, find_query_ngrams=True, find_overlap_ngrams=False)
        index = folder / "index"
        index.mkdir()
        hashed = NGramsDecontIndexer.compute_hashes
        NGramsDecontIndexer._requires_dependencies = []  # lighteval, for tasks by name
        indexer = NGramsDecontIndexer(str(index), config=how)
        known = {each for text in benchmarks(shared) for each in hashed(indexer, "", text)}
        np.array(sorted(known), dtype=np.uint64).tofile(index / "benchmarks.index.hashes")
        run(NGramsDecontFilter(str(index), config=how), "question")

    def export() -> None:
        with JsonlWriter(str(folder / "out"), compression=None) as writer:
            for document in documents():
                writer.write(document)

    steps = {
        "repetitive": lambda: run(GopherRepetitionFilter()),
        "near_traces": near,
        "clean": decontaminate,
        "export": export,
    }
    list(GopherRepetitionFilter().run([Document(text="warm it up", id="0")], 0, 1))
    return timed(steps)


def of_distilabel(rows: Path, folder: Path, shared: Path) -> dict[str, float]:
    """The step alone, without a pipeline around it."""
    from distilabel.steps import MinHashDedup

    parsed = [json.loads(line) for line in rows.open(encoding="utf-8")]
    inputs = [{"text": row["response"]} for row in parsed]
    step = MinHashDedup(tokenizer="ngrams", n=5, threshold=0.8, num_perm=HASHES, storage="dict")
    step.load()

    def near() -> None:
        for start in range(0, len(inputs), 1000):
            for _ in step.process(inputs[start : start + 1000]):
                pass

    return timed({"near_traces": near})


TOOLS = {"datasets": of_datasets, "datatrove": of_datatrove, "distilabel": of_distilabel}


def main() -> None:
    tool, rows, place, shared = sys.argv[1], *map(Path, sys.argv[2:5])
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    print(json.dumps({"version": f"{tool} {version(tool)}", "seconds": TOOLS[tool](rows, place, shared)}))
    shutil.rmtree(place)


if __name__ == "__main__":
    main()
