"""The report: what it shows, that nothing in a trace can run, and what it does with half a run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from helpers_report import HOSTILE, write_run

from limbeck.errors import LimbeckError
from limbeck.report import figures, svg
from limbeck.report.build import build, draw, duration, page, paper, plain
from limbeck.report.reading import read
from limbeck.report.visible import visible


class Reader(HTMLParser):
    """Every tag with its attributes, and all text by the tag it stands in."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        self.text.setdefault(self.open[-1] if self.open else "", []).append(data)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"), problems=60)


@pytest.fixture(scope="module")
def html(run) -> str:
    return build(run, run / "deep" / "report.html")["report"].read_text(encoding="utf-8")


def test_every_section_is_there(html):
    reader = Reader(html)
    titles = [text for text in reader.text["h2"] if text.strip()]
    assert titles == [
        "Results",
        "Comparisons",
        "Training",
        "Traces",
        "Marks",
        "Answers",
        "Configuration",
    ]
    shown = " ".join(text for texts in reader.text.values() for text in texts)
    for word in (
        "pass@4",
        "maj@4",
        "truncated",
        "2505.24850",
        "83.1",
        "2 min 31 s",
        "alpha: 0.8",
        "limbeck run redi",
    ):
        assert word in shown, word
    captions = reader.text["span"]
    assert {"haste, T=0.6", "redi_08", "sft_longer"} <= {text.strip() for text in captions}


def test_nothing_a_trace_contains_can_run(html):
    reader = Reader(html)
    scripts = [attributes.get("type") for tag, attributes in reader.tags if tag == "script"]
    assert scripts == ["application/json", "application/json", None], "data, data, and our own script"
    assert not {"img", "iframe", "object", "embed", "link", "base", "form"} & {tag for tag, _ in reader.tags}
    for tag, attributes in reader.tags:
        assert not any(name.startswith("on") or name in ("style", "src", "srcdoc") for name in attributes), (
            tag
        )
        assert attributes.get("href", "#").startswith(("#", "https://arxiv.org/abs/2505.24850")), attributes
    policy = next(attributes["content"] for tag, attributes in reader.tags if "http-equiv" in attributes)
    for kind in ("script", "style"):
        inside = re.search(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_hostile_text_is_shown_for_what_it_is(html):
    browsed = json.loads(re.search(r'id="samples">(.*?)</script>', html, re.DOTALL).group(1))
    questions = [entry["question"] for each in browsed for entry in each["entries"]]
    assert visible(HOSTILE) in questions
    assert "{{ 7*7 }}" in html
    assert "\x00" not in html
    assert "\u202e" not in html
    assert "<img src=x" not in html


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium to open the page")
def test_a_browser_runs_our_script_and_no_other(run, html):
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += ["--virtual-time-budget=2000", "--dump-dom", (run / "deep" / "report.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "<html" not in done.stdout:
        pytest.skip("this chromium does not start here")
    assert "of 360 problems (one at two temperatures counts twice)" in done.stdout
    assert "<title>REDI" in done.stdout
    assert "<title>owned" not in done.stdout


def test_headline_numbers_are_the_results(run):
    found = read(run)
    first = figures.metric_tables(found)[0]
    assert first["metric"] == "pass@1"
    assert first["benchmarks"] == [("haste", 3), ("haste/hard", 3)]
    model, cells = first["rows"][2]
    wanted = [
        r for m, r in found.results if m == "redi_08" and r.metric == "pass@1" and r.benchmark == "haste"
    ]
    assert model == "redi_08"
    assert first["unit"] == "percent"
    assert [cell["text"] for cell in cells[:3]] == [f"{100 * result.value:.1f}" for result in wanted]
    assert cells[1]["bounds"] == [f"{100 * wanted[1].low:.1f}", f"{100 * wanted[1].high:.1f}"]
    best = max(cells[1]["value"] for _, cells in first["rows"])
    assert [cells[1]["value"] for _, cells in first["rows"] if cells[1]["best"]] == [best]


def test_only_what_was_trained_has_a_training_seed(run):
    drawn = draw(run)
    assert "this one training seed" in page(drawn)
    for stage in drawn.run.page["stages"]:
        stage["kind"] = "results" if stage["kind"] == "checkpoint" else stage["kind"]
    assert "training seed" not in page(drawn)


def test_comparisons_follow_the_claim_or_the_first_model(run):
    found = read(run)
    wanted = figures.contrasts(found)
    assert [(one.better, one.than, one.metric.label) for one in wanted] == [
        ("redi_08", name, "pass@1") for name in ("sft_longer", "dpo", "simpo", "alpha_1")
    ]
    compared = figures.comparisons(found, draws=300)
    assert len(compared) == 4 * 2 * 3
    collapse = next(c for c in compared if (c.than, c.benchmark, c.temperature) == ("alpha_1", "haste", 1.0))
    assert collapse.verdict == "holds"
    assert all(c.p_holm >= c.p for c in compared)
    found.page["recipe"].pop("claim")
    assert figures.contrasts(found)[0][:3] == ("scores", "sft_longer", "sft")


def test_the_funnel_counts_what_each_stage_newly_marked(run):
    rows = {row["stage"]["name"]: row for row in figures.funnel(read(run))}
    known = json.loads((run / "run.json").read_text())["stages"][1]["counts"]["marks"]
    assert {each["reason"]: each["count"] for each in rows["kept"]["reasons"]} == known
    assert rows["traces"]["reasons"] == rows["pairs"]["reasons"] == []
    assert rows["traces"]["share"] == 100


def test_half_a_run_is_reported_with_what_is_missing(tmp_path):
    folder = write_run(tmp_path, problems=12)
    shutil.rmtree(folder / "stages" / "scores@dpo")
    (folder / "stages" / "pairs" / "00000.traces.parquet").write_bytes(b"torn")
    shown = page(draw(folder))
    assert "stage scores@dpo could not be read" in shown
    assert "stage pairs could not be read" in shown
    assert "simpo" in shown


def test_a_run_without_anything_still_has_a_page(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"name": "empty", "stages": [], "recipe": {}}))
    assert "<h1>empty</h1>" in page(draw(tmp_path))


def test_a_missing_or_torn_run_is_named(tmp_path):
    with pytest.raises(LimbeckError, match=r"there is no run\.json"):
        build(tmp_path, tmp_path / "report.html")
    (tmp_path / "run.json").write_text('{"name": ')
    with pytest.raises(LimbeckError, match="not valid JSON"):
        build(tmp_path, tmp_path / "report.html")


def test_ticks_are_round_and_inside():
    assert svg.ticks(0, 100, 5) == [0, 20, 40, 60, 80, 100]
    assert svg.ticks(-0.31, 0.02, 4) == [-0.3, -0.2, -0.1, 0]
    assert svg.ticks(3, 3) == [3]
    rng = np.random.default_rng(0)
    for low, span in rng.uniform(0.001, 1e5, (200, 2)):
        found = svg.ticks(low, low + span, 5)
        assert 2 <= len(found) <= 11
        assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in found)


