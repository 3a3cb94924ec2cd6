"""Whether the sum or the mean of log-probabilities chooses the right one of given answers.

Run: python bench/real_choices.py [SVAMP.csv]; two minutes of one core. Writes bench/results/real_choices.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import real_model
from real_scores import PROBLEMS, RULES, Scored, chat, everywhere

from limbeck.evaluation.ops import wilson
from limbeck.models.local import Local
from limbeck.records import Problem

MOST = 5


def candidates(problem: Problem) -> list[str]:
    """The answer, the question's numbers, and what two of these make; each once."""
    numbers = [float(each) for each in problem.meta["numbers"]]
    made = {problem.answer or "": None} | dict.fromkeys(problem.meta["numbers"][:2])
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
    problems = real_model.svamp(200, PROBLEMS)
    groups = everywhere(offered, problems)
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
        copied = sum(each.answer in problem.meta["numbers"] for each, problem in pairs)
        right = sum(each.right for each in best)
        yield f"| {name} | {counted(right)} | {counted(copied)} |"


if __name__ == "__main__":
    real_model.write("real_choices", "Scores of given answers", __file__, lines())
