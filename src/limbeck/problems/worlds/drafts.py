"""Several additions at once, worked out at length: with checks, slips, dead ends and further ways."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data
from limbeck.types import Count, Settings, Share

Addition = tuple[str, int, int]
"""A letter, and the two numbers that are added."""
LETTERS = "abcdefghi"
MORE = 2
"""Most checks of one step."""


class Detours(Settings, frozen=True):
    """What a chain holds besides its steps.

    Args:
        checks: probability that a step is checked, and that a check is followed by another, up to two.
        uneven: draw that probability for each chain, evenly up to ``checks``.
        slips: probability that a step slips and is put right.
        restated: probability that the question is restated.
        dead: probability that a way is begun and left before the first whole one.
        again: probability that the same way is gone a second time.
        other: probability that the list is gone through from its end, too.
    """

    checks: Share = 0.0
    uneven: bool = False
    slips: Share = 0.0
    restated: Share = 0.0
    dead: Share = 0.0
    again: Share = 0.0
    other: Share = 0.0


def drafts(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    digits: Count = 10,
    detours: Detours = Detours(),
    solve: Literal["", "steps"] = "",
    k: Count = 1,
    seed: int = 0,
    split: str = "train",
) -> Data:
    """``a3+8b1+5``: the answer is the last digits of all sums in a row, ``16``, which no single step holds.

    A chain may restate the question, ``?a3+8b1+5``, and goes through the list, ``>;a3+8=1;b1+5=6=16``, or
    from its end, ``<;b1+5=6;a3+8=1=16``; what it comes to is told behind ``=``, and the answer behind the
    last ``;``. A step may be checked, ``!a8+3=1``, which changes nothing, or slip and be put right,
    ``;b1+5=9~b1+5=6``, without which the answer is wrong. A way may be left, ``x``, or gone again.

    Args:
        n: different questions.
        low: fewest additions.
        high: most additions; every length is equally likely.
        digits: how many digits there are, from 0 on; sums are modulo that number.
        solve: ``steps`` adds the chains.
        k: chains per question.

    Returns:
        Problems of verifier ``exact`` with ``meta["additions"]``; traces of format ``lines`` with
        ``params["planted"]``, the kind of each step (`limbeck.texts.parts.KINDS`), and ``params["padding"]``,
        checks per addition.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(low, high, 1, 9)
    check(1, 100, k=k)
    check(2, 10, digits=digits)
    rng = random.Random(f"drafts/{seed}/{split}")

    def draw() -> tuple[str, list[Addition]]:
        letters = LETTERS[: rng.randint(low, high)]
        pairs = [(letter, rng.randrange(digits), rng.randrange(digits)) for letter in letters]
        return "".join(f"{letter}{left}+{right}" for letter, left, right in pairs), pairs

    data = Data()
    for asked, pairs in distinct(n, split, draw).items():
        problem = ask(asked, _result(pairs, digits), "drafts", split, {"additions": len(pairs)})
        data.problems.append(problem)
        draws = random.Random(f"drafts/{seed}/{problem.id}")
        for number in range(k if solve else 0):
            draft = _Draft(pairs, digits, detours, draws)
            text = draft.written(asked)
            padding = draft.kinds.count("check") / len(pairs)
            params = {"planted": draft.kinds, "padding": padding}
            data.traces.append(told(problem, text, solve, number=number, params=params))
    return data


def _result(pairs: list[Addition], digits: int) -> str:
    return "".join(str((left + right) % digits) for _, left, right in pairs)


class _Draft:
    """A chain that grows, and the kind of each of its steps."""

    def __init__(self, pairs: list[Addition], digits: int, detours: Detours, rng: random.Random) -> None:
        self.pairs, self.digits, self.detours, self.rng = pairs, digits, detours, rng
        self.result = _result(pairs, digits)
        self.checks = rng.uniform(0, detours.checks) if detours.uneven else detours.checks
        self.text, self.kinds = "", list[str]()

    def written(self, asked: str) -> str:
        """The chain."""
        detours = self.detours
        if self._happens(detours.restated):
            self._add("?" + asked, "understanding")
        several = detours.dead + detours.again + detours.other > 0
        if self._happens(detours.dead):
            self._add(">", "method")
            self._steps(self.pairs[: self.rng.randrange(1, max(len(self.pairs), 2))])
            self._add("x", "progress")
        for way in [">"] + [">"] * self._happens(detours.again) + ["<"] * self._happens(detours.other):
            if several:
                self._add(way, "method")
            self._steps(self.pairs if way == ">" else self.pairs[::-1])
            if several:
                self._add("=" + self.result, "progress")
        self._add(";", "summary")
        return self.text + self.result

    def _happens(self, chance: float) -> bool:
        return self.rng.random() < chance

    def _add(self, text: str, kind: str) -> None:
        self.text += text
        self.kinds.append(kind)

    def _steps(self, pairs: list[Addition]) -> None:
        for letter, left, right in pairs:
            total = (left + right) % self.digits
            if self._happens(self.detours.slips):
                self._add(
                    f";{letter}{left}+{right}={(total + self.rng.randrange(1, self.digits)) % self.digits}",
                    "slip",
                )
                self._add(f"~{letter}{left}+{right}={total}", "correction")
            else:
                self._add(f";{letter}{left}+{right}={total}", "progress")
            for _ in range(MORE):
                if not self._happens(self.checks):
                    break
                self._add(f"!{letter}{right}+{left}={total}", "check")
