"""Whether the sum or the mean of a text's log-probabilities prefers right answers.

Run: python bench/real_scores.py [SVAMP.csv]; seven minutes of one core. Writes bench/results/real_scores.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import real_model

from limbeck.evaluation.ops import wilson
from limbeck.generation import Messages, Sampling
from limbeck.models.local import Local
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers.math import math

PROBLEMS, SAMPLES, PART = 200, 4, 25
SHOTS = [
    ("jack had 9 apples and ate 2 of them. how many apples are left?", "9 - 2 = 7. The answer is 7."),
    ("each of 4 boxes holds 12 pens. how many pens are there?", "4 * 12 = 48. The answer is 48."),
]  # fmt: skip


@dataclass(frozen=True)
class Scored:
    """A text: whether it is right, its answer, and its tokens' log-probabilities."""

    right: bool
    answer: str
    logps: np.ndarray


Groups = list[list[Scored]]

RULES: dict[str, Callable[[Scored], float]] = {
    "sum": lambda each: float(each.logps.sum()),
    "mean": lambda each: float(each.logps.mean()),
    "fewest tokens": lambda each: -len(each.logps),
}


def chat(problem: Problem) -> Messages:
    """The problem behind two that are answered."""
    turns: Messages = []
    for question, answer in SHOTS:
        turns += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return [*turns, {"role": "user", "content": problem.question}]


def everywhere(work: Callable[..., Groups], model: Local, problems: Sequence[Problem]) -> Groups:
    """What comes of all problems, some of them at a time."""
    parts = [(model, problems[first : first + PART]) for first in range(0, len(problems), PART)]
    return [group for part in real_model.side_by_side(work, parts) for group in part]


def sampled(model: Local, problems: Sequence[Problem]) -> Groups:
    """Samples of each problem that ended by themselves."""
    how = Sampling(n=SAMPLES, temperature=0.7, top_p=1.0, max_tokens=32, logprobs=True)
    groups: list[list[Scored]] = [[] for _ in problems]
    for index, number, reply in model.stream([chat(problem) for problem in problems], how):
        if reply.finish == "stop" and reply.logprobs:
            trace = Trace(id=f"{index}-{number}", problem_id=problems[index].id, answer=reply.text)
            verdict = math(problems[index], trace)
            scored = Scored(verdict.outcome == "correct", verdict.extracted, np.array(reply.logprobs))
            groups[index].append(scored)
    return groups


def candidates(problem: Problem) -> list[str]:
    """The answer, the question's numbers, and what two of these make; each once."""
    numbers = [float(each) for each in problem.meta["numbers"]]
    made = {problem.answer or "": None} | dict.fromkeys(problem.meta["numbers"])
    for a in numbers[:3]:
        for b in numbers[:3]:
            results = [a + b, a * b, a - b if a > b else 0, a / b if b and a % b == 0 else 0]
            made |= {real_model.written(each): None for each in results if each and a != b}
    return [*made][:6]


def offered(model: Local, problems: Sequence[Problem]) -> Groups:
    """Candidates of each problem as the model's next words."""
    asked = [(problem, text) for problem in problems for text in candidates(problem)]
    chats: list[Messages] = [
        [{"role": "user", "content": problem.question}, {"role": "assistant", "content": "The answer is"}]
        for problem, _ in asked
    ]
    scores = model.score(chats, [f" {text}." for _, text in asked])
    groups: dict[str, list[Scored]] = {}
    for (problem, text), logps in zip(asked, scores, strict=True):
        groups.setdefault(problem.id, []).append(Scored(text == problem.answer, text, np.array(logps)))
    return list(groups.values())


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
    model, problems = real_model.opened("bfloat16"), real_model.svamp(200, PROBLEMS)
    groups = [group for group in everywhere(sampled, model, problems) if group]
    print("sampled", flush=True)
    mixed = [group for group in groups if 0 < sum(each.right for each in group) < len(group)]
    share = np.mean([each.right for group in groups for each in group])
    yield (
        f"{PROBLEMS} problems behind two that are answered, {SAMPLES} samples each at T = 0.7 in bfloat16; "
        f"{share:.1%} of those that end by themselves are right, and {len(mixed)} problems have right and "
        "wrong ones. *Pairs*: of a right and a wrong sample of one problem, the share in which the right one "
        "scores higher, mean over these problems. *Picked*: problems whose best sample by the score is "
        "right. In percent, with 95% intervals over problems."
    )
    yield from ["", "| score of a sample | pairs | picked |", "|---|---:|---:|"]
    for name, rule in RULES.items():
        picked = [float(max(group, key=rule).right) for group in groups]
        yield f"| {name} | {interval([agreement(group, rule) for group in mixed])} | {interval(picked)} |"
    at_random = interval([float(np.mean([each.right for each in group])) for group in groups])
    votes = [Counter(each.answer for each in group).most_common(1)[0][0] for group in groups]
    majority = [
        float(any(each.right for each in group if each.answer == vote))
        for group, vote in zip(groups, votes, strict=True)
    ]
    yield f"| any sample | 50 | {at_random} |"
    yield f"| majority | | {interval(majority)} |"
    yield from _choices(model, problems)


def _choices(model: Local, problems: Sequence[Problem]) -> Iterator[str]:
    groups = everywhere(offered, model, problems)
    several = np.mean([len(group) for group in groups])
    yield from ["", (
        f"The same problems without examples, {several:.1f} candidates each (the answer, the question's "
        "numbers, and sums, differences, products and quotients of two of them) behind "
        "*The answer is*: how often the best one by the score is right, and how often it is a number "
        "of the question."
    ), "", "| score of a candidate | right | copied from the question |", "|---|---:|---:|"]  # fmt: skip
    for name, rule in RULES.items():
        best = [max(group, key=rule) for group in groups]
        pairs = zip(best, problems, strict=True)
        copied = sum(each.answer in problem.meta["numbers"] for each, problem in pairs)
        right = sum(each.right for each in best)
        yield f"| {name} | {_counted(right)} | {_counted(copied)} |"


def _counted(hits: int) -> str:
    low, high = wilson(hits, PROBLEMS)
    return f"{100 * hits / PROBLEMS:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


if __name__ == "__main__":
    real_model.write("real_scores", "Sums and means of log-probabilities", __file__, lines())
