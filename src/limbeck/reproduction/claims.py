"""A recipe's claim: which arms are compared, in what, and what word stands for several verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from limbeck.errors import LimbeckError, Mistakes, nearest
from limbeck.pipeline import metrics

DEFAULTS: dict[str, Any] = {
    "says": "",
    "scores": "scores",
    "metric": "pass@1",
    "benchmark": "",
    "temperature": 0.6,
    "fewer": False,
    "by": 0.0,
    "and": [],
    "also": [],
    "seeds": 5,
}
KEYS = {*DEFAULTS, "better", "than"}
CONTRAST = ("better", "than", "scores", "metric", "benchmark", "temperature", "fewer", "by")


def check(spec: dict[str, Any], name: str) -> dict[str, Any]:
    """The claim with its contrasts spelt out as ``main`` and ``also``; each takes from the claim what it does
    not say.

    Raises:
        LimbeckError: no claim, an unknown field or metric, or a contrast without its two sides.
    """
    if not spec:
        raise LimbeckError(f"recipe {name!r} states no claim; `limbeck papers` shows which do")
    mistakes, whole = Mistakes(), {**DEFAULTS, **spec}
    _fields(spec, KEYS, f"recipe {name!r}: claim", mistakes)

    def spelt(given: dict[str, Any]) -> list[dict[str, Any]]:
        _fields(given, CONTRAST, f"recipe {name!r}: a contrast", mistakes)
        full = {**{key: whole[key] for key in CONTRAST if key in whole}, **given}
        for key in ("better", "than"):
            if key not in full:
                mistakes.note(f"recipe {name!r}: claim needs {key!r}")
        with mistakes.noting():
            metrics.read(full["metric"], f"recipe {name!r}: claim")
        others = full.get("than")
        return [{**full, "than": other} for other in (others if isinstance(others, list) else [others])]

    main = [*spelt({}), *(contrast for given in whole["and"] for contrast in spelt(given))]
    also = [contrast for given in whole["also"] for contrast in spelt(given)]
    mistakes.tell()
    return {**whole, "main": main, "also": also}


def _fields(given: dict[str, Any], known: Iterable[str], where: str, mistakes: Mistakes) -> None:
    """Note every field that means nothing."""
    for key in given:
        if key not in known:
            mistakes.note(f"{where} has no field {key!r}{nearest(key, known)}")


def standing(verdicts: list[str]) -> str:
    """One word for several comparisons: ``holds`` when all do, ``reversed`` when any is, else
    ``not shown``."""
    if "reversed" in verdicts:
        return "reversed"
    return "holds" if verdicts and all(verdict == "holds" for verdict in verdicts) else "not shown"
