"""A question's identity: the same for whoever has the same question."""

from __future__ import annotations

import hashlib
import unicodedata

_QUOTES = str.maketrans("‘’“”–—", "''\"\"--")


def normalise(question: str) -> str:
    """The question with one kind of quotes, dashes and blanks. Letter case stays: ``x`` and ``X`` may both be
    names."""
    if question.isascii():
        return " ".join(question.split())
    return " ".join(unicodedata.normalize("NFKC", question).translate(_QUOTES).split())


def problem_id(question: str) -> str:
    """An id that two sources of the same question agree on: 64 bits of a digest of the normalised text."""
    return hashlib.sha256(normalise(question).encode("utf-8", "surrogatepass")).hexdigest()[:16]
