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
CONTRAST = ("better", "than", "scores", "metric", "benchmark", "temperature", "fewer", "by")
OF_ONE = {"central": False, "paper": None, "explained": ""}
"""What a contrast says of itself alone: nothing of it is taken from the claim's first one."""
KEYS = {*DEFAULTS, *OF_ONE, "better", "than"}


def check(spec: dict[str, Any], name: str) -> dict[str, Any]:
    """The claim with its contrasts spelt out as ``main`` and ``also``, one for each arm in ``than``; each
    takes from the claim what it does not say. ``central`` is true or false in each, ``paper`` the paper's
    difference, on the side that is wanted, as a number, a percentage of the other's value or None.

    Raises:
        LimbeckError: no claim, an unknown field, metric or arm, a contrast without its two sides, or no
            central one.
    """
    if not spec:
        raise LimbeckError(f"recipe {name!r} states no claim; `limbeck papers` shows which do")
    mistakes, whole = Mistakes(), {**DEFAULTS, **spec}
    _fields(spec, KEYS, f"recipe {name!r}: claim", mistakes)
    shared = {key: whole[key] for key in CONTRAST if key in whole}

    def spelt(given: dict[str, Any], central: Any) -> list[dict[str, Any]]:
        _fields(given, (*CONTRAST, *OF_ONE), f"recipe {name!r}: a contrast", mistakes)
        full = {**shared, **OF_ONE, "central": central, **given}
        for key in ("better", "than"):
            if key not in full:
                mistakes.note(f"recipe {name!r}: claim needs {key!r}")
        with mistakes.noting():
            metrics.read(full["metric"], f"recipe {name!r}: claim")
        others = full.get("than")
        arms = others if isinstance(others, list) else [others]
        _arms(full, arms, f"recipe {name!r}: claim", mistakes)
        return [_with(full, arm) for arm in arms]

    first = {key: spec[key] for key in OF_ONE if key in spec}
    main = [*spelt(first, True), *(contrast for given in whole["and"] for contrast in spelt(given, False))]
    also = [contrast for given in whole["also"] for contrast in spelt(given, False)]
    mistakes.tell()
    if not any(contrast["central"] for contrast in main):
        raise LimbeckError(f"recipe {name!r}: claim: no contrast is central")
    if any(contrast["central"] for contrast in also):
        raise LimbeckError(f"recipe {name!r}: claim: what is central is part of it, not in 'also'")
    return {**whole, "main": main, "also": also}


def _with(full: dict[str, Any], arm: Any) -> dict[str, Any]:
    """A contrast with one of its arms."""
    of_arm = {key: _of(full[key], arm) for key in OF_ONE}
    return {**full, "than": arm, **of_arm, "explained": of_arm["explained"] or ""}


def _of(given: Any, arm: Any) -> Any:
    """What a field says of one of a contrast's arms: it may name them, as a list or as a mapping."""
    if isinstance(given, list):
        return arm in given
    return given.get(arm) if isinstance(given, dict) else given


def _arms(full: dict[str, Any], arms: list[Any], where: str, mistakes: Mistakes) -> None:
    """Note a ``central`` or ``paper`` that means nothing, and every arm named there or in ``explained`` that
    'than' has not."""
    central, paper = full["central"], full["paper"]
    if not isinstance(central, bool | list):
        mistakes.note(f"{where}: central is true, false or a list of arms in 'than', got {central!r}")
    if isinstance(paper, bool | list):
        mistakes.note(f"{where}: paper is a difference, or one for each arm in 'than', got {paper!r}")
    for key, kind in (("central", list), ("paper", dict), ("explained", dict)):
        for arm in full[key] if isinstance(full[key], kind) else ():
            if arm not in arms:
                mistakes.note(f"{where}: {key} names {arm!r}, which 'than' does not{nearest(arm, arms)}")


def _fields(given: dict[str, Any], known: Iterable[str], where: str, mistakes: Mistakes) -> None:
    """Note every field that means nothing."""
    for key in given:
        if key not in known:
            mistakes.note(f"{where} has no field {key!r}{nearest(key, known)}")


def standing(central: list[str]) -> str:
    """One word for the verdicts of a claim's central contrasts: ``holds`` when all do, ``reversed`` when some
    are and none holds, ``mixed`` when some hold and others are reversed, else ``not shown``."""
    if "reversed" in central:
        return "mixed" if "holds" in central else "reversed"
    return "holds" if central and all(verdict == "holds" for verdict in central) else "not shown"


def tally(verdicts: list[str]) -> str:
    """``1 holds, 2 reversed``; ``none`` where there are none."""
    counted = {word: verdicts.count(word) for word in ("holds", "not shown", "reversed")}
    words = {word: "hold" if word == "holds" and number > 1 else word for word, number in counted.items()}
    return ", ".join(f"{number} {words[word]}" for word, number in counted.items() if number) or "none"
