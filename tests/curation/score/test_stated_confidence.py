"""Confidence that is stated, and confidence that samples show."""

from __future__ import annotations

import pytest

from limbeck.curation.score.sampled_confidence import sampled_confidence
from limbeck.curation.score.stated_confidence import stated_confidence
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict


def read(text: str, folder, **settings) -> float | None:
    made = Data([Problem(id="p", question="?")], [Trace(id="t", problem_id="p", reasoning=text)])
    return stated_confidence(made, ctx=Context(folder), **settings).traces[0].scores.get("confidence")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("So it is 7.\nConfidence: 85%", 0.85),
        ("**Confidence:** 85", 0.85),
        ("confidence = 62.5 %", 0.625),
        ("Confidence: 9/10", 0.9),
        ("Confidence: 90 / 100", 0.9),
        ("At first confidence: 20, but then confidence: 95.", 0.95),
        ("I have great confidence in this.", None),
        ("Confidence: 850%", None),
        ("", None),
    ],
)
def test_the_last_one_stated_counts(text, wanted, tmp_path):
    assert read(text, tmp_path) == wanted


def test_another_shape_and_another_top(tmp_path):
    assert read("sure: 0.7", tmp_path, shape=r"sure: ([\d.]+)", top=1.0) == 0.7


@pytest.mark.parametrize(("shape", "flaw"), [("(", "no regular expression"), (r"\d+", "no group")])
def test_a_shape_that_cannot_be_read_is_refused(shape, flaw, tmp_path):
    with pytest.raises(LimbeckError, match=flaw):
        read("x", tmp_path, shape=shape)


def test_what_is_left_out_is_told(tmp_path):
    lines = []
    ctx = Context(tmp_path, report=lambda event: lines.append(event["message"]))
    stated_confidence(Data([], [Trace(id="t", problem_id="p")]), ctx=ctx)
    assert lines == ["of 1 traces 1 state no confidence, 0 one above 100"]


def test_samples_that_agree_by_value_are_sure():
    def trace(number: int, answer: str, model: str = "a", extracted: str | None = None) -> Trace:
        verdicts = [Verdict("math", "wrong", extracted)] if extracted else []
        return Trace(id=f"{model}{number}", problem_id="p", answer=answer, model=model, verdicts=verdicts)

    traces = [trace(0, "7"), trace(1, "7.0"), trace(2, "it is", extracted="$7"), trace(3, "8"), trace(4, "")]
    made = sampled_confidence(Data([Problem(id="p", question="?")], [*traces, trace(0, "9", "b")]))
    assert [each.scores.get("agreement") for each in made.traces] == [0.6, 0.6, 0.6, 0.2, None, 1.0]
