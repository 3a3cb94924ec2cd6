"""What every method of knowledge keeps: the problems it is given, and one index from one set of passages."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
from contract_cases import entries, ready
from msgspec import to_builtins

from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready as bound
from limbeck.pipeline.registry import methods
from limbeck.records import Data, Problem, Trace
from limbeck.retrieval.late import Late
from limbeck.retrieval.stored import open_index

TEXTS = ["tik opens room 24", "pat opens room 42", "lun has no room at all"]
INDEXES = [each for each in entries("knowledge") if each.values[0].returns == "Index"]
PARTS = [each for each in entries("knowledge") if each.values[0].returns == "Part"]
OTHERS = [each for each in entries("knowledge") if each.values[0].returns == "Data"]


def passages() -> Data:
    problems = [Problem(id=f"p{at}", question=text, answer=str(at)) for at, text in enumerate(TEXTS)]
    problems.append(Problem(id="m", question="marked", marks=["off_topic"]))
    traces = [Trace(id="t", problem_id="p1", reasoning="room 42", answer="1"), Trace(id="u", problem_id="m")]
    return Data(problems, traces)


def index(folder: Path) -> str:
    return str(bound("knowledge/word_index")([passages()], ctx=Context(folder)))


def settings(entry, tmp_path) -> dict:
    given = {"index": [index(tmp_path / "index")]} if "index" in entry.params else {}
    if "reranker" in entry.params:
        Late({"tik": 0}, np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)).save(tmp_path / "part")
        given["reranker"] = str(tmp_path / "part")
    return given


def called(entry, data: Data, tmp_path, **given) -> Data:
    more = {"ctx": Context(tmp_path)} if "ctx" in entry.params else {}
    return ready(entry, **given)(data, **more)


def test_there_are_methods_of_every_kind():
    assert len(INDEXES) + len(PARTS) + len(OTHERS) == len(methods("knowledge"))
    assert INDEXES
    assert OTHERS


@pytest.mark.parametrize("entry", INDEXES)
def test_one_set_of_passages_makes_one_index_however_it_is_cut(entry, tmp_path):
    whole, first, rest = passages(), passages(), passages()
    first.problems, rest.problems = first.problems[:1], rest.problems[1:]
    folders = []
    for name, shards in (("a", [whole]), ("b", [first, rest])):
        folders.append(Path(ready(entry)(shards, ctx=Context(tmp_path / name))))
    files = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    # Batches of a file follow shards; what it says does not.
    for each in files:
        each.pop("passages.arrow")
    assert files[0] == files[1]
    told = [list(open_index(str(folder)).corpus.all()) for folder in folders]
    assert told[0] == told[1]
    assert [each.id for each in told[0]] == ["p0", "p1", "p2"]


@pytest.mark.parametrize("entry", OTHERS)
def test_no_trace_is_lost_and_the_answer_stays(entry, tmp_path):
    data = passages()
    made = called(entry, copy.deepcopy(data), tmp_path, **settings(entry, tmp_path))
    if entry.name != "chunks":  # which makes other problems
        assert [(each.id, each.answer, each.marks) for each in made.problems] == [
            (each.id, each.answer, each.marks) for each in data.problems
        ]
        assert to_builtins(made.traces) == to_builtins(data.traces)


@pytest.mark.parametrize("entry", OTHERS)
def test_a_second_time_gives_the_same_and_nothing_gives_nothing(entry, tmp_path):
    given = settings(entry, tmp_path)
    again = [called(entry, passages(), tmp_path, **given) for _ in range(2)]
    assert to_builtins(again[0].problems) == to_builtins(again[1].problems)
    assert called(entry, Data(), tmp_path, **given).problems == []


@pytest.mark.parametrize("entry", PARTS)
def test_a_part_is_made_alike_twice(entry, tmp_path):
    pytest.importorskip("torch", reason="parts are trained by the extra limbeck[train]")
    data = bound("knowledge/passages", index=[index(tmp_path / "index")])(passages(), ctx=Context(tmp_path))
    folders = [Path(ready(entry)([data], ctx=Context(tmp_path / name))) for name in "ab"]
    files = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    assert files[0] == files[1]
    assert files[0]
