"""The table of public layouts: what their rows are read as, in lines; and the page that shows it.

``python tests/public_shapes.py`` writes the page's table and the expected lines anew: read the difference.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from paths import REPO, TESTS
from public_chats import CHATS
from public_flat import FLAT
from public_logs import LOGS
from public_pairs import PAIRS
from public_problems import PROBLEMS
from public_rows import Shape
from public_tools import TOOLS
from public_tuning import TUNING
from public_writers import WRITERS

from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace
from limbeck.shapes import Imported, import_rows

SHAPES = [*FLAT, *PROBLEMS, *CHATS, *TUNING, *PAIRS, *TOOLS, *LOGS, *WRITERS]
EXPECTED = TESTS / "fixtures" / "public_shapes.txt"
PAGE = REPO / "docs" / "shapes.md"


def read(shape: Shape, folder: Path) -> tuple[Imported, Data]:
    """A shape's rows, written as files and imported."""
    files = {"rows.jsonl": shape.rows, "requests.jsonl": shape.files or ()}
    for name, rows in files.items():
        if rows:
            text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
            (folder / name).write_text(text, encoding="utf-8")
    done: list[Imported] = []
    data = import_rows(folder if shape.files else folder / "rows.jsonl", told=done.append)
    return done[0], data


def lines(shape: Shape, folder: Path) -> list[str]:
    """What was taken for what, and every record that came of it."""
    try:
        done, data = read(shape, folder)
    except LimbeckError as error:
        return [f"refused: {_plain(str(error), folder)}"]
    told = [
        _plain(line, folder) for line in (*done.told(), *done.warnings()) if "no row has a ref" not in line
    ]
    pairs = [f"pair {pair.chosen[-12:]} {pair.rejected[-12:]}" for pair in data.pairs]
    return [*told, *map(_problem, data.problems), *map(_trace, data.traces), *pairs]


def _plain(text: str, folder: Path) -> str:
    return text.replace(f"{folder}/", "").replace(str(folder), "rows")


def _problem(problem: Problem) -> str:
    known = [f"source {problem.source}"] if problem.source else []
    known += [f"split {problem.split}"] if problem.split else []
    known += [f"meta {json.dumps(problem.meta, ensure_ascii=False)}"] if problem.meta else []
    return f"problem {problem.question!r} = {problem.answer!r} {'; '.join(known)}".rstrip()


def _trace(trace: Trace) -> str:
    verdicts = [f"{it.outcome} by {it.verifier} {it.extracted!r} {it.reason!r}" for it in trace.verdicts]
    known = [trace.format, *([trace.finish] if trace.finish != "unknown" else []), *verdicts, *trace.marks]
    known += [f"model {trace.model}"] if trace.model else []
    known += [f"tokens {trace.tokens}"] if trace.tokens is not None else []
    known += [f"params {json.dumps(trace.params, ensure_ascii=False)}"] if trace.params else []
    known += [f"scores {trace.scores}"] if trace.scores else []
    known += [] if trace.id.startswith(f"{trace.problem_id}#") else [f"id {trace.id}"]
    return f"trace {trace.reasoning!r} → {trace.answer!r} {'; '.join(known)}"


def everything() -> str:
    """The lines of all shapes."""
    parts = []
    for shape in SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            parts += [f"## {shape.source}", *lines(shape, Path(folder)), ""]
    return "\n".join(parts)


def page() -> str:
    """docs/shapes.md: its own words, and the table made anew."""
    rows = []
    for shape in SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            columns = dict.fromkeys(
                f"`{name}`" for row in (*shape.rows, *(shape.files or ())) for name in row
            )
            rows.append(f"| {shape.source} | {', '.join(columns)} | {_row(shape, Path(folder))} |")
    head, rule, _ = PAGE.read_text(encoding="utf-8").partition("|---|---|---|---|\n")
    return head + rule + "\n".join(rows) + "\n"


def _row(shape: Shape, folder: Path) -> str:
    try:
        done, data = read(shape, folder)
    except LimbeckError as error:
        return f"refused: {_plain(str(error), folder).replace('|', '/')} | 0 read"
    told = [line.removeprefix("read as: ") for line in done.told() if line.startswith("read as")]
    made = {"problem": data.problems, "trace": data.traces, "pair": data.pairs}
    counts = [f"{len(them)} {name}{'s' * (len(them) > 1)}" for name, them in made.items() if them]
    counts += [f"{done.bad.count} counted"] if done.bad.count else []
    return f"{'; '.join(told)} | {', '.join(counts)}"


if __name__ == "__main__":
    EXPECTED.write_text(everything(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
