"""Rows with a column per model: each such column is an attempt, and its name says whose.

Three kinds: a thought beside an attempt (``gemini_attempt``, ``gemini_thinking_trajectory``), a mapping that
holds a response (``{"solution": …, "is_correct": …}``), also several under ``responses``, by model or in a
list, and a text in a column that names what was asked (``gpt-4o (question)``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from limbeck.shapes import values
from limbeck.shapes.spellings import CONTEXTS, ROLES, SPELLED
from limbeck.tables import Row

_ATTEMPT = re.compile(r"^(?P<writer>\w+?)_(?:attempt|response|solution|generation)$")
_THOUGHT = "{0}_thinking_trajectory", "{0}_reasoning", "{0}_thinking", "{0}_thoughts", "{0}_thought"
_GRADE = "{0}_grade", "{0}_correct", "{0}_is_correct"


def attempts(row: Row) -> Row:
    """Columns by writer, as s1K has them (``gemini_attempt`` beside ``gemini_thinking_trajectory``)."""
    writers = attempt_columns(row)
    read = [name for _, column in writers for name in (column,)]
    flat: Row = {"response": [], "reasoning": [], "writer": [], "verdict": [], "verdict_by": []}
    for writer, column in writers:
        thought = next((name.format(writer) for name in _THOUGHT if name.format(writer) in row), "")
        grade = next((name.format(writer) for name in _GRADE if name.format(writer) in row), "")
        read += [thought, grade]
        if row[column] is None and row.get(thought) is None:
            continue
        flat["response"].append(row[column] or "")
        flat["reasoning"].append(row.get(thought))
        flat["writer"].append(writer)
        flat["verdict"].append(row.get(grade))
        flat["verdict_by"].append(grade)
    return {**{key: value for key, value in row.items() if key not in read}, **flat}


def beside_thoughts(heads: list[Row]) -> list[str]:
    """The columns of attempts that have one of thoughts beside them."""
    return [column for _, column in attempt_columns(dict.fromkeys(name for row in heads for name in row))]


def attempt_columns(columns: Iterable[str]) -> list[tuple[str, str]]:
    """Writers and their columns, where a column of thoughts stands beside one of attempts."""
    there = set(columns)
    matches = [(match["writer"], name) for name in columns if (match := _ATTEMPT.match(name))]
    thoughts = {writer: {form.format(writer) for form in _THOUGHT} for writer, _ in matches}
    return [(writer, name) for writer, name in matches if thoughts[writer] & there]


_SAYS = "response", "reasoning", "verdict", "finish", "tokens", "extracted"
"""What a mapping may say of its response, by roles; the rest of it stays with the trace."""
_TEXTS = (*ROLES["response"], "text", "answer")
_ASKS = {*ROLES["question"], *ROLES["messages"], "role", "from"}
"""A mapping that asks something itself is a row or a turn, and no response to the row's question."""
_SIGNS = {*ROLES["verdict"], *ROLES["finish"], *ROLES["reasoning"]}
_LISTS = {name for name in ROLES["response"] if name.endswith("s")} | {"results", "candidates"}
_WRITERS = "response_model", *ROLES["writer"]
_NOBODY = CONTEXTS | SPELLED | {"meta", "info", "extra_info", "extra", "doc", "answers"}
"""Columns that hold mappings of other things."""


def by_writer(row: Row) -> Row:
    """A column for each writer, whose mappings hold a response and what came of it."""
    told = _told(row)
    flat: Row = {name: [] for name in (*_SAYS, "writer", "verdict_by", "details")}
    for writer, mapping in (pair for pairs in told.values() for pair in pairs):
        keys = {role: _key(mapping, role) for role in _SAYS}
        listed = mapping[keys["response"]]
        of = len(listed) if isinstance(listed, list) else 1
        for place in range(of):
            held = {key: values.aligned(value, place, of) for key, value in mapping.items()}
            for role, key in keys.items():
                flat[role].append(held.pop(key, None))
            flat["writer"].append(writer)
            flat["verdict_by"].append(keys["verdict"] or None)
            flat["details"].append(held or None)
    rest = {name: value for name, value in row.items() if name not in told and value is not None}
    for name, value in rest.items():
        if name.lower() in SPELLED and isinstance(value, dict) and {*flat["writer"]} <= value.keys():
            rest[name] = [value[writer] for writer in flat["writer"]]  # what a column says of each writer
    return {**rest, **{name: them for name, them in flat.items() if any(it is not None for it in them)}}


