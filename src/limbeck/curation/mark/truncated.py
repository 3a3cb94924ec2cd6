"""Generations that were cut off."""

from __future__ import annotations

import re

from limbeck.curation.ops import marked
from limbeck.records import Data, Trace
from limbeck.texts.tags import KINDS

# What a finished answer looks like, wherever in the text it stands.
_ANSWER = re.compile(r'\\boxed|####|\banswer\b|"answer"|^A: ', re.IGNORECASE | re.MULTILINE)
_END = tuple(".!?。！？…)]}>$*`\"'”’:;|")


def truncated(data: Data, *, guess: bool = True, min_chars: int = 200) -> Data:
    """Mark traces that were cut off at the token limit ``truncated``: they are neither right nor wrong.

    A trace with ``finish="length"`` is cut off. Where nothing is known of how a trace ended (imported rows),
    ``guess`` looks at its text, carefully, for a finished trace taken away is cheaper than a fragment taught
    as wrong:

    * ``think`` and the other formats of tags: cut off when nothing but blanks follows the reasoning;
    * these and ``plain``: cut off when what should hold the answer has at least ``min_chars``
      characters, names no answer (``\\boxed``, ``####``, "answer", a line ``A: ``) and does not end like a
      sentence;
    * any other format: never.

    Args:
        guess: whether to look at texts of unknown ending at all.
        min_chars: shorter texts are never taken for cut off by their ending.
    """

    def looked(trace: Trace) -> Trace:
        guessed = guess and trace.finish == "unknown" and _breaks_off(trace, min_chars)
        return marked(trace, "truncated") if trace.finish == "length" or guessed else trace

    return Data(data.problems, [looked(trace) for trace in data.traces], data.pairs)


def _breaks_off(trace: Trace, min_chars: int) -> bool:
    if trace.format in KINDS and not trace.answer.strip():
        return True
    if trace.format not in (*KINDS, "plain") or (
        trace.format == "plain" and trace.reasoning and trace.answer
    ):
        return False
    text = (trace.answer or trace.reasoning).rstrip()
    return len(text) >= min_chars and not _ANSWER.search(text) and not text.endswith(_END)
