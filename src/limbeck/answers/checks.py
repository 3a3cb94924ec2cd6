"""Several comparisons at once: one that fails settles it, whatever others leave open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from limbeck.answers.rules import Equality, NeedsAlgebra, Unsure

Leaf = Callable[[str, str], Equality]
Part = TypeVar("Part")


def every(checks: Iterable[Callable[[], Equality]]) -> Equality:
    """Whether all checks hold.

    Raises:
        NeedsAlgebra, Unsure: none fails, and at least one is open.
    """
    open_: NeedsAlgebra | Unsure | None = None
    for check in checks:
        try:
            if not (result := check()):
                return result
        except (NeedsAlgebra, Unsure) as error:
            open_ = _harder(open_, error)
    if open_ is not None:
        raise open_
    return True


def some(checks: Iterable[Callable[[], Equality]]) -> bool:
    """Whether any check holds.

    Raises:
        NeedsAlgebra, Unsure: none holds, and at least one is open.
    """
    open_: NeedsAlgebra | Unsure | None = None
    for check in checks:
        try:
            if check():
                return True
        except (NeedsAlgebra, Unsure) as error:
            open_ = _harder(open_, error)
    if open_ is not None:
        raise open_
    return False


def matched(golds: Sequence[Part], answers: Sequence[Part], same: Callable[[Part, Part], Equality]) -> bool:
    """Whether each part has a partner of its own; certain partners first, for what is open may fit several.

    Raises:
        NeedsAlgebra, Unsure: some part has only partners that are open.
    """
    left, rest = list(answers), []
    for gold in golds:
        if gold in left:
            left.remove(gold)
        else:
            rest.append(gold)
    open_: NeedsAlgebra | Unsure | None = None
    unsure: list[tuple[Part, list[Part]]] = []
    for gold in rest:
        maybe: list[Part] = []
        for answer in left:
            try:
                if same(gold, answer):
                    left.remove(answer)
                    break
            except (NeedsAlgebra, Unsure) as error:
                maybe.append(answer)
                open_ = _harder(open_, error)
        else:
            if not maybe:
                return False
            unsure.append((gold, maybe))
    if unsure and open_ is not None:
        raise open_
    return True


def _harder(first: NeedsAlgebra | Unsure | None, second: NeedsAlgebra | Unsure) -> NeedsAlgebra | Unsure:
    """What an algebra system may still settle goes first."""
    return first if first is not None and not isinstance(second, NeedsAlgebra) else second
