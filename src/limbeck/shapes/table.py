"""The shapes by name: what a file of each must have, and how the rows of a file are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from limbeck.errors import LimbeckError, nearest, unknown
from limbeck.records import Pair, Problem, Trace
from limbeck.shapes import layouts, roles, spellings, values
from limbeck.shapes.reading import Reader
from limbeck.shapes.roles import Roles
from limbeck.shapes.whole import OpenR1, Own
from limbeck.tables import Row
from limbeck.texts.traces import split_text

SHAPES: dict[str, tuple[str, ...]] = {
    "messages": ("messages",),
    "sharegpt": ("messages",),
    "prompt_completion": ("question", "response"),
    "responses": ("question", "response"),
    "alpaca": ("question", "response"),
    "nemo_skills": ("question", "response"),
    **dict.fromkeys(
        ("preference", "alpaca_preference", "sharegpt_preference", "swift_preference"), ("rejected",)
    ),
    **dict.fromkeys(("kto", "sharegpt_kto", "swift_kto"), ("question", "response", "verdict")),
    **dict.fromkeys(("problems", "prompt_only", "swift_prompts"), ("question",)),
    "openr1": (),
    "traces": (),
    **dict.fromkeys(layouts.LAYOUTS, ()),
}
"""Shapes that a file can be said to have, and the roles that some column must play in it."""


class Reads(Protocol):
    """What makes records of one row; ValueError where the row makes no sense."""

    def read(self, row: Row, name: str, number: int) -> tuple[Problem, list[Trace], Pair | None]: ...


@dataclass(frozen=True)
class Reading:
    """How the rows of one file are read: decided from its first rows, the same in every worker process."""

    shape: str
    reader: Reads
    layout: str = ""
    roles: Roles | None = None
    writers: tuple[str, ...] = ()

    def records(self, row: Row, name: str, number: int) -> tuple[Problem, list[Trace], Pair | None]:
        """A row's problem, its traces and its pair.

        Raises:
            ValueError: the row makes no sense; it says why.
        """
        flat = layouts.flattener(self.layout)
        return self.reader.read(flat(row) if flat else row, name, number)

    def told(self) -> list[str]:
        """What was taken for what, for people."""
        if self.roles is None:
            return [f"read as: {self.shape}"]
        whose = f" (laid flat from {self.layout})" if self.layout else ""
        first, *more = roles.told(self.roles)
        by = [f"a writer each: {', '.join(self.writers)}"] if self.writers else []
        return [first + whose, *by, *more]

    def warnings(self) -> list[str]:
        """Columns that look like a role that no column has."""
        return roles.suspects(self.roles) if self.roles else []


def reading(
    heads: list[Row],
    shape: str = "auto",
    *,
    verifier: str = "math",
    format: str = "",
    columns: Mapping[str, str] | None = None,
    where: str = "the file",
) -> Reading:
    """How rows that begin like these are read.

    Args:
        shape: a name in `SHAPES`, or ``auto`` to tell by columns and values.
        columns: role (or another name of it) to the column that has it; before everything that names tell.

    Raises:
        LimbeckError: no such shape, format, role or column; no column is the question; the shape lacks one.
    """
    if shape != "auto" and shape not in SHAPES:
        raise unknown("shape", shape, SHAPES)
    if format:
        split_text("", format)
    names = list(dict.fromkeys(name for row in heads for name in row))
    kind = shape if shape != "auto" else _kind(names, heads)
    if kind == "traces":
        return Reading("traces", Own())
    if kind == "openr1" and not columns:
        return Reading("openr1", OpenR1(verifier, format))
    layout = kind if layouts.flattener(kind) else "" if columns else layouts.layout_of(names, heads)
    flat = layouts.flattened(layout, heads)
    decided = roles.decide(flat or heads, columns, where)
    chosen = _shape(decided) if shape == "auto" else shape
    _need(decided, SHAPES[chosen], flat or heads, where)
    reader = Reader(decided, verifier, format, open_end=_ends_open(decided, flat))
    return Reading(chosen, reader, layout, decided, tuple(layouts.writers(layout, heads)))


def _kind(names: list[str], heads: list[Row]) -> str:
    """The shape of rows that are records already; empty for all others."""
    if {"question", "problem"} <= {*names} and any(isinstance(row.get("problem"), dict) for row in heads):
        return "traces"
    return "openr1" if {"problem", "generations"} <= {*names} else ""


def _shape(decided: Roles) -> str:
    there = decided.columns.keys()
    if "rejected" in there:
        return "preference"
    if "response" in there:
        return "kto" if "verdict" in there else "responses"
    return "messages" if "messages" in there else "problems"


def _need(decided: Roles, wanted: tuple[str, ...], heads: list[Row], where: str) -> None:
    there = decided.columns
    names = list(dict.fromkeys(str(name) for row in heads for name in row))
    for role in wanted:
        chat = role in ("question", "response") and there.keys() & {"messages", "problem_id"}
        if role not in there and not chat:
            seen = ", ".join(sorted(names))
            inside = _inside(heads)
            near = "" if inside else _near(role, names)
            which = f"say which one: --map {role}=COLUMN{inside}"
            raise LimbeckError(f"{where}: no column is the {role}{near} (columns: {seen}); {which}")


def _inside(heads: list[Row]) -> str:
    """What to write for a field of a column that holds mappings, where the first row has such."""
    fields = [f"{name}.{key}" for name, value in heads[0].items() if isinstance(value, dict) for key in value]
    return f", or a field inside of one ({', '.join(fields[:6])})" if fields else ""


def _ends_open(decided: Roles, heads: list[Row]) -> bool:
    """Whether not one of the chats ends with a reply: then they are questions."""
    return not any(values.ends_with_reply(decided.pick(row).get("messages")) for row in heads)


def _near(role: str, names: list[str]) -> str:
    hints = (nearest(name, names) for name in spellings.ROLES[role])
    return next((hint for hint in hints if "did you mean" in hint), "")
