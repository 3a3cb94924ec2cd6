"""`evaluation/stored`: what is there already, counted."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.evaluation.measures.stored import stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict

ANSWERS = {"p": ["1", "1", "2"], "q": ["2", "3", "3"], "r": ["1"]}


def data(writer: str = "w", judged: bool = True) -> Data:
    """p: two of three right, q: none of three, r: the only one right; all have the reference 1."""
    made = Data([Problem(id=name, question=name, answer="1", source="toy", split="test") for name in "pqr"])
    for name, answers in ANSWERS.items():
        for number, answer in enumerate(answers):
            verdict = Verdict("exact", "correct" if answer == "1" else "wrong", answer)
            made.traces.append(
                Trace(
                    id=f"{name}#{writer}{number}", problem_id=name, answer=answer, model=writer,
                    finish="stop", params={"temperature": 0.7}, verdicts=[verdict] if judged else [],
                )
            )  # fmt: skip
    return made


def exact(problem: Problem, trace: Trace) -> Verdict:
    return Verdict("again", "correct" if trace.answer == problem.answer else "wrong", trace.answer)


def measured(made: Data, tmp_path, **more) -> tuple[dict[str, float], list[str]]:
    notes: list[str] = []
    context = Context(tmp_path, report=lambda event: notes.append(event.get("message", "")))
    outcome = stored(made, ctx=context, **more)
    return {row.metric: row.value for row in outcome.results}, [note for note in notes if note]


def test_numbers_by_hand(tmp_path):
    value, notes = measured(data(), tmp_path, k=(2, 3))
    assert value["pass@1"] == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert value["pass@2"] == pytest.approx((1 + 0) / 2), "r has one sample and is left out"
    assert value["maj@3"] == pytest.approx((1 + 0) / 2)
    assert "pass@2: 1 of 3 problems have fewer samples" in notes


def test_temperature_and_writer_are_the_traces_own(tmp_path):
    outcome = stored(data("org/m"), ctx=Context(tmp_path))
    assert {(row.model, row.benchmark, row.setting["temperature"]) for row in outcome.results} == {
        ("org/m", "toy", 0.7)
    }


def test_marks_on_traces_count_where_told(tmp_path):
    made = data()
    made.traces[2].marks.append("wrong")
    assert measured(made, tmp_path)[0]["pass@1"] == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert measured(made, tmp_path, without=("wrong", "x"))[0]["pass@1"] == pytest.approx((1 + 0 + 1) / 3)
    for trace in made.traces:
        trace.marks.append("seen")
    with pytest.raises(LimbeckError, match="nothing to count"):
        stored(made, without=("seen",), ctx=Context(tmp_path))


def test_one_writer_of_several(tmp_path):
    both = Data.join([data("a"), data("b", judged=False)])
    both.problems = both.problems[:3]
    assert measured(both, tmp_path, writer="b")[0]["unverified"] == 1
    value, notes = measured(both, tmp_path)
    assert value["pass@1"] == pytest.approx((2 / 6 + 0 + 1 / 2) / 3)
    assert notes == ["traces of 2 writers are counted as one: a, b"]
    with pytest.raises(LimbeckError, match="written by 'c'"):
        measured(both, tmp_path, writer="c")


def test_a_verifier_judges_what_nobody_has(tmp_path):
    outcome = stored(data(judged=False), verifier=exact, ctx=Context(tmp_path))
    assert {trace.verdicts[-1].verifier for trace in outcome.data.traces} == {"again"}
    kept = stored(data(), verifier=exact, ctx=Context(tmp_path))
    assert {trace.verdicts[-1].verifier for trace in kept.data.traces} == {"exact"}
    again = stored(data(), verifier=exact, again=True, ctx=Context(tmp_path))
    assert {trace.verdicts[-1].verifier for trace in again.data.traces} == {"again"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": (4,)}, "no problem has more than 3"),
        ({"k": (0,)}, "at least 1"),
        ({"again": True}, "no verifier"),
    ],
)
def test_mistakes_are_named(tmp_path, settings, message):
    with pytest.raises(LimbeckError, match=message):
        measured(data(), tmp_path, **settings)


def test_a_recipe_counts_a_file_and_its_run_lists_the_results(tmp_path):
    rows = [{"question": "1+1?", "answer": "2", "response": text} for text in ("2", "2", "3")]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = {
        "title": "counted",
        "stages": {
            "rows": {"use": "problems/imported", "path": "rows.jsonl"},
            "scores": {"use": "evaluation/stored", "from": "rows", "verifier": "math", "metrics": ["pass@2"]},
        },
    }
    (tmp_path / "counted.yaml").write_text(json.dumps(page))
    words = ["run", str(tmp_path / "counted.yaml"), "--out", str(tmp_path / "run"), "--jobs", "1", "--json"]
    ran = CliRunner().invoke(app, words, catch_exceptions=False)
    listed = json.loads((tmp_path / "run/run.json").read_text())["results"]
    assert json.loads(ran.stdout)["results"] == listed
    row = {row["metric"]: row for row in listed}["pass@2"]
    assert {name: row[name] for name in ("stage", "value", "n", "samples", "unit")} == {
        "stage": "scores", "value": 1, "n": 1, "samples": 3, "unit": "share",
    }  # fmt: skip