def _told(row: Row) -> dict[str, list[tuple[str, Row]]]:
    """The columns of a row that hold responses, and writers with their mappings."""
    told: dict[str, list[tuple[str, Row]]] = {}
    for name, value in row.items():
        held = values.mapping(value)
        if isinstance(value, list):
            if pairs := _listed(name, value):
                told[name] = pairs
        elif name.lower() in ROLES["response"] and name.endswith("s") and isinstance(held, dict):
            by = {str(writer): it for writer in held if (it := _response(writer, held[writer], name))}
            if len(by) == len(held) > 1:
                told[name] = [*by.items()]
        elif (it := _response(name, held)) is not None:
            told[name] = [(name, it)]
    return told


def _listed(name: str, listed: list[Any]) -> list[tuple[str, Row]]:
    """The mappings of a list each of which holds a response, and who wrote it where that is said."""
    if name.lower() not in _LISTS or not all(_response("", it) and _plain(it) for it in listed):
        return []
    pairs = []
    for mapping in listed:
        key = next((key for key in _WRITERS if isinstance(mapping.get(key), str)), "")
        pairs.append((mapping.get(key, ""), {name: it for name, it in mapping.items() if name != key}))
    return pairs


def _response(writer: str, value: Any, column: str = "") -> Row | None:
    """A writer's mapping that holds a response; None where it is another thing."""
    if writer.lower() in _NOBODY:
        return None
    if isinstance(value, str) and column and not column.lower().startswith("solution"):
        return {"response": value}  # solutions by name are those of languages
    fits = isinstance(value, dict) and not _ASKS & value.keys()
    return value if fits and isinstance(value.get(_key(value, "response")), str | list) else None


def _plain(mapping: Row) -> bool:
    return _key(mapping, "response") in ROLES["response"]


def _key(mapping: Row, role: str) -> str:
    """The key of a mapping that has a role; empty where none has."""
    names = _TEXTS if role == "response" else ROLES[role]
    return next((name for name in names if name in mapping), "")


def writers(heads: list[Row]) -> list[str]:
    """The columns of these rows that hold the responses of writers: several, or one that also says what came
    of its response; none where another column is the response."""
    told = [_told(row) for row in heads]
    columns = {name for of_row in told for name in of_row}
    mappings = [it for of_row in told for pairs in of_row.values() for _, it in pairs]
    there: dict[str, None] = {}
    for row, of_row in zip(heads, told, strict=True):
        for name, pairs in of_row.items():
            alone = isinstance(row[name], list) or pairs[0][0] == name
            there.update(dict.fromkeys([name] if alone else [f"{name}.{writer}" for writer, _ in pairs]))
    others = {name.lower() for row in heads for name, it in row.items() if isinstance(it, str | list)}
    # A text by itself may be anybody's: a hint, an explanation.
    several = len(there) > 1 or columns & _LISTS
    sure = (several and all(map(_plain, mappings))) or any(_SIGNS & it.keys() for it in mappings)
    return [] if others & (_EXPLICIT - {name.lower() for name in columns}) or not sure else [*there]


_EXPLICIT = {*ROLES["response"]} - {"solution", "solutions", "content", "output"}


_ASKED = re.compile(r"(?P<writer>\S.*?)\s*\((?P<asked>[^()]+)\)")


def by_question(row: Row) -> Row:
    """Texts in columns that name what was asked, as MiP-Overthinking has them: ``gpt-4o (question)``."""
    told = answers_by_column(row)
    columns = {asked for _, asked in told.values()}
    if not columns:
        return row
    if len(columns) > 1:
        raise ValueError(f"answers to several questions in one row: {', '.join(sorted(columns))}")
    (column,) = columns
    others = {name: row[name] for name in row if name.lower() in ROLES["question"] and name != column}
    rest = {name: value for name, value in row.items() if name not in {column, *told, *others}}
    named = any(rest.get(name) for name in ROLES["writer"])  # a column says it of the row's only response
    writer = {} if named and len(told) == 1 else {"writer": [name for name, _ in told.values()]}
    meta = {**others, **(values.mapping(rest.get("meta")) or {})}
    return {**rest, "question": row[column], "response": [row[it] for it in told], **writer, "meta": meta}


def answers_by_column(row: Row) -> dict[str, tuple[str, str]]:
    """The columns of a row that hold an answer to another column, each with the writer and that column."""
    texts = [name for name, value in row.items() if isinstance(value, str)]
    told = {name: (match["writer"], match["asked"]) for name in texts if (match := _ASKED.fullmatch(name))}
    return {name: both for name, both in told.items() if both[1] in texts}


def asked(heads: list[Row]) -> list[str]:
    """The columns of these rows whose names say whose answer they hold, and to which column."""
    return list(dict.fromkeys(name for row in heads for name in answers_by_column(row)))
