"""A format of a user's own, from import to evaluation: it serves wherever one of the house's does."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.errors import LimbeckError
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline import registry
from limbeck.pipeline.runner import run
from limbeck.pipeline.store import read_data
from limbeck.shapes import export_rows, import_rows
from limbeck.tables import read_rows, write_rows
from limbeck.texts.traces import _loaded, full_text

SHOUT = '''"""Reasoning, three marks, the answer."""

MARK = "!!! "


def parse(text: str) -> tuple[str, str]:
    """Split at the last mark."""
    reasoning, mark, answer = text.rpartition(MARK)
    return (reasoning, answer) if reasoning else ("", text)


def render(reasoning: str, answer: str) -> str:
    """The mark between the two, where there is reasoning."""
    return f"{reasoning}{MARK}{answer}" if reasoning else answer
'''
TEXTS = {"1+1": "ONE AND ONE!!! 2", "2+2": "TWO AND TWO!!! 4"}


def chat(asked: str, text: str) -> dict:
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": text}]
    return {"messages": turns, "reference": text[-1]}


SMALL = {"layers": 1, "width": 32, "heads": 2, "tokenizer": "char"}
RECIPE = {
    "title": "Shouting",
    "models": {"teacher": {"use": "models/scripted", "replies": TEXTS}},
    "stages": {
        "rows": {"use": "problems/imported", "path": "rows.jsonl", "format": "shout", "verifier": "exact"},
        "written": {"use": "teachers/sample", "from": "rows", "model": "teacher", "k": 1, "format": "shout"},
        "checked": {"use": "verifiers/exact", "from": "written"},
        "base": {"use": "students/from_config", "from": "checked", **SMALL},
        "trained": {
            "use": "training/fit", "from": "checked", "student": "base", "objective": "sft",
            "steps": 60, "batch": 4, "lr": 1e-2,
        },
        "scores": {
            "use": "evaluation/accuracy", "from": "rows", "model": "trained", "verifier": "exact",
            "format": "shout", "temperature": [0], "n": 1, "max_tokens": 30,
        },
    },
}  # fmt: skip


@pytest.fixture(params=["formats/shout.py", "formats/prose/shout.py"])
def folder(tmp_path, monkeypatch, request):
    """A folder with the format in ``limbeck_methods``, where a run begins."""
    path = tmp_path / "limbeck_methods" / request.param
    path.parent.mkdir(parents=True)
    path.write_text(SHOUT)
    write_rows(tmp_path / "rows.jsonl", [chat(asked, text) for asked, text in TEXTS.items()])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_is_imported_sampled_with_trained_on_evaluated_with_and_exported(folder):
    plan = planning.make(recipes.build("shouting", folder / "shouting.yaml", RECIPE), folder / "out")
    run(plan, jobs=1)
    stages = {name: step.folder for name, step in plan.steps.items()}
    written = read_data(stages["checked"]).all()
    assert [(trace.reasoning, trace.answer, trace.format) for trace in written.traces] == [
        ("ONE AND ONE", "2", "shout"), ("TWO AND TWO", "4", "shout"),
        ("ONE AND ONE", "2", "shout"), ("TWO AND TWO", "4", "shout"),
    ]  # fmt: skip
    assert {trace.outcome for trace in written.traces} == {"correct"}
    sampled = read_data(stages["scores"]).all().traces
    assert sorted(map(full_text, sampled)) == sorted(TEXTS.values()), "the student learned the whole text"
    assert {(trace.format, trace.outcome) for trace in sampled} == {("shout", "correct")}
    for shape in ("messages", "prompt_completion"):
        export_rows(written, folder / f"{shape}.jsonl", shape)
        rows = list(read_rows(folder / f"{shape}.jsonl"))
        texts = [(row.get("completion") or row["messages"])[-1]["content"] for row in rows]
        assert texts == [*TEXTS.values()] * 2
        back = import_rows(folder / f"{shape}.jsonl", format="shout", verifier="exact")
        assert [trace.answer for trace in back.traces] == ["2", "4", "2", "4"]


def test_generations_of_many_are_imported_with_it_too(folder):
    write_rows(folder / "raw.jsonl", [{"problem": "1+1", "answer": "2", "generations": [TEXTS["1+1"]]}])
    (trace,) = import_rows(folder / "raw.jsonl", "openr1", format="shout").traces
    assert (trace.reasoning, trace.answer, trace.format) == ("ONE AND ONE", "2", "shout")


def test_a_format_that_is_nowhere_is_named(folder):
    with pytest.raises(LimbeckError, match="did you mean 'shout'"):
        import_rows(folder / "rows.jsonl", format="shuot")


def made(folder, **changed):
    raw = {**RECIPE, "stages": {name: RECIPE["stages"][name] for name in ("rows", "written")}}
    raw["stages"]["written"] = {**raw["stages"]["written"], **changed}
    return planning.make(recipes.build("shouting", folder / "shouting.yaml", raw), folder / "out")


def test_another_version_of_a_format_makes_anew_what_it_read(folder):
    (path,) = (folder / "limbeck_methods" / "formats").rglob("shout.py")
    before = {name: step.key for name, step in made(folder).steps.items()}
    path.write_text(SHOUT + "\nVERSION = 2\n")  # below the functions it counts too
    registry._methods.cache_clear()
    after = {name: step.key for name, step in made(folder).steps.items()}
    assert before.keys() == after.keys()
    assert all(before[name] != after[name] for name in before)
    assert "formats/shout" in made(folder).steps["written"].sources()


def test_a_misspelt_format_is_refused_when_the_plan_is_made(folder):
    with pytest.raises(LimbeckError, match=r"in formats/ 'shuot'.*did you mean 'shout'"):
        made(folder, format="shuot")


def test_a_format_whose_render_does_not_undo_its_parse_is_one_error(folder):
    (path,) = (folder / "limbeck_methods" / "formats").rglob("shout.py")
    path.write_text(SHOUT.replace("return (reasoning, answer)", "return (reasoning.strip(), answer.lower())"))
    loose = TEXTS | {"1+1": " ONE AND ONE!!! TWO"}
    write_rows(folder / "rows.jsonl", [chat(asked, text) for asked, text in loose.items()])
    for name in [name for name in sys.modules if name.startswith("limbeck_methods.formats")]:
        del sys.modules[name]
    _loaded.cache_clear()
    with pytest.raises(LimbeckError, match="format 'shout': its render does not undo its parse"):
        run(made(folder), jobs=1)
