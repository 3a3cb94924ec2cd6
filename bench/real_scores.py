"""Whether the sum or the mean of a sampled answer's log-probabilities prefers right ones.

Run: python bench/real_scores.py [SVAMP.csv]; a minute of one core. Writes bench/results/real_scores.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import real_model

from limbeck.generation import Messages, Sampling
from limbeck.models.local import Local
from limbeck.records import Problem

PROBLEMS, SAMPLES, PART = 200, 6, 25


@dataclass(frozen=True)
class Scored:
    """A text: whether it is right, its answer, and its tokens' log-probabilities."""

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


def sampled(model: Local, problems: Sequence[Problem]) -> list[list[Scored]]:
    """Samples of each problem that are a number and a full stop."""
    how = Sampling(n=SAMPLES, temperature=1.0, top_p=1.0, max_tokens=8, logprobs=True, stop=(".",))
    groups: list[list[Scored]] = [[] for _ in problems]
    for index, _, reply in model.stream([chat(problem) for problem in problems], how):
        if reply.finish == "stop" and reply.logprobs and re.fullmatch(r"\s*\d+\s*", reply.text):
            answer = reply.text.strip()
            scored = Scored(answer == problems[index].answer, answer, np.array(reply.logprobs))
            groups[index].append(scored)
    return groups


def everywhere(work: Callable[..., list[list[Scored]]], problems: Sequence[Problem]) -> list[list[Scored]]:
    """What comes of all problems, some of them at a time."""
    model = real_model.opened("bfloat16")
    parts = [(model, problems[first : first + PART]) for first in range(0, len(problems), PART)]
    return [group for part in real_model.side_by_side(work, parts) for group in part]


def interval(values: Sequence[float]) -> str:
    """A mean over problems with the 95% interval of a bootstrap over them."""
    array, rng = np.array(values), np.random.default_rng(0)
    means = array[rng.integers(0, len(array), (5000, len(array)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{100 * array.mean():.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def agreement(group: Sequence[Scored], rule: Callable[[Scored], float]) -> float:
    """Share of a problem's pairs of a right and a wrong text in which the right one scores higher; ties are
    half."""
    gaps = [rule(a) - rule(b) for a in group if a.right for b in group if not b.right]
    return float(np.mean([gap > 0 or (gap == 0) / 2 for gap in gaps]))


def lines() -> Iterator[str]:
    groups = [group for group in everywhere(sampled, real_model.svamp(200, PROBLEMS)) if group]
    mixed = [group for group in groups if 0 < sum(each.right for each in group) < len(group)]
    share = np.mean([each.right for group in groups for each in group])
    yield (
        f"{PROBLEMS} problems, {SAMPLES} samples each at T = 1 in bfloat16 behind *The answer is*. Of those "
        f"that are a number and a full stop ({len(groups)} problems have such) {share:.1%} are right; "
        f"{len(mixed)} problems have right and wrong ones. *Pairs*: of a right and a wrong sample of one "
        "problem, the share in which the right one scores higher, mean over these problems. *Picked*: "
        "problems whose best sample by the score is right. In percent, with 95% intervals over problems."
    )
    yield from ["", "| score of a sample | pairs | picked |", "|---|---:|---:|"]
    for name, rule in RULES.items():
        picked = [float(max(group, key=rule).right) for group in groups]
        pairs = interval([agreement(group, rule) for group in mixed]) if mixed else "–"
        yield f"| {name} | {pairs} | {interval(picked)} |"
    at_random = interval([float(np.mean([each.right for each in group])) for group in groups])
    yield f"| any sample | 50 | {at_random} |"


if __name__ == "__main__":
    real_model.write("real_scores", "Scores of sampled answers", __file__, lines())
