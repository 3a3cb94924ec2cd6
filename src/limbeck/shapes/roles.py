"""Which column of a file has which role.

A role is decided once per file, from its first rows: by the columns' names, and by their values where a name
says too little (``reasoning: on`` is a switch and no thought, a ``label`` of ``A`` is a reference and no
verdict, a ``solution`` of one number is a reference and one of thirty lines a response).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from limbeck.errors import LimbeckError, nearest, unknown
from limbeck.shapes import values
from limbeck.shapes.spellings import ALIASES, CONTEXTS, HINTS, OF_THE_TRACE, ROLES, SPELLED, SURE
from limbeck.tables import Row

HEADS = 100
"""Rows that the roles of a file are decided by."""
_CHAT = "messages", "question", "chosen"


@dataclass(frozen=True)
class Roles:
    """Which columns have which role; the first one that a row fills is read.

    ``row_columns`` have no role and tell of the attempt; ``others`` have none and tell of the question.
    ``suspects`` are columns without a role that look like one that no column has, each with that role.
    """

    columns: dict[str, tuple[str, ...]]
    row_columns: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    used: frozenset[str] = field(default=frozenset())
    suspects: tuple[tuple[str, str], ...] = ()

    @cached_property
    def known(self) -> frozenset[str]:
        """The columns that the first rows have."""
        return self.used.union(self.row_columns, self.others)

    def pick(self, row: Row) -> Row:
        """What a row holds in each role; a role of which it holds nothing is left out."""
        picked = {}
        for role, columns in self.columns.items():
            for column in columns:
                value = row.get(column)
                if value is None and "." in column and column not in row:
                    value = _at(row, column)
                if value is not None:
                    picked[role] = value
                    break
        return picked

    def of(self, row: Row) -> Roles:
        """The roles of a row that may have columns which the first rows have not, as in files put together of
        several: such a column stands behind all others of the role that its name alone says for sure."""
        if self.known.issuperset(row):
            return self
        columns = dict(self.columns)
        for name in (name for name in row if name not in self.known):
            role = SURE.get(name.lower(), "")
            if role and row[name] is not None and values.fits(role, [row[name]]):
                columns[role] = (*columns.get(role, ()), name)
        if columns == self.columns:
            return self
        return replace(self, columns=columns, used=self.used.union(*columns.values()))

    def rest(self, row: Row) -> Row:
        """The columns without a role."""
        used = self.used
        return {name: value for name, value in row.items() if name not in used}


def decide(heads: list[Row], given: Mapping[str, str] | None = None, where: str = "the file") -> Roles:
    """The roles of the columns of these rows.

    Args:
        given: role or another name of it, to the column that shall have it; ``a.b`` is a field in a mapping.

    Raises:
        LimbeckError: a role that does not exist, or a column that no row has.
    """
    columns = list(dict.fromkeys(column for row in heads for column in row))
    held = {name: [row[name] for row in heads if row.get(name) is not None] for name in columns}
    taken = _given(given or {}, heads, columns, where)
    fields = {name: values_at for name in _FIELDS if (values_at := _all_at(heads, name))}
    held.update(fields)
    busy = {column for names in taken.values() for column in names}
    free = [name for name in (*columns, *fields) if name not in busy]
    spelled = {role: _spelled(role, free) for role in ROLES if role not in taken}
    chosen = {**_by_value(spelled, held, taken), **taken}
    used = {column for names in chosen.values() for column in names}
    rest = [name for name in columns if name not in used]
    of_rows = [name for name in rest if name.lower() in OF_THE_TRACE or _varies(name, chosen, heads)]
    chosen = {role: names for role, names in chosen.items() if names}
    if not {"response", "messages"} & chosen.keys():
        of_rows = []
    return Roles(
        {role: tuple(names) for role, names in chosen.items()},
        tuple(of_rows),
        tuple(name for name in rest if name not in of_rows),
        frozenset(used),
        tuple(_suspected(rest, held, chosen)),
    )


_FIELDS = [name for names in ROLES.values() for name in names if "." in name]


def _all_at(heads: list[Row], path: str) -> list[Any]:
    return [value for row in heads if (value := _at(row, path)) is not None]


def _given(
    given: Mapping[str, str], heads: list[Row], columns: list[str], where: str
) -> dict[str, list[str]]:
    taken: dict[str, list[str]] = {}
    for name, column in given.items():
        role = name if name in ROLES else ALIASES.get(name, "")
        if not role:
            raise unknown("role", name, [*ROLES, *ALIASES], where)
        if column and column not in columns and all(_at(row, column) is None for row in heads):
            raise LimbeckError(f"{where} has no column {column!r} for {name!r}{nearest(column, columns)}")
        taken[role] = [column] if column else []
    return taken


def _at(row: Row, path: str) -> Any:
    value: Any = row
    for part in path.split("."):
        value = (values.mapping(value) or {}).get(part)
    return value


def _spelled(role: str, columns: Iterable[str]) -> list[str]:
    """The columns that bear one of a role's names, the likeliest first."""
    by_lower: dict[str, list[str]] = {}
    for name in columns:
        by_lower.setdefault(re.sub(r"[\s-]+", "_", name.strip().lower()), []).append(name)
    return [column for name in ROLES[role] for column in by_lower.get(name, ())]


