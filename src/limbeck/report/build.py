"""Write a run's page: one HTML file that opens offline and cannot run anything a trace contains.

Defence in depth: the template escapes every value, control and direction-changing characters are shown as
their code, samples lie in the page as JSON that the script shows as text, and a Content-Security-Policy
admits only this page's own script and style, by hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup

from limbeck.evaluation.comparison import Comparison
from limbeck.evaluation.comparison_table import degrees
from limbeck.evaluation.verdicts import LEAST
from limbeck.pipeline.atomic import write_atomic
from limbeck.report import figures, plots, table
from limbeck.report.figure import Figure, name_apart
from limbeck.report.reading import Run, read
from limbeck.report.several import read_several
from limbeck.report.visible import visible
from limbeck.units import bare

HERE = Path(__file__).parent


@dataclass
class Drawn:
    """A run with its charts and tables: what the page and the exported files show alike."""

    run: Run
    compared: list[Comparison]
    metrics: list[dict[str, Any]]
    funnel: list[dict[str, Any]]
    paper: dict[str, Any]
    charts: dict[str, list[Figure]]

    @property
    def figures(self) -> list[Figure]:
        return [figure for group in self.charts.values() for figure in group]

    @property
    def tables(self) -> list[table.Table]:
        """Every table that has rows."""
        tables = [table.of_metric(shown) for shown in self.metrics]
        tables += [table.of_comparisons(self.compared)] if self.compared else []
        tables += [table.of_marks(self.funnel)] if self.funnel else []
        return tables + ([table.of_paper(self.paper)] if self.paper["facts"] else [])


def draw(folder: Path, others: Sequence[Path] = ()) -> Drawn:
    """Read a run, or several as one, and draw its charts.

    Raises:
        LimbeckError: when there is no readable run.
    """
    run = read_several([folder, *others]) if others else read(folder)
    compared = figures.comparisons(run)
    charts = {
        "bars": figures.accuracy_bars(run),
        "frontiers": plots.frontiers(run),
        "reliability": plots.reliability_diagrams(run),
        "forests": figures.comparison_charts(compared),
        "logp": figures.logp_panels(run),
        "losses": figures.loss_panels(run),
        "traces": figures.trace_charts(run.traces),
    }
    name_apart([figure for group in charts.values() for figure in group])
    metrics, funnel = figures.metric_tables(run), figures.funnel(run)
    return Drawn(run, compared, metrics, funnel, paper(run.page), charts)


def build(run: Path, out: Path, exports: Path | None = None, others: Sequence[Path] = ()) -> dict[str, Any]:
    """Write the report of a run folder to ``out``.

    Args:
        run: the folder ``limbeck run`` wrote, with its ``run.json``.
        out: the HTML file, written atomically; folders on the way are made.
        exports: a folder for every figure as SVG and every table as Markdown, LaTeX and CSV.
        others: further runs, whose arms stand beside those of the first.

    Returns:
        The paths written: ``report``, and with ``exports`` also ``figures`` and ``tables``.

    Raises:
        LimbeckError: when there is no readable run, or a file cannot be written.
    """
    drawn = draw(Path(run), [Path(each) for each in others])
    write_atomic(Path(out), page(drawn).encode("utf-8"))
    if exports is None:
        return {"report": Path(out)}
    pictures = {Path(exports) / f"{each.name}.svg": each.standalone() for each in drawn.figures}
    named = [(f"{each.name}.{kind}", text) for each in drawn.tables for kind, text in each.texts().items()]
    tables = {Path(exports) / name: text for name, text in named}
    for path, text in (pictures | tables).items():
        write_atomic(path, text.encode("utf-8"))
    return {"report": Path(out), "figures": list(pictures), "tables": list(tables)}


def page(drawn: Drawn) -> str:
    """The report as text."""
    run = drawn.run
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(visible=visible, duration=duration, plain=plain, grouped=lambda n: f"{n:,}")
    environment.filters.update(bare=bare, degrees=degrees)
    script = "".join((HERE / name).read_text(encoding="utf-8") for name in ("page.js", "browser.js"))
    style = "".join((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "charts.css"))
    copies = {each.name: each.texts() for each in drawn.tables}
    return environment.get_template("page.html").render(
        page={"title": "", "name": run.folder.name, **run.page},
        recipe=run.recipe,
        trained=any(stage.get("kind") == "checkpoint" for stage in run.page.get("stages", ())),
        least=LEAST,
        stages=run.stages,
        script=jinja2_safe(script),
        style=jinja2_safe(style),
        policy=policy(script, style),
        tables=list(zip(drawn.metrics, drawn.tables, strict=False)),
        compared=drawn.compared,
        charts=drawn.charts,
        funnel=drawn.funnel,
        traces=run.traces,
        browsed=run.browsed,
        samples=embedded([collection.encoded() for collection in run.browsed]),
        exports=embedded(
            {"tables": copies, "figures": {each.name: each.standalone() for each in drawn.figures}}
        ),
        notes=run.notes,
        paper=drawn.paper,
        configuration=yaml.safe_dump(run.recipe, sort_keys=False, allow_unicode=True, width=110),
        times={key: _when(run.page.get(key)) for key in ("started", "finished")},
    )


def embedded(value: Any) -> Markup:
    """A value as JSON within a ``<script>`` element, which no text in it can close or comment out."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    codes: dict[str, str | int | None] = {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
    return Markup(text.translate(str.maketrans(codes)))


def jinja2_safe(text: str) -> Any:
    """Our own script or style, inserted as it is: an escaped one would neither run nor match its hash."""
    return Markup(text)


def policy(script: str, style: str) -> str:
    """The Content-Security-Policy that lets this script and this style in and nothing else."""

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    rules = f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}"
    return f"{rules}; base-uri 'none'; form-action 'none'"


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
