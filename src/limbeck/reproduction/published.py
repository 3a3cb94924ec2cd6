"""Published recipes as data: what they were trained on and how, with the switches of their reinforcement.

The fields are those by which replications of R1 are compared (arXiv 2505.00551). A value may be
``undisclosed``; a field that is not there was not looked up.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from limbeck.errors import LimbeckError
from limbeck.pipeline import pages

FILE = Path(__file__).parent.parent / "assets" / "published.yaml"
UNDISCLOSED = "undisclosed"
Hidden = Literal["undisclosed"]
Text = str | None
Number = int | float | Hidden | None


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was trained on: problems or traces, and how they were chosen. ``tokens`` is their mean length."""

    size: Number = None
    domains: list[str] | Hidden | None = None
    teacher: Text = None
    prompts: Text = None
    verification: Text = None
    difficulty: Text = None
    decontamination: Text = None
    tokens: Number = None


class Tuning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Supervised fine-tuning."""

    base: str
    epochs: Number = None
    lr: Number = None
    context: Number = None
    packing: bool | Hidden | None = None


class Reinforcing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reinforcement with verifiable rewards, by its switches.

    Args:
        critic: whether a value network was learned; then there is no advantage over a group.
        advantage: whose spread of rewards it is divided by.
        average: what the loss is averaged over.
        clip: lower and upper bound of the ratio.
    """

    algorithm: str
    base: str
    critic: bool
    rewards: list[str] | Hidden
    advantage: Literal["group", "batch", "none", "undisclosed"] | None = None
    average: Literal["token", "sequence", "constant", "undisclosed"] | None = None
    clip: tuple[float, float] | Hidden | None = None
    kl: bool | Hidden | None = None
    kl_weight: Number = None
    dynamic_sampling: bool | Hidden | None = None
    overlong: Text = None
    group: Number = None
    temperature: Number = None
    lr: Number = None
    contexts: list[int] | Hidden | None = None


class Published(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One recipe. ``scores`` are percentages by benchmark."""

    name: str
    source: str
    branch: Literal["tuning", "reinforcing"]
    data: Data
    tuning: Tuning | None = None
    reinforcing: Reinforcing | None = None
    scores: dict[str, float] = {}

    def __post_init__(self) -> None:
        if getattr(self, self.branch) is None:
            raise ValueError(f"{self.name}: a recipe of branch {self.branch} has a part {self.branch!r}")


def read(path: Path = FILE) -> list[Published]:
    """The registry.

    Raises:
        LimbeckError: a row that is not as the schema wants it, by its number and name, or a name twice.
    """
    rows = pages.value(path.read_text(encoding="utf-8"), str(path))
    if not isinstance(rows, list):
        raise LimbeckError(f"{path} is a list of recipes, got {rows!r:.60}")
    listed = [_row(row, f"{path}: row {number}") for number, row in enumerate(rows, 1)]
    names = [each.name for each in listed]
    if twice := {name for name in names if names.count(name) > 1}:
        raise LimbeckError(f"{path}: {', '.join(sorted(twice))} is there twice")
    return listed


def _row(row: Any, where: str) -> Published:
    name = f" ({row['name']})" if isinstance(row, dict) and "name" in row else ""
    try:
        return msgspec.convert(row, Published, strict=True)
    except (msgspec.ValidationError, ValueError) as error:
        raise LimbeckError(f"{where}{name}: {error}") from error


def switches(each: Reinforcing) -> dict[str, Any]:
    """The settings of a group-relative objective that a published recipe comes to; what it does not disclose
    is left to the objective's defaults.

    Raises:
        LimbeckError: it learns a critic, which no objective here does.
    """
    if each.critic:
        raise LimbeckError(f"{each.algorithm} learns a critic: no objective of this house has one")
    told = {"std": each.advantage, "per": each.average}
    hides = (None, UNDISCLOSED)
    settings: dict[str, Any] = {name: value for name, value in told.items() if value not in hides}
    if isinstance(each.clip, tuple):
        settings |= dict(zip(("clip_low", "clip_high"), each.clip, strict=True))
    if each.kl is False:
        settings["kl"] = 0.0
    elif isinstance(each.kl_weight, float):
        settings["kl"] = each.kl_weight
    return settings


def hidden(each: Published) -> list[str]:
    """Fields that a recipe does not disclose, as ``part.field``."""
    return [name for name, value in _fields(each) if value == UNDISCLOSED]


def _fields(each: Published) -> Iterator[tuple[str, Any]]:
    for part in ("data", "tuning", "reinforcing"):
        if (struct := getattr(each, part)) is not None:
            for name in struct.__struct_fields__:
                yield f"{part}.{name}", getattr(struct, name)


def markdown(listed: list[Published]) -> str:
    """``docs/published.md``: both branches, a column for each field that one of its recipes has."""
    lines = [
        "# Published recipes",
        "",
        "Generated by `limbeck published --write docs/published.md` from",
        "`src/limbeck/assets/published.yaml`; do not edit.",
        "",
        "`undisclosed` is what no source is known to say, `·` what nobody looked up. From abstracts,",
        "overviews and memory, not checked against the sources: who builds on a value looks it up there.",
        "",
    ]
    for branch, title in (("tuning", "Fine-tuning"), ("reinforcing", "Reinforcement")):
        rows = [(each, dict(_fields(each))) for each in listed if each.branch == branch]
        columns = dict.fromkeys(name for _, row in rows for name, value in row.items() if value is not None)
        shown = [name.partition(".")[2].replace("_", " ") for name in columns]
        lines += [f"## {title}", "", _line(["recipe", *shown, "AIME 2024", "source"])]
        lines += [_line(["---"] * (len(columns) + 3))]
        for each, row in rows:
            score = each.scores.get("AIME")
            cells = [_told(row.get(name)) for name in columns]
            lines.append(_line([each.name, *cells, _told(score), each.source]))
        lines.append("")
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _told(value: Any) -> str:
    if value is None:
        return "·"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_told, value))
    if isinstance(value, int) and value > 9999:
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)
