"""Chats as other tools write them: a question, perhaps behind a system turn and earlier turns, and one reply.

What neither a problem nor a trace can hold (tool calls, pictures, turns out of order) is a ValueError and so
a counted row, never a part of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from limbeck.shapes import values
from limbeck.tables import Row
from limbeck.texts.traces import THINK, joined_text, told_format

THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details", "thought")
"""Where an assistant's turn holds its reasoning, if not in ``content``: as the endpoints of reasoning models
log it."""
SPEAKERS = {
    **dict.fromkeys(("human", "User", "prompter"), "user"),
    **dict.fromkeys(("gpt", "chatgpt", "model", "bot", "Assistant", "ai"), "assistant"),
    "developer": "system",
    "System": "system",
}
"""Other names of the speakers: ShareGPT's, Gemini's, OpenAssistant's."""


class Asked(NamedTuple):
    """A question and what stands before it: a system turn, and earlier turns of user and assistant."""

    question: str
    system: str = ""
    turns: tuple[dict[str, str], ...] = ()


class Turn(NamedTuple):
    """Who speaks, and the text."""

    role: str
    text: str


def turns(value: Any) -> list[Turn]:
    """The turns of a chat: ``{role, content}`` or ShareGPT's ``{from, value}``, also as a table's cell holds
    them."""
    value = parsed(value)
    if isinstance(value, dict) and _is_turn(value):
        value = [value]
    if not (isinstance(value, list) and value and all(_is_turn(turn) for turn in value)):
        raise ValueError(f"a list of {{role, content}} is wanted, not {value!r:.60}")
    return [_turn(turn) for turn in value]


def _is_turn(value: Any) -> bool:
    return isinstance(value, dict) and ("role" in value or "from" in value)


def _turn(turn: Row) -> Turn:
    role = str(turn.get("role") or turn.get("from"))
    return Turn(SPEAKERS.get(role, role), text_of(turn))


def text_of(turn: Row) -> str:
    """A turn's text; reasoning in a field of its own goes between think tags, open where no answer
    follows."""
    content = turn.get("content", turn.get("value"))
    thought = next((text for name in THOUGHTS if (text := values.thought(turn.get(name)))), "")
    if isinstance(content, list):
        inner, content = _parts(content)
        thought = thought or inner
    if content is None and not thought and turn.get("tool_calls"):
        raise ValueError("a turn calls a tool and says nothing")
    if not isinstance(content, str) and not (thought and content is None):
        raise ValueError(f"a turn's content is a text, not {content!r:.60}")
    text = content or ""
    return with_thought(thought, text) if thought and told_format(text) == "plain" else text


def _parts(content: list[Any]) -> tuple[str, str]:
    """Thought and text of content in parts, as chat endpoints and their logs write it."""
    thoughts, texts = [], []
    for part in content:
        kind = part.get("type", "text") if isinstance(part, dict) else "text"
        text = part.get("text") if isinstance(part, dict) else part
        if kind in ("thinking", "reasoning") and isinstance(part, dict):
            thoughts.append(str(part.get("thinking") or part.get("reasoning") or part.get("text") or ""))
        elif kind in ("text", "output_text", "input_text") and isinstance(text, str):
            texts.append(text)
        elif not (kind == "redacted_thinking" or part is None):
            raise ValueError(f"a turn's content is text, not a part of type {kind!r}")
    return "".join(thoughts), "".join(texts)


def with_thought(thought: str, text: str) -> str:
    """The text a model wrote, of a thought and an answer that are kept apart."""
    return joined_text(thought, text, "think") if text else THINK + thought


def dialogue(chat: list[Turn], open_end: bool = False) -> tuple[Asked, Any]:
    """What a whole chat asks, and the reply.

    Args:
        open_end: a chat that ends with a question is one, and has no reply.
    """
    if chat[-1].role == "user" and open_end:
        return before(chat), None
    if chat[-1].role != "assistant":
        raise ValueError("the chat does not end with an assistant turn")
    return before(chat[:-1]), chat[-1].text


def before_reply(chat: list[Turn]) -> list[Turn]:
    """The chat without the assistant's last turn."""
    return chat[:-1] if chat[-1].role == "assistant" else chat


def before(chat: list[Turn]) -> Asked:
    """What the turns before a reply ask."""
    opening = [turn.text for turn in chat if turn.role == "system"]
    dialogue = chat[len(opening) :]
    roles = [turn.role for turn in dialogue]
    if not roles or roles != ["user", "assistant"] * (len(roles) // 2) + ["user"]:
        given = ", ".join(roles) or "none"
        raise ValueError(f"before the reply, user and assistant turns in alternation are wanted, not {given}")
    if not dialogue[-1].text.strip():
        raise ValueError("the prompt is empty")
    earlier = tuple({"role": turn.role, "content": turn.text} for turn in dialogue[:-1])
    return Asked(dialogue[-1].text, "\n".join(opening), earlier)


def prompt(value: Any) -> Asked:
    """What a text asks, or a chat that ends with the question."""
    value = parsed(value)
    if isinstance(value, list) and value and isinstance(value[0], Turn):
        return before(value)
    if value is None or isinstance(value, str | int | float):
        if not (text := "" if value is None else str(value)).strip():
            raise ValueError("the prompt is empty")
        return Asked(text)
    return before(turns(value))


def reply(value: Any, asked: str) -> str:
    """The assistant's text of a text, a single turn, or a chat that repeats the question ``asked``."""
    value = parsed(value)
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    chat = value if isinstance(value, list) and value and isinstance(value[0], Turn) else turns(value)
    if [turn.role for turn in chat] == ["assistant"]:
        return chat[0].text
    repeated, text = dialogue(chat)
    if repeated.question != asked:
        raise ValueError(f"the chat asks {repeated.question[:40]!r}, the row {asked[:40]!r}")
    return str(text)


def history(value: Any) -> tuple[dict[str, str], ...]:
    """Earlier rounds as LLaMA-Factory and ms-swift write them, ``[[question, answer], …]``, or as turns."""
    value = values.cell(value)
    if isinstance(value, list) and all(isinstance(round_, list) and len(round_) == 2 for round_ in value):
        names = "user", "assistant"
        pairs = [(role, text) for round_ in value for role, text in zip(names, round_, strict=True)]
        return tuple({"role": role, "content": str(text)} for role, text in pairs)
    return tuple({"role": turn.role, "content": turn.text} for turn in turns(value))


def parsed(value: Any) -> Any:
    """A chat that a table's cell holds as JSON or as Python prints it; anything else as it is."""
    if isinstance(value, str) and value[:20].lstrip()[:1] == "[":
        chat = values.cell(value)
        return chat if isinstance(chat, list) and all(_is_turn(turn) for turn in chat) else value
    return value
