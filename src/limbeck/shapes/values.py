"""What stands in a column: references, verdicts, endings and thoughts in all the ways people write them."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from typing import Any

import msgspec

from limbeck.records import Finish
from limbeck.tables import decode

LABELS = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "correct", "right", "c", "pass", "passed"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", "incorrect", "wrong", "i", "fail", "failed"), False),
}
"""What people write for right and wrong; letter case does not matter."""
ENDINGS: dict[str, Finish] = {
    **dict.fromkeys(
        ("length", "max_tokens", "model_length", "max_length", "truncated", "max_output_tokens"), "length"
    ),
    **dict.fromkeys(
        ("stop", "eos", "eos_token", "end_turn", "stop_sequence", "completed", "finished"), "stop"
    ),
    **dict.fromkeys(("error", "content_filter", "safety", "cancelled"), "error"),
}
"""What endpoints and libraries call the end of a generation; letter case does not matter."""
NOT_THERE = frozenset({"", "nan", "<na>", "null", "n/a"})
"""Texts that tables write where there is no reference."""
UNLABELLED = NOT_THERE | {"none", "na", "unknown", "-", "?", "[]"}
"""Texts that tables write where nobody has judged."""
SHORT = 60
"""Characters up to which a text may be a reference: a value, not a solution."""
_FLAG = re.compile(
    r"(?i)\s*(on|off|true|false|yes|no|none|enabled|disabled|low|medium|high|auto|detailed|[01])?\s*"
)
_CELL = re.compile(r"\s*\[\s*[\[{\"']")


def fits(role: str, held: list[Any]) -> bool:
    """Whether values that a column holds bear out the role that its name promises; a column without values
    does."""
    return all_fit(held) if held and (all_fit := _FITS.get(role)) else True


def _items(held: list[Any]) -> list[Any]:
    """All that a column holds, what stands in lists one by one."""
    return [item for value in held for item in (value if isinstance(value, list) else [value])]


def _is_chat(held: list[Any]) -> bool:
    return any(isinstance(cell(value), list | dict) for value in held)


def _is_thought(held: list[Any]) -> bool:
    return any(isinstance(value, list) or not _FLAG.fullmatch(str(value)) for value in held)


def _is_label(held: list[Any]) -> bool:
    """Truth values, mostly words for them, or numbers all 0 or 1: a grade from 0 to 4 is no verdict."""
    words = [item for item in _items(held) if not unlabelled(item)]
    if all(isinstance(item, int | float) and not isinstance(item, bool) for item in words):
        return all(item in (0, 1) for item in words)
    if any(isinstance(item, bool) for item in words):
        return True
    # Of the options A to E one is a label too: C, which inspect writes for correct.
    return 2 * sum(label(word) is not None for word in words) > len(words)


def _is_response(held: list[Any]) -> bool:
    return not all(isinstance(value, bool | int | float | dict) and not _turn(value) for value in held)


def _is_question(held: list[Any]) -> bool:
    return any(isinstance(value, str | list) for value in held)


def _is_writer(held: list[Any]) -> bool:
    return all(isinstance(value, str | list) for value in held)


def _is_flat(held: list[Any]) -> bool:
    return not any(isinstance(value, dict) and value for value in held)


_FITS: dict[str, Callable[[list[Any]], bool]] = {
    "messages": _is_chat,
    "history": _is_chat,
    "reasoning": _is_thought,
    "verdict": _is_label,
    "response": _is_response,
    "question": _is_question,
    "input": _is_question,
    "writer": _is_writer,
    "source": _is_writer,
    "id": _is_flat,
    "tokens": _is_flat,
}


def _turn(value: Any) -> bool:
    return isinstance(value, dict) and ("content" in value or "value" in value)


def ends_with_reply(chat: Any) -> bool:
    """Whether a chat's last turn is the assistant's."""
    turns = cell(chat)
    last = turns[-1] if isinstance(turns, list) and turns and isinstance(turns[-1], dict) else {}
    return str(last.get("role") or last.get("from")).lower() not in ("user", "human", "none")


def short(held: list[Any]) -> bool:
    """Whether all that a column holds could be references: a line of some words at most."""
    flat = _items(held)
    return all(not isinstance(it, str) or (len(it) <= SHORT and "\n" not in it.strip()) for it in flat)


def looks(role: str, held: list[Any]) -> bool:
    """Whether values could be of a role that their column's name only hints at: texts for a text, no more
    than a word for a label."""
    if not held or not fits(role, held):
        return False
    texts = [value for value in held if isinstance(value, str | list)]
    if role in ("question", "response", "reasoning"):
        return len(texts) == len(held) and (role != "reasoning" or not short(held))
    return not (role == "verdict" and any(isinstance(it, str) and label(it) is None for it in held))


def truths(held: list[Any]) -> bool:
    """Whether a column holds truth values, and no words or numbers for them."""
    return any(isinstance(value, bool) for value in held)


def answers(held: list[Any]) -> bool:
    """Whether all responses that a column holds are words for right and wrong, yes and no."""
    return bool(held) and all(isinstance(value, str) and label(value) is not None for value in held)


def worded(held: list[Any]) -> bool:
    """Whether all that a column holds are texts."""
    return all(isinstance(value, str) for value in held)


def long(held: list[Any]) -> bool:
    """Whether most of what a column holds are texts too long for a reference."""
    return 2 * sum(isinstance(it, str) and len(it) > 4 * SHORT for it in held) > len(held)


def cell(value: Any) -> Any:
    """A list that a table's cell holds as JSON or as Python prints it; anything else as it is."""
    if not (isinstance(value, str) and _CELL.match(value)):
        return value
    return _literal(value)


