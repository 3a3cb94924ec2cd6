"""Numbers that are none leave a stage readable, and are counted."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import pytest
from house_cases import RECIPE, plan

import limbeck as lb
from limbeck.pipeline import store
from limbeck.pipeline.arrow import from_table, to_table
from limbeck.pipeline.runner import run
from limbeck.records import Data, Problem, Trace, Verdict

TRACES = [
    Trace(id="a", problem_id="p", scores={"ppl": nan, "length": 3.0}, weights=[(0, 2, inf), (2, 4, 0.5)]),
    Trace(id="b", problem_id="p", verdicts=[Verdict("judge", "correct", score=-inf)], scores={"ppl": -inf}),
    Trace(id="c", problem_id="p", scores={"ppl": -0.5}, verdicts=[Verdict("judge", "correct", score=0.5)]),
]
WANTED = [
    Trace(id="a", problem_id="p", scores={"length": 3.0}, weights=[(2, 4, 0.5)]),
    Trace(id="b", problem_id="p", verdicts=[Verdict("judge", "correct")]),
    TRACES[2],
]
TOLD = "4 numbers that are NaN or infinite are left out: ppl (2), weights (1), judge's verdict (1)"


def data_of_traces() -> Data:
    return Data([Problem(id="p", question="q")], list(TRACES))


SCORED = """
from limbeck.records import Data, Results

def scored({takes}) -> {gives}:
    \"\"\"Scores that are no numbers.\"\"\"
    from test_finite import data_of_traces
    {body}
"""
KINDS = {
    "problems": ("", "Data", "return data_of_traces()"),
    "streamed": ("", "Data", "yield data_of_traces()"),
    "curation": ("data: Data", "Data", "return data_of_traces()"),
    "evaluation": (
        "data: Data",
        "Results",
        "return Results([], data_of_traces())",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_stage_leaves_them_out_and_its_manifest_says_so(house, kind, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)
    takes, gives, body = KINDS[kind]
    room = "problems" if kind == "streamed" else kind
    file = house / "house" / room / "scored.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(SCORED.format(takes=takes, gives=gives, body=body))
    body = {"use": f"{room}/scored"} | ({"from": "digits"} if takes else {})
    stages = {"digits": {**RECIPE["stages"]["digits"], "n": 1}, "made": body}
    made = run(plan(house, {**RECIPE, "stages": stages}).until("made"), jobs=1)
    folder = made.folders["made"]
    assert store.read_data(folder).all().traces == WANTED
    assert store.read_manifest(folder)["notes"] == [TOLD]


def test_whoever_writes_is_told_and_keeps_their_own(tmp_path, caplog):
    data = data_of_traces()
    lb.save(data, tmp_path / "saved")
    assert lb.load(tmp_path / "saved").traces == WANTED
    assert caplog.messages == [TOLD]
    assert data.traces[0].scores["ppl"] != data.traces[0].scores["ppl"], "what is in memory stays as it was"


def test_numbers_stay_as_they_are(caplog):
    assert from_table(to_table(WANTED, Trace), Trace) == WANTED
    assert not caplog.messages
