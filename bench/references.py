"""Reference answers of public benchmarks, and where their files lie."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
OUTCOMES = ("correct", "wrong", "unparsed", "timeout", "unknown")
Gold = tuple[str, str, str | None]


def golds(folder: Path) -> Iterator[Gold]:
    """``(file, question, answer)`` of every problem; several listed answers of one problem are several
    rows."""
    for name in ("train", "test", "test_socratic"):
        for line in (folder / f"gsm8k/{name}.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            yield f"gsm8k/{name}.jsonl", row["question"], row["answer"]
    for line in (folder / "gsm8k/model_solutions.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        yield "gsm8k/model_solutions.jsonl", row["question"], row["ground_truth"]
    with (folder / "math/svamp_dev.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield "math/svamp_dev.csv", row["Question"], row["Answer"]
    for name in ("math", "math_train", "aime", "amc", "minerva", "olympiad_bench"):
        for row in json.loads((folder / f"math/{name}.json").read_text(encoding="utf-8")):
            answers = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
            for answer in answers:
                yield f"math/{name}.json", row["problem"], None if answer is None else str(answer)