def mapping(value: Any) -> Any:
    """A mapping, also one that stands in a text as JSON or as Python prints it; None where it is none."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        value = _literal(value)
    return value if isinstance(value, dict) else None


def _literal(text: str) -> Any:
    """What a text holds as JSON or as Python prints it; the text itself where it is neither."""
    try:
        return decode(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def aligned(value: Any, index: int, of: int) -> Any:
    """What a column says of one of several responses: its place in a list of as many, or the same for all."""
    return value[index] if isinstance(value, list) and len(value) == of else value


def reference(value: Any) -> str | None:
    """A reference as text: an object as its JSON, a whole float as an integer, a list only if it holds one;
    None where there is none.

    Raises:
        ValueError: a list of several.
    """
    if isinstance(value, str):
        return None if value.strip().lower() in NOT_THERE else behind_hashes(value)
    if isinstance(value, list) and len(value) == 1:
        return reference(value[0])
    if isinstance(value, list) and value:
        raise ValueError(f"a list says not whether it is one answer or several: {value!r:.60}")
    if isinstance(value, dict | bool):
        return msgspec.json.encode(value).decode()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = int(value) if value.is_integer() else value
    return None if value in (None, []) else str(value)


def behind_hashes(text: str) -> str:
    """What stands behind ``####`` on a text's last line, as GSM8K ends its solutions; else the text."""
    if "####" not in text:
        return text
    _, mark, value = text.rpartition("\n####")
    return value.strip() if mark and value.strip() and "\n" not in value.strip() else text


def hashed(held: list[Any]) -> bool:
    """Whether all that a column holds are solutions that end with ``####`` and the reference."""
    return all(isinstance(text, str) and behind_hashes(text) != text for text in held)


def label(value: Any) -> bool | None:
    """A verdict in one of the ways people write it; None where it is none."""
    if isinstance(value, bool):
        return value
    return LABELS.get(re.sub(r"^judge?ment:\s*", "", str(value).strip().lower()))


def unlabelled(value: Any) -> bool:
    """Whether what stands where a verdict would says that there is none."""
    return value is None or str(value).strip().lower() in UNLABELLED


def ending(value: Any, column: str) -> Finish:
    """How a generation ended, from a reason or from a truth value whose column says what it means."""
    if isinstance(value, bool):
        cut = value if "truncated" in column.lower() else not value
        return "length" if cut else "stop"
    return ENDINGS.get(str(value).strip().lower(), "unknown")


def thought(value: Any) -> str:
    """A thought as text: a list of parts joined, nothing for a switch (``on``, ``true``) and for no text."""
    if isinstance(value, list):
        mappings = [part if isinstance(part, dict) else {"text": part} for part in value]
        parts = [part.get("text") or part.get("summary") for part in mappings]
        return "".join(part for part in parts if isinstance(part, str))
    return "" if not isinstance(value, str) or _FLAG.fullmatch(value) else value


def count(value: Any) -> int | None:
    """A number of tokens; None where it is none."""
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    whole = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return int(value) if whole and value >= 0 else None
