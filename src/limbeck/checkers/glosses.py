"""Word-for-word translations from a made-up language (`problems/glosses`), spoiled and looked through."""

from __future__ import annotations

import random

WORDS = {
    "bako": "bread", "celu": "child", "dira": "door", "fenu": "field", "gami": "garden", "hosa": "house",
    "joru": "juice", "kelo": "king", "luma": "light", "mosi": "moon", "nara": "night", "opel": "open",
    "pitu": "path", "rosa": "river", "sido": "silver", "tamo": "table", "valu": "valley", "wira": "winter",
}  # fmt: skip
"""The whole language, and what its words mean."""
NOT = "not"
Error = tuple[str, str]
"""The word it is in, and how bad it is."""


def spoiled(word: str, severity: str, rng: random.Random) -> str:
    """A word with an error: a ``not`` before it, another word, or a letter twice."""
    if severity == "critical":
        return f"{NOT} {word}"
    if severity == "major":
        return rng.choice([other for other in WORDS.values() if other != word])
    at = rng.randrange(len(word))
    return word[:at] + word[at] + word[at:]


def errors(source: str, translation: str) -> list[Error]:
    """Every error of a translation, word by word."""
    told = iter(translation.split())
    listed = []
    for word in source.split():
        given, right = next(told, ""), WORDS.get(word, "")
        if given == NOT:
            given = next(told, "")
            listed.append((f"{NOT} {given}", "critical"))
        elif given != right:
            listed.append((given, "major" if given in WORDS.values() or not given else "minor"))
    return listed
