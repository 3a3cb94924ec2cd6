"""problems/rows, imported and openr1: rows from a user's files and from the Hub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks import (
    math500,
)
from limbeck.problems.benchmarks.zeroeval import read_output
from limbeck.problems.files.openr1 import openr1
from limbeck.problems.files.rows import rows
from limbeck.texts.questions import problem_id


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ('```json\n{"reasoning": "a\nb", "answer": "18"}\n```', ("a\nb", "18", "stop")),
        ('{"reasoning": "x \\"y\\"", "answer": 7}', ('x "y"', "7", "stop")),
        ('{"reasoning": "bad \\( escape", "answer": "11"}', ("bad \\( escape", "11", "stop")),
        ('{\n"reasoning": "no comma"\n"answer": "12"\n}', ("no comma", "12", "stop")),
        ('```json\n{"reasoning": "and so on and', ("and so on and", "", "length")),
    ],
)
def test_json_answers_are_read_even_when_broken(output, wanted):
    assert read_output(output) == wanted


def test_the_same_question_has_one_id_in_any_spelling():
    assert problem_id("Janet’s  ducks\n") == problem_id("Janet's ducks")
    assert problem_id("Find x") != problem_id("Find X")


def write(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_bad_rows_are_counted_and_told_and_the_good_ones_stay(tmp_path):
    lines = b'\n'.join(
        [b'{"q": "1+1?", "a": 2}', b'{"q": "broken', b'{"q": "bad \xff utf-8", "a": 1}', b"[1]",
         b'{"q": null, "a": 3}',
         b'{"q": "2+2?", "a": NaN}', b'{"q": "3+3?", "a": 6.0, "level": 2}', b'{"q": "4+4?", "a": null}']
    )  # fmt: skip
    told = []
    ctx = Context(tmp_path, report=told.append)
    data = rows(path=write(tmp_path / "r.jsonl", lines), question="q", answer="a", source="mine", ctx=ctx)
    assert [(p.question, p.answer) for p in data.problems] == [("1+1?", "2"), ("3+3?", "6")]
    assert data.problems[1].meta == {"level": 2}
    assert told[0]["message"].startswith("6 rows could not be used")


def test_rows_with_responses_become_traces_of_one_problem(tmp_path):
    lines = '{"q":"1+1?","a":"2","r":"It is 2","m":"x"}\n{"q":"1+1?","a":"2","r":"It is 3","m":"y"}\n'
    data = rows(path=write(tmp_path / "r.jsonl", lines), question="q", answer="a", response="r", model="m")
    assert len(data.problems) == 1
    assert [(t.model, t.answer) for t in data.traces] == [("x", "It is 2"), ("y", "It is 3")]


def test_named_columns_are_read_as_an_import_reads_them(tmp_path):
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1?"}]
    row = {"q": turns, "a": 2.0, "r": ["It is 2", "<think>so</think>3"], "note": "n"}
    data = rows(
        path=write(tmp_path / "r.jsonl", json.dumps(row)),
        question="q",
        answer="a",
        response="r",
        model="teacher",
        format="think",
    )
    assert [(p.question, p.answer) for p in data.problems] == [("1+1?", "2")]
    assert data.problems[0].meta == {"note": "n", "system": "Be brief."}
    assert [(t.reasoning, t.answer, t.model) for t in data.traces][1] == ("so", "3", "teacher")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.jsonl", "", "holds no rows"),
        ("empty.csv", "question,answer\n", "holds no rows"),
        ("broken.jsonl", "{\n{\n", "2 rows could not be used"),
        ("broken.json", "[{]", "could not be used"),
        ("column.jsonl", '{"questoin": "x", "answer": 1}', "did you mean 'questoin'"),
        ("not.parquet", "hello", "cannot read"),
        ("not.jsonl.gz", "hello", "could not be used"),
        ("kind.xlsx", "hello", "unknown file type '.xlsx'"),
        ("null.jsonl", '{"question": "x", "answer": null}', "no reference answer"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path, name, content, said):
    with pytest.raises(LimbeckError, match=said) as caught:
        rows(path=write(tmp_path / name, content))
    assert name in str(caught.value)


def test_a_missing_file_names_the_nearest(tmp_path):
    write(tmp_path / "train.jsonl", "{}")
    with pytest.raises(LimbeckError, match=r"no file at .*trian\.jsonl; did you mean 'train\.jsonl'"):
        rows(path=str(tmp_path / "trian.jsonl"))


def test_the_hub_needs_its_extra_or_says_what_failed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(LimbeckError, match=r"limbeck\[data\]"):
        math500.math500()


def test_openr1_rows_keep_labels_and_index_and_stream(monkeypatch, tmp_path):
    monkeypatch.setattr("limbeck.problems.files.openr1.SHARD", 2)
    row = {
        "problem": "p",
        "answer": "1",
        "source": "s",
        "generations": ["<think>a</think>1", None],
        "correctness": {"v": [True, False]},
    }
    path = write(tmp_path / "o.jsonl", "\n".join(json.dumps(row) for _ in range(5)))
    shards = list(openr1(path=path))
    assert [len(shard.problems) for shard in shards] == [2, 2, 1]
    problem, trace = shards[1].problems[0], shards[1].traces[0]
    assert (problem.id, problem.meta["original_index"], problem.meta["v"]) == (
        "openr1-000002",
        2,
        [True, False],
    )
    assert trace.answer == "1"
    assert shards[0].traces[1].marks == ["no_text"]
