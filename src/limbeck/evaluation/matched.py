"""What a strategy is worth against a majority of plain samples that take as many tokens."""

from __future__ import annotations

import numpy as np

from limbeck.evaluation import ops
from limbeck.evaluation.comparison import Comparison, judged
from limbeck.evaluation.samples import Group, find, groups, per_problem
from limbeck.records import Data


def against_votes(
    strategy: Data, plain: Data, names: tuple[str, str], draws: int = 10_000
) -> list[Comparison]:
    """A strategy's pass@1 minus maj@k of the model without it, paired by problem, on each benchmark and
    temperature of the strategy.

    k is the number of plain samples that take about the strategy's tokens: at least 1, at most as many as
    there are. A benchmark where tokens were not counted, or with no common problem, is left out.

    Returns:
        Comparisons whose ``metric`` says ``pass@1 against maj@k``.
    """
    compared = []
    for group in groups(strategy):
        rival = find(plain, group.benchmark, group.temperature)
        spent, each = _tokens(group), _tokens(rival)
        if not spent or not each or not rival.n:
            continue
        k = max(1, min(rival.n, round(spent / each)))
        first, second = per_problem(group, "pass@1"), per_problem(rival, f"maj@{k}")
        both = sorted(first.keys() & second.keys())
        if not both:
            continue
        difference = np.array([first[name] - second[name] for name in both])
        means = ops.bootstrap_two_way(difference[None], draws, 0)
        low, high = (float(end) for end in np.quantile(means, [0.025, 0.975]))
        made = Comparison(
            better=names[0],
            than=names[1],
            benchmark=group.benchmark,
            temperature=group.temperature,
            metric=f"pass@1 against maj@{k}",
            unit="share",
            value=float(np.mean([first[name] for name in both])),
            other=float(np.mean([second[name] for name in both])),
            diff=float(difference.mean()),
            low=low,
            high=high,
            boot_p=ops.two_sided_p(means),
            seeds=1,
            problems=len(both),
            samples=group.total + rival.total,
            design="problems",
            per_seed=[float(difference.mean())],
        )
        compared.append(judged(made))
    return compared


def _tokens(group: Group) -> float:
    """Mean tokens of a sample; 0 where they were not counted."""
    counts = [trace.tokens for traces in group.samples.values() for trace in traces if trace.tokens]
    return float(np.mean(counts)) if counts else 0.0
