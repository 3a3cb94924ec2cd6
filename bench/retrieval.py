"""How well and how fast passages are found: real questions, characters of real documents, others' libraries
on the same input in the same run, a million passages. Writes bench/results/retrieval.md.

    python bench/retrieval.py --data FOLDER [--peers PYTHON] [--million]

FOLDER holds ``knowledge/`` and ``science/`` with the public sets named below; PYTHON is an interpreter that
has bm25s 0.3.16, PyStemmer 3.1.0 and tantivy 0.27.0.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from retrieval_data import cranfield, pubmedqa, spans, strategyqa

from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem
from limbeck.retrieval import stored

HERE = Path(__file__).resolve().parent
WAYS = {
    "words": [("word_index", {})],
    "words, english": [("word_index", {"language": "english"})],
    "static vectors": [("vector_index", {"vectors": "static"})],
    "both, fused": [("word_index", {"language": "english"}), ("vector_index", {"vectors": "static"})],
}


def indexed(passages: Data, way: str) -> list[str]:
    """Indexes of one way to find passages."""
    folders = []
    for name, settings in WAYS[way]:
        folder = Path(tempfile.mkdtemp(prefix="limbeck-index-"))
        folders.append(str(ready(f"knowledge/{name}", **settings)([passages], ctx=Context(folder))))
    return folders


def measured(passages: Data, questions: Data, way: str, k: int) -> dict[str, str]:
    """Each measure with its interval, in percent, and questions a processor second."""
    index = indexed(passages, way)
    opened = stored.open_all(index)
    texts = [each.question for each in questions.problems]
    stored.search(opened, texts[:50], k)  # loads what is loaded once
    start = time.process_time()
    stored.search(opened, texts, k)
    speed = len(texts) / (time.process_time() - start)
    told = ready("evaluation/retrieval", index=index, k=k)(questions, ctx=Context(Path(tempfile.mkdtemp())))
    rows = {row.metric.removeprefix("score@"): row for row in told.results}
    numbers = {
        name: f"{100 * row.value:.1f} [{100 * row.low:.1f}, {100 * row.high:.1f}]"
        for name, row in rows.items()
    }
    return {**numbers, "queries": f"{speed:,.0f}"}


def peers(python: str, texts: list[str], queries: list[str], gold: list[list[int]], k: int) -> dict[str, Any]:
    """Passages indexed a processor second, queries a processor second, recall, by library."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([texts, queries, gold, k], file)
        file.flush()
        script = str(HERE / "retrieval_peers.py")
        done = subprocess.run([python, script, file.name], capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.strip().split("\n")[-1])
    return told


def ours(texts: list[str], queries: list[str], gold: list[list[int]], k: int, way: str) -> list[float]:
    """The same three numbers of ours."""
    data = Data([Problem(id=str(at), question=text) for at, text in enumerate(texts)])
    start = time.process_time()
    opened = stored.open_all(indexed(data, way))
    docs = len(texts) / (time.process_time() - start)
    start = time.process_time()
    hits = stored.search(opened, queries, k)
    speed = len(queries) / (time.process_time() - start)
    shares = [
        len({*right} & {place for place, _ in each}) / len(right)
        for right, each in zip(gold, hits, strict=False)
    ]
    return [docs, speed, float(np.mean(shares)) if shares else float("nan")]


def many(count: int) -> tuple[list[str], list[str]]:
    """Passages of 40 words as rare as in a language, and queries of six."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{rank:05d}" for rank in range(100_000)])
    chance = 1 / (np.arange(100_000) + 2.7)
    drawn = rng.choice(100_000, (count, 40), p=chance / chance.sum())
    texts = [" ".join(words[row]) for row in drawn]
    asked = [" ".join(random.Random(at).sample(texts[at * 97 % count].split(), 6)) for at in range(500)]
    return texts, asked


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def real(folder: Path) -> str:
    """Quality on three public sets, by four ways."""
    parts = []
    for name, load, k, names in (
        ("StrategyQA: 10 of {} facts", strategyqa, 10, ("recall", "reciprocal_rank")),
        ("Cranfield: 10 of {} abstracts", cranfield, 10, ("ndcg", "recall")),
        ("PubMedQA: 1 of {} abstracts", pubmedqa, 1, ("recall",)),
    ):
        passages, questions = load(folder)
        rows = []
        for way in WAYS:
            told = measured(passages, questions, way, k)
            rows.append([way, *(told[each] for each in names), told["queries"]])
        title = name.format(f"{len(passages.problems):,}")
        head = ["", *(f"{each}, %" for each in names), "queries a processor second"]
        parts.append(f"**{title}, {len(questions.problems):,} questions.**\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def cuts(folder: Path) -> str:
    """The sweep over sizes of passages, in characters."""
    documents, questions = spans(folder)
    rows = []
    for size in (5, 10, 20, 50, 100, 200, 400, 800):
        passages = ready("knowledge/chunks", size=size)(documents)
        told = measured(passages, questions, "words, english", 5)
        measures = [told[name] for name in ("omega", "precision", "recall", "iou")]
        rows.append([str(size), f"{len(passages.problems):,}", *measures])
    return table(["words of a passage", "passages", "Precision Omega", "precision", "recall", "IoU"], rows)


def beside(
    python: str, texts: list[str], queries: list[str], gold: list[list[int]], ways: tuple[str, ...]
) -> str:
    """Ours and others on the same passages and queries."""
    told = {f"limbeck, {way}": ours(texts, queries, gold, 10, way) for way in ways}
    told |= peers(python, texts, queries, gold, 10)
    rows = [
        [
            name,
            f"{docs:,.0f}",
            f"{speed:,.0f}",
            "" if recall is None or np.isnan(recall) else f"{100 * recall:.1f}",
        ]
        for name, (docs, speed, recall) in told.items()
    ]
    return table(["", "passages indexed a processor second", "queries a processor second", "R@10, %"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers", default="")
    parser.add_argument("--million", action="store_true")
    args = parser.parse_args()
    day, machine = time.strftime("%Y-%m-%d"), f"Python {platform.python_version()}, numpy {np.__version__}"
    parts = [
        "# Passages found",
        f"By `python bench/retrieval.py` on {day}; 2 CPU cores, which other work shared, one thread; "
        f"{machine}. Intervals of 95% over questions.",
        "## Real questions",
        real(args.data),
        "## How fine to cut",
        "472 questions to five real documents (finance, PubMed, encyclopaedia, a speech, chats) with the "
        "characters that answer them; the best five passages by words, english.",
        cuts(args.data),
    ]
    if args.peers:
        passages, questions = strategyqa(args.data)
        place = {each.id: at for at, each in enumerate(passages.problems)}
        gold = [[place[name] for name in each.meta["gold"]] for each in questions.problems]
        texts = [each.question for each in passages.problems]
        queries = [each.question for each in questions.problems]
        ways = ("words", "words, english")
        parts += [
            "## Beside others",
            "The facts of StrategyQA.",
            beside(args.peers, texts, queries, gold, ways),
        ]
        if args.million:
            texts, queries = many(1_000_000)
            told = beside(args.peers, texts, queries, [], ("words",))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            parts += [
                "1,000,000 passages of 40 words with frequencies as in a language (Zipf's law), 500 queries "
                f"of six words of a passage; ours peaks at {peak:.1f} GiB, the texts among it.",
                told,
            ]
    (HERE / "results/retrieval.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
