"""A store of small data sets in words, one of which is like a task that has a notation of its own."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.stories import THEMES, Story, draw, worked
from limbeck.problems.worlds._worlds import ask, distinct, told
from limbeck.records import Data
from limbeck.types import Count

INSTRUCTION = "Things come and go: tell how many of them there are now."


def datasets(
    *,
    n: Count = 1000,
    part: Literal["store", "task"] = "store",
    low: int = 2,
    high: int = 3,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "steps"] = "",
) -> Data:
    """Four data sets on places and things, and the task ``3 sacks, 5 come, 2 go, how many now?``

    Their sources: ``stock`` asks the same in longer words, ``owners`` tells as much and asks for something
    else, ``largest`` has numbers and ``letters`` has words.

    Args:
        n: rows, of all data sets together, as many of each but for chance.
        part: the store of data sets, or the task.
        low: fewest moves of a story.
        high: most.
        solve: ``steps`` adds solutions to the task.

    Returns:
        Problems of verifier ``exact``, with ``meta["valid"]``: whether a row asks what the task asks.

    Raises:
        LimbeckError: an unknown split, or fewer than ``n`` different questions.
    """
    rng = random.Random(f"datasets/{part}/{seed}/{split}")
    data = Data()
    if part == "task":
        for question, story in distinct(n, split, lambda: _short(draw(low, high, rng))).items():
            text = worked(story)
            problem = ask(question, text.rpartition(";")[2], "task", split, {"moves": len(story.moves)})
            data.problems.append(problem)
            if solve:
                data.traces.append(told(problem, text, solve))
        return data
    for question, (answer, source) in distinct(n, split, lambda: _row(low, high, rng)).items():
        data.problems.append(ask(question, answer, source, split, {"valid": source == "stock"}))
    return data


def _short(story: Story) -> tuple[str, Story]:
    return story.short(), story


def _row(low: int, high: int, rng: random.Random) -> tuple[str, tuple[str, str]]:
    source = rng.choice(("stock", "owners", "largest", "letters"))
    story = draw(low, high, rng)
    if source == "stock":
        return story.question(), (worked(story).rpartition(";")[2], source)
    if source == "owners":
        text = story.question().partition(" How many")[0]
        return f"{text} What does the {story.place} own?", (story.thing, source)
    if source == "largest":
        numbers = rng.sample(range(1, 99), 3)
        return f"Which number is the largest, {numbers[0]}, {numbers[1]} or {numbers[2]}?", (
            str(max(numbers)),
            source,
        )
    first, second = rng.sample([*THEMES, *THEMES.values()], 2)
    return f"Which letter does {first} end with, and which does {second}?", (
        f"{first[-1]} {second[-1]}",
        source,
    )
