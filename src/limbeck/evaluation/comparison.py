"""Is one method better than another? Differences paired by problem, over seeds, with a plain-word verdict.

better = [read_results(run / …).data for run in seeds]   # one Data per training seed
than = [read_results(run / …).data for run in seeds]     # the same seeds, the same problems
compare(better, than, names=("redi", "dpo"), temperature=0.6).verdict   # holds | not shown | reversed
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from limbeck.errors import LimbeckError
from limbeck.evaluation import ops
from limbeck.evaluation.power import detectable
from limbeck.evaluation.samples import find, per_problem
from limbeck.evaluation.verdicts import LEAST, VerdictWord, cautious, margin
from limbeck.pipeline import metrics
from limbeck.pipeline.metrics import Metric
from limbeck.records import Data
from limbeck.units import bare, name


class Comparison(Struct, frozen=True, kw_only=True):
    """``better`` minus ``than``, both in the metric's ``unit``.

    ``low``, ``high`` and ``boot_p`` come from the bootstrap over seeds and problems, ``t_low``, ``t_high``
    and ``t_p`` are Student's over seeds alone, ``flip_p`` the exact sign-flip test; None with one seed.
    ``verdict`` is the word that both intervals say, else ``not shown``; ``p`` the larger of ``boot_p`` and
    ``t_p``, ``p_holm`` that adjusted for the contrasts tested together (`holm`). ``detectable`` is the
    smallest true difference beyond ``by`` that four of five such measurements would have shown (`power`).
    ``per_seed`` holds the seeds' differences. ``unpaired`` counts problems left out because every request for
    them failed on one side. With ``fewer`` a negative difference is the better one; the difference must be
    better than zero by ``by`` (worse by no more, if negative). ``scores`` names the stage of evaluation where
    it is another than the recipe's first. ``temperature`` is None where nothing was sampled.
    """

    better: str
    than: str
    benchmark: str
    temperature: float | None
    metric: str
    value: float
    other: float
    diff: float
    low: float
    high: float
    boot_p: float
    seeds: int
    problems: int
    samples: int
    design: str
    per_seed: list[float]
    p: float = 1.0
    verdict: VerdictWord = "not shown"
    detectable: float = 0.0
    unpaired: int = 0
    t_low: float | None = None
    t_high: float | None = None
    t_p: float | None = None
    flip_p: float | None = None
    p_holm: float | None = None
    fewer: bool = False
    by: float = 0.0
    scores: str = ""
    unit: str = ""

    @property
    def measured(self) -> str:
        """The metric, its unit, and in which stage of evaluation where that is a further one."""
        return named(self.metric, self.unit, self.scores)

    def __repr__(self) -> str:
        span = f"[{bare(self.low, self.unit, '+')}, {bare(self.high, self.unit, '+')}]"
        difference = f"{bare(self.diff, self.unit, '+')} {span} {name(self.unit)}".rstrip()
        sides = f"{self.better} {bare(self.value, self.unit)}, {self.than} {bare(self.other, self.unit)}"
        of = f"{self.problems:,} problems, {self.seeds} seed{'s'[: self.seeds != 1]}"
        why = f" (by fewer than {LEAST} problems)" if self.problems < LEAST else ""
        told = f"{sides}; difference {difference}, {of}: {self.verdict}{why}"
        return f"{self.measured} on {self.benchmark}: {told}"

    __str__ = __repr__


def named(metric: str, unit: str, scores: str = "") -> str:
    """``pass@1``, ``loss in nats``, ``pass@1, unique``: a unit is left out where name or table tell it."""
    told = unit in ("share", "score", "count", "") or unit in metric
    return ", ".join(part for part in (metric if told else f"{metric} in {name(unit)}", scores) if part)


def compare(
    better: Sequence[Data],
    than: Sequence[Data],
    *,
    names: tuple[str, str] = ("better", "than"),
    temperature: float | None = None,
    benchmark: str = "",
    metric: Any = "pass@1",
    fewer: bool = False,
    by: float | str = 0.0,
    draws: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare two methods over training seeds, paired by seed and by problem.

    The 95% interval is a bootstrap that draws seeds and problems together (`ops.bootstrap_two_way`; where
    seeds have different problems, `ops.bootstrap_nested`). With one seed it draws problems only and says
    nothing of other seeds; with several, Student's over seeds must say the same word. Over fewer than `LEAST`
    problems nothing is shown.

    Args:
        better, than: one `Data` per seed as `evaluation/accuracy` returns it, in the same order of seeds.
        temperature, benchmark: which samples; may be left out where there is only one.
        metric: as a recipe names it.
        fewer: whether less of it is better.
        by: by how much it must be better, a number or a share of the other's value (``"40%"``).

    Raises:
        LimbeckError: when the numbers of seeds differ, the samples asked for are not there, or a pair of
            evaluations does not have the same problems.
    """
    measure = metrics.read(metric)
    pairs = _paired(better, than, names, temperature, benchmark, measure)
    firsts, seconds = [pair.first for pair in pairs], [pair.second for pair in pairs]
    (means, design), least = _drawn(pairs, draws, seed), margin(by, _mean(seconds))
    low, high = (float(value) for value in np.quantile(means, [0.025, 0.975]))
    per_seed = [float(pair.differences().mean()) for pair in pairs]
    measured = Comparison(
        better=names[0],
        than=names[1],
        benchmark=pairs[0].benchmark,
        temperature=pairs[0].temperature,
        metric=measure.label,
        unit=measure.unit,
        value=_mean(firsts),
        other=_mean(seconds),
        diff=float(np.mean(per_seed)),
        low=low,
        high=high,
        boot_p=ops.two_sided_p((-means if fewer else means) - least),
        seeds=len(per_seed),
        problems=len(set().union(*firsts)),
        samples=sum(pair.samples for pair in pairs),
        unpaired=sum(pair.unpaired for pair in pairs),
        design=design,
        per_seed=per_seed,
        fewer=fewer,
        by=least,
    )
    return judged(measured)


