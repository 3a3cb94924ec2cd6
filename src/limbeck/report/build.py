"""Write a run's page: one HTML file that opens offline and cannot run anything a trace contains.

Defence in depth: the template escapes every value, control and direction-changing characters are shown as
their code, and a Content-Security-Policy admits only this page's own script and style, by hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup

from limbeck.evaluation.comparison_table import degrees
from limbeck.pipeline.store import write_atomic
from limbeck.report import figures
from limbeck.report.reading import Seen, read
from limbeck.units import bare

HERE = Path(__file__).parent
TRACE_CHARACTERS = 20_000
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def build(run: Path, out: Path) -> Path:
    """Write the report of a run folder to ``out`` and return ``out``.

    Args:
        run: the folder ``limbeck run`` wrote, with its ``run.json``.
        out: the HTML file, written atomically; folders on the way are made.

    Raises:
        LimbeckError: when there is no readable run, or ``out`` cannot be written.
    """
    run, out = Path(run), Path(out)
    write_atomic(out, page(run).encode("utf-8"))
    return out


def page(run: Path) -> str:
    """The report as text."""
    known = read(run)
    compared = figures.comparisons(known)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(visible=visible, duration=duration, plain=plain, grouped=lambda n: f"{n:,}")
    environment.filters.update(bare=bare, degrees=degrees)
    script, style = (
        (HERE / "page.js").read_text(encoding="utf-8"),
        (HERE / "page.css").read_text(encoding="utf-8"),
    )
    return environment.get_template("page.html").render(
        page={"title": "", "name": known.folder.name, **known.page},
        recipe=known.recipe,
        stages=known.stages,
        script=jinja2_safe(script),
        style=jinja2_safe(style),
        policy=policy(script, style),
        tables=figures.metric_tables(known),
        bars=figures.accuracy_bars(known),
        compared=compared,
        forests=figures.comparison_charts(compared),
        logp=figures.logp_panels(known),
        losses=figures.loss_panels(known),
        pass_rates=figures.pass_rate_chart(known.traces),
        lengths=figures.length_chart(known.traces),
        funnel=figures.funnel(known),
        traces=known.traces,
        browsed=[browsed(seen) for seen in known.traces.seen],
        notes=known.notes,
        paper=paper(known.page),
        configuration=yaml.safe_dump(known.recipe, sort_keys=False, allow_unicode=True, width=110),
        times={key: _when(known.page.get(key)) for key in ("started", "finished")},
    )


def jinja2_safe(text: str) -> Any:
    """Our own script or style, inserted as it is: an escaped one would neither run nor match its hash."""
    return Markup(text)


def policy(script: str, style: str) -> str:
    """The Content-Security-Policy that lets this script and this style in and nothing else."""

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    rules = f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}"
    return f"{rules}; base-uri 'none'; form-action 'none'"


def visible(text: Any, most: int = TRACE_CHARACTERS) -> str:
    """Text in which nothing hides: control and direction-changing characters as ``‹U+202E›``, cut to
    ``most``."""
    text = str(text)
    shown = _CONTROLS.sub(lambda match: f"‹U+{ord(match.group()):04X}›", text[:most].replace("\r\n", "\n"))
    if len(text) <= most:
        return shown
    return (
        f"{shown}…"
        if most < 1000
        else f"{shown}\n… {len(text) - most:,} more characters are in the stage's folder"
    )


def duration(seconds: Any) -> str:
    """``4.2 s``, ``3 min 10 s``, ``2 h 05 min``."""
    if not isinstance(seconds, int | float):
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def plain(value: Any) -> str:
    """A parameter's value as a recipe would write it, on one line."""
    return (
        yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
        .replace("\n...", "")
        .strip()
    )


def _when(value: Any) -> str:
    if isinstance(value, int | float):
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(value))
    return str(value or "")


def paper(page: dict[str, Any]) -> dict[str, Any]:
    """What the page says of the paper; a link only for a well-formed arXiv number."""
    about = page.get("paper") if isinstance(page.get("paper"), dict) else {}
    arxiv = str((about or {}).get("arxiv", ""))
    facts = (page.get("recipe") or {}).get("facts") or {}
    columns = figures.unique(key for row in facts.values() if isinstance(row, dict) for key in row)
    link = f"https://arxiv.org/abs/{arxiv}" if re.fullmatch(r"\d{4}\.\d{4,5}(v\d+)?", arxiv) else ""
    return {
        "title": (about or {}).get("title", ""),
        "arxiv": arxiv,
        "link": link,
        "facts": facts,
        "columns": columns,
    }


def browsed(seen: Seen) -> dict[str, Any]:
    """One problem of the trace browser: its right and its wrong trace, and a haystack for the search box."""
    right, wrong = seen.first("correct"), seen.first("wrong")
    others = [trace for trace in seen.traces if trace.outcome not in ("correct", "wrong")]
    sides = [(kind, trace) for kind, trace in (("right", right), ("wrong", wrong)) if trace is not None]
    if not sides and others:
        sides = [("other", others[0])]
    outcomes = [trace.outcome for trace in seen.traces]
    marks = sorted({mark for trace in seen.traces for mark in trace.marks} | set(seen.problem.marks))
    kinds = figures.unique(iter(["paired"] * (seen.pair is not None) + sorted(set(outcomes)) + marks))
    return {
        "problem": seen.problem,
        "sides": sides,
        "right": outcomes.count("correct"),
        "count": len(outcomes),
        "marks": marks,
        "kinds": kinds,
        "paired": seen.pair is not None,
    }
