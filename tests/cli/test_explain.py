"""``limbeck verify --explain``: what was taken, how it was read, which rule decided."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.pipeline import store
from limbeck.records import Data, Problem, Trace

ROWS = [
    {"id": "point", "answer": "(1,2)", "response": "I see. The answer is $(1, 3)$."},
    {"id": "half", "answer": "\\frac{1}{2}", "response": ["It is \\boxed{0.5}", "I would rather not."]},
    {"id": "sine", "answer": "\\sin(x)^2", "response": "\\boxed{1-\\cos^2(x)}"},
    {"id": "none", "answer": None, "response": "4"},
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return str(path)


def explained(file: str, name: str, *more: str) -> list[dict]:
    told = CliRunner().invoke(
        app, ["verify", file, "--explain", name, "--json", *more], catch_exceptions=False
    )
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)["explained"]


def test_a_wrong_answer_is_shown_with_the_rule_that_found_it(file):
    (how,) = explained(file, "point")
    assert how["verdict"]["outcome"] == "wrong"
    assert (how["id"], how["taken_from"], how["references"]) == ("row 1, point", "answer", ["(1,2)"])
    assert "answers.extract.find_answer" in [call["by"] for call in how["taken_by"]]
    assert [(*call["given"].values(),)[:2] == ("(1,2)", "(1, 3)") for call in how["rule"]].count(True) >= 2
    assert how["rule"][-1]["gave"] == "False"
    assert any(call["about"].startswith("Whether two answers are equal") for call in how["rule"])
    assert "('()', ['1', '3'])" in [form for _, form in how["read"]["answer"]]


def test_every_response_of_a_row_and_a_row_by_its_number(file):
    right, silent = explained(file, "half")
    assert (right["verdict"]["outcome"], silent["verdict"]["outcome"]) == ("correct", "unparsed")
    assert right["id"] == "row 2, half, response 0"
    assert any("1/2" in form for _, form in right["read"]["answer"])
    assert right["rule"][-1]["gave"] == "True"
    assert silent["rule"][-1]["gave"].startswith("gave up:")
    assert [how["verdict"] for how in explained(file, "2")] == [right["verdict"], silent["verdict"]]


def test_algebra_is_explained_too(file):
    (how,) = explained(file, "sine")
    assert how["verdict"]["outcome"] == "correct"
    assert how["rule"][-1]["gave"] == "True"


def test_what_was_settled_by_the_reader_of_rows_says_so(file):
    (how,) = explained(file, "none")
    assert how["verdict"]["outcome"] == "unknown"
    assert "holds no reference" in how["verdict"]["reason"]


def test_people_read_lines(file):
    told = CliRunner().invoke(app, ["verify", file, "--explain", "point"], catch_exceptions=False).stdout
    for line in (
        "row 1, point: wrong, by math",
        "taken      (1, 3)",
        "(1,2) and (1, 3) → no",
        "because    (1, 3) is not",
    ):
        assert line in told


def test_other_verifiers_say_what_they_took_and_why(file, tmp_path):
    (how,) = explained(file, "point", "--verifier", "exact")
    assert how["verdict"]["verifier"] == "exact"
    assert how["verdict"]["reason"] or how["rule"]
    row = {"id": "f", "answer": "-", "tests": ["assert f(1) == 2"], "response": "def f(x): return x"}
    (tmp_path / "code.jsonl").write_text(json.dumps(row) + "\n")
    (how,) = explained(str(tmp_path / "code.jsonl"), "f", "--verifier", "unit_tests")
    assert how["verdict"]["extracted"].startswith("def f")
    assert how["verdict"]["reason"]


def test_traces_of_a_folder_by_their_id_or_their_problems(tmp_path):
    problem = Problem(id="p", question="Half?", answer="1/2")
    traces = [
        Trace(id="p-0", problem_id="p", answer="0.5"),
        Trace(id="p-1", problem_id="p", answer="3", finish="length"),
        Trace(id="lost", problem_id="q", answer="3"),
    ]
    store.write_data(tmp_path / "in", Data([problem], traces))
    store.write_manifest(tmp_path / "in", {"name": "import"})
    folder = str(tmp_path / "in")
    before = {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()}
    assert [how["id"] for how in explained(folder, "p")] == ["p-0", "p-1"]
    (cut,) = explained(folder, "p-1")
    assert (cut["verdict"]["outcome"], cut["rule"][-1]["gave"]) == ("unparsed", "False")
    assert explained(folder, "lost")[0]["verdict"]["reason"] == "its problem is not there"
    with pytest.raises(LimbeckError, match=r"no trace and no problem 'p-2'; did you mean 'p-"):
        explained(folder, "p-2")
    assert {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()} == before


def test_a_name_nobody_has_and_no_place_to_write_are_mistakes(file):
    with pytest.raises(LimbeckError, match=r"4 rows, none with the id 'sin'; did you mean 'sine'"):
        explained(file, "sin")
    told = CliRunner().invoke(app, ["verify", file])
    assert (told.exit_code, "--out" in told.output) == (2, True)
