"""Problem sources: the small worlds, files of every kind, real traces."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks import (
    aime24,
    amc23,
    gsm8k,
    gsm8k_solutions,
    math500,
    minerva,
    olympiad,
    zeroeval,
)
from limbeck.problems.benchmarks.zeroeval import read_output
from limbeck.problems.files.openr1 import openr1
from limbeck.problems.files.rows import rows
from limbeck.problems.worlds._chains import SPLITS, reduce, solve, split_of
from limbeck.problems.worlds.expr import expr
from limbeck.problems.worlds.haste import haste
from limbeck.texts.questions import problem_id


@pytest.mark.parametrize(
    ("question", "answer"), [("5-7-0+3", "1"), ("1-2*3", "5"), ("9*9", "1"), ("0-1", "9"), ("2+3*4-5*6", "4")]
)
def test_chains_are_solved_modulo_ten_multiplication_first(question, answer):
    assert solve(question) == answer
    assert int(answer) == eval(question) % 10


def test_haste_asks_different_questions_of_every_length():
    data = haste(n=600, seed=3)
    assert len({problem.question for problem in data.problems}) == 600
    assert set(Counter(problem.meta["operations"] for problem in data.problems)) == {3, 4, 5}
    assert all(int(p.answer or "") == eval(p.question) % 10 and p.verifier == "exact" for p in data.problems)
    assert haste(n=600, seed=3) == data
    assert haste(n=600, seed=4) != data


def test_splits_share_no_question_whatever_the_seed():
    asked = {}
    for split in SPLITS:
        bounds = {"low": 6, "high": 7} if split == "hard" else {"low": 1, "high": 3}
        asked[split] = {
            p.question for seed in (0, 1) for p in haste(n=40, split=split, seed=seed, **bounds).problems
        }
        assert all(split_of(question) == split for question in asked[split])
    assert not asked["train"] & asked["test"]


def test_a_hasty_solver_is_right_and_writes_two_steps_at_once_where_it_says_so():
    data = haste(n=400, solve="hasty")
    asked = data.problem_by_id()
    for trace in data.traces:
        assert (trace.outcome, trace.format, trace.finish) == ("correct", "lines", "stop")
        now = list(asked[trace.problem_id].question)
        text = trace.reasoning + trace.answer
        lines = text.replace("!", "\n!").replace(";", "\n;").split("\n")[1:]
        for line in lines:
            now = reduce(reduce(now)) if line[0] == "!" else reduce(now)
            assert line[1:] == "".join(now)
        assert len(now) == 1
    skips = sum(trace.params["skips"] for trace in data.traces)
    assert 300 < skips < 800
    assert not any("!" in trace.reasoning for trace in haste(n=50, solve="careful").traces)


def test_solved_short_chains_come_again_as_another_trace():
    data = haste(n=500, low=1, high=1, solve="careful")
    assert len(data.traces) == 500 == len({trace.id for trace in data.traces})
    assert len(data.problems) < 300
    with pytest.raises(LimbeckError, match="chains of 1 to 1 operations"):
        haste(n=500, low=1, high=1)


def test_expr_slips_without_a_system_and_is_judged_honestly():
    assert all(trace.outcome == "correct" for trace in expr(n=50, solve="careful").traces)
    data = expr(n=100, solve="careful", slip=0.3, k=3)
    assert len(data.traces) == 300
    answers = {problem.id: problem.answer for problem in data.problems}
    for trace in data.traces:
        assert "!" not in trace.reasoning
        assert (trace.answer == answers[trace.problem_id]) == (trace.outcome == "correct")
        assert trace.outcome == "correct" or trace.params["slips"]
    assert 0.2 < sum(trace.outcome == "wrong" for trace in data.traces) / 300 < 0.9


@pytest.mark.parametrize(
    ("given", "said"),
    [({"split": "tset"}, "test"), ({"low": 4, "high": 2}, "low"), ({"split": "hard"}, "low: 6, high: 7")],
)
def test_impossible_worlds_are_refused(given, said):
    with pytest.raises(LimbeckError, match=said):
        haste(n=5, **given)


BENCHMARKS = [
    (gsm8k.gsm8k, "gsm8k/test.jsonl", 1319, "18"),
    (math500.math500, "math/math.json", 500, r"\left( 3, \frac{\pi}{2} \right)"),
    (aime24.aime24, "math/aime.json", 30, "204"),
    (amc23.amc23, "math/amc.json", 83, "142"),
    (minerva.minerva, "math/minerva.json", 272, "9.6"),
    (olympiad.olympiad, "math/olympiad_bench.json", 675, "2"),
]


@pytest.mark.parametrize(
    ("load", "file", "count", "answer"), BENCHMARKS, ids=lambda value: getattr(value, "__name__", "")
)
def test_every_benchmark_is_whole(shared, load, file, count, answer):
    data = load(path=str(shared / file))
    assert len(data.problems) == count
    assert data.problems[0].answer == answer
    assert {(p.source, p.split, p.verifier) for p in data.problems} == {(load.__name__, "test", "math")}


def test_real_traces_of_twelve_models_meet_in_the_same_problems(shared):
    test = {problem.id for problem in gsm8k.gsm8k(path=str(shared / "gsm8k/test.jsonl")).problems}
    four = gsm8k_solutions.gsm8k_solutions(path=str(shared / "gsm8k/model_solutions.jsonl"))
    eight = zeroeval.zeroeval(path=str(shared / "traces/zeroeval_gsm8k.jsonl.gz"))
    assert (len(four.problems), len(four.traces)) == (900, 3600)
    assert (len(eight.problems), len(eight.traces)) == (1319, 10552)
    assert {p.id for p in four.problems} < test == {p.id for p in eight.problems}
    outcomes = Counter((trace.finish, trace.outcome) for trace in four.traces)
    assert outcomes == {("stop", "wrong"): 2199, ("stop", "correct"): 1392, ("length", "unparsed"): 9}
    assert Counter(trace.scores["published"] for trace in four.traces) == {0.0: 2208, 1.0: 1392}
    assert sum(not trace.answer for trace in eight.traces) == 6
    assert sum(trace.finish == "length" for trace in eight.traces) == 5
    assert len({trace.id for trace in four.traces + eight.traces}) == 14152


def test_plain_traces_join_to_the_text_the_model_wrote(tmp_path):
    solution = "She has 3*2 = <<3*2=6>>6.\nA: 6"
    cut = "She has 3 and 3 and"
    row = {
        "question": "How many?",
        "ground_truth": "six\nA: 6",
        "m1": {"solution": solution, "is_correct": True},
    }
    row["m2"] = {"solution": cut, "is_correct": False}
    (tmp_path / "s.jsonl").write_text(json.dumps(row))
    done, broken = gsm8k_solutions.gsm8k_solutions(path=str(tmp_path / "s.jsonl")).traces
    assert done.reasoning + done.answer == solution
    assert done.answer == "6"
    assert (broken.reasoning, broken.answer, broken.finish) == (cut, "", "length")


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
        [b'{"q": "1+1?", "a": 2}', b'{"q": "broken', b'{"q": "bad \xff utf-8", "a": 1}', b"[1]", b'{"q": null, "a": 3}',
         b'{"q": "2+2?", "a": NaN}', b'{"q": "3+3?", "a": 6.0, "level": 2}', b'{"q": "4+4?", "a": null}']
    )  # fmt: skip
    told = []
    ctx = Context(tmp_path, report=told.append)
    data = rows(path=write(tmp_path / "r.jsonl", lines), question="q", answer="a", source="mine", ctx=ctx)
    assert [(p.question, p.answer) for p in data.problems] == [("1+1?", "2"), ("2+2?", "nan"), ("3+3?", "6")]
    assert data.problems[2].meta == {"level": 2}
    assert told[0]["message"].startswith("5 rows could not be used")


def test_rows_with_responses_become_traces_of_one_problem(tmp_path):
    lines = '{"q":"1+1?","a":"2","r":"It is 2","m":"x"}\n{"q":"1+1?","a":"2","r":"It is 3","m":"y"}\n'
    data = rows(path=write(tmp_path / "r.jsonl", lines), question="q", answer="a", response="r", model="m")
    assert len(data.problems) == 1
    assert [(t.model, t.answer) for t in data.traces] == [("x", "It is 2"), ("y", "It is 3")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.jsonl", "", "holds no rows"),
        ("empty.csv", "question,answer\n", "holds no rows"),
        ("broken.jsonl", "{\n{\n", "2 rows could not be used"),
        ("broken.json", "[{]", "not valid JSON"),
        ("column.jsonl", '{"questoin": "x", "answer": 1}', "did you mean 'questoin'"),
        ("not.parquet", "hello", "cannot read"),
        ("not.jsonl.gz", "hello", "cannot read"),
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
