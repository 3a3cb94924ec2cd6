"""A language model that is asked one word: its probability is the reward."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.judging.replies import Said, Words
from limbeck.judging.weighing import Chances, Weighing, chat, reader, shown, weigh
from limbeck.pipeline.estimates import Counts, asked
from limbeck.records import Outcome, Problem, Trace, Verdict

TEMPLATE = "{question}\n\nA solution:\n{trace}\n\nIs this solution right? Answer with one word: yes or no."


def reward_model(
    problem: Problem,
    trace: Trace,
    *,
    model: Model,
    template: str = "",
    right: str = "yes",
    wrong: str = "no",
    threshold: float = 0.5,
) -> Verdict | Future[Verdict]:
    """How likely a model finds it that a trace is right: P(yes) / (P(yes) + P(no)) behind the question.

    A model trained on labelled traces by `curation/judge_tasks` and plain SFT is such a reward model: the
    log-odds of the two words are its scalar head (reward distillation, arXiv 2502.19557). Nothing is sampled.

    Args:
        template: with ``{trace}``; further ``{question}`` and ``{fence}``. The one it was trained
            with; empty takes ``TEMPLATE``, as `curation/judge_tasks` does.
        right, wrong: the two words.
        threshold: least score of a ``correct`` trace.

    Raises:
        LimbeckError: a template without ``{trace}``, equal words, or a model that cannot score text.
    """
    reader(Words("", right, wrong))
    asked, _, _ = shown(template or TEMPLATE, "verifiers/reward_model", problem, trace)

    def then(_: list[Said], chances: Chances) -> Verdict:
        score = chances[0]
        if score is None:
            raise LimbeckError(
                f"verifiers/reward_model: model {model.name!r} cannot score text; use a local model"
            )
        outcome: Outcome = "correct" if score >= threshold else "wrong"
        return Verdict("reward_model", outcome, reason=f"{right} with {score:.3f}", score=score)

    return weigh(model, Weighing(chat(asked), None, lambda _: Said(None), (right, wrong), then))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: words are weighed, nothing is sampled."""
    return asked(0, None, 0)