def _by_value(
    spelled: dict[str, list[str]], held: dict[str, list[Any]], taken: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """Roles by name, where the values bear the name out; a column has one role."""
    roles = {role: [it for it in names if values.fits(role, held[it])] for role, names in spelled.items()}
    roles["question"], roles["input"] = _asked(roles, taken)
    short = [name for name in roles.get("reference", []) if values.short(held[name])]
    weak = ("solution", "solutions") if roles.get("reasoning") else ("solution", "solutions", "content")
    explicit = [name for name in roles.get("response", []) if name.lower() not in weak]
    chats = [chat for name in roles.get("messages", []) for chat in held[name]]
    replied = any(values.ends_with_reply(chat) for chat in chats)
    told = bool(explicit or replied or roles.get("chosen") or {"response", "messages"} & taken.keys())
    if explicit and values.answers(held[explicit[0]]):
        # Where yes and no are what is answered, a label of such words is the reference.
        words = {name for name in held if name.lower() == "label" and not values.truths(held[name])}
        roles["verdict"] = [name for name in roles.get("verdict", []) if name not in words]
    labels = {*roles.get("verdict", [])}
    # A number says how correct something is, a letter which option is.
    options = [name for name in roles.get("reference", []) if name.lower() == "correct"]
    labels.update(name for name in options if not values.worded(held[name]))
    taken_else = labels | {name for name in held if name.lower() == "solution"}
    references = [name for name in roles.get("reference", []) if name not in taken_else]
    if "response" in roles:
        long = [name for name in references if values.long(held[name]) and not values.hashed(held[name])]
        roles["response"], references = _responses(roles, explicit, references, told, short, long)
    if "reference" in roles:
        left = [name for name in short if name not in roles.get("response", [])]
        solution = [name for name in left if name.lower() == "solution"]
        # A final answer beside a reference is the model's.
        last = [name for name in references[1:] if name.lower() == "final_answer"]
        roles["reference"] = [name for name in [*references, *solution] if name not in last]
    held_by: set[str] = set()
    order = ("messages", "chosen", "rejected", "question", "response", "reference")
    for role in [*order, *(role for role in roles if role not in order)]:
        roles[role] = [name for name in roles.get(role, []) if name not in held_by]
        held_by.update(roles[role])
    return roles


def _responses(
    roles: dict[str, list[str]],
    explicit: list[str],
    references: list[str],
    told: bool,
    short: list[str],
    long: list[str],
) -> tuple[list[str], list[str]]:
    """Which columns are responses, and which are left as references.

    Where nothing else is a response, ``solution`` is one (unless all there is in it are values), and so is
    ``answer`` behind a column of reasoning, beside another reference, or where its texts are long; last of
    all a ``rationale``, which is a response that was called a thought.
    """
    if told:
        return explicit, references
    solution = [name for name in roles["response"] if name.lower() in ("solution", "solutions")]
    if any(name not in short for name in solution):
        return solution, references
    answer = [name for name in references if name.lower() == "answer"]
    others = [name for name in references if name not in answer]
    rationale = [name for name in roles.get("reasoning", []) if name.lower() == "rationale"]
    if rationale and all(name in short for name in answer):
        roles["reasoning"] = []
        return rationale, references
    if answer and (roles.get("reasoning") or (others and answer[0] not in short) or answer[0] in long):
        return answer, others
    return [], references


def _asked(roles: dict[str, list[str]], taken: Mapping[str, list[str]]) -> tuple[list[str], list[str]]:
    """``input`` is the question where nothing else is; beside ``instruction`` it goes below that."""
    names = roles.get("question", [])
    below = [name for name in roles.get("input", []) if name.lower() in ("input", "inputs")]
    asked = [name for name in names if name not in below]
    instructed = any(name.lower() == "instruction" for name in [*asked, *taken.get("question", [])])
    if instructed:
        return asked, roles.get("input", [])
    return [*asked, *(name for name in names if name in below)] if "question" not in taken else [], []


def _varies(name: str, chosen: Mapping[str, list[str]], heads: list[Row]) -> bool:
    """Whether two rows of one question differ in a column: then it tells of the attempt."""
    asking = next((column for role in _CHAT for column in chosen.get(role, ())), None)
    if asking is None:
        return False
    seen: dict[str, Any] = {}
    for row in heads:
        if row.get(name) is None:
            continue
        asked = row.get(asking)
        key = repr(asked[:-1] if isinstance(asked, list) and asking in chosen.get("messages", ()) else asked)
        if seen.setdefault(key, row.get(name)) != row.get(name):
            return True
    return False


def told(roles: Roles) -> list[str]:
    """What was taken for what, and what was passed over, for people: a line each."""
    chosen = {role: names for role, names in roles.columns.items() if names}
    lines = ["read as: " + ", ".join(_arrow(role, names) for role, names in chosen.items())]
    if roles.row_columns:
        lines.append("kept with each trace: " + ", ".join(roles.row_columns))
    if others := [name for name in roles.others if name != "meta"]:
        lines.append("kept with the question: " + ", ".join(others))
    return lines


def _arrow(role: str, names: tuple[str, ...]) -> str:
    return role if names == (role,) else f"{role} ← {' or '.join(names)}"


def _suspected(
    rest: list[str], held: Mapping[str, list[Any]], chosen: Mapping[str, list[str]]
) -> Iterator[tuple[str, str]]:
    """Columns without a role whose name and values look like one that no column has."""
    answered = {"response", "messages", "chosen"} & chosen.keys()
    for name in rest:
        if name.lower() in SPELLED:
            continue  # its values say that it has not the role which its name promises
        if not answered and values.long(held[name]) and name.lower() not in CONTEXTS:
            yield name, "response"
            continue
        if not answered and held[name] and isinstance(held[name][0], dict):
            yield from ((f"{name}.{key}", "response") for key in held[name][0] if key in ROLES["response"])
            continue
        words = set(re.split(r"[^a-z]+", name.lower()))
        for role, hints in HINTS.items():
            if not chosen.get(role) and words & hints and values.looks(role, held[name]):
                yield name, role
                break


def suspects(roles: Roles) -> list[str]:
    """Warnings: columns without a role whose name looks like one of a role that no column has."""
    hint = "column {0!r} looks like the {1}; if it is: --map {1}={0}"
    return [hint.format(name, role) for name, role in roles.suspects]
