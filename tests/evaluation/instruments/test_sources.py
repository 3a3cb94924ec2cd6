"""Sources held side by side: lengths, spread and rank correlation by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments.sources import sources
from limbeck.pipeline.context import Context
from limbeck.ranks import rank_correlation
from limbeck.records import Data, Problem, Trace, Verdict


def test_rank_correlation_by_hand():
    assert rank_correlation([1, 2, 3], [10, 20, 90]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    # Ranks 1, 2, 3 against 1.5, 1.5, 3: covariance 0.5, variances 2/3 and 0.5.
    assert rank_correlation([1, 2, 3], [5, 5, 9]) == pytest.approx(0.5 / (2 / 3 * 0.5) ** 0.5)
    assert rank_correlation([1, 2, 3], [4, 4, 4]) == 0


def data() -> Data:
    problems = [
        Problem(id=f"p{at}", question="?", meta={"steps": at, "pass_rate": 1 - at / 10}) for at in range(3)
    ]
    texts = {"grows": ["a", "aaa", "aaaaa"], "even": ["bb", "bb", "bb"]}
    traces = [
        Trace(
            id=f"{name}{at}", problem_id=f"p{at}", answer=text, model=name,
            verdicts=[Verdict("exact", "wrong" if text == "a" else "correct", text)],
        )
        for name, written in texts.items()
        for at, text in enumerate(written)
    ]  # fmt: skip
    marked = Trace(id="x", problem_id="p0", answer="a" * 99, model="even", marks=["wrong"])
    return Data(problems, [*traces, marked])


def test_each_writer_has_its_lengths_and_their_spread():
    made = sources(data(), difficulty="steps", ctx=Context(Path(".")))
    rows = {(row.model, row.metric): row.value for row in made.results}
    names = ("correct", "length", "length_spread", "length_difficulty")
    grows, even = ([rows[writer, name] for name in names] for writer in ("grows", "even"))
    assert grows == pytest.approx([2 / 3, 3, (8 / 3) ** 0.5, 1])
    assert even == [1, 2, 0, 0]
    assert all(row.low <= row.value <= row.high for row in made.results if row.metric == "length")


def test_the_mean_of_the_noted_products_is_the_correlation_and_pass_rate_counts_backwards():
    made = sources(data(), difficulty="pass_rate", writer="grows", ctx=Context(Path(".")))
    noted = [trace.scores["length_difficulty"] for trace in made.data.traces]
    assert [trace.model for trace in made.data.traces] == ["grows"] * 3
    assert sum(noted) / 3 == pytest.approx(1)


@pytest.mark.parametrize(
    ("setting", "said"), [({"difficulty": "step"}, "did you mean 'steps'"), ({"writer": "evan"}, "'even'")]
)
def test_what_is_not_there_is_named(setting, said):
    with pytest.raises(LimbeckError, match=said):
        sources(data(), ctx=Context(Path(".")), **{"difficulty": "steps", **setting})
