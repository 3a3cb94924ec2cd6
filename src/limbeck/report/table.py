"""A table of the report as Markdown and LaTeX, to be read, and as CSV, to be computed with."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from limbeck.evaluation.comparison import Comparison
from limbeck.evaluation.comparison_table import degrees
from limbeck.records import Result
from limbeck.report.figure import slug
from limbeck.report.visible import visible
from limbeck.units import bare, chance

_LATEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "−": "$-$", "–": "--",
    "…": r"\dots{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}  # fmt: skip


class Cell(NamedTuple):
    """A text, printed bold where ``strong``."""

    text: str
    strong: bool = False


@dataclass
class Table:
    """A table. ``headings`` and ``rows`` are for people, ``columns`` and unrounded ``records`` for programs.

    ``labels`` is how many columns at the left hold words; the others are aligned to the right.
    """

    name: str
    title: str
    headings: list[str]
    rows: list[list[Cell]]
    columns: list[str]
    records: list[list[Any]]
    labels: int = 1

    def texts(self) -> dict[str, str]:
        """The table in each form, by the ending of its file."""
        return {"md": self.markdown(), "tex": self.latex(), "csv": self.csv()}

    def markdown(self) -> str:
        """GitHub's Markdown, the title above it."""
        lines = [self.headings, ["---" if n < self.labels else "---:" for n in range(len(self.headings))]]
        lines = [[_markdown(each) for each in lines[0]], lines[1]]
        lines += [[_bold(cell, "**{}**", _markdown) for cell in row] for row in self.rows]
        body = "".join(f"| {' | '.join(line)} |\n" for line in lines)
        return f"{_markdown(self.title)}\n\n{body}"

    def latex(self) -> str:
        """A ``table`` of the package booktabs."""
        aligned = "l" * self.labels + "r" * (len(self.headings) - self.labels)
        heads = " & ".join(map(_latex, self.headings))
        rows = [" & ".join(_bold(cell, r"\textbf{{{}}}", _latex) for cell in row) for row in self.rows]
        body = "".join(f"{row} \\\\\n" for row in rows)
        return (
            "% \\usepackage{booktabs}\n\\begin{table}\n\\centering\n"
            f"\\caption{{{_latex(self.title)}}}\n\\label{{tab:{self.name}}}\n"
            f"\\begin{{tabular}}{{{aligned}}}\n\\toprule\n{heads} \\\\\n\\midrule\n{body}"
            "\\bottomrule\n\\end{tabular}\n\\end{table}\n"
        )

    def csv(self) -> str:
        """One line per number, unrounded, a share as a number from 0 to 1; empty where there is none."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.records:
            writer.writerow([visible(each) if isinstance(each, str) else each for each in row])
        return file.getvalue()


def _bold(cell: Cell, around: str, escape: Any) -> str:
    text: str = escape(cell.text)
    return around.format(text) if cell.strong else text


def _line(text: str) -> str:
    return " ".join(visible(text, 400).split())


def _markdown(text: str) -> str:
    text = re.sub(r"[\\|*`<]|\](?=[(\[:])", lambda match: f"\\{match.group()}", _line(text))
    # An underscore within a word is no emphasis, and `redi\_08` is hard to read in the source.
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", text)


def _latex(text: str) -> str:
    escaped = "".join(_LATEX.get(character, character) for character in _line(text))
    return re.sub(r"(?<![\w-])-(?=\d)", "$-$", escaped)


def of_metric(shown: dict[str, Any]) -> Table:
    """A metric's table, as `figures.metric_tables` gives it."""
    unit = f" in {shown['unit']}" if shown["unit"] else ""
    headings = [", ".join(part for part in column if part) for column in shown["columns"]]
    rows = [[Cell(model), *map(_number, cells)] for model, cells in shown["rows"]]
    columns = ["model", "benchmark", "temperature", "metric", "unit", "value", "low", "high", "n", "samples"]
    records = [_record(m, cell["result"]) for m, row in shown["rows"] for cell in row if cell]
    title = f"{shown['metric']}{unit}, with 95% intervals"
    return Table(slug(shown["metric"]), title, ["model", *headings], rows, columns, records)


def _record(model: str, result: Result) -> list[Any]:
    where = [model, result.benchmark, result.setting.get("temperature"), result.metric, result.unit]
    return [*where, result.value, result.low, result.high, result.n, result.samples]


def _number(cell: dict[str, Any] | None) -> Cell:
    if cell is None:
        return Cell("–")
    bounds = f" [{', '.join(cell['bounds'])}]" if cell["bounds"] else ""
    return Cell(f"{cell['text']}{bounds}", cell["best"])


def of_comparisons(compared: Sequence[Comparison]) -> Table:
    """Contrasts paired by problem, with what decides each."""
    headings = ["contrast", "benchmark", "metric", "verdict", "T", "first", "second", "difference"]
    headings += ["95% interval", "p (Holm)", "problems"]
    columns = ["better", "than", "benchmark", "metric", "unit", "temperature", "better_value", "than_value"]
    columns += ["value", "low", "high", "n", "p", "p_holm", "verdict"]
    rows, records = [], []
    for c in compared:
        words = [f"{c.better} − {c.than}", c.benchmark, c.measured, c.verdict, degrees(c.temperature)]
        span = f"[{bare(c.low, c.unit, '+')}, {bare(c.high, c.unit, '+')}]"
        numbers = [bare(c.value, c.unit), bare(c.other, c.unit), bare(c.diff, c.unit, "+"), span]
        p = c.p if c.p_holm is None else c.p_holm
        rows.append([Cell(each) for each in [*words, *numbers, chance(p), f"{c.problems:,}"]])
        record = [c.better, c.than, c.benchmark, c.metric, c.unit, c.temperature, c.value, c.other]
        records.append([*record, c.diff, c.low, c.high, c.problems, c.p, c.p_holm, c.verdict])
    title = "Differences paired by problem, shares in percentage points"
    return Table("comparisons", title, headings, rows, columns, records, labels=4)


def of_marks(funnel: list[dict[str, Any]]) -> Table:
    """What each data stage has, keeps and newly marks."""
    columns = ["stage", "method", "newly_marked", "problems", "traces", "kept", "pairs"]
    rows, records = [], []
    for row in funnel:
        counts, stage = row["counts"], row["stage"]
        marks = "; ".join(f"{each['reason']} {each['count']:,}" for each in row["reasons"])
        words = [stage["name"], stage["use"], marks]
        numbers = [counts.get(key, 0) for key in ("problems", "traces", "kept", "kept_pairs")]
        rows.append([Cell(each) for each in [*words, *(f"{number:,}" for number in numbers)]])
        records.append([*words, *numbers])
    headings = ["stage", "method", "newly marked", *columns[3:]]
    return Table(
        "marks", "What each stage has, keeps and newly marks", headings, rows, columns, records, labels=3
    )


def of_paper(paper: dict[str, Any]) -> Table:
    """The paper's own numbers, as `build.paper` gives them."""
    facts, columns = paper["facts"], paper["columns"]
    lines = []
    for name, row in facts.items():
        lines.append([name, *([row.get(each) for each in columns] if isinstance(row, dict) else [row])])
    wide = max(map(len, lines))
    lines = [line + [None] * (wide - len(line)) for line in lines]
    heads = ["quantity", *map(str, columns), *["value"] * (wide - 1 - len(columns))]
    rows = [[Cell("" if each is None else str(each)) for each in line] for line in lines]
    return Table("paper", "What the paper reports, from its own models and data", heads, rows, heads, lines)
