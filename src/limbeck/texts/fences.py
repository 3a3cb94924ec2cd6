"""Fenced blocks, ```` ```python … ``` ````, in what a model wrote."""

from __future__ import annotations

import re
from typing import NamedTuple

FENCE = "```"
_CLOSING_LINE = re.compile(r"\n[ \t]*```")


class Block(NamedTuple):
    """A fenced block.

    ``head`` is what stands behind the opening fence on its line, most often a language. ``body`` is what
    stands on the lines between, None where the block begins and ends on one line. ``end`` is the place in the
    text behind the closing fence.
    """

    head: str
    body: str | None
    closed: bool
    end: int

    @property
    def language(self) -> str:
        """The word that the head begins with, empty where there is none."""
        word = re.match(r"[\w+.-]*", self.head.strip())
        return word[0] if word else ""


def blocks(text: str, *, any_head: bool = False, own_line: bool = False) -> list[Block]:
    """The fenced blocks of a text, in order; only the last may lack its end.

    Args:
        any_head: a block may begin with several words behind its fence, such as the first line of a query;
            otherwise such a fence is one that a sentence speaks of, and is passed over.
        own_line: a block ends with a line that begins with a fence. Programs write fences into strings, so
            that one within a line ends nothing; data and formulas are often closed on their last line.
    """
    all_blocks: list[Block] = []
    start = text.find(FENCE)
    while start >= 0:
        block = _block(text, start + len(FENCE), own_line)
        if block.body is not None and not any_head and block.head.strip() != block.language:
            start = text.find(FENCE, start + len(FENCE))
            continue
        all_blocks.append(block)
        start = text.find(FENCE, block.end) if block.closed else -1
    return all_blocks


def _block(text: str, begin: int, own_line: bool) -> Block:
    """The block whose head begins at a place."""
    line, close = text.find("\n", begin), text.find(FENCE, begin)
    if line < 0 or 0 <= close < line:
        closed = close >= 0
        head = text[begin : close if closed else len(text)]
        return Block(head, None, closed, close + len(FENCE) if closed else len(text))
    if own_line:
        # From the line break on: a block without lines closes right behind it.
        closing = _CLOSING_LINE.search(text, line)
        close, end = closing.span() if closing else (len(text), len(text))
        return Block(text[begin:line], text[line + 1 : close], closing is not None, end)
    closed = close >= 0
    body = text[line + 1 : close if closed else len(text)]
    return Block(text[begin:line], body, closed, close + len(FENCE) if closed else len(text))


def bodies(text: str) -> list[str]:
    """What stands between the fences of each block with lines of its own."""
    return [block.body for block in blocks(text) if block.body is not None]