def judged(measured: Comparison) -> Comparison:
    """The comparison with all that follows from its bootstrap and its seeds' differences: the tests over
    seeds, ``p``, ``verdict`` and ``detectable``."""
    c, more = measured, _over_seeds(measured)
    spans = [(c.low, c.high), *([(more["t_low"], more["t_high"])] if more else [])]
    return msgspec.structs.replace(
        c,
        p=max(c.boot_p, more.get("t_p", 0.0)),
        verdict=cautious(spans, c.fewer, c.by) if c.problems >= LEAST else "not shown",
        detectable=detectable(c.low, c.high, c.per_seed),
        **more,
    )


class _Pair(Struct, frozen=True):
    """Two evaluations of one seed: the metric by problem id."""

    first: dict[str, float]
    second: dict[str, float]
    benchmark: str
    temperature: float | None
    samples: int
    unpaired: int

    def differences(self) -> ops.Array:
        """First minus second, problems in the order of their ids."""
        return np.array([self.first[pid] - self.second[pid] for pid in sorted(self.first)])


def _drawn(pairs: list[_Pair], draws: int, seed: int) -> tuple[ops.Array, str]:
    """Bootstrap means of the differences, and what was drawn."""
    diffs = [pair.differences() for pair in pairs]
    if all(pair.first.keys() == pairs[0].first.keys() for pair in pairs):
        design = "seeds × problems" if len(diffs) > 1 else "problems"
        return ops.bootstrap_two_way(np.stack(diffs), draws, seed), design
    return ops.bootstrap_nested(diffs, draws, seed), "seeds, problems within"


def _paired(
    better: Sequence[Data],
    than: Sequence[Data],
    names: tuple[str, str],
    temperature: float | None,
    benchmark: str,
    metric: Metric,
) -> list[_Pair]:
    if not better or len(better) != len(than):
        numbers = f"{len(better)} and {len(than)} evaluations"
        raise LimbeckError(f"comparing {names[0]!r} with {names[1]!r} pairs them by seed: got {numbers}")
    pairs = []
    for data, other in zip(better, than, strict=True):
        group, rival = find(data, benchmark, temperature), find(other, benchmark, temperature)
        first, second = per_problem(group, metric), per_problem(rival, metric)
        if apart := group.samples.keys() ^ rival.samples.keys():
            raise LimbeckError(
                f"{names[0]!r} and {names[1]!r} were not evaluated on the same problems of "
                f"{group.benchmark}: "
                f"{len(apart)} are in one only, such as {min(apart)!r}"
            )
        both = [pid for pid in first if pid in second]
        if not both:
            raise LimbeckError(
                f"{names[0]!r} and {names[1]!r} have {metric.label} of no common problem of {group.benchmark}"
            )
        unpaired = len(group.samples) - len(both)
        first, second = {pid: first[pid] for pid in both}, {pid: second[pid] for pid in both}
        pairs.append(
            _Pair(first, second, group.benchmark, group.temperature, group.total + rival.total, unpaired)
        )
    return pairs


def _mean(scores: list[dict[str, float]]) -> float:
    return float(np.mean([np.mean(list(score.values())) for score in scores]))


def _over_seeds(c: Comparison) -> dict[str, Any]:
    """The tests over seeds, where there are several. ``t_p`` asks what ``boot_p`` asks: of a difference
    beyond ``by``."""
    if c.seeds < 2:
        return {}
    low, high, _ = ops.paired_t(c.per_seed)
    beyond = [(-each if c.fewer else each) - c.by for each in c.per_seed]
    flips = {"flip_p": ops.sign_flip(c.per_seed)} if c.seeds <= 20 else {}
    return {"t_low": low, "t_high": high, "t_p": ops.paired_t(beyond)[2], **flips}


def holm(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same comparisons with ``p_holm``: the chance of any false "better" among all of them stays below
    it."""
    adjusted = ops.holm([comparison.p for comparison in comparisons])
    both = zip(comparisons, adjusted, strict=True)
    return [msgspec.structs.replace(comparison, p_holm=p) for comparison, p in both]


def as_dicts(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Comparisons as plain mappings for JSON."""
    return [msgspec.to_builtins(comparison) for comparison in comparisons]
