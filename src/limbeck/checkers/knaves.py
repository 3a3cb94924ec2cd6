"""Knights, who speak the truth, and knaves, who lie: who is who, by trying all cases, and what an answer
says."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Any

_LONGEST = 20_000
_MOST = 16
"""People, for there are two to the power of them cases."""
_GAP = r"[^\w\n,;.]{0,4}"
_ROLE = rf"(?:is|was|=|->|→|—|–)?{_GAP}(?P<not>not\s+)?(?:an?\s+)?{_GAP}(?P<role>knight|knave)\b(?!\s*:)"
_SENTENCE = re.compile(r"[^.;!?\n]*(?:[.;!?\n]|$)")
_UNSAID = re.compile(
    r"\b(?:if|whether|either|neither|or|unless|suppos(?:e|ing)|assum(?:e|ing)|deny|cannot"
    r"|(?:false|untrue|incorrect|wrong)\s+(?:that|to)"
    r"|not\s+(?:true|the\s+case|certain|sure|known|possible))\b|n['’]t\b"
    r"|\b(?:says?|said|claims?|claimed)\s+(?:that\b|\W{0,3}\w+\s+(?:is|are)\b)|\?\s*$",
    re.I,
)
"""What makes a sentence no statement of its own: a condition, a choice, a denial, a question, or another's
words."""
_BOXED = re.compile(r"\\boxed\s*\{(.*)\}", re.S)


class Unreadable(ValueError):
    """Statements or an answer that cannot be read, and why."""


def solutions(statements: Any, people: int) -> list[tuple[bool, ...]]:
    """Every assignment (True: knight) under which each person's statement is true just when they are a
    knight.

    Args:
        statements: one nested tuple for each person, or its text: ``("telling-truth", i)``, ``("lying", i)``,
            and ``not``, ``and``, ``or``, ``->``, ``<=>`` of such.

    Raises:
        Unreadable: another form, another number of statements, or too many people.
    """
    if isinstance(statements, str):
        return _solved(statements, people)
    if not isinstance(statements, list | tuple) or len(statements) != people or not 0 < people <= _MOST:
        raise Unreadable(f"one statement is wanted for each of 1 to {_MOST} people")
    who = range(people)
    cases = product((True, False), repeat=people)
    return [case for case in cases if all(holds(statements[person], case) == case[person] for person in who)]


@lru_cache(maxsize=4096)
def _solved(statements: str, people: int) -> list[tuple[bool, ...]]:
    """The same for a text; many traces of one puzzle follow one another."""
    try:
        read = ast.literal_eval(statements)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise Unreadable("the statements are no nested tuples") from None
    return solutions(() if isinstance(read, str) else read, people)


def holds(statement: Any, case: Sequence[bool]) -> bool:
    """Whether a statement is true under an assignment.

    Raises:
        Unreadable: it has another form.
    """
    try:
        kind, *parts = statement
        if (
            kind in ("telling-truth", "lying")
            and len(parts) == 1
            and isinstance(parts[0], int)
            and parts[0] >= 0
        ):
            return bool(case[parts[0]] == (kind == "telling-truth"))
        values = [holds(part, case) for part in parts]
        if kind in ("and", "or") and values:
            return all(values) if kind == "and" else any(values)
        if kind == "not" and len(values) == 1:
            return not values[0]
        if kind in ("->", "<=>") and len(values) == 2:
            return values[0] == values[1] if kind == "<=>" else not values[0] or values[1]
    except (TypeError, ValueError, IndexError, RecursionError):
        pass
    raise Unreadable(f"no statement: {statement!r:.60}")


def stated(text: str, names: Sequence[str]) -> dict[str, bool]:
    """Who an answer says is a knight (True) or a knave, as far as it does.

    Looked at are, and the first that names anybody counts: the last ``<answer>``, the last box, the last
    numbered list, what follows the last ``answer`` or ``therefore``, the whole. Conditions, denials and
    questions say nothing.

    Raises:
        Unreadable: somebody is called both.
    """
    for part in _parts(text):
        if roles := _roles(part, names):
            return roles
    return {}


def _parts(text: str) -> list[str]:
    if "</think>" in text:
        text = text[text.rindex("</think>") + 8 :]
    text = text[-_LONGEST:]
    parts = [re.split(r"</answer>", text[text.rindex("<answer>") + 8 :])[0]] if "<answer>" in text else []
    if boxed := _BOXED.search(text[text.rindex("\\boxed") :] if "\\boxed" in text else ""):
        parts.append(boxed.group(1))
    text = _plain(text)  # before it is cut, so that no sentence loses its "if"
    numbered = [match.start() for match in re.finditer(r"\(1\)|^[^\w\n]{0,8}1[.)]", text, re.M)]
    if numbered:
        parts.append(text[numbered[-1] :])
    conclusions = re.finditer(r"\b(?:answer|therefore|conclusion|hence|thus|so)\b", text, re.I)
    starts = [match.start() for match in conclusions]
    parts += [text[starts[-1] :]] if starts else []
    return [*parts, text]


def _plain(text: str) -> str:
    """A text without the sentences that state nothing."""
    return _SENTENCE.sub(lambda match: "\n" if _UNSAID.search(match[0]) else match[0], text)


@lru_cache(maxsize=1024)
def _patterns(names: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Anybody, ``X is a knight``, ``X and Y are knights`` and ``Knights: X, Y`` for these people."""
    name = rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})(?!\w)"
    several = rf"(?P<who>{name}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+){name})*)"
    are = rf"{several}\s+are\s+(?:both\s+|all\s+)?(?P<not>not\s+)?(?P<role>knight|knave)s\b"
    headed = rf"\b(?P<role>knight|knave)s?\s*:\s*{several}(?P<not>(?!))?"
    texts = (name, rf"(?P<who>{name})[^\S\n]*{_ROLE}", are, headed)
    return tuple(re.compile(text, re.I) for text in texts)


def _roles(text: str, names: Sequence[str]) -> dict[str, bool]:
    roles: dict[str, bool] = {}
    known = {name.lower(): name for name in names}
    text = _plain(re.sub(r"\\text\w*|[*_`{}$\\\"]", " ", text))
    anybody, *says = _patterns(tuple(names))
    for match in (match for pattern in says for match in pattern.finditer(text)):
        role = (match["role"].lower() == "knight") != bool(match["not"])
        for name in (known[who.lower()] for who in anybody.findall(match["who"])):
            if roles.setdefault(name, role) != role:
                raise Unreadable(f"{name} is called a knight and a knave")
    return roles
