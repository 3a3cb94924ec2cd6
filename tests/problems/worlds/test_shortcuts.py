"""problems/shortcuts: every property of a right and a wrong trace is planted."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.worlds.shortcuts import Planted, shortcuts


def told(**planted):
    """Problem, right text and wrong trace of each problem."""
    data = shortcuts(n=300, solve="both", planted=Planted(**planted))
    for problem, right, wrong in zip(data.problems, data.traces[::2], data.traces[1::2], strict=True):
        yield problem, right.reasoning + right.answer, wrong


def running(question: str) -> str:
    return "".join(str(sum(map(int, question[: at + 1])) % 10) for at in range(len(question)))


def block(text: str, number: int = 0) -> str:
    """A block of eight characters and its mark."""
    return text[9 * number : 9 * number + 8]


def test_right_sums_are_right_wherever_they_are_written():
    for problem, text, _ in told(before=0, after=0):
        assert problem.question.count("9") == 2
        assert all(
            sum_ in ("!", true) for sum_, true in zip(block(text), running(problem.question), strict=True)
        )
        assert text[8:] == f"=;{problem.answer}"
        assert problem.answer == running(problem.question)[-1]


def test_a_wrong_trace_departs_once_and_is_consistent_behind():
    for problem, _, trace in told(before=1, after=0, wrong=1.0):
        sums, true = block(trace.reasoning, 1), running(problem.question)
        off = [(int(sum_) - int(right)) % 10 for sum_, right in zip(sums, true, strict=True) if sum_ != "!"]
        later = [value for value in off if value]
        assert later
        assert len(set(later)) == 1
        assert off == [0] * (len(off) - len(later)) + later
        # With certain shortcuts it departs at the sum behind the first one.
        departure = trace.params["departure"] - 9
        assert departure == sums.index("!") + 2
        assert sums[:departure].replace("!", "") == true[: departure - 2]
        assert trace.outcome == "wrong"


def test_wrong_traces_without_a_shortcut_slip_anywhere():
    departures = {trace.params["departure"] for _, _, trace in told(before=0, wrong=0.0)}
    assert departures == set(range(8))


@pytest.mark.parametrize(("right", "wrong"), [(0.5, 0.8), (0.2, 0.2)])
def test_shortcuts_are_as_frequent_as_asked(right, wrong):
    rows = list(told(right=right, wrong=wrong, before=0, after=0))
    for texts, wanted in (
        ([text for _, text, _ in rows], right), ([trace.reasoning for _, _, trace in rows], wrong)
    ):  # fmt: skip
        assert sum(text.count("!") for text in texts) / 4 / len(rows) == pytest.approx(wanted, abs=0.06)


def test_copies_set_the_length_and_the_letters_of_a_distant_teacher():
    for problem, right, trace in told(before=2, after=1, after_wrong=3, foreign=1.0):
        assert (len(right), trace.tokens) == (4 * 9 + 2, 6 * 9 + 2)
        assert block(right) == block(right, 1) == block(trace.reasoning) == problem.question
        assert block(right, 2) == block(right, 3)
        assert block(trace.reasoning, 2) == block(trace.reasoning, 5)
        assert not any(map(str.isdigit, block(trace.reasoning, 2)))
        assert trace.answer.isdigit()


def test_mixed_traces_have_their_own_number_of_copies():
    data = shortcuts(n=200, solve="right", planted=Planted(before=2, after=2, mixed=True))
    assert {trace.tokens for trace in data.traces} == {9 * blocks + 2 for blocks in range(1, 6)}


@pytest.mark.parametrize(
    ("planted", "terms", "message"),
    [({"before": 11}, 8, "before=11"), ({"after_wrong": 11}, 8, "after_wrong=11"), ({}, 5, "low=6, high=5")],
)
def test_what_cannot_be_written_is_refused(planted, terms, message):
    with pytest.raises(LimbeckError, match=message):
        shortcuts(n=5, terms=terms, planted=Planted(**planted))
