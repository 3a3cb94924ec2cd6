"""What answers of several models cost: their tokens at each model's prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from limbeck.errors import LimbeckError, nearest
from limbeck.records import Trace

Prices = Mapping[str, Sequence[float]]
"""USD per million prompt tokens and per million written ones, by the model's name."""


def usd(trace: Trace, prices: Prices, role: str = "") -> float | None:
    """What a sample cost, or one role's part of it; None where nobody counted its tokens by role.

    Raises:
        LimbeckError: a model without prices, prices that are no two numbers from 0 on, or a role that the
            sample has not.
    """
    spent = trace.params.get("spent")
    if not spent:
        return None
    if role and role not in spent:
        raise LimbeckError(f"metric cost: no role {role!r} in a sample's costs{nearest(role, spent)}")
    total = 0.0
    for each in [spent[role]] if role else spent.values():
        price = _price(prices, each["model"])
        counts = each.get("prompt_tokens"), each.get("tokens")
        for tokens, rate in zip(counts, price, strict=True):
            if rate and tokens is None:
                return None
            total += rate * (tokens or 0) / 1e6
    return total


def _price(prices: Prices, model: str) -> Sequence[float]:
    if model not in prices:
        hint = nearest(model, prices)
        raise LimbeckError(
            f"metric cost: no prices of model {model!r}{hint}; give prices: {{{model}: [in, out]}}"
        )
    price = prices[model]
    if len(price) != 2 or min(price) < 0:
        raise LimbeckError(f"metric cost: prices of {model!r} are {list(price)}; give [in, out], 0 or more")
    return price
