"""Costs by hand: each model's tokens at its prices, whole and by role."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import groups, like, per_problem, rows
from limbeck.pipeline import metrics
from limbeck.records import Data, Problem, Trace, Verdict

PRICES = {"small": [1, 2], "large": [10, 40]}


def trace(number: int, outcome: str, pid: str = "p", tokens: int = 20) -> Trace:
    spent = {
        "decomposer": {"model": "small", "prompt_tokens": 100, "tokens": 10},
        "solver": {"model": "large", "prompt_tokens": 200, "tokens": tokens},
    }
    return Trace(
        id=f"{pid}{number}", problem_id=pid, verdicts=[Verdict("exact", outcome)],
        params={"spent": spent, "temperature": 0.6, "sample": number, "benchmark": "b"},
    )  # fmt: skip


def value(metric, *traces: Trace):
    return metrics.read(metric).function(Problem(id="p", question="?"), list(traces))


def test_tokens_are_paid_at_the_price_of_who_read_or_wrote_them():
    # 100 + 20 of the small one; 2,000 + 800 and 2,000 + 1,600 of the large one: USD per million.
    samples = trace(0, "correct"), trace(1, "wrong", tokens=40)
    assert value({"cost": {"prices": PRICES}}, *samples) == pytest.approx((2920e-6 + 3720e-6) / 2)
    assert value({"cost": {"prices": PRICES, "role": "decomposer"}}, *samples) == pytest.approx(120e-6)
    assert value({"cost": {"prices": PRICES}}, Trace(id="t", problem_id="p", tokens=5)) is None


def test_a_right_answer_costs_all_that_was_paid_over_how_many_are_right():
    data = Data(
        [Problem(id="p", question="?"), Problem(id="q", question="!")],
        [trace(0, "correct"), trace(1, "wrong"), trace(0, "wrong", "q", 40), trace(1, "wrong", "q", 40)],
    )
    [group] = groups(data)
    numbers = per_problem(group, {"cost_per_correct": {"prices": PRICES}})
    assert sum(numbers.values()) / 2 == pytest.approx(2 * 2920e-6 + 2 * 3720e-6)  # paid for four, one right
    # R = 13280e-6; p: R + (2920e-6 - R / 2) / (1 / 4), q: R + 3720e-6 / (1 / 4).
    assert numbers["p"] == pytest.approx(13280e-6 + (2920e-6 - 6640e-6) * 4)
    assert numbers["q"] == pytest.approx(13280e-6 + 3720e-6 * 4)


def test_where_nothing_is_right_there_is_no_price_of_a_right_answer():
    [group] = groups(Data([Problem(id="p", question="?")], [trace(0, "wrong")]))
    assert list(rows(group, [metrics.read({"cost_per_correct": {"prices": PRICES}})], like("m", [0]))) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"prices": {"larg": [1, 2], "small": [1, 1]}}, "model 'large'.*'larg'"),
        ({"prices": {"large": [1, -2], "small": [1, 1]}}, r"'large' are \[1.*-2"),
        ({"prices": PRICES, "role": "solvr"}, "role 'solvr'.*'solver'"),
    ],
)
def test_prices_that_do_not_fit_are_named(given, told):
    with pytest.raises(LimbeckError, match=told):
        value({"cost": given}, trace(0, "correct"))
