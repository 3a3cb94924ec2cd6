"""Public sets of questions whose passages are known, for `bench/retrieval.py`."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

from limbeck.records import Data, Problem


def lines(path: Path) -> list[dict[str, Any]]:
    """Rows of JSONL; cut at line feeds alone, for texts hold other line breaks."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def strategyqa(folder: Path) -> tuple[Data, Data]:
    """Questions and the facts that answer them, all facts together a corpus."""
    rows = lines(folder / "knowledge/strategyqa_train.jsonl.gz")
    facts = list(dict.fromkeys(fact for row in rows for fact in row["facts"]))
    place = {fact: f"f{at}" for at, fact in enumerate(facts)}
    passages = [Problem(id=place[fact], question=fact) for fact in facts]
    asked = [
        Problem(
            id=row["qid"], question=row["question"], meta={"gold": [place[each] for each in {*row["facts"]}]}
        )
        for row in rows
        if row["facts"]
    ]
    return Data(passages), Data(asked)


def cranfield(folder: Path) -> tuple[Data, Data]:
    """Abstracts and queries with their grades, which number queries by their order, not by their ``num``."""
    pages = gzip.decompress((folder / "knowledge/cranfield_all.1400.xml.gz").read_bytes()).decode()
    found = re.findall(r"<docno>\s*(\d+)\s*</docno>.*?<text>(.*?)</text>", pages, re.S)
    passages = [Problem(id=number, question=text.strip()) for number, text in found if text.strip()]
    known = {each.id for each in passages}
    queries = gzip.decompress((folder / "knowledge/cranfield_qry.xml.gz").read_bytes()).decode()
    titles = [title.strip() for title in re.findall(r"<title>(.*?)</title>", queries, re.S)]
    grades: dict[int, dict[str, int]] = {}
    for line in (
        gzip.decompress((folder / "knowledge/cranfield_qrel.txt.gz").read_bytes()).decode().split("\n")
    ):
        if len(parts := line.split()) == 4 and parts[2] in known and int(parts[3]) > 0:
            grades.setdefault(int(parts[0]), {})[parts[2]] = int(parts[3])
    asked = [
        Problem(id=f"q{at}", question=title, meta={"gold": grades[at]})
        for at, title in enumerate(titles, 1)
        if at in grades
    ]
    return Data(passages), Data(asked)


def pubmedqa(folder: Path) -> tuple[Data, Data]:
    """Questions, each with its abstract among 500."""
    rows = lines(folder / "science/pubmedqa_dev.jsonl.gz")
    passages = [Problem(id=row["pmid"], question=" ".join(row["contexts"])) for row in rows]
    asked = [
        Problem(id=f"q{row['pmid']}", question=row["question"], meta={"gold": [row["pmid"]]}) for row in rows
    ]
    return Data(passages), Data(asked)


def spans(folder: Path) -> tuple[Data, Data]:
    """Five documents, and questions with the characters that answer them."""
    documents = []
    for file in sorted((folder / "knowledge").glob("span_corpus_*.md.gz")):
        name = file.name.removeprefix("span_corpus_").removesuffix(".md.gz")
        text = gzip.decompress(file.read_bytes()).decode()
        documents.append(Problem(id=name, question=text, meta={"document": name}))
    asked = []
    for at, row in enumerate(lines(folder / "knowledge/span_questions.jsonl")):
        told = [
            {"document": row["corpus"], "start": each["start_index"], "end": each["end_index"]}
            for each in row["references"]
        ]
        asked.append(Problem(id=f"q{at}", question=row["question"], meta={"references": told}))
    return Data(documents), Data(asked)
