"""Things that come and go, asked about in questions or told in documents, some of them with a planted
defect."""

from __future__ import annotations

import random
from typing import Literal

from msgspec.structs import replace

from limbeck.checkers.stories import SOME, TABLE, Story, draw, worked
from limbeck.problems.worlds._worlds import ask, check_bounds, distinct, told
from limbeck.records import Data
from limbeck.types import Count, Fraction

DEFECTS = ("unanswerable", "document", "duplicate", "leak")


def stories(
    *,
    n: Count = 1000,
    low: int = 2,
    high: int = 4,
    form: Literal["questions", "documents"] = "questions",
    planted: Fraction = 0.0,
    held: Count = 200,
    held_seed: int = 0,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "steps"] = "",
) -> Data:
    """``The mill has 3 sacks. 5 come. 2 go. How many sacks are in the mill now?``, or a page that tells as
    much.

    A share of the pages has a defect that shows in any question translated back from it: a number is lost
    (``unanswerable``), it stands in a table that is not there (``document``), another page tells the same
    (``duplicate``), or it tells a problem of the test split (``leak``).

    Args:
        n: different stories; pages, of which duplicates are some.
        low: fewest moves.
        high: most moves; every length is equally likely.
        form: what they are told as.
        planted: share of pages with a defect, all kinds equally often.
        held: problems of the test split that leak,
        held_seed: the first of those drawn with this seed.
        solve: ``steps`` adds to a question its solution in equations.

    Returns:
        Problems of verifier ``exact`` with ``meta["moves"]``; pages have no answer, and ``meta["valid"]`` and
        ``meta["defect"]``, empty for none.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different stories.
    """
    check_bounds(low, high, 1, 8)
    if form == "documents":
        return _pages(n, (low, high), planted, _drawn(held, (low, high), "test", held_seed), seed, split)
    data = Data()
    for story in _drawn(n, (low, high), split, seed):
        text = worked(story)
        meta = {"moves": len(story.moves), "valid": True}
        problem = ask(story.question(), text.rpartition(";")[2], "stories", split, meta)
        data.problems.append(problem)
        if solve:
            data.traces.append(told(problem, text, solve))
    return data


def _drawn(n: int, bounds: tuple[int, int], split: str, seed: int) -> list[Story]:
    rng = random.Random(f"stories/{seed}/{split}")

    def drawn() -> tuple[str, Story]:
        story = draw(*bounds, rng)
        return story.question(), story

    return list(distinct(n, split, drawn).values())


def _pages(
    n: int, bounds: tuple[int, int], planted: float, leaks: list[Story], seed: int, split: str
) -> Data:
    rng = random.Random(f"stories/pages/{seed}/{split}")
    data, fair = Data(), list[Story]()
    for page, story in enumerate(_drawn(n, bounds, split, seed), 1):
        defect = rng.choice(DEFECTS) if fair and rng.random() < planted else ""
        if not defect:
            fair.append(story)
        shown = _with(defect, story, rng, fair, leaks)
        meta = {"moves": len(shown.moves), "valid": not defect, "defect": defect}
        problem = ask(shown.document(page, rng), "", "stories", split, meta)
        data.problems.append(replace(problem, answer=None))
    return data


def _with(defect: str, story: Story, rng: random.Random, fair: list[Story], leaks: list[Story]) -> Story:
    """The story with a defect, or the other one that makes it one."""
    if defect == "leak":
        return rng.choice(leaks)
    if defect == "duplicate":
        return replace(rng.choice(fair), when="today")
    if defect:
        place, number = rng.randrange(len(story.moves)), SOME if defect == "unanswerable" else TABLE
        moves = list(story.moves)
        moves[place] = (moves[place][0], number)
        return replace(story, moves=tuple(moves))
    return story
