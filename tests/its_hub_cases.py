"""A case of `bench/its_hub.py` as our strategies see it: answers in turn, scores by answer, a walk."""

from __future__ import annotations

from typing import Any

from limbeck.decoding._stepping import Attempt, Stepping
from limbeck.decoding.search.particles import weights
from limbeck.decoding.search.step_beam import step_beam
from limbeck.decoding.vote.adaptive_consistency import adaptive_consistency
from limbeck.decoding.vote.best_of import best_of
from limbeck.decoding.vote.self_consistency import self_consistency
from limbeck.generation import Sampling
from limbeck.models.scripted import Scripted
from limbeck.records import Verdict
from limbeck.texts.steps import Cutting

CHAT = [{"role": "user", "content": "?"}]
PLAIN: dict[str, Any] = {"format": "plain", "equal": "text"}


def ours(case: dict[str, Any]) -> dict[str, Any]:
    """Our choice by strategy, as `bench/peers/its_hub_choices.py` writes the peer's."""
    answers, n = case["answers"], len(case["answers"])
    model = Scripted(answers)
    worth = dict(zip(answers, case["scores"], strict=True))

    def outcome(problem: Any, trace: Any) -> Verdict:
        return Verdict("outcome", "unknown", score=worth[trace.answer])

    def place(made: Any) -> tuple[int, int]:
        done = made.generate([CHAT], Sampling())[0][0]
        return answers.index(done.text), int((done.scores or {}).get("paths", n))

    beta = adaptive_consistency(model=model, n=n, sure=case["sure"], **PLAIN)
    doubling = adaptive_consistency(model=model, n=n, stopping="doubling", sure=case["share"], **PLAIN)
    return {
        "votes": place(self_consistency(model=model, n=n, **PLAIN)),
        "beta": place(beta),
        "doubling": place(doubling),
        "best": place(best_of(model=model, verifier=outcome, n=n, **PLAIN))[0],
        "beam": _walked(case),
        "weights": weights([Attempt(score=score) for score in case["scores"]]),
    }


def _walked(case: dict[str, Any]) -> str:
    """A beam of one whose steps are letters, with slashes between."""

    def reply(messages: Any, number: int) -> str:
        begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        letter = "ab"[number % 2]
        return f"{letter}/x" if begun.count("/") < case["depth"] - 1 else letter

    def process(problem: Any, trace: Any) -> Verdict:
        letters = (trace.reasoning + trace.answer).replace("/", "")
        return Verdict("process", "unknown", score=case["steps"].get(letters, 0.5))

    made = step_beam(
        model=Scripted(reply), verifier=process, beam=1, k=case["k"], format="plain",
        cutting=Cutting(separator="(?<=/)"), stepping=Stepping(),
    )  # fmt: skip
    return made.generate([CHAT], Sampling())[0][0].text
