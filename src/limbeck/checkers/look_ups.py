"""Tables that map a name and a relation to a name, and questions that look up several times in a row.

``KFab`` asks for the K of the F of ab: what stands next to the name is looked up first. Its sub-questions are
``Fab`` and ``K#``, where ``#`` is the answer before.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from itertools import product

LETTERS, RELATIONS = "abdefgiklmnoprst", "FGHJK"
MOST = len(LETTERS) ** 2 // 2
"""The most names of one domain."""
_QUESTION = re.compile(rf"([{RELATIONS}]+)([{LETTERS}]{{2}})")
_PARTS = re.compile(rf"[{RELATIONS}](?:[{LETTERS}]{{2}}|#)")


@lru_cache(maxsize=64)
def names(domain: str, size: int) -> tuple[str, ...]:
    """The names of a domain, ``near`` or ``far``; the two share none."""
    pairs = ["".join(pair) for pair in product(LETTERS, repeat=2)]
    pairs.sort(key=lambda name: hashlib.sha256(f"look_ups/{name}".encode()).digest())
    start = 0 if domain == "near" else MOST
    return tuple(pairs[start : start + size])


def target(known: tuple[str, ...], relation: str, name: str) -> str:
    """What a name's relation leads to, a name of the same domain."""
    digest = hashlib.sha256(f"look_ups/{relation}{name}".encode()).digest()
    return known[int.from_bytes(digest[:4], "big") % len(known)]


def read(question: str) -> tuple[str, str] | None:
    """The relations of a question in the order of looking up, and its name; None for anything else."""
    match = _QUESTION.fullmatch(question)
    return (match[1][::-1], match[2]) if match else None


def divide(question: str) -> list[str]:
    """The sub-questions of a question of two look-ups or more; none of a shorter one."""
    asked = read(question)
    if asked is None or len(asked[0]) < 2:
        return []
    relations, name = asked
    return [relations[0] + name, *(f"{relation}#" for relation in relations[1:])]


def is_part(text: str) -> bool:
    """Whether a text is one sub-question."""
    return bool(_PARTS.fullmatch(text))
