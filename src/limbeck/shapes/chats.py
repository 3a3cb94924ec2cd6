"""Chats as other tools write them: a question, perhaps with a system prompt before it, and one reply.

What a trace cannot hold (several turns, tool calls) is a ValueError and so a counted row, never a part of it.
"""

from __future__ import annotations

from typing import Any

from limbeck.formats.prose import think
from limbeck.tables import Row, decode

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


def dialogue(value: Any) -> tuple[str, str, str]:
    """Question, system prompt and reply of a whole chat."""
    if isinstance(value, str):
        raise ValueError(f"a list of {{role, content}} is wanted, not {value!r:.60}")
    turns = _turns(value)
    if not turns or turns[-1][0] != "assistant":
        raise ValueError("the chat does not end with an assistant turn")
    return (*_asked(turns[:-1]), turns[-1][1])


def question(value: Any) -> tuple[str, str]:
    """Question and system prompt of a text, or of a chat that ends with the question."""
    asked, system = (value, "") if isinstance(value, str) else _asked(_turns(value))
    if not asked.strip():
        raise ValueError("the prompt is empty")
    return asked, system


def reply(value: Any, asked: str) -> str:
    """The assistant's text of a text, a single turn, or a chat that repeats the question ``asked``."""
    if isinstance(value, str):
        return value
    turns = _turns(value)
    if [role for role, _ in turns] == ["assistant"]:
        return turns[0][1]
    own, _, text = dialogue(value)
    if own != asked:
        raise ValueError(f"the chat asks {own[:40]!r}, the row {asked[:40]!r}")
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
    return think.render(thought, text) if text else think.OPEN + thought


def from_sharegpt(value: Any) -> list[Row]:
    """``{from, value}`` turns as ``{role, content}``."""
    turns = parsed(value)
    if not isinstance(turns, list) or not all(
        isinstance(each, dict) and {"from", "value"} <= each.keys() for each in turns
    ):
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


def _asked(turns: list[tuple[str, str]]) -> tuple[str, str]:
    """Question and system prompt of the turns before a reply."""
    opening = [text for role, text in turns if role in ("system", "developer")]
    roles = [role for role, _ in turns[len(opening) :]]
    if roles != ["user"]:
        raise ValueError(f"one user turn is wanted before the reply, not {', '.join(roles) or 'none'}")
    if not turns[-1][1].strip():
        raise ValueError("the prompt is empty")
    return turns[-1][1], "\n".join(opening)
