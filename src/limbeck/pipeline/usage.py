"""What a stage's models really used: requests, tokens and USD, for its manifest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from limbeck.generation import Model

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


def _remembered(model: Any, journal: Path) -> dict[str, float]:
    """Usage of all completions in a journal, at the model's prices."""
    from limbeck.models.journal import entries

    requests = prompts = new = 0
    for entry in entries(journal):
        requests += 1
        prompts += entry.completion.prompt_tokens or 0
        new += entry.completion.tokens or 0
    usd = (prompts * model.price_in + new * model.price_out) / 1e6
    return dict(zip(FIELDS, (requests, prompts, new, usd), strict=True))
