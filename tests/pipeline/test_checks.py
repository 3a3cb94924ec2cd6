"""What a plan can know will not work is refused when it is made, all of it at once."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from house_cases import plan, with_stage

from limbeck.errors import LimbeckError
from limbeck.pipeline import checks, registry
from limbeck.pipeline.loading import PACKAGE
from limbeck.pipeline.runner import run

LISTED = """
from limbeck.records import Problem, Trace, Verdict
from limbeck.types import InputFile

def listed(problem: Problem, trace: Trace, *, path: InputFile) -> Verdict:
    \"\"\"In the list.\"\"\"
    lines = open(path, encoding="utf-8").read().split()
    return Verdict("listed", "correct" if trace.answer in lines else "wrong")
"""
JUDGED_BY = """
from limbeck.records import Data
from limbeck.types import Verifier

def judged_by(data: Data, *, verifier: Verifier) -> Data:
    \"\"\"Judge.\"\"\"
    problems = data.problem_by_id()
    for trace in data.traces:
        trace.verdicts.append(verifier(problems[trace.problem_id], trace))
    return data
"""
DPO = {"use": "training/fit", "student": "base", "objective": "dpo"}


def own(name: str, text: str) -> None:
    path = Path(os.environ["LIMBECK_PATH"]) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    registry._methods.cache_clear()


def trained(data: str, **more: dict) -> dict:
    raw = with_stage("fit", **{**DPO, "from": data})
    raw["models"] = {"base": {"path": "x/y"}}
    raw["stages"] = {**more, **raw["stages"]}
    return raw


def test_the_mistakes_of_all_stages_are_told_at_once(house):
    raw = with_stage("a", use="curation/anser", **{"from": "digits"})
    raw["stages"] |= {
        "b": {"use": "curation/answer", "from": "digits", "ad": 1},
        "c": {"use": "teachers/sample", "from": "digits", "model": "nobody"},
        "d": {"use": "teachers/sample", "from": "digits", "model": "m", "k": 0},
    }
    raw["models"] = {"m": {"path": "x/y"}}
    with pytest.raises(LimbeckError) as caught:
        plan(house, raw)
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    for word in ("anser", "'ad'", "'nobody'", "cannot be 0"):
        assert sum(word in line for line in lines) == 1, word


def test_a_pair_objective_without_a_stage_that_makes_pairs_is_refused(house):
    drawn = {"drawn": {"use": "problems/rules", "n": 4}, "kept": {"use": "curation/reject", "from": "drawn"}}
    with pytest.raises(LimbeckError, match=r"stage 'fit': objectives/dpo learns from pairs.*curation/pairs"):
        plan(house, trained("kept", **drawn))
    paired = {**drawn, "paired": {"use": "curation/pairs", "from": "kept"}}
    assert "fit" in plan(house, trained("paired", **paired)).steps
    merged = {"both": {"use": "curation/merge", "from": ["paired", "drawn"]}}
    assert "fit" in plan(house, trained("both", **paired, **merged)).steps


def test_a_method_of_ones_own_may_make_pairs_until_it_has_run_and_made_none(house):
    raw = trained("right")
    assert "fit" in plan(house, raw).steps, "curation/answer is the user's: nobody knows"
    run(plan(house, raw).until("right"), jobs=1)
    with pytest.raises(LimbeckError, match="learns from pairs"):
        plan(house, raw)


def test_who_writes_pairs_says_so():
    for room in registry.ROOMS:
        for entry in registry.methods(room).values():
            text = entry.path.read_text(encoding="utf-8")
            makes = any(word in text for word in (" Pair(", "[Pair(", "import_rows(", "read_data("))
            if entry.path.is_relative_to(PACKAGE) and room in ("problems", "teachers", "curation") and makes:
                assert "MAKES_PAIRS = True" in text, entry.key


def test_a_file_inside_an_inner_method_is_found_checked_and_part_of_the_key(house):
    own("verifiers/listed.py", LISTED)
    own("curation/judged_by.py", JUDGED_BY)
    (house / "words").write_text("0 1")
    inner = {"listed": {"path": "words"}}
    raw = with_stage("x", use="curation/judged_by", verifier=inner, **{"from": "right"})
    first = plan(house, raw).steps["x"].key
    (house / "words").touch()
    assert plan(house, raw).steps["x"].key == first, "its content counts, not its age"
    (house / "words").write_text("0 1 2 3")
    assert plan(house, raw).steps["x"].key != first
    assert run(plan(house, raw), jobs=1).manifests["x"]["counts"]["outcomes"] == {"correct": 4}
    (house / "words").rename(house / "wordz")
    with pytest.raises(LimbeckError, match=r"stage 'x': verifier: path: no file at words"):
        plan(house, raw)


def test_a_missing_file_says_where_to_get_it(house):
    raw = with_stage("x", use="problems/gsm8k_solutions", path=str(house / "gone/x.jsonl"))
    with pytest.raises(LimbeckError, match=r"there is no folder .*gone, only .*openai/grade-school-math"):
        plan(house, raw)
    raw = with_stage("x", use="problems/gsm8k", path=str(house / "echo.jsonl"))
    (house / "ecko.jsonl").write_text("{}")
    with pytest.raises(LimbeckError, match=r"mean 'ecko\.jsonl'\?.*huggingface\.co/datasets/openai/gsm8k"):
        plan(house, raw)


def test_a_folder_is_no_file_but_brackets_in_a_name_are_no_pattern(house):
    (house / "rows").mkdir()
    (house / "rows/a.jsonl").write_text("{}")
    with pytest.raises(LimbeckError, match=r"rows is a folder; .* such as '.*rows/\*\.jsonl'"):
        plan(house, with_stage("x", use="problems/rows", path=str(house / "rows")))
    (house / "rows[1].jsonl").write_text("{}")
    assert "x" in plan(house, with_stage("x", use="problems/rows", path=str(house / "rows[1].jsonl"))).steps


@pytest.mark.parametrize(
    ("verifier", "package"),
    [
        ("fol", "z3"),
        ("constraints", "z3"),
        ("reasoning_gym", "reasoning_gym"),
        ({"sql": {"engine": "duckdb"}}, "duckdb"),
    ],
)
def test_a_verifier_whose_package_is_missing_is_refused_inside_a_stage_too(
    house, monkeypatch, verifier, package
):
    own("curation/judged_by.py", JUDGED_BY)
    name = verifier if isinstance(verifier, str) else "sql"
    module = registry.method(f"verifiers/{name}").load()
    there = importlib.util.find_spec
    monkeypatch.setattr(module, "find_spec", lambda each: None if each == package else there(each))
    raw = with_stage("x", use="curation/judged_by", verifier=verifier, **{"from": "right"})
    with pytest.raises(LimbeckError, match=r"stage 'x': verifiers/.* needs .*pip install"):
        plan(house, raw)


def test_a_key_that_is_not_set_is_a_warning(house, monkeypatch):
    monkeypatch.delenv("OTHER_KEY", raising=False)
    models = {
        "paid": {
            "use": "models/openai",
            "model": "x",
            "url": "https://api.example/v1",
            "key_env": "OTHER_KEY",
        },
        "mine": {"use": "models/openai", "model": "x", "key_env": "OTHER_KEY"},
    }
    raw = with_stage("x", use="teachers/sample", of=[*models], **{"from": "digits"})
    steps = plan(house, {**raw, "models": models}).steps
    assert checks.missing_keys(steps) == ["model 'paid' (models/openai): $OTHER_KEY is not set"]
    monkeypatch.setenv("OTHER_KEY", "k")
    assert checks.missing_keys(steps) == []
