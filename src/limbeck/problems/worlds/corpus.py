"""Documents of two domains, of which one is harder to predict, and garbage in both."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.stories import draw
from limbeck.problems.worlds._worlds import ask, distinct
from limbeck.records import Data, Trace
from limbeck.types import Count, Fraction, Share

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DOMAINS = ("notes", "tables")


def corpus(
    *,
    n: Count = 1000,
    tables: Share = 0.2,
    garbage: Fraction = 0.1,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "text"] = "",
) -> Data:
    """Pages of notes, as in `stories`, and tables of numbers, which nobody can guess; and what went wrong
    in either.

    Garbage is a page of notes with its words in any order, and a table whose rows are letters at random.

    Args:
        n: documents.
        tables: share of tables among them, each domain with the same share of garbage.
        garbage: share of documents that are garbage.
        solve: ``text`` gives each document as the trace of an empty question, for a model that is to learn
            to read.

    Returns:
        Problems without an answer, their source the domain, with ``meta["valid"]`` and ``meta["defect"]``:
        ``garbage`` or empty.

    Raises:
        LimbeckError: an unknown split.
    """
    rng = random.Random(f"corpus/{seed}/{split}")

    def drawn() -> tuple[str, tuple[str, bool]]:
        domain, spoilt = DOMAINS[rng.random() < tables], rng.random() < garbage
        text = _notes(spoilt, rng) if domain == "notes" else _table(spoilt, rng)
        return text, (domain, spoilt)

    data = Data()
    for text, (domain, spoilt) in distinct(n, split, drawn).items():
        meta = {"valid": not spoilt, "defect": "garbage" if spoilt else ""}
        problem = ask(text, "", domain, split, meta)
        problem.answer = None
        if solve:
            problem.question = ""
            data.traces.append(
                Trace(id=f"{problem.id}#text", problem_id=problem.id, answer=text, finish="stop")
            )
        data.problems.append(problem)
    return data


def _notes(spoilt: bool, rng: random.Random) -> str:
    text = draw(2, 3, rng).document(rng.randint(1, 99), rng)
    if not spoilt:
        return text
    scrambled = text.split()
    rng.shuffle(scrambled)
    return " ".join(scrambled)


def _table(spoilt: bool, rng: random.Random) -> str:
    def cell() -> str:
        return "".join(rng.choices(LETTERS if spoilt else "0123456789", k=3))

    return "\n".join(" ".join(cell() for _ in range(4)) for _ in range(6))
