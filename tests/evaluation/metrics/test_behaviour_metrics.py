"""Metrics of behaviours on traces whose behaviours are known."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline import metrics
from limbeck.records import Problem, Trace, Verdict

PROBLEM = Problem(id="p", question="Tom has 12 plums and gets 5. How many has he?", answer="17")


def trace(*steps: str, answer: str = "17", tokens: int | None = 100, **more) -> Trace:
    outcome = "correct" if answer == "17" else "wrong"
    text = "\n\n".join(steps)
    verdicts = [Verdict("exact", outcome, answer)]
    return Trace(
        id="t", problem_id="p", reasoning=text, answer=answer, tokens=tokens, verdicts=verdicts, **more
    )


def value(name, *traces: Trace, problem: Problem = PROBLEM):
    return metrics.read(name).function(problem, list(traces))


def test_overthinking_and_underthinking_are_what_stands_behind_the_first_right_step():
    # 20 characters of steps, the blank lines with the step before them.
    right = trace("12+5=17.", "go on, go")  # "12+5=17.\n\n" is 10 of 19 characters
    wrong = trace("12+5=17.", "No, it is 18", answer="18")  # 10 of 22
    lost = trace("12+5=16.", "16", answer="16")
    assert value("wasted@correct", right, wrong, lost) == pytest.approx(9 / 19)
    assert value("wasted@wrong", right, wrong, lost) == pytest.approx((12 / 22 + 0) / 2)
    assert value("wasted@wrong", right) is None
    assert value("wasted@correct", trace("17", finish="length")) is None
    assert value("wasted@correct", right, problem=Problem(id="p", question="?")) is None
    assert value("wasted@correct", trace()) is None


def test_markers_are_per_thousand_words():
    assert value(
        "markers@doubt", trace("Wait, maybe 3.", answer="17"), trace("Go on", answer="17")
    ) == pytest.approx((1000 * 2 / 4 + 0) / 2)
    assert (
        value({"markers_at": {"lexicon": "mine", "phrases": ["go"], "of": "reasoning"}}, trace("Go on"))
        == 500
    )
    with pytest.raises(LimbeckError, match="did you mean 'doubt'"):
        value("markers@dobt", trace("Go"))


def test_repeated_steps_count_the_restated_question_where_asked():
    told = trace("Tom has 12 plums and gets 5.", "12 + 5 = 17.", "So 12 + 5 = 17.", "Fine.")
    assert value("repeated_steps", told) == pytest.approx(2 / 4)
    assert value({"repeated_steps": {"question": False}}, told) == pytest.approx(1 / 4)


def test_kinds_of_steps_are_shares():
    told = trace("12 + 5 = 17.", "Wait, is that right?", "Let me double-check: 17 - 5 = 12.", "Done.")
    assert value("step_share@check", told) == pytest.approx(2 / 4)
    with pytest.raises(LimbeckError, match="did you mean 'check'"):
        value("step_share@chekc", told)


def test_abandoned_ways_are_those_without_the_answer():
    told = trace("12 + 5 = 18.", "Alternatively, count up: 14.", "Another approach: 5 + 12 = 17.")
    assert value("abandoned", told) == pytest.approx(2 / 3)
    assert value("abandoned", trace()) is None


def test_eta_is_right_answers_per_thousand_tokens_problem_by_problem():
    assert value("eta", trace("x", tokens=50), trace("x", tokens=200, answer="3")) == pytest.approx(
        (20 + 0) / 2
    )
    assert value("eta", trace("x", tokens=100)) > value("eta", trace("x", tokens=101))
    assert value("eta", trace("x", tokens=None)) is None
