"""How small a difference a comparison could have shown, and how many seeds would show a given one.

Both ask for power: the chance that a 95% interval over seeds excludes "no difference" when the true
difference is δ standard errors away from it, P(T > t) for the noncentral t with that δ and n − 1 degrees of
freedom (Cohen 1988, Statistical Power Analysis, chapter 2; Johnson, Kotz and Balakrishnan 1995, chapter 31).
Only the *spread* that was measured enters, never the difference that was: power at the measured difference
would say the p-value again (Hoenig and Heisey 2001). What three seeds say of a spread is rough: its own 95%
interval goes from half of it to six times as much.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from limbeck.evaluation import ops

POWER = 0.8
Z80 = 0.8416212335729143
"""The normal quantile of `POWER`."""
MOST = 200
"""Seeds beyond which none are proposed."""


def t_power(delta: float, df: int) -> float:
    """P(T > t) for the noncentral t with noncentrality ``delta``, ``t`` the two-sided 5% bound of ``df``
    degrees of freedom: E[Φ(δ − t·s)] over s = √(χ²/df), by the trapezoidal rule."""
    s, step = np.linspace(0, 1 + 9 / math.sqrt(df), 1001, retstep=True)
    bound = ops.t_quantile(df)
    log_scale = math.log(2) + df / 2 * math.log(df / 2) - math.lgamma(df / 2)
    density = np.exp(log_scale - df * s * s / 2) * s ** (df - 1)
    shown = [0.5 * math.erfc((bound * each - delta) / math.sqrt(2)) for each in s]
    heights = density * shown
    return float(step * (heights.sum() - (heights[0] + heights[-1]) / 2))


@lru_cache(maxsize=MOST)
def shift(seeds: int) -> float:
    """The δ, in standard errors, that a t interval over ``seeds`` shows with the chance `POWER`: 5.653 for
    three."""
    low, high = 0.0, 40.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if t_power(middle, seeds - 1) < POWER else (low, middle)
    return (low + high) / 2


def detectable(low: float, high: float, per_seed: Sequence[float]) -> float:
    """The smallest true difference beyond what is wanted that had the chance `POWER` to be shown, in the
    unit of what is given: the larger of what the bootstrap's interval ``low`` to ``high`` could show, taken
    as normal, and what the t interval over seeds could."""
    by_bootstrap = (ops.Z95 + Z80) * (high - low) / (2 * ops.Z95)
    if len(per_seed) < 2:
        return by_bootstrap
    return max(
        by_bootstrap, shift(len(per_seed)) * float(np.std(per_seed, ddof=1)) / math.sqrt(len(per_seed))
    )


def seeds_for(difference: float, per_seed: Sequence[float]) -> int | None:
    """The fewest seeds whose t interval shows ``difference`` beyond what is wanted with the chance `POWER`,
    if their spread is the one of ``per_seed``; None where it takes more than `MOST` or no spread is known.

    Raises:
        ValueError: ``difference`` is not above 0.
    """
    if difference <= 0:
        raise ValueError(f"a difference above 0 is wanted, got {difference}")
    if len(per_seed) < 2:
        return None
    ratio = difference / (float(np.std(per_seed, ddof=1)) or 1e-12)

    def shows(seeds: int) -> bool:
        return t_power(math.sqrt(seeds) * ratio, seeds - 1) >= POWER

    fewest = 2 + bisect_left(range(2, MOST + 1), True, key=shows)
    return fewest if fewest <= MOST else None
