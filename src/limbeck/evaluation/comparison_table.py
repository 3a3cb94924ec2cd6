"""Comparisons as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from limbeck.evaluation.comparison import Comparison
from limbeck.units import bare, chance

if TYPE_CHECKING:
    from rich.table import Table

HEADINGS = (
    "contrast",
    "benchmark",
    "metric",
    "T",
    "value",
    "other",
    "diff",
    "95% interval",
    "t over seeds",
    "p (Holm)",
    "seeds",
    "problems",
    "verdict",
)


def degrees(temperature: float | None) -> str:
    """A temperature in a table; a dash where nothing was sampled."""
    return "–" if temperature is None else f"{temperature:g}"


def _span(low: float | None, high: float | None, unit: str) -> str:
    # The backslash keeps rich from reading the bracket as markup.
    return "–" if low is None or high is None else f"\\[{bare(low, unit, '+')}, {bare(high, unit, '+')}]"


def table(comparisons: Sequence[Comparison], title: str = "") -> Table:
    """Comparisons as a table for the terminal; shares are in percent. Of seeds and temperatures nothing is
    said where there are none."""
    from rich import box
    from rich.table import Table

    several = any(c.seeds > 1 for c in comparisons)
    sampled = any(c.temperature is not None for c in comparisons)
    without = {"t over seeds", "seeds"} if not several else set()
    headings = [name for name in HEADINGS if name not in without and (sampled or name != "T")]
    drawn = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left")
    for heading in headings:
        text = heading in ("contrast", "benchmark", "metric", "verdict")
        drawn.add_column(heading, justify="left" if text else "right", no_wrap=True)
    for c in comparisons:
        cells = dict(zip(HEADINGS, _cells(c), strict=True))
        drawn.add_row(*[cells[name] for name in headings])
    return drawn


def _cells(c: Comparison) -> list[str]:
    from rich.markup import escape

    styles = {"holds": "green", "reversed": "red", "not shown": "yellow"}
    return [
        escape(f"{c.better} − {c.than}"),
        escape(c.benchmark),
        escape(c.measured),
        degrees(c.temperature),
        bare(c.value, c.unit),
        bare(c.other, c.unit),
        bare(c.diff, c.unit, "+"),
        _span(c.low, c.high, c.unit),
        _span(c.t_low, c.t_high, c.unit),
        chance(c.p if c.p_holm is None else c.p_holm),
        str(c.seeds),
        f"{c.problems:,}",
        f"[{styles[c.verdict]}]{c.verdict}[/]",
    ]
