"""Figures and tables as files: what is in them, that they are escaped, and that the page holds the same."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from helpers_report import HOSTILE, write_run
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.report import figures, svg
from limbeck.report.build import build, draw
from limbeck.report.figure import Figure, name_apart, slug
from limbeck.report.table import Cell, Table


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"), problems=30)


@pytest.fixture(scope="module")
def written(run) -> dict:
    return build(run, run / "report.html", run / "figures")


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_every_figure_and_table_is_a_file(run, written):
    assert {path.suffix for path in written["tables"]} == {".md", ".tex", ".csv"}
    assert all(path.is_file() for path in [*written["figures"], *written["tables"]])
    names = {path.name for path in written["figures"]}
    charts = {"pass-at-1-haste.svg", "pass-rate.svg", "lengths.svg", "logp-dpo.svg", "loss-sft.svg"}
    assert charts | {"difference-pass-at-1-haste-hard-T-0.6.svg"} <= names
    tables = {path.stem for path in written["tables"]}
    assert {"pass-at-1", "pass-at-4", "maj-at-4", "comparisons", "marks", "paper"} <= tables
    html = written["report"].read_text(encoding="utf-8")
    exports = json.loads(re.search(r'id="exports">(.*?)</script>', html, re.DOTALL).group(1))
    assert exports["figures"].keys() == {path.stem for path in written["figures"]}
    for path in written["tables"]:
        assert exports["tables"][path.stem][path.suffix[1:]] == path.read_text(encoding="utf-8")
    buttons = set(re.findall(r'data-(?:figure|table)="([^"]+)"', html))
    assert buttons == exports["figures"].keys() | exports["tables"].keys()


def test_a_csv_holds_the_unrounded_results(run, written):
    results = [(model, r) for model, r in draw(run).run.results if r.metric == "pass@1"]
    rows = rows_of(run / "figures" / "pass-at-1.csv")
    assert len(rows) == len(results)
    wanted = {(model, r.benchmark, str(r.setting["temperature"])): r for model, r in results}
    for row in rows:
        result = wanted[row["model"], row["benchmark"], row["temperature"]]
        assert (float(row["value"]), float(row["low"]), float(row["high"])) == (
            result.value, result.low, result.high,
        )  # fmt: skip
        assert (int(row["n"]), int(row["samples"]), row["unit"]) == (result.n, result.samples, "share")
    compared = rows_of(run / "figures" / "comparisons.csv")
    assert all(float(row["low"]) <= float(row["value"]) <= float(row["high"]) for row in compared)
    row = compared[0]
    assert float(row["value"]) == pytest.approx(float(row["better_value"]) - float(row["than_value"]))


def test_a_read_table_has_value_and_interval(run, written):
    known = draw(run).run
    result = next(r for m, r in known.results if (m, r.metric, r.benchmark) == ("dpo", "pass@1", "haste"))
    cell = f"{100 * result.value:.1f} [{100 * result.low:.1f}, {100 * result.high:.1f}]"
    text = (run / "figures" / "pass-at-1.md").read_text(encoding="utf-8")
    assert text.startswith("pass@1 in percent, with 95% intervals\n\n| model | haste, T=0 |")
    line = next(line for line in text.splitlines() if line.startswith("| dpo |"))
    assert line.split(" | ")[1].strip("*") == cell
    latex = (run / "figures" / "pass-at-1.tex").read_text(encoding="utf-8")
    line = next(line for line in latex.splitlines() if line.startswith("dpo &"))
    assert cell in line
    assert line.endswith(r"\\")
    assert latex.index(r"\toprule") < latex.index(r"\midrule") < latex.index(r"\bottomrule")
    assert r"sft\_longer" in latex
    assert latex.count("&") == latex.count(r"\\" + "\n") * 6, "every row has as many cells"


def test_signs_with_a_meaning_are_escaped():
    row = [Cell(r"a_b|c%&^~\{$#"), Cell("-1.5", strong=True)]
    table = Table("t", "50% & more", ["x_y", "−"], [row], ["x", "y"], [['say "hi", a', -1.5]])
    latex = table.latex()
    assert r"\caption{50\% \& more}" in latex
    assert r"a\_b\textbar{}c\%\&\textasciicircum{}\textasciitilde{}\textbackslash{}\{\$\#" in latex
    assert r"\textbf{$-$1.5} \\" in latex
    assert r"x\_y & $-$ \\" in latex
    assert r"| a_b\|c%&^~\\{$# | **-1.5** |" in table.markdown()
    assert table.csv() == 'x,y\n"say ""hi"", a",-1.5\n'
    rude = Table("t", HOSTILE, ["[a](b)", "_b_ `c`"], [], ["a"], [["\ud800\n"]])
    assert "<script" not in rude.markdown().replace(r"\<", "")
    assert r"| [a\](b) | \_b\_ \`c\` |" in rude.markdown()
    assert rude.csv() == 'a\n"‹U+D800›\n"\n'
    assert len(rude.markdown().splitlines()) == 4


def test_a_picture_stands_by_itself(run, written):
    for path in written["figures"]:
        text = path.read_text(encoding="utf-8")
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(--" not in text
        assert "href" not in text
    text = (run / "figures" / "difference-pass-at-1-haste-T-0.6.svg").read_text(encoding="utf-8")
    for word in ("haste, T=0.6", "differences in percentage points", "not shown", "redi_08 − dpo"):
        assert f">{word}" in text
    classes = set(re.findall(r'class="key ([\w-]+)"', text))
    assert classes == {kind for kind, _ in figures.VERDICTS}


def test_names_of_strangers_make_no_picture_run_and_no_file_elsewhere(tmp_path):
    picture = svg.bars(
        [HOSTILE + "\ud800"], ["T=0"], {(HOSTILE + "\ud800", "T=0"): (1.0, None, None)}, HOSTILE
    )
    text = Figure(slug(HOSTILE), HOSTILE, picture, HOSTILE, (("s0", HOSTILE),)).standalone()
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
    assert tags == {"svg", "title", "style", "rect", "text", "line"}
    text.encode("utf-8")
    assert slug("../../etc/passwd@1 of ä") == "etc-passwd-at-1-of"
    assert slug("") == slug("ä") == "unnamed"
    assert len(slug("x" * 500)) == 80
    several = [Figure(name, "", picture) for name in ("a", "A", "a", "a-2")]
    name_apart(several)
    assert len({figure.name.lower() for figure in several}) == 4


def test_the_command_writes_them_and_gives_their_paths(run, tmp_path):
    words = [
        "report",
        str(run),
        "--out",
        str(tmp_path / "r.html"),
        "--figures",
        str(tmp_path / "figs"),
        "--json",
    ]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    given = json.loads(result.stdout)
    assert given["report"] == str(tmp_path / "r.html")
    made = sorted(map(str, (tmp_path / "figs").iterdir()))
    assert sorted([*given["figures"], *given["tables"]]) == made
    result = CliRunner().invoke(app, words[:-1], catch_exceptions=False)
    assert f"figures as .svg: {len(given['figures'])}; tables as .md, .tex and .csv: " in result.stdout
    assert "report: " in CliRunner().invoke(app, words[:4], catch_exceptions=False).stdout
