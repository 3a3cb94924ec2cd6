"""The page of `limbeck stats`: the counts of a set of traces, on one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from limbeck.pipeline.atomic import write_atomic
from limbeck.report import svg
from limbeck.report.build import HERE, jinja2_safe, policy
from limbeck.report.visible import visible
from limbeck.summary import Summary

SHOWN = 40


def build(summary: Summary, source: str, out: Path) -> Path:
    """Write the page to ``out`` and return ``out``.

    Raises:
        LimbeckError: ``out`` cannot be written.
    """
    write_atomic(out, page(summary, source).encode("utf-8"))
    return out


def page(summary: Summary, source: str) -> str:
    """The page as text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(visible=visible, grouped=lambda count: f"{count:,}")
    style = (HERE / "page.css").read_text(encoding="utf-8")
    whole = summary.as_dict()
    return environment.get_template("stats.html").render(
        source=source,
        whole=whole,
        numbers=summary.numbers,
        charts=charts(summary),
        tallies=_tallies(whole, list(summary.tallies)),
        style=jinja2_safe(style),
        policy=policy("", style),
    )


def charts(summary: Summary) -> list[tuple[str, str, Markup]]:
    """Title, what it shows and picture: pass rates, lengths of right and wrong traces, other lengths."""
    drawn = []
    if summary.pass_rates:
        edges = [place / 10 - 0.05 for place in range(12)]
        picture = _histogram(summary.pass_shares(), edges, "pass rate")
        drawn.append(("Pass rate", "share of problems, in percent", picture))
    for name, numbers in summary.numbers.items():
        if len(numbers.counts) > 1:  # a single bar shows nothing that the table does not say
            title = name.replace("_", " ").capitalize()
            bounds, shares = numbers.bins()
            picture = _histogram(shares, [float(bound) for bound in bounds], title)
            drawn.append((title, "in percent; the longest 1% in the last bin", picture))
    return drawn


def _histogram(shares: list[float], edges: list[float], label: str) -> Markup:
    percent = [100 * share for share in shares]
    return svg.histogram([("s0", percent)], edges, label.lower(), f"{label}, in percent")


def _tallies(whole: dict[str, Any], names: list[str]) -> list[tuple[str, list[tuple[str, int]], int]]:
    """Title, the commonest values and how many others there are; columns that nothing fills are left out."""
    rows = []
    for name in names:
        counts = whole[name]
        if counts.keys() - {""}:
            values = list(counts.items())
            rows.append((name.replace("_", " "), values[:SHOWN], max(0, len(values) - SHOWN)))
    return rows
