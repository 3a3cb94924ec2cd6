"""curation/pass_rate: how often a problem is solved, over models."""

from __future__ import annotations

import pytest

from limbeck.curation.score.pass_rate import pass_rate
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace, Verdict


def trace(name: str, outcome: str = "correct", problem: str = "p", **more) -> Trace:
    verdicts = [Verdict("test", outcome)] if outcome != "unknown" else []  # type: ignore[arg-type]
    return Trace(**{"id": name, "problem_id": problem, "answer": name, "verdicts": verdicts, **more})


def one(*traces: Trace) -> Data:
    return Data([Problem(id="p", question="What?")], list(traces))


def test_pass_rate_grades_over_models():
    data = one(
        *[
            trace(f"{m}{i}", o, model=m)
            for m, os in {"a": ["correct", "wrong"], "b": ["wrong", "unparsed"], "c": ["timeout"]}.items()
            for i, o in enumerate(os)
        ]
    )
    meta = pass_rate(data).problems[0].meta
    assert meta["pass_rate"] == 0.25
    assert meta["judged"] == 4
    assert meta["pass_rates"] == {"a": 0.5, "b": 0.0}
    assert meta["pass_rate_cv"] == pytest.approx(((1 - 0.25) / 0.25) ** 0.5)
    assert pass_rate(data, low=0.3).problems[0].marks == ["too_hard"]
    assert pass_rate(data, high=0.2).problems[0].marks == ["too_easy"]
    assert pass_rate(one(trace("x", "unknown")), low=0.5).problems[0].marks == []
    with pytest.raises(LimbeckError, match=r"low=0\.8"):
        pass_rate(data, low=0.8, high=0.2)


@pytest.mark.parametrize(("right", "n"), [(1, 4), (2, 4), (3, 4), (4, 4), (1, 8), (7, 8)])
def test_the_variation_of_right_and_wrong_is_that_of_a_coin(right, n):
    """Of a coin that falls right with probability p, sigma over mu is sqrt(p (1 - p)) / p."""
    p = right / n
    data = one(*[trace(str(at), "correct" if at < right else "wrong") for at in range(n)])
    assert pass_rate(data).problems[0].meta["pass_rate_cv"] == pytest.approx(((1 - p) / p) ** 0.5)


def test_hard_but_solvable_problems_vary_most_and_unsolved_ones_not_at_all():
    def variation(right: int) -> float | None:
        data = one(*[trace(str(at), "correct" if at < right else "wrong") for at in range(4)])
        return pass_rate(data).problems[0].meta["pass_rate_cv"]

    assert variation(0) is None
    assert variation(1) > variation(2) > variation(3) > variation(4) == 0


def scored(name: str, score: float | None, model: str = "r1") -> Trace:
    return Trace(id=name, problem_id="p", model=model, scores={} if score is None else {"tests": score})


def test_scores_that_are_no_verdicts():
    """Mean 0.75, deviations .25, .25, .25, .25 in size: sigma 0.25 and a third of the mean."""
    data = one(*[scored(str(at), score) for at, score in enumerate((1.0, 0.5, 1.0, 0.5))])
    meta = pass_rate(data, score="tests").problems[0].meta
    assert meta["pass_rate"] == 0.5
    assert meta["pass_rate_cv"] == pytest.approx(1 / 3)
    assert pass_rate(data, score="tests", passing=0.4).problems[0].meta["pass_rate"] == 1.0
    ragged = one(scored("a", 1.0), scored("b", None), scored("c", float("nan")), scored("d", -1.0))
    meta = pass_rate(ragged, score="tests").problems[0].meta
    assert (meta["judged"], meta["pass_rate"], meta["pass_rate_cv"]) == (2, 0.5, None)


def test_graded_by_the_student_alone():
    teacher = [trace(f"t{at}", "correct", model="teacher") for at in range(4)]
    student = [trace(f"s{at}", "correct" if at else "wrong", model="student") for at in range(2)]
    data = one(*teacher, *student)
    graded = pass_rate(data, model="student", high=0.5).problems[0]
    assert (graded.meta["pass_rate"], graded.meta["judged"], graded.marks) == (0.5, 2, [])
    assert graded.meta["pass_rates"] == {"teacher": 1.0, "student": 0.5}
    assert pass_rate(data, high=0.5).problems[0].marks == ["too_easy"], "5 of 6 over both"
    assert pass_rate(data, model="nobody", high=0.5).problems[0].marks == ["ungraded"]
