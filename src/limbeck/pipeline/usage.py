"""What a stage's models really used: requests, tokens and USD, for its bar and its manifest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limbeck.generation import Model

if TYPE_CHECKING:
    from limbeck.models.journal import Journal

FIELDS = ("requests", "prompt_tokens", "completion_tokens", "usd")


def of(models: Iterable[tuple[Model, Path | None, bool]]) -> dict[str, dict[str, Any]]:
    """Usage by model, of those that count it: endpoints.

    Args:
        models: with each its journal, and whether that held completions before this process began: of a stage
            that was killed the journal knows all that was asked, the model what this process asked. A model
            inside another one has no journal: in a resumed stage its numbers begin with the last start, and
            say ``"resumed": true``.
    """
    models = list(models)
    resumed = any(before for _, _, before in models)
    total: dict[str, dict[str, Any]] = {}
    for model, journal, before in models:
        counted = getattr(model, "usage", None)
        if not counted:
            continue
        part = _remembered(model, journal) if journal and before else dict(counted)
        if not part["requests"]:
            continue
        sums = total.setdefault(model.name, dict.fromkeys(FIELDS, 0))
        for field in FIELDS:
            sums[field] = round(sums[field] + part[field], 9)  # USD: without the noise of adding floats
        if resumed and journal is None:
            sums["resumed"] = True
    return total


def line(models: Iterable[Model | Journal], done: float, total: float | None) -> str:
    """``1,234 requests, 2.1M tokens, 1.23 of about 4.50 USD``: what endpoints were paid so far, by what their
    journals brought back too, and what it comes to when all is done. Empty where none was asked.

    Args:
        done: units of work, of ``total``.
    """
    requests = tokens = usd = 0.0
    for model in models:
        inner = getattr(model, "inner", model)
        for used in (getattr(inner, "usage", None), getattr(model, "replayed", None)):
            if used and hasattr(inner, "usage"):
                requests += used["requests"]
                tokens += used["prompt_tokens"] + used["completion_tokens"]
                usd += _usd(inner, used["prompt_tokens"], used["completion_tokens"])
    if not requests:
        return ""
    more = total / done if total and 0 < done < total else 0.0
    counted = _of(_short(tokens), _short(tokens * more), "tokens", more > 0 and not usd)
    paid = _of(_money(usd), _money(usd * more), "USD", more > 0)
    return ", ".join([f"{requests:,.0f} requests", counted, *([paid] if usd else [])])


def _money(usd: float) -> str:
    return f"{usd:,.{2 if usd >= 1 else 4}f}"


def _of(amount: str, whole: str, unit: str, projected: bool) -> str:
    return f"{amount} of about {whole} {unit}" if projected else f"{amount} {unit}"


def _short(count: float) -> str:
    """``950``, ``12.3k``, ``2.1M``."""
    for scale, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= scale:
            return f"{count / scale:,.1f}{letter}"
    return f"{count:,.0f}"


def _usd(model: Any, prompts: float, new: float) -> float:
    return float(prompts * model.price_in + new * model.price_out) / 1e6


def _remembered(model: Any, journal: Path) -> dict[str, float]:
    """Usage of all completions in a journal, at the model's prices."""
    from limbeck.models.journal import entries

    requests = prompts = new = 0
    for entry in entries(journal):
        requests += 1
        prompts += entry.completion.prompt_tokens or 0
        new += entry.completion.tokens or 0
    return dict(zip(FIELDS, (requests, prompts, new, _usd(model, prompts, new)), strict=True))