def test_charts_survive_odd_numbers():
    flat = svg.panel([("plain", [1, 2], [0.5, 0.5])], (0.4, 0.6), "step", "flat")
    assert "0.50" in flat
    assert "nan" not in str(svg.bars(["a"], ["T=0"], {("a", "T=0"): (0.0, None, None)}, "zero"))
    assert "&lt;b&gt;" in svg.bars(["<b>"], ["x"], {("<b>", "x"): (1.0, 0.5, 1.5)}, "escaped")
    canvas = svg.Canvas(10, 10)
    canvas.path("stroke", [(0, 0), (1, float("nan")), (2, 2)])
    assert 'd="M0.0 0.0M2.0 2.0"' in canvas.markup()
    assert len(svg.thin(list(range(1000)))) <= 240


def test_small_texts():
    assert visible("a\x00b\u202ec\r\n") == "a‹U+0000›b‹U+202E›c\n"
    assert visible("x" * 30, 10) == "x" * 10 + "…"
    assert visible("x" * 3000, 1000).endswith("x\n… 2,000 more characters are in the stage's folder")
    assert [duration(value) for value in (4.21, 190, 7500, None)] == ["4.2 s", "3 min 10 s", "2 h 05 min", ""]
    assert plain({"redi": {"alpha": 0.8}}) == "{redi: {alpha: 0.8}}"
    assert plain(3) == "3"
    assert paper({"paper": {"arxiv": "javascript:alert(1)"}})["link"] == ""
