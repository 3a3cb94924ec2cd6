"""What a text shows of how its writer thinks: words that doubt, turn, check, go back or join, and how often.

Lists of words are a blunt instrument: they count how something is put, not what is done. The published
lists are few and short; these are the house's, and any other list of words may stand in their place.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from limbeck.errors import LimbeckError, unknown

LEXICONS: dict[str, tuple[str, ...]] = {
    "doubt": ("wait", "hmm", "maybe", "perhaps", "might", "alternatively", "not sure", "hold on"),
    # The markers of MiP-Overthinking (arXiv 2504.06514, section 4), but for its paragraph breaks.
    "overthinking": ("alternatively", "wait", "check", "but", "maybe", "might", "perhaps"),
    # The four moves whose opening words arXiv 2504.01738 calls pivots; its own lists are not published.
    "realisation": ("wait", "oh", "aha", "i see", "actually", "hold on", "that's not right", "oops", "hmm"),
    "verification": (
        "let me check", "let me verify", "double-check", "double check", "to verify", "verify", "make sure",
        "let me confirm", "let me recheck", "plug back", "check again",
    ),
    "exploration": (
        "alternatively", "another way", "another approach", "what if", "maybe", "perhaps", "let's try",
        "let me try", "suppose", "consider",
    ),
    "integration": (
        "putting it together", "putting this together", "in summary", "to summarize", "overall", "combining",
        "taken together", "in conclusion", "so in total",
    ),
    # The two groups of arXiv 2505.21067: words of a person thinking aloud, and words that join.
    "anthropomorphic": ("let me", "let's", "maybe", "hmm", "wait", "okay", "i"),
    "connectors": (
        "but", "therefore", "alternatively", "since", "if", "then", "because", "so", "thus", "hence",
        "however",
    ),
    # Two of the four behaviours of arXiv 2503.01307 that words betray, and its other two as far as they do.
    "backtracking": ("let me start over", "go back", "start again", "that doesn't work", "scratch that"),
    "subgoals": ("first", "next step", "let me first", "need to find", "break this down"),
    "backward": ("work backwards", "working backwards", "we want to end", "starting from the answer"),
}  # fmt: skip
"""Words and phrases by what they betray, in English and in small letters."""
PIVOTS = ("realisation", "verification", "exploration", "integration")
"""The lists that together are the pivots of Style over Substance (arXiv 2504.01738)."""
LEXICONS["pivots"] = tuple(dict.fromkeys(phrase for name in PIVOTS for phrase in LEXICONS[name]))
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_STRAIGHT = str.maketrans("’‘", "''")


def phrases_of(lexicon: str, phrases: Sequence[str] = (), where: str = "texts/behaviours") -> tuple[str, ...]:
    """The phrases of a list of `LEXICONS`, or those given in its place.

    Raises:
        LimbeckError: an unknown list, or an empty phrase.
    """
    chosen = tuple(phrases) or LEXICONS.get(lexicon)
    if chosen is None:
        raise unknown("lexicon", lexicon, LEXICONS, where)
    if not all(phrase.strip() for phrase in chosen):
        raise LimbeckError(f"{where}: phrases={list(phrases)!r}: an empty phrase stands everywhere")
    return chosen


@cache
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Any of them as a whole, the longest first; where a phrase ends in a sign, what follows is free."""
    parts = []
    for phrase in sorted(phrases, key=len, reverse=True):
        head = r"(?<!\w)" if phrase[0].isalnum() else ""
        tail = r"(?!\w)" if phrase[-1].isalnum() else ""
        parts.append(head + r"\s+".join(map(re.escape, phrase.casefold().split())) + tail)
    return re.compile("|".join(parts), re.I)


def counted(text: str, phrases: tuple[str, ...]) -> Counter[str]:
    """How often each phrase stands in a text, whatever its case; where two begin at one place, the longer."""
    hits = _pattern(phrases).findall(text.translate(_STRAIGHT))
    return Counter(" ".join(hit.casefold().split()) for hit in hits)


def places(text: str, phrases: tuple[str, ...]) -> list[float]:
    """Where phrases begin, as shares of the text's length."""
    return [match.start() / len(text) for match in _pattern(phrases).finditer(text.translate(_STRAIGHT))]


def word_count(text: str) -> int:
    """Words and numbers of a text; a text of signs alone has none."""
    return sum(1 for _ in _WORD.finditer(text))


def rate(text: str, phrases: tuple[str, ...]) -> float | None:
    """Phrases in 1,000 words; None for a text without a word."""
    total = word_count(text)
    return 1000 * counted(text, phrases).total() / total if total else None


class Contrast(NamedTuple):
    """A word's rates per 1,000 words in two sets of texts, and the logarithm (base 2) of their ratio."""

    word: str
    first: float
    second: float
    log_ratio: float


def contrasts(first: Iterable[str], second: Iterable[str], least: int = 5) -> list[Contrast]:
    """Words by how much oftener the first set of texts has them than the second, most first.

    The token-frequency contrast of arXiv 2505.21067. A word that one side lacks is counted there half a time
    (Haldane's correction), so that its ratio is a number.

    Args:
        least: occurrences in both together.
    """
    counts_A, counts_B = _words_in(first), _words_in(second)
    sizes = max(counts_A.total(), 1), max(counts_B.total(), 1)
    told = []
    for word in counts_A.keys() | counts_B.keys():
        if counts_A[word] + counts_B[word] >= least:
            a, b = max(counts_A[word], 0.5) / sizes[0], max(counts_B[word], 0.5) / sizes[1]
            rates = 1000 * counts_A[word] / sizes[0], 1000 * counts_B[word] / sizes[1]
            told.append(Contrast(word, *rates, math.log2(a / b)))
    return sorted(told, key=lambda each: (-each.log_ratio, each.word))


def _words_in(texts: Iterable[str]) -> Counter[str]:
    return Counter(word.casefold() for text in texts for word in _WORD.findall(text))
