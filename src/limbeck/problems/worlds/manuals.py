"""Manuals of made-up devices: pages of talk with a few facts in each, and questions about the facts."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._worlds import ask as as_problem
from limbeck.problems.worlds._worlds import check, distinct
from limbeck.records import Data, Problem
from limbeck.types import Count

_NAMES = "alder birch cedar dogwood elder fir gorse hazel ivy juniper laurel maple oak pine rowan sorrel"
NAMES = tuple(_NAMES.split())
FACTS = (
    ("valve", "The {name} valve opens at {value} bars.", "At how many bars does the {name} valve open?"),
    ("pump", "The {name} pump turns {value} times a minute.", "How often does the {name} pump turn?"),
    ("lamp", "The {name} lamp burns for {value} hours.", "For how many hours does the {name} lamp burn?"),
    ("filter", "The {name} filter holds {value} litres.", "How many litres does the {name} filter hold?"),
)
"""A device, what is so of it, and how one asks for that."""
OPENINGS = ("Whoever cleans", "Before one moves", "Those who know", "Nobody should paint", "A new owner of")
ENDINGS = (
    "reads the whole page first",
    "keeps a dry cloth at hand",
    "asks the workshop for advice",
    "writes the day into the book",
    "wears gloves and looks twice",
    "waits until it is cold",
)


def manuals(
    *,
    n: Count = 40,
    facts: Count = 4,
    talk: Count = 6,
    ask: Literal["documents", "questions"] = "documents",
    seed: int = 0,
    split: str = "train",
) -> Data:
    """Pages in which a sentence such as ``The oak-17 valve opens at 42 bars.`` stands among talk of devices.

    Talk names devices of the same page and tells no number, so that a passage may share a question's words
    and not answer it.

    Args:
        n: pages.
        facts: of a page, at most 4, each of another device.
        talk: sentences around each fact.
        ask: ``documents`` gives the pages as questions without an answer, as `problems/documents` does;
            ``questions`` one question for each fact of the same pages.

    Returns:
        Pages with ``meta["document"]``; or questions of verifier ``number`` with ``meta["document"]`` and
        ``meta["references"]``, the characters of the sentence that answers: ``document``, ``start``, ``end``.

    Raises:
        LimbeckError: an unknown split, or more than four facts.
    """
    check(1, len(FACTS), facts=facts)
    rng = random.Random(f"manuals/{seed}/{split}")
    used: set[str] = set()

    def page() -> tuple[str, list[Problem]]:
        return _page(facts, talk, split, rng, used)

    data = Data()
    for text, questions in distinct(n, split, page).items():
        document = as_problem(text, "", "manuals", split, {})
        document.answer = None
        document.meta = {"document": document.id}
        for question in questions:
            start, end = question.meta.pop("place")
            span = {"document": document.id, "start": start, "end": end}
            question.meta = {"document": document.id, "references": [span]}
        data.problems += [document] if ask == "documents" else questions
    return data


def _page(facts: int, talk: int, split: str, rng: random.Random, used: set[str]) -> tuple[str, list[Problem]]:
    """A page, and its questions with the places of what answers them."""
    told = [(each, _name(rng, used)) for each in rng.sample(FACTS, facts)]
    devices = [f"{name} {device}" for (device, _, _), name in told]
    text, questions = "", list[Problem]()
    for (_, says, asks), name in told:
        value = str(rng.randint(10, 99))
        before = rng.randint(0, talk)
        text += "".join(_talk(devices, rng) for _ in range(before))
        start = len(text)
        text += f"{says.format(name=name, value=value)} "
        question = as_problem(asks.format(name=name), value, "manuals", split, {}, "number")
        question.meta = {"place": (start, len(text) - 1)}
        questions.append(question)
        text += "".join(_talk(devices, rng) for _ in range(talk - before))
    return text.rstrip(), questions


def _name(rng: random.Random, used: set[str]) -> str:
    """A name that no page has yet, or two would answer a question differently."""
    name = f"{rng.choice(NAMES)}-{rng.randint(1, 9999)}"
    while name in used:
        name = f"{rng.choice(NAMES)}-{rng.randint(1, 9999)}"
    used.add(name)
    return name


def _talk(devices: list[str], rng: random.Random) -> str:
    return f"{rng.choice(OPENINGS)} the {rng.choice(devices)} {rng.choice(ENDINGS)}. "
