"""The page of a curated set."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import limbeck as lb
from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.pipeline import store
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.report import picked
from limbeck.report.curation import Origin, Seen, origin, page
from limbeck.report.picked import Lowest, Values
from limbeck.tables import read_rows

HOSTILE = '"><script>alert(1)</script>\u202e'


def trace(number: int, outcome: str, *marks: str, **scores: float) -> Trace:
    return Trace(
        id=f"p#{number}",
        problem_id="p",
        answer=f"answer {number}",
        model="m",
        verdicts=[Verdict("math", outcome)],
        marks=list(marks),
        scores=scores,
    )


def curated() -> Data:
    """Ten traces: four kept, three too long of which two are right, three wrong of which one is too long."""
    good = [trace(n, "correct", length=1.0) for n in range(4)]
    long = [trace(n, "correct", "too_long", length=9.0) for n in (4, 5)]
    bad = [
        trace(6, "wrong", "wrong", "too_long", length=9.0),
        trace(7, "wrong", "wrong"),
        trace(8, "wrong", "wrong"),
    ]
    odd = [trace(9, "unparsed", "too_long", length=float("nan"))]
    meta = {
        "leaked_from": [
            {"benchmark": "gsm8k", "id": "g1", "question": "2 eggs?", "how": "near", "similarity": 0.9}
        ]
    }
    problems = [Problem(id="p", question="3 eggs?", source="s", meta={"license": "mit"})]
    problems += [Problem(id="q", question="2 eggs!", meta=meta, marks=["leaked"])]
    return Data(problems, good + long + bad + odd)


def text_of(data: Data) -> str:
    seen = Seen()
    seen.add(data)
    return page(seen, Origin("kept"))


def row(text: str, *cells: str) -> bool:
    """Whether a table has a row that begins with these cells."""
    rows = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in re.findall(r"<tr>.*?</tr>", text))
    plain = ([re.sub(r"<svg.*?</svg>", "", cell).strip() for cell in cells] for cells in rows)
    return any(cells == tuple(line[: len(cells)]) for line in plain)


def test_the_funnel_and_the_costs_are_those_of_the_data():
    text = text_of(curated())
    assert "2 problems, 10 traces, 6 of them right. Kept are 4 traces (40.0%), 4 of them right: 66.7%" in text
    assert row(text, "all traces", "", "10", "6", "60.0%")
    assert row(text, "wrong", "", "7", "6", "85.7%")
    assert row(text, "too_long", "", "4", "4", "100.0%")
    assert row(text, "wrong", "3", "0", "3", "0", "2", "0")
    assert row(text, "too_long", "4", "2", "3", "2", "3", "2")
    assert row(text, "m", "10", "4", "40.0%", "4")
    assert row(text, "mit", "10", "4", "40.0%", "4")
    assert "1 values of the score length are no finite numbers" in text


def test_a_removed_problem_stands_beside_the_item_it_repeats():
    text = text_of(curated())
    section = text[text.index('id="benchmarks"') : text.index('id="distributions"')]
    assert "2 eggs!" in section
    assert "2 eggs?" in section
    assert "gsm8k: near 0.90" in section
    assert 'id="benchmarks"' not in text_of(
        Data([Problem(id="p", question="?", meta={"leaked_from": "x"})], [])
    )


def test_each_mark_has_samples_and_right_ones_come_first():
    text = text_of(curated())
    (part,) = re.findall(r"<h3>too_long.*?(?=<h3>)", text, re.S)
    outcomes = re.findall(r'chip \w*">(correct|wrong|unparsed)<', part)
    assert outcomes[:2] == ["correct", "correct"]
    assert sorted(outcomes[2:]) == ["unparsed", "wrong"]
    assert "answer 4" in part
    assert "answer 0" not in part


def test_nothing_in_a_trace_runs():
    data = Data(
        [Problem(id="p", question=HOSTILE, source=HOSTILE, marks=[HOSTILE])], [trace(0, "wrong", HOSTILE)]
    )
    data.traces[0].reasoning = data.traces[0].model = HOSTILE
    text = text_of(data)
    assert "<script" not in text
    assert "\u202e" not in text
    assert "default-src &#39;none&#39;" in text
    assert not re.search(r'(?:src|href)="(?!#)', text), "a page without the network"


def test_samples_do_not_depend_on_shards_and_are_few():
    data = Data([Problem(id="p", question="?")], [trace(n, "correct") for n in range(50)])
    whole, parts = Seen(), Seen()
    whole.add(data)
    for one in data.traces[::-1]:
        parts.add(Data(data.problems, [one]))
    ids = [[sample.trace.id for sample in seen.picked.under(picked.KEPT)] for seen in (whole, parts)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == picked.EACH


def test_scores_of_kept_traces_are_told_from_those_of_marked_ones():
    """A mark on the problem marks all of its traces."""
    data = curated()
    data.problems[1].marks, data.problems[1].id = ["leaked"], "q"
    data.traces.append(Trace(id="q#0", problem_id="q", scores={"length": 5.0}))
    seen = Seen()
    seen.add(data)
    kept, marked = seen.picked.scores["length"]
    assert (sorted(kept.values), sorted(marked.values)) == ([1.0] * 4, [5.0, 9.0, 9.0, 9.0])


def test_equal_names_are_no_error():
    lowest = Lowest[dict](2)
    for n in range(5):
        lowest.offer("same", {"n": n})
    assert len(lowest.items()) == 2


def test_many_scores_are_thinned_evenly(monkeypatch):
    monkeypatch.setattr(picked, "VALUES", 4)
    values = Values()
    for n in range(16):
        values.add(n)
    assert (values.values, values.every) == ([0, 8], 8)


def in_a_run(folder: Path, data: Data) -> Path:
    """The folder of a stage ``kept``, made of ``made``, in a run with a third stage."""
    where = folder / "stages" / "kept-1"
    store.write_data(where, data)
    store.write_manifest(where, {"name": "kept", "use": "curation/reject"})
    counts = {"marks": {"too_long": 4}, "traces": 10, "kept": 6, "problems": 2}
    stages = [
        {
            "name": "made",
            "use": "curation/trace_length",
            "kind": "data",
            "dir": "stages/made-1",
            "inputs": [],
            "counts": counts,
        },
        {
            "name": "other",
            "use": "curation/shuffle",
            "kind": "data",
            "dir": "stages/other-1",
            "inputs": ["made"],
        },
        {
            "name": "kept",
            "use": "curation/reject",
            "kind": "data",
            "dir": "stages/kept-1",
            "inputs": ["made"],
            "counts": {**counts, "marks": {"too_long": 4, "wrong": 3}, "kept": 4},
        },
    ]
    (folder / "run.json").write_text(json.dumps({"name": "x", "stages": stages}))
    return where


def test_a_stage_knows_the_stages_before_it(tmp_path: Path):
    where = in_a_run(tmp_path, curated())
    known = origin(where)
    assert [stage["name"] for stage in known.stages] == ["made", "kept"]
    assert known.marked == {"too_long": "made (curation/trace_length)", "wrong": "kept (curation/reject)"}
    done = CliRunner().invoke(app, ["report", str(where), "--json"], catch_exceptions=False)
    told = json.loads(done.stdout)
    assert [line["name"] for line in told["marks"]] == ["too_long", "wrong", "leaked"], "the stages' order"
    assert (told["traces"], told["kept"], told["kept_correct"]) == (10, 4, 4)
    text = (where / "curation.html").read_text()
    assert row(text, "too_long", "4", "2", "4", "2", "3", "2", "made (curation/trace_length)")
    assert "newly marked" in text
    assert json.loads(CliRunner().invoke(app, ["check", str(where), "--json"]).stdout), (
        "a page damages nothing"
    )


def test_a_folder_of_neither_is_one_error(tmp_path: Path):
    with pytest.raises(LimbeckError, match="holds neither run"):
        CliRunner().invoke(app, ["report", str(tmp_path)], catch_exceptions=False)
    where = in_a_run(tmp_path / "run", curated())
    with pytest.raises(LimbeckError, match="--figures"):
        CliRunner().invoke(app, ["report", str(where), "--figures", str(tmp_path)], catch_exceptions=False)


def test_an_exported_folder_has_the_page_and_the_costs_on_its_card(tmp_path: Path):
    where = in_a_run(tmp_path / "run", curated())
    command = ["export", str(where), "--out", str(tmp_path / "set")]
    CliRunner().invoke(app, command, catch_exceptions=False)
    assert {path.name for path in (tmp_path / "set").iterdir()} == {
        "README.md",
        "dataset_info.json",
        "data",
        "curation.html",
    }
    card = (tmp_path / "set" / "README.md").read_text()
    assert "| too_long | trace |  | 4 | 2 | 2 | 6 | 4 |" in card
    assert "- Page: `curation.html`" in card
    CliRunner().invoke(app, [*command, "--overwrite", "--no-page"], catch_exceptions=False)
    assert not (tmp_path / "set" / "curation.html").exists()


def test_python_writes_the_same_folder(tmp_path: Path):
    data = curated()
    assert lb.write(data, tmp_path / "set") == 4
    assert "10 traces, 6 of them right" in (tmp_path / "set" / "curation.html").read_text()
    (file,) = (tmp_path / "set" / "data").iterdir()
    assert [row["license"] for row in read_rows(file)] == ["mit"] * 4
    lb.page(data, tmp_path / "page.html")
    shown = (tmp_path / "page.html").read_text()
    assert "Kept are 4 traces" in shown
    assert "<h1>page</h1>" in shown
    assert "set by" not in shown, "no stage is known"
