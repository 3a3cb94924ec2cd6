"""One factor at a time: planted effects are found, ranked, and nothing else is."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.measures.stability import stability
from limbeck.evaluation.sampling import Draws
from limbeck.models.rehearsal.swayed_chooser import Sway, swayed_chooser
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.problems.worlds.option_sums import option_sums
from limbeck.records import Data, Problem

BEHIND = "{question}\nAnswer with a letter."


def run(folder, factors, sway=Sway(), n: int = 200, notes: list | None = None):
    report = (lambda event: notes.append(event.get("message"))) if notes is not None else (lambda event: None)
    return stability(
        option_sums(n=n, split="test"),
        model=swayed_chooser(sway=sway),
        verifier=ready("verifiers/choice"),
        draws=Draws(n=4, max_tokens=8),
        format="plain",
        factors=factors,
        ctx=Context(folder, report=report),
    )


def shifts(made) -> dict[str, float]:
    return {row.setting["run"]: row.value for row in made.results if row.metric == "shift"}


def test_what_sways_it_is_found_and_ranked(tmp_path):
    notes: list = []
    factors = {"seed": [1, 2], "place": [0, 1], "template": [BEHIND]}
    made = run(tmp_path, factors, Sway(first=0.2, told_last=-0.1), notes=notes)
    moved = shifts(made)
    # A quarter of the control's right options stand first.
    assert moved["place=0"] == pytest.approx(0.15, abs=0.04)
    assert moved["place=1"] == pytest.approx(0.05, abs=0.04)
    assert moved["template={question}⏎Answer with a letter."] == pytest.approx(0.1, abs=0.04)
    assert max(moved["seed=1"], moved["seed=2"]) < 0.05
    p = {row.setting["run"]: row.setting.get("p (Holm)") for row in made.results if row.metric == "shift"}
    assert p["place=0"] < 0.01
    assert p["seed=1"] > 0.05
    told = [note for note in notes if note and "points, p" in note]
    assert told[0].startswith("place=0: +")
    assert any("noise floor" in note for note in notes if note)


def test_the_shift_of_a_run_is_the_mean_of_its_samples_scores(tmp_path):
    made = run(tmp_path, {"place": [0]}, Sway(first=0.3), n=50)
    moved = [trace.scores["shift"] for trace in made.data.traces if trace.params["run"] == "place=0"]
    assert sum(moved) / len(moved) == pytest.approx(shifts(made)["place=0"])
    assert all("shift" not in trace.scores for trace in made.data.traces if trace.params["run"] == "control")


def test_fewer_samples_and_another_temperature_are_factors_too(tmp_path):
    made = run(tmp_path, {"n": [1], "temperature": [0.0, 1.0]}, n=20)
    drawn = {trace.params["run"]: trace.params["drawn_at"] for trace in made.data.traces}
    assert drawn == {"control": 0.6, "n=1": 0.6, "temperature=0.0": 0.0, "temperature=1.0": 1.0}
    assert {trace.params["temperature"] for trace in made.data.traces} == {0.6}
    rows = {row.setting["run"]: row.samples for row in made.results}
    assert rows == {"control": 80, "n=1": 20, "temperature=0.0": 20, "temperature=1.0": 80}


@pytest.mark.parametrize(
    ("factors", "flaw"),
    [
        ({"sead": [1]}, "did you mean 'seed'"),
        ({"place": [7]}, "has 4 options"),
        ({"place": [-1]}, "place=-1"),
    ],
)
def test_a_factor_that_cannot_be_is_refused(factors, flaw, tmp_path):
    with pytest.raises(LimbeckError, match=flaw):
        run(tmp_path, factors, n=5)


def test_options_are_needed_to_be_moved(tmp_path):
    bare = Data([Problem(id="p", question="7+5?", answer="12")])
    with pytest.raises(LimbeckError, match="needs options"):
        stability(
            bare,
            model=swayed_chooser(),
            verifier=ready("verifiers/choice"),
            format="plain",
            factors={"order": [1]},
            ctx=Context(tmp_path),
        )
