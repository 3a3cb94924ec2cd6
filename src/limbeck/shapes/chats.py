"""Chats as other tools write them: a question, perhaps behind a system turn and earlier turns, and one reply.

What neither a problem nor a trace can hold (tool calls, turns out of order) is a ValueError and so a counted
row, never a part of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from limbeck.tables import Row, decode
from limbeck.texts.traces import THINK, joined_text

THOUGHTS = ("reasoning_content", "reasoning", "thinking")
"""Where an assistant's turn holds its reasoning, if not in ``content``: as the endpoints of reasoning models
log it."""
SPEAKERS = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
}
"""ShareGPT's names of the roles."""


class Asked(NamedTuple):
    """A question and what stands before it: a system turn, and earlier turns of user and assistant."""

    question: str
    system: str = ""
    turns: tuple[dict[str, str], ...] = ()


def dialogue(value: Any) -> tuple[Asked, str]:
    """What a whole chat asks, and the reply."""
    if isinstance(value, str):
        raise ValueError(f"a list of {{role, content}} is wanted, not {value!r:.60}")
    turns = _turns(value)
    if not turns or turns[-1][0] != "assistant":
        raise ValueError("the chat does not end with an assistant turn")
    return _asked(turns[:-1]), turns[-1][1]


def prompt(value: Any) -> Asked:
    """What a text asks, or a chat that ends with the question."""
    asked = Asked(value) if isinstance(value, str) else _asked(_turns(value))
    if not asked.question.strip():
        raise ValueError("the prompt is empty")
    return asked


def reply(value: Any, asked: str) -> str:
    """The assistant's text of a text, a single turn, or a chat that repeats the question ``asked``."""
    if isinstance(value, str):
        return value
    turns = _turns(value)
    if [role for role, _ in turns] == ["assistant"]:
        return turns[0][1]
    repeated, text = dialogue(value)
    if repeated.question != asked:
        raise ValueError(f"the chat asks {repeated.question[:40]!r}, the row {asked[:40]!r}")
    return text


def text_of(turn: Row) -> str:
    """A turn's text; reasoning in a field of its own goes between think tags, open where no answer
    follows."""
    text = turn.get("content")
    thought = next((turn[name] for name in THOUGHTS if isinstance(turn.get(name), str) and turn[name]), "")
    if not isinstance(text, str) and not (thought and text is None):
        raise ValueError(f"a turn's content is a text, not {text!r:.60}")
    if not thought:
        return str(text)
    return joined_text(thought, text, "think") if text else THINK + thought


def from_sharegpt(value: Any) -> list[Row]:
    """``{from, value}`` turns as ``{role, content}``."""
    turns = parsed(value)
    fields = {"from", "value"}
    listed = isinstance(turns, list)
    if not (listed and all(isinstance(turn, dict) and fields <= turn.keys() for turn in turns)):
        raise ValueError(f"a list of {{from, value}} is wanted, not {turns!r:.60}")
    return [{"role": SPEAKERS.get(turn["from"], turn["from"]), "content": turn["value"]} for turn in turns]


def parsed(value: Any) -> Any:
    """A chat that a CSV cell holds as JSON; anything else as it is."""
    if isinstance(value, str) and value.lstrip().startswith("[{"):
        try:
            return decode(value)
        except ValueError:
            return value
    return value


def _turns(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, list) or not all(isinstance(turn, dict) for turn in value):
        raise ValueError(f"a list of {{role, content}} is wanted, not {value!r:.60}")
    return [(str(turn.get("role")), text_of(turn)) for turn in value]


def _asked(turns: list[tuple[str, str]]) -> Asked:
    """What the turns before a reply ask."""
    opening = [text for role, text in turns if role in ("system", "developer")]
    dialogue = turns[len(opening) :]
    roles = [role for role, _ in dialogue]
    if not roles or roles != ["user", "assistant"] * (len(roles) // 2) + ["user"]:
        given = ", ".join(roles) or "none"
        raise ValueError(f"before the reply, user and assistant turns in alternation are wanted, not {given}")
    if not dialogue[-1][1].strip():
        raise ValueError("the prompt is empty")
    earlier = tuple({"role": role, "content": text} for role, text in dialogue[:-1])
    return Asked(dialogue[-1][1], "\n".join(opening), earlier)
