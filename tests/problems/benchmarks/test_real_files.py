"""Benchmarks and real traces from their own files."""

from __future__ import annotations

import json
from collections import Counter

import pytest

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
