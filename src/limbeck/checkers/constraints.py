"""Puzzles as variables with finite domains and constraints, read without eval."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, NamedTuple

from limbeck.errors import nearest
from limbeck.texts.fences import bodies

_HEADING = re.compile(r"\W*(variables?|constraints?|conditions?|options?|ask|question)\W*:\s*(.*)$", re.I)
_OPTION = re.compile(r"\W*([A-Z])\s*[):.]\s*(.+)$")
_RANGE = re.compile(r"(-?\d{1,9})\s*\.\.\s*(-?\d{1,9})")
_MOST_VARIABLES = 200
_MOST_VALUES = 1000
_MOST_LINES = 500
_LONGEST = 2000
_ASKED = {
    **dict.fromkeys(("could be true", "could"), "could"),
    **dict.fromkeys(("must be true", "must"), "must"),
    **dict.fromkeys(("must be false", "cannot be true", "cannot"), "cannot"),
    **dict.fromkeys(("could be false", "need not be true", "need not"), "need not"),
}


class BadProgram(ValueError):
    """A text that is no program of constraints: where, and what was found there."""


class Program(NamedTuple):
    """Domains by variable, constraints, what is asked of the options, whether of all but one, and the
    options."""

    variables: dict[str, list[int | str]]
    constraints: list[str]
    ask: str = "could"
    exception: bool = False
    options: dict[str, str] = {}  # noqa: RUF012 read, never changed


def read(given: Any) -> Program:
    """A program from JSON (or what JSON gives) or from lines under headings.

    ``variables:`` has lines ``a, b: 1..6`` and ``day: mon, tue, wed``; ``constraints:`` an expression a line;
    ``ask:`` is ``could be true`` (the default), ``must be true``, ``must be false`` or ``could be false``,
    with ``except`` for the one option of which it does not hold; ``options:`` has lines ``A: expression``.

    Raises:
        BadProgram: another form, too many variables, values or lines, or an expression that cannot be read.
    """
    if isinstance(given, str):
        text = given[given.rindex("</think>") + 8 :] if "</think>" in given else given
        if len(text) > 50 * _LONGEST:
            raise BadProgram(f"a program longer than {50 * _LONGEST:,} characters")
        blocks = bodies(text)
        given = _parsed(blocks[-1] if blocks else text)
    try:
        variables = {str(name): _domain(values) for name, values in given["variables"].items()}
        constraints = [str(line) for line in given.get("constraints") or []]
        options = {str(letter): str(line) for letter, line in (given.get("options") or {}).items()}
        ask = " ".join(str(given.get("ask") or "could").lower().split())
    except (AttributeError, TypeError, KeyError):
        raise BadProgram("no program with 'variables' and 'constraints' found") from None
    exception = "except" in ask
    ask = ask.replace("except", "").strip(" :,?")
    if ask not in _ASKED:
        raise BadProgram(f"ask: {ask!r:.40} is none of what can be asked{nearest(ask, _ASKED)}")
    if not variables or len(variables) > _MOST_VARIABLES or len(constraints) + len(options) > _MOST_LINES:
        raise BadProgram(f"1 to {_MOST_VARIABLES} variables and at most {_MOST_LINES} lines are wanted")
    for name in variables:
        if not name.isidentifier():
            raise BadProgram(f"variable {name!r:.40} is no name")
        if any(name in domain for domain in variables.values()):
            raise BadProgram(f"{name!r:.40} is a variable and a value")
    program = Program(variables, constraints, _ASKED[ask], exception, options)
    for where, line in [
        *((f"constraint {i}", line) for i, line in enumerate(constraints, 1)),
        *options.items(),
    ]:
        try:
            tree(line)
        except BadProgram as error:
            raise BadProgram(f"{where}: {error}") from None
    return program


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    program: dict[str, Any] = {"variables": {}, "constraints": [], "options": {}, "ask": ""}
    section = ""
    for line in text.splitlines():
        line = re.sub(r"^\s*[-*•]\s+", "", line.split("#", 1)[0]).strip()
        if heading := _HEADING.match(line):
            section = {"v": "variables", "c": "constraints", "o": "options"}.get(heading[1][0].lower(), "ask")
            line = heading[2].strip()
        if not line:
            continue
        if section == "variables":
            names, colon, values = line.partition(":")
            if not colon:
                raise BadProgram(f"variables: {line!r:.60} is not of the form name: values")
            program["variables"].update(dict.fromkeys((name.strip() for name in names.split(",")), values))
        elif section == "constraints":
            program["constraints"].append(line)
        elif section == "ask":
            program["ask"] += line
        elif section == "options":
            if not (option := _OPTION.match(line)):
                raise BadProgram(f"options: {line!r:.60} is not of the form A: expression")
            program["options"][option[1]] = option[2]
    return program


def _domain(values: Any) -> list[int | str]:
    if isinstance(values, str):
        values = values.strip().strip("{}[]()")
        if bounds := _RANGE.fullmatch(values.strip()):
            low, high = int(bounds[1]), int(bounds[2])
            if high - low >= _MOST_VALUES:
                raise BadProgram(f"more than {_MOST_VALUES} values in {values!r}")
            return list(range(low, high + 1))
        values = [part.strip() for part in values.split(",")]
    domain = [int(value) if re.fullmatch(r"-?\d{1,9}", str(value)) else str(value) for value in values]
    words = [value for value in domain if isinstance(value, str)]
    if not 0 < len(domain) <= _MOST_VALUES or not all(word.isidentifier() for word in words):
        raise BadProgram(f"{domain!r:.60} are not 1 to {_MOST_VALUES} numbers or names")
    if len({type(value) for value in domain}) > 1:
        raise BadProgram(f"numbers and names in one domain: {domain!r:.60}")
    return domain


def tree(line: str, depth: int = 0) -> ast.expr:
    """An expression's tree: Python's own operators; a lone ``=`` is ``==``, ``->`` and ``<->`` join whole
    conditions.

    Raises:
        BadProgram: it is no expression, or too long.
    """
    if len(line) > _LONGEST or depth > 20:
        raise BadProgram(f"an expression longer than {_LONGEST:,} characters, or of more than 20 arrows")
    for arrow, call in (("<->", "iff"), ("<=>", "iff"), ("->", "implies"), ("=>", "implies")):
        opened = 0
        for place, char in enumerate(line):
            opened += (char in "([{") - (char in ")]}")
            if opened == 0 and line.startswith(arrow, place):
                left, right = tree(line[:place], depth + 1), tree(line[place + len(arrow) :], depth + 1)
                return ast.Call(ast.Name(call, ast.Load()), [left, right], [])
    try:
        return ast.parse(re.sub(r"(?<![<>=!])=(?![=>])", "==", line).strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise BadProgram(
            f"{line.strip()!r:.60} is no expression ({getattr(error, 'msg', None) or error})"
        ) from None
