"""A metric of the user's own, from a file beside the recipe to every place where numbers are shown."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from limbeck.pipeline.store import read_results, write_results
from limbeck.records import Result, Results

METRIC = '''"""How long answers are."""

from limbeck.records import Problem, Trace

UNIT = "characters"


def answer_length(problem: Problem, traces: list[Trace], *, longest: int = 100) -> float | None:
    """Mean number of characters of an answer."""
    return sum(min(len(trace.answer), longest) for trace in traces) / len(traces)
'''
RECIPE = """title: Terse
models:
  terse: {use: models/scripted, replies: ["2"]}
  wordy: {use: models/scripted, replies: ["the sum is 2"]}
stages:
  problems: {use: problems/haste, n: 12, split: test}
  scores:
    {use: evaluation/accuracy, from: problems, of: [terse, wordy], verifier: exact, n: 2, max_tokens: 9,
     format: plain, metrics: [METRICS]}
claim:
  says: One is shorter.
  better: terse
  than: wordy
  metric: answer_length
  fewer: true
  and:
    - {better: terse, than: wordy, metric: {answer_length: {longest: 5}}, by: -0.5}
    - {better: wordy, than: terse, metric: mean_tokens, fewer: false}
  seeds: 2
"""


MEASURE = '''"""Numbers of one's own."""

from limbeck.records import Data, Result, Results


def lengths(data: Data) -> Results:
    """Mean length of questions, say."""
    told = {"model": "m", "benchmark": "b"}
    length = Result(metric="length", value=13.9, low=1.5, high=20.25, unit="characters", **told)
    loss = Result(metric="loss", value=1.948, unit="nats", **told)
    return Results([length, loss, Result(metric="plain", value=3.5, **told)], data)
'''
MEASURED = """title: Own
stages:
  problems: {use: problems/haste, n: 3}
  lengths: {use: evaluation/lengths, from: problems}
"""


@pytest.fixture
def place(tmp_path):
    """A folder of the user's: a metric, and a recipe that asks for it."""
    path = tmp_path / "limbeck_methods/evaluation/metrics/answer_length.py"
    path.parent.mkdir(parents=True)
    path.write_text(METRIC)
    (tmp_path / "terse.yaml").write_text(RECIPE.replace("METRICS", "answer_length, pass@2"))
    return tmp_path


def limbeck(place, *words: str, fails: bool = False) -> str:
    command = [sys.executable, "-m", "limbeck", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=place, check=False)
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_run_report_and_claim_show_it_in_its_unit(place):
    said = limbeck(place, "run", "terse.yaml", "--out", "out", "--jobs", "1")
    assert "answer_length, 95% interval" in said
    assert re.search(r"terse +1 characters \[1, 1\]", said)
    assert re.search(r"wordy +12 characters \[12, 12\]", said)
    assert re.search(r"wordy +0\.0 % \[0\.0, ", said), "pass@1 is a share"
    page = (place / "out/report.html").read_text()
    assert re.search(r"answer length <small>in characters, with 95% intervals", page)
    assert '>12 <span class="interval">12–12' in page
    assert "answer_length in characters" in page, "the comparison that the claim asks for"

    said = limbeck(place, "claim", "terse.yaml", "--out", "claimed", "--save", "claims", "--jobs", "1")
    assert "claim terse: holds over 2 seeds" in said
    (first, capped, tokens) = json.loads((place / "claims/terse.json").read_text())["claim"]
    assert (first["metric"], first["unit"], first["value"], first["diff"]) == (
        "answer_length",
        "characters",
        1,
        -11,
    )
    assert (capped["metric"], capped["other"]) == ("answer_length(longest=5)", 5)
    assert (tokens["unit"], tokens["diff"]) == ("tokens", 3)
    text = (place / "claims/terse.md").read_text()
    row = "| **terse − wordy** | answer_length in characters | haste | 0.6 | 1 | 12 | -11 "
    assert f"{row}| [-11, -11] | [-11, -11] | below 0" in text
    assert "| wordy − terse | mean_tokens | haste | 0.6 | 4.0 | 1.0 | +3.0 |" in text
    assert "answer_length in characters, T=0.6" in (place / "claims/README.md").read_text()


def test_asking_for_a_metric_makes_nothing_anew(place):
    limbeck(place, "run", "terse.yaml", "--out", "out", "--jobs", "1")
    text = (
        (place / "terse.yaml").read_text().replace("answer_length, pass@2]", "{answer_length: {longest: 5}}]")
    )
    (place / "terse.yaml").write_text(text)
    said = limbeck(place, "run", "terse.yaml", "--out", "out", "--jobs", "1")
    assert said.count("cached") == 3
    assert re.search(r"wordy +5 characters", said)


def test_what_is_wrong_with_it_is_told_when_the_plan_is_made_or_beside_the_other_numbers(place):
    path = place / "limbeck_methods/evaluation/metrics/answer_length.py"
    path.write_text(METRIC.replace("float | None", "str"))
    said = limbeck(place, "run", "terse.yaml", "--dry-run", fails=True)
    assert "stage 'scores'" not in said.partition("metrics/answer_length")[0]
    assert "returns str; a metric returns float | None" in said
    path.write_text(METRIC.replace("return sum", "return 'long' or sum"))
    said = limbeck(place, "run", "terse.yaml", "--out", "out", "--jobs", "1", fails=True)
    assert "stage 'scores@terse': metric answer_length gives 'long' for problem" in said
    assert "pass@1, 95% interval" in said
    assert (place / "out/report.html").exists()
    (place / "terse.yaml").write_text(RECIPE.replace("METRICS", "answer_lenght"))
    said = limbeck(place, "run", "terse.yaml", "--dry-run", fails=True)
    assert (
        "unknown metric 'answer_lenght' in recipe terse: stage 'scores'; did you mean 'answer_length'" in said
    )


def test_eval_takes_it_by_name(place):
    pytest.importorskip("torch", reason="sampling needs the extra [train]")
    said = limbeck(
        place, "eval", "asset:haste/teacher", "--benchmark", "haste:n=3,split=test", "--verifier", "exact",
        "--n", "2", "--format", "lines", "--max-tokens", "24", "--metric", "answer_length:longest=3",
        "--metric", "maj@1",
    )  # fmt: skip
    assert re.search(r"answer_length\(longest=3\) +[\d.]+ characters", said)
    assert "maj@1" in said


def test_a_result_of_ones_own_is_shown_in_its_unit(place):
    path = place / "limbeck_methods/evaluation/lengths.py"
    path.write_text(MEASURE)
    (place / "own.yaml").write_text(MEASURED)
    said = limbeck(place, "run", "own.yaml", "--out", "own", "--jobs", "1")
    assert "13.9 characters [1.5, 20.25]" in said
    assert "1.948 nats" in said
    assert re.search(r"plain +3\.5 ", said)
    page = (place / "own/report.html").read_text()
    assert '13.9 <span class="interval">1.5–20.25' in page
    assert "in nats" in page


def test_results_from_before_units_are_read(tmp_path):
    names = ["pass@1", "mean_tokens", "entropy", "loss", "precision"]
    rows = [Result(model="m", benchmark="b", metric=name, value=0.5, unit="?") for name in names]
    write_results(tmp_path, Results(rows))
    table = pq.read_table(tmp_path / "results.parquet")
    pq.write_table(table.drop_columns(["unit"]), tmp_path / "results.parquet")
    units = [row.unit for row in read_results(tmp_path).results]
    assert units == ["share", "tokens", "nats", "nats", "share"]
