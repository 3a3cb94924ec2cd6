"""``limbeck check`` and ``limbeck repair``: is what lies here what was written, and what if not."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any

from rich import box
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from limbeck.cli.output import console, give, quiet, tell, warn
from limbeck.errors import Failed
from limbeck.pipeline.arrow import TABLES
from limbeck.upkeep import soundness
from limbeck.upkeep.repair import Mended, repair
from limbeck.upkeep.soundness import Seen

STATES = {
    "sound": "sound",
    "damaged": "damaged",
    "unfinished": "unfinished",
    "older": "readable",
}
"""What people are told of each state; of an ``older`` manifest no digests are known."""


def _seen(place: Path) -> list[Seen]:
    from rich.console import Console

    errors = Console(stderr=True)
    silent = quiet() or not errors.is_terminal
    below = track(soundness.folders(place), "reading", console=errors, transient=True, disable=silent)
    return [*map(soundness.look, below)]


def check(place: Path) -> None:
    """Read everything in a run's folder or a store.

    Raises:
        Failed: something is damaged.
    """
    every = _seen(place)
    page = soundness.damage_of_page(place)
    _show(place, every)
    for seen in every:
        for name, what in seen.wrong.items():
            warn(f"{seen.folder / name}: {what}")
        for name in seen.extra:
            warn(f"{seen.folder / name}: the manifest does not list it, so nobody reads it")
        for name, count in seen.unread.items():
            lines = "1 line" if count == 1 else f"{count:,} lines"
            warn(f"{seen.folder / name}: {lines} cannot be read; asked again, should the stage be made anew")
    if page:
        warn(f"{place / 'run.json'}: {page}")
    broken = [seen for seen in every if seen.state == "damaged"]
    told = {"folder": str(place), "sound": not broken and not page, "run.json": page}
    give(told | {"stages": [*map(_told, every)]})
    if broken:
        raise Failed(
            f"{len(broken):,} of {len(every):,} damaged; `limbeck repair {quote(str(place))}` keeps what is "
            "damaged aside and has what is lost made again"
        )
    if page:
        raise Failed(f"{place / 'run.json'} is damaged")


def _show(place: Path, every: list[Seen]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("", "files", "MB", *TABLES, ""):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for seen in every:
        rows = [f"{seen.rows[name]:,}" if name in seen.rows else "" for name in TABLES]
        size = f"{seen.bytes / 1e6:,.1f}"
        table.add_row(escape(seen.folder.name), f"{seen.files:,}", size, *rows, STATES[seen.state])
    if not quiet():
        console().print(table)
    tell(f"{place}: " + ("nothing is made yet" if not every else _counted(every)))


def _counted(every: list[Seen]) -> str:
    counts = {name: sum(seen.state == name for seen in every) for name in STATES}
    return ", ".join(f"{count:,} {STATES[name]}" for name, count in counts.items() if count)


def _told(seen: Seen) -> dict[str, Any]:
    told = {"name": seen.name, "folder": str(seen.folder), "kind": seen.kind, "state": seen.state}
    return told | {
        "files": seen.files,
        "bytes": seen.bytes,
        "rows": dict(seen.rows),
        "damaged": seen.wrong,
        "unlisted": seen.extra,
        "unread": seen.unread,
    }


def mend(place: Path) -> None:
    """Repair everything that is damaged in a run's folder or a store.

    Raises:
        Failed: something is left that no run makes again.
    """
    mended = [repair(seen) for seen in _seen(place)]
    touched = [each for each in mended if each.done or each.left]
    for each in touched:
        for line in each.done:
            tell(f"{each.folder}: {line}")
        for line in each.left:
            warn(f"{each.folder}: {line}")
    if not touched:
        tell(f"{place}: nothing is damaged")
    give({"folder": str(place), "repaired": [*map(_as_dict, touched)]})
    lost = [each for each in touched if not each.done]
    if lost:
        raise Failed("\n".join(f"{each.folder} cannot be repaired: {'; '.join(each.left)}" for each in lost))


def _as_dict(mended: Mended) -> dict[str, Any]:
    return {"folder": str(mended.folder), "name": mended.name, "done": mended.done, "left": mended.left}
