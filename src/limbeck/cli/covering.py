"""``limbeck coverage``, ``published`` and ``scorecard``: what the recipes cover, what others trained."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import msgspec
from rich import box
from rich.table import Table

from limbeck.cli.output import console, give, tell
from limbeck.errors import unknown
from limbeck.reproduction import coverage as covered
from limbeck.reproduction import published as registry
from limbeck.reproduction import scorecard as scoring
from limbeck.reproduction import tags


def coverage(value: str, write: Path | None) -> None:
    """Recipes with their tags on the screen, or the whole page in a file."""
    known = [each for values in tags.FACETS.values() for each in values]
    if value and value not in known:
        raise unknown("tag", value, known)
    listed = covered.rows()
    if write:
        write.write_text(covered.markdown(listed), encoding="utf-8")
        tell(f"{len(listed)} recipes → {write}")
        give({"recipes": len(listed), "written": write})
        return
    chosen = [row for row in listed if not value or any(value in values for values in row.tags.values())]
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("recipe", *tags.FACETS):
        table.add_column(heading)
    for row in chosen:
        table.add_row(row.name, *(", ".join(row.tags[facet]) for facet in tags.FACETS))
    console().print(table)
    tell(f"{len(chosen)} recipes" + (f" with {value!r}" if value else ""))
    give({"recipes": {row.name: row.tags for row in chosen}, "counts": covered.counts(chosen)})


def published(write: Path | None) -> None:
    """The registry of published recipes: names, what they hide, and the tables in a file."""
    listed = registry.read()
    if write:
        write.write_text(registry.markdown(listed), encoding="utf-8")
        tell(f"{len(listed)} recipes → {write}")
    else:
        table = Table(box=box.SIMPLE_HEAD)
        for heading in ("recipe", "branch", "base", "size", "AIME 2024", "undisclosed"):
            table.add_column(heading)
        for each in listed:
            part = each.tuning or each.reinforcing
            known = (
                each.name,
                each.branch,
                part.base if part else "",
                each.data.size,
                each.scores.get("AIME"),
            )
            hides = ", ".join(name.partition(".")[2] for name in registry.hidden(each))
            table.add_row(*("·" if cell is None else str(cell) for cell in known), hides)
        console().print(table)
    give({"recipes": msgspec.to_builtins(listed)})


def scorecard(sheet: Path, other: Path | None, items: Path | None) -> None:
    """Points of one or two readers' sheets, and their agreement."""
    listed = scoring.read_items(items or scoring.FILE)
    sheets = {str(path): scoring.read_sheet(path, listed) for path in (sheet, other) if path}
    totals = {name: scoring.total(listed, read) for name, read in sheets.items()}
    for name, made in totals.items():
        areas = ", ".join(f"{area} {points:g}" for area, points in made.areas.items())
        tell(f"{name}: {made.points:g} of {made.of:g} ({areas})")
        if made.unproven:
            tell(f"  yes without evidence, counted as no: {'; '.join(made.unproven)}")
    answers = [scoring.counted(listed, read) for read in sheets.values()]
    agreement = scoring.kappa(*answers) if len(answers) == 2 else None
    if other:
        tell(
            "Cohen's kappa: "
            + ("none, both say the same to all" if agreement is None else f"{agreement:.3f}")
        )
    give({"sheets": {name: asdict(made) for name, made in totals.items()}, "kappa": agreement})
