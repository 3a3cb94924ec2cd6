"""curation/band and code_shape: numbers out of a band, replies without a program that reads."""

from __future__ import annotations

import math

import pytest

from limbeck.curation.mark.band import band
from limbeck.curation.mark.code_shape import code_shape
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace


def problems(**metas: dict) -> Data:
    return Data([Problem(id=name, question=name, meta=meta) for name, meta in metas.items()])


def marks(data: Data, **settings) -> list[list[str]]:
    return [problem.marks for problem in band(data, **settings).problems]


def test_ends_are_in_and_a_dot_goes_further_in():
    rates = {"a": 0.2, "b": 0.1, "c": 0.9, "d": 0.8, "e": None, "f": math.nan}
    data = problems(**{name: {"pass_rates": {"student": rate}} for name, rate in rates.items()}, g={})
    assert marks(data, field="pass_rates.student", low=0.2, high=0.8) == [
        [], ["below"], ["above"], [], ["no_number"], ["no_number"], ["no_number"],
    ]  # fmt: skip
    assert marks(data, field="pass_rates.student", high=0.5)[1:3] == [[], ["above"]]


def test_kinds_have_ends_of_their_own_and_shares_that_are_spared():
    kinds = {
        f"{kind}{at}": {"cv": 0.5, "kind": kind} for kind in ("math", "code", "open") for at in range(200)
    }
    made = band(
        problems(**kinds), field="cv", low=0.6, low_of={"code": 0.4}, kind="kind", spared={"open": 0.5}
    )
    left = [sum(not each.marks for each in made.problems if each.meta["kind"] == kind) for kind in
            ("math", "code", "open")]  # fmt: skip
    assert left[:2] == [0, 200]
    assert 75 < left[2] < 125, "half of them, drawn by id"


def test_traces_are_marked_by_their_scores():
    traces = [Trace(id=str(score), problem_id="p", scores={"tests": score}) for score in (0.5, 1.0)]
    data = Data([Problem(id="p", question="q", source="code")], traces)
    made = band(data, field="tests", low=1.0, what="traces")
    assert [trace.marks for trace in made.traces] == [["below"], []]
    lenient = band(data, field="tests", low=1.0, low_of={"code": 0.5}, what="traces")
    assert [trace.marks for trace in lenient.traces] == [[], []]


def test_bands_that_hold_nothing():
    with pytest.raises(LimbeckError, match="neither low nor high"):
        band(problems(a={}), field="cv")
    with pytest.raises(LimbeckError, match=r"low=2.*no number lies between"):
        band(problems(a={}), field="cv", low=2, high=1)
    with pytest.raises(LimbeckError, match=r"code=2.*no number lies between"):
        band(problems(a={}), field="cv", high=1, low_of={"code": 2})


@pytest.mark.parametrize(
    ("reasoning", "answer", "mark"),
    [
        ("I think.", "```python\nprint(1)\n```", []),
        ("I think.", "```python\nprint(1\n```", ["broken_code"]),
        ("I think.", "```cpp\nint main( {\n```", []),
        ("I think.", "The answer is 4.", ["no_code"]),
        ("I think.", "```python\n\n```", ["no_code"]),
        ("```python\nx = 1\n```", "```\nprint(1)\n```", ["code_in_thought"]),
        ("I think.", "```\n  print(1)\n```\n\n```py\nx = (\n```", ["broken_code"]),
    ],
)
def test_replies_that_hold_a_program(reasoning, answer, mark):
    trace = Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer)
    data = Data([Problem(id="p", question="q")], [trace])
    assert code_shape(data, thought="no_code").traces[0].marks == mark
    assert code_shape(data).traces[0].marks == [each for each in mark if each != "code_in_thought"]
