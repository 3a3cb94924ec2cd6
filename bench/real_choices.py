"""Whether the sum or the mean of log-probabilities chooses the right one of given answers.

Run: python bench/real_choices.py [SVAMP.csv]; two minutes of one core. Writes bench/results/real_choices.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import real_model

from limbeck.evaluation.ops import wilson
from limbeck.generation import Messages
from limbeck.models.local import Local
from limbeck.records import Problem

PROBLEMS, PART, MOST = 200, 25, 5


@dataclass(frozen=True)
class Scored:
    """A candidate: whether it is right, its text, and its tokens' log-probabilities."""

    right: bool
    answer: str
    logps: np.ndarray


RULES: dict[str, Callable[[Scored], float]] = {
    "sum": lambda each: float(each.logps.sum()),
    "mean": lambda each: float(each.logps.mean()),
    "fewest tokens": lambda each: -len(each.logps),
}


def chat(problem: Problem) -> Messages:
    """The problem, and the beginning of what is to be said."""
    return [{"role": "user", "content": problem.question}, {"role": "assistant", "content": "The answer is"}]


def candidates(problem: Problem) -> list[str]:
    """The answer, the question's numbers, and what two of these make; each once."""
    written = real_model.numbers(problem)
    numbers = [float(each) for each in written]
    made = {problem.answer or "": None} | dict.fromkeys(written[:2])
    for a in numbers[:3]:
        for b in numbers[:3]:
            results = [a + b, a * b, a - b if a > b else 0, a / b if b and a % b == 0 else 0]
            made |= {real_model.written(each): None for each in results if each and a != b}
    return sorted([*made][:MOST])  # of equal scores the first counts, which is not to be the answer


def offered(model: Local, problems: Sequence[Problem]) -> list[list[Scored]]:
    """Candidates of each problem as the model's next words."""
    asked = [(problem, text) for problem in problems for text in candidates(problem)]
    scores = model.score([chat(problem) for problem, _ in asked], [f" {text}." for _, text in asked])
    groups: dict[str, list[Scored]] = {}
    for (problem, text), logps in zip(asked, scores, strict=True):
        groups.setdefault(problem.id, []).append(Scored(text == problem.answer, text, np.array(logps)))
    return list(groups.values())


def counted(hits: int) -> str:
    """Percent of the problems, with Wilson's 95% interval."""
    low, high = wilson(hits, PROBLEMS)
    return f"{100 * hits / PROBLEMS:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def lines() -> Iterator[str]:
    problems = real_model.problems(200, PROBLEMS)
    model = real_model.opened("bfloat16")
    parts = [(model, problems[first : first + PART]) for first in range(0, PROBLEMS, PART)]
    groups = [group for part in real_model.side_by_side(offered, parts) for group in part]
    several = np.mean([len(group) for group in groups])
    yield (
        f"{PROBLEMS} problems, {several:.1f} candidates each in bfloat16 behind *The answer is*: the answer, "
        "two numbers of the question, and sums, differences, products and quotients of two of them. How "
        "often the best one by the score is right, and how often it is a number of the question; in percent, "
        "with 95% intervals."
    )
    yield from ["", "| score of a candidate | right | copied from the question |", "|---|---:|---:|"]
    for name, rule in RULES.items():
        best = [max(group, key=rule) for group in groups]
        pairs = zip(best, problems, strict=True)
        copied = sum(each.answer in real_model.numbers(problem) for each, problem in pairs)
        right = sum(each.right for each in best)
        yield f"| {name} | {counted(right)} | {counted(copied)} |"


if __name__ == "__main__":
    real_model.write("real_choices", "Scores of given answers", __file__, lines())
