"""evaluation/entropy: the mean surprise of a model's own tokens."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.measures.entropy import entropy
from limbeck.generation import Completion, Model
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem


class Telling(Model):
    """Writes tokens of given log-probabilities; the first problem's samples come last."""

    name = "telling"

    def __init__(self, logprobs: list[list[float] | None]) -> None:
        self.logprobs = logprobs

    def stream(self, prompts, sampling):
        assert (sampling.temperature, sampling.top_p, sampling.logprobs) == (1.0, 1.0, True)
        for index in reversed(range(len(prompts))):
            for number in range(sampling.n):
                yield index, number, Completion(text="x", logprobs=self.logprobs[index], tokens=2)


def measured(tmp_path, logprobs, **more):
    problems = [Problem(id=f"p{n}", question="?", source="world", split="test") for n in range(len(logprobs))]
    return entropy(Data(problems), model=Telling(logprobs), ctx=Context(tmp_path), **more)


def test_entropy_is_the_mean_surprise_of_a_models_own_tokens(tmp_path):
    done = measured(tmp_path, [[-1.0, -2.0], [0.0, -0.5]], n=3)
    (result,) = done.results
    assert (result.metric, result.benchmark, result.n, result.samples) == ("entropy", "world", 2, 6)
    assert result.value == pytest.approx((1.5 + 0.25) / 2)
    assert [trace.problem_id for trace in done.data.traces] == ["p0"] * 3 + ["p1"] * 3
    assert done.data.traces[0].scores["entropy"] == pytest.approx(1.5)


def test_entropy_needs_log_probabilities_and_problems(tmp_path):
    with pytest.raises(LimbeckError, match="no log-probabilities"):
        measured(tmp_path, [None])
    with pytest.raises(LimbeckError, match="0 problems"):
        measured(tmp_path, [])
