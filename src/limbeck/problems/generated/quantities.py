"""Word problems on quantities that depend on one another, told in any order, some of them not needed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from limbeck.problems.generated._stream import Drawn, solved, stream
from limbeck.problems.worlds._worlds import ask, check_bounds
from limbeck.records import Data
from limbeck.types import CountOrNone

PLACES = ("attic", "barn", "cellar", "garden", "kitchen", "library", "shed", "tower")
THINGS = ("apples", "bells", "candles", "drums", "kites", "lamps", "maps", "ropes", "shells", "stamps")
LARGEST = 1000


class Quantity(NamedTuple):
    """How many of a thing there are in a place, and what that depends on."""

    name: str
    sign: str
    """Empty for a number that is told; ``+``, ``-`` and ``*`` with one parent and a number, or with two."""
    parents: tuple[str, ...]
    number: int
    value: int

    def told(self) -> str:
        """The sentence that defines it."""
        is_, number = f"The number of {self.name} is", self.number
        if not self.parents:
            return f"{is_} {number}."
        first = f"the number of {self.parents[0]}"
        if len(self.parents) == 2:
            second = f"the number of {self.parents[1]}"
            if self.sign == "-":
                return f"{is_} {first} minus {second}."
            return f"{is_} {first} and {second} together."
        words = {"+": f"{number} more than", "-": f"{number} fewer than", "*": f"{number} times"}
        return f"{is_} {words[self.sign]} {first}."

    def computed(self, values: dict[str, int]) -> str:
        """The step of a solution."""
        if not self.parents:
            return f"{self.name}: {self.number}"
        left = values[self.parents[0]]
        right = values[self.parents[1]] if len(self.parents) == 2 else self.number
        return f"{self.name}: {left} {self.sign} {right} = {self.value}"


def quantities(
    *,
    n: int = 1000,
    low: int = 2,
    high: int = 6,
    distractors: CountOrNone = 3,
    shuffled: bool = True,
    solve: bool = False,
    seed: int = 0,
    split: str = "train",
) -> Iterator[Data]:
    """Quantities given or derived from others, of which one is asked for; the graph of what depends on what
    is kept.

    ``The number of apples in the barn is 3 more than the number of bells in the shed.`` What is asked for
    depends on all but the distractors. A trace computes what is needed, each quantity behind those it depends
    on.

    Args:
        low, high: fewest and most operations that the answer takes; all equally often.
        distractors: quantities that are told and not needed, some of which depend on needed ones.
        shuffled: whether sentences come in any order; else each behind what it depends on.
        solve: adds the trace.

    Returns:
        Problems of verifier ``number``; ``meta`` has ``graph`` (what each quantity depends on),
        ``operations``, ``depth`` (operations on the longest way) and ``needed``, in the order of the trace.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(low, high, 1, 30)
    check_bounds(distractors, distractors, 0, 30)
    rng = random.Random(f"quantities/{seed}/{split}")

    def draw(number: int) -> Drawn | None:
        drawn = _draw(rng.randint(low, high), distractors, rng)
        if drawn is None:
            return None
        needed, spare = drawn
        asked = needed[-1]
        told = [each.told() for each in (*needed, *spare)]
        if shuffled:
            rng.shuffle(told)
        question = " ".join([*told, f"What is the number of {asked.name}?"])
        depths: dict[str, int] = {}
        for each in needed:
            depths[each.name] = max((depths[parent] + 1 for parent in each.parents), default=0)
        meta = {
            "graph": {each.name: list(each.parents) for each in (*needed, *spare)},
            "operations": sum(bool(each.parents) for each in needed),
            "depth": depths[asked.name],
            "needed": [each.name for each in needed],
        }
        problem = ask(question, str(asked.value), "quantities", "", meta, verifier="number")
        values = {each.name: each.value for each in needed}
        reasoning = "\n".join(each.computed(values) for each in needed)
        return problem, [solved(problem, reasoning, "planner")] if solve else []

    return stream(n, split, draw)


def _draw(operations: int, spare: int, rng: random.Random) -> tuple[list[Quantity], list[Quantity]] | None:
    """Quantities in an order in which each stands behind its parents, the asked one last; None where the
    drawn numbers will not do."""
    pairs = [f"{thing} in the {place}" for place in PLACES for thing in THINGS]
    names = iter(rng.sample(pairs, 2 * operations + spare + 2))
    whole: list[Quantity] = []
    while sum(bool(each.parents) for each in whole) < operations:
        # What nothing depends on yet is used first, or the asked quantity would not depend on all.
        unused = [each for each in whole if not any(each.name in other.parents for other in whole)]
        if not unused or (len(unused) == 1 and rng.random() < 0.3):
            whole.append(_given(next(names), rng))
            continue
        made = _made(next(names), unused, whole, rng)
        if made is None:
            return None
        whole.append(made)
    if sum(not any(each.name in other.parents for other in whole) for each in whole) != 1:
        return None
    extra: list[Quantity] = []
    for _ in range(spare):
        name = next(names)
        made = _made(name, [rng.choice([*whole, *extra])], whole, rng) if rng.random() < 0.6 else None
        extra.append(made or _given(name, rng))
    return whole, extra


def _given(name: str, rng: random.Random) -> Quantity:
    number = rng.randint(2, 30)
    return Quantity(name, "", (), number, number)


def _made(name: str, unused: list[Quantity], whole: list[Quantity], rng: random.Random) -> Quantity | None:
    """A quantity that depends on one that is not used yet, and perhaps on another."""
    first = unused[0] if len(unused) > 1 else rng.choice(unused)
    others = [each for each in (unused[1:] or whole) if each.name != first.name]
    sign, number = rng.choice("+-*"), rng.randint(2, 12)
    if others and (len(unused) > 1 or rng.random() < 0.4):
        second = rng.choice(others)
        sign = "-" if sign == "*" else sign
        if first.value < second.value:
            first, second = second, first
        value = first.value + second.value if sign == "+" else first.value - second.value
        parents: tuple[str, ...] = (first.name, second.name)
    else:
        number = rng.randint(2, 4) if sign == "*" else number
        value = {"+": first.value + number, "-": first.value - number, "*": first.value * number}[sign]
        parents = (first.name,)
    return Quantity(name, sign, parents, number, value) if 0 < value <= LARGEST else None
