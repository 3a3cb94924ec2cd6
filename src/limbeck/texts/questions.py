"""A question's identity: the same for whoever has the same question."""

from __future__ import annotations

import hashlib
import unicodedata

_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_QUOTES = dict.fromkeys(map(ord, "‘’‚‛"), "'") | dict.fromkeys(map(ord, "“”„‟"), '"')
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_LIGATURES = dict(zip(map(ord, "ﬀﬁﬂﬃﬄ"), ("ff", "fi", "fl", "ffi", "ffl"), strict=True))
_ZERO_WIDTH = (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF)
_SPELLINGS = _FULL_WIDTH | _QUOTES | _DASHES | _LIGATURES | dict.fromkeys(_ZERO_WIDTH, "")


def normalise(text: str) -> str:
    """A text with one kind of quotes, dashes and blanks, full-width signs as ASCII, what has no width gone.

    Letter case stays: ``x`` and ``X`` may both be names. So does what mathematics tells apart: under
    Unicode's NFKC 3² is 32, ½ is 1⁄2 and 𝐱 is x.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_SPELLINGS)
    elif text.isprintable() and "  " not in text:  # so are most, and a fourth of an import's time went here
        return text.strip()
    return " ".join(text.split())


def problem_id(question: str) -> str:
    """An id that two sources of the same question agree on: 64 bits of a digest of the normalised text."""
    return hashlib.sha256(normalise(question).encode("utf-8", "surrogatepass")).hexdigest()[:16]
