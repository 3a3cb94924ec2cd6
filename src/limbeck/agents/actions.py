"""How an agent acts, in text: one fenced block a step, whose first word names the tool.

A step is a thought in words and then one block whose first word is ``python``, ``search`` or ``sql``.
What the tool says stands behind it between ``<observation>`` and ``</observation>``, on lines of their own.
The last step's block is ``answer``. Nothing that a tool says can end an observation: its tags, and control
tokens of chat templates, are spelt with ``&lt;`` there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from limbeck.texts.fences import FENCE, blocks
from limbeck.texts.tags import behind_thought

ANSWER = "answer"
OPENING, CLOSING = "<observation>\n", "\n</observation>\n"
STOP = (f"\n{FENCE}\n", "<observation")
"""What ends a step that is written: the end of its block, or an observation that the model makes up."""
_TAGS = re.compile(r"<(?=/?(?:observation|think|s)\b|\|)", re.I)
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
TOOLS = {
    "python": "runs Python; its output, and the value of its last line, are the observation. Names stay from "
    "step to step; where there is a table it is the pandas frame `df`. No network, no files of the host.",
    "search": "looks up the passages that share most words with the block's text.",
    "sql": "runs one SELECT of SQLite on the table, which is called `t`.",
}
"""The tools, and what an agent is told of them."""
_GUIDE = (
    "Solve the task step by step with tools. In each step write a short thought, then exactly one fenced "
    "block whose first word names the tool; stop there and wait for its observation.\n\nTools:\n{tools}\n\n"
    "A step looks like this:\n\n{example}\n\nWhen you know the answer, end with a block that holds "
    "nothing else:\n\n```answer\n42\n```\n\nNever write an observation yourself. If a tool fails, read its "
    "message and try another way."
)
_EXAMPLES = {
    "python": "I need the product.\n\n```python\n17 * 23\n```",
    "search": "I look up when it was founded.\n\n```search\nuniversity of Ghent founded\n```",
    "sql": "I count the rows.\n\n```sql\nSELECT COUNT(*) FROM t\n```",
}


class Action(Struct, frozen=True):
    """What a step does: the tool's name as it was written, what it is given, and the step's text up to the
    block's end."""

    tool: str
    given: str
    text: str


def guide(tools: Iterable[str]) -> str:
    """What an agent with these tools is told before it begins."""
    listed = [*tools]
    lines = "\n".join(f"- {tool}: {TOOLS[tool]}" for tool in listed)
    return _GUIDE.replace("{tools}", lines).replace("{example}", _EXAMPLES[listed[0]])


def read(text: str) -> Action | None:
    """The first block of a step with a name of a tool; None where there is none.

    A block in a model's hidden thought is none, and what stands behind the block is dropped. An open block
    at the end is closed: a stop string took its fence.
    """
    written = text.partition("<observation")[0].rstrip()
    thought, spoken, _ = behind_thought(written)
    for block in blocks(spoken, any_head=True, own_line=True):
        if block.body is None or not block.language or block.head.strip() != block.language:
            continue
        upto = spoken[: block.end] if block.closed else f"{spoken}\n{FENCE}"
        return Action(block.language.casefold(), block.body, thought + upto)
    return None


def observation(seen: str, longest: int) -> str:
    """A tool's words as they stand in a trace: harmless, and at most ``longest`` characters of them."""
    text = seen.strip("\n")
    if len(text) > longest:
        text = f"{text[:longest]}\n… {len(text) - longest:,} more characters"
    return OPENING + _TAGS.sub("&lt;", text) + CLOSING


def first_thought(text: str) -> str:
    """The first paragraph of an answer without tools, as words: what stands before a fence or a blank
    line."""
    spoken = behind_thought(text)[1].strip()
    return _PARAGRAPH.split(spoken.partition(FENCE)[0].strip(), maxsplit=1)[0].strip()
