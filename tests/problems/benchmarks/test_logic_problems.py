"""Loaders of logic, multiple choice and yes-or-no questions, and theories in regular English."""

from __future__ import annotations

import json

import pytest

from limbeck.checkers.theories import closure, decide, literal, read
from limbeck.errors import LimbeckError
from limbeck.problems.benchmarks.aqua import aqua
from limbeck.problems.benchmarks.folio import folio
from limbeck.problems.benchmarks.knights_knaves import knights_knaves
from limbeck.problems.benchmarks.lsat_ar import lsat_ar
from limbeck.problems.benchmarks.prontoqa import prontoqa
from limbeck.problems.benchmarks.proofwriter import proofwriter
from limbeck.problems.benchmarks.strategyqa import strategyqa
from limbeck.records import Trace
from limbeck.verifiers.answers.choice import choice
from limbeck.verifiers.answers.yes_no import yes_no

REAL = [
    (aqua, "mcq/aqua_test.jsonl", 254, choice, {"A", "B", "C", "D", "E"}),
    (aqua, "mcq/aqua_dev.jsonl", 254, choice, {"A", "B", "C", "D", "E"}),
    (lsat_ar, "mcq/agieval_lsat_ar.jsonl", 230, choice, {"A", "B", "C", "D", "E"}),
    (strategyqa, "qa/strategyqa_dev.json", 229, yes_no, {"yes", "no"}),
    (folio, "logic/folio_validation.jsonl", 204, choice, {"A", "B", "C"}),
    (prontoqa, "logic/prontoqa_dev.json", 500, choice, {"A", "B"}),
    (proofwriter, "logic/proofwriter_test.json", 600, choice, {"A", "B", "C"}),
]  # fmt: skip


@pytest.mark.parametrize(("load", "file", "rows", "verify", "answers"), REAL, ids=[row[1] for row in REAL])
def test_real_files_are_read_whole(shared, load, file, rows, verify, answers):
    problems = load(path=shared / file).problems
    assert len(problems) == rows
    assert {problem.answer for problem in problems} == answers
    assert {problem.verifier for problem in problems} == {verify.__name__}
    assert not [problem for problem in problems if problem.marks]
    for problem in problems[:50]:
        right = verify(
            problem, Trace(id="t", problem_id=problem.id, answer=f"The answer is {problem.answer}.")
        )
        assert right.outcome == "correct", (problem.question, right)
        other = next(answer for answer in sorted(answers) if answer != problem.answer)
        wrong = verify(problem, Trace(id="t", problem_id=problem.id, answer=f"The answer is {other}."))
        assert wrong.outcome == "wrong"
        assert problem.source == load.__name__


def test_knights_and_knaves_of_a_real_file(shared):
    problems = knights_knaves(path=shared / "logic/knights_knaves_3ppl_test.parquet").problems
    assert len(problems) == 100
    assert {len(problem.meta["names"]) for problem in problems} == {3}
    assert problems[0].answer.startswith("(1) ")
    assert problems[0].verifier == "knave_roles"


def write(path, *rows) -> str:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return str(path)


def test_questions_say_all_there_is_to_know(tmp_path):
    row = {
        "passage": "Six sit.",
        "question": "Who first?",
        "options": ["(A)Ann", "(B)Bob"],
        "label": "B",
        "other": 1,
    }
    [problem] = lsat_ar(path=write(tmp_path / "a.jsonl", row)).problems
    assert problem.question == "Six sit.\n\nWho first?\n(A) Ann\n(B) Bob"
    assert (problem.answer, problem.meta["options"], problem.meta["other"]) == ("B", ["A) Ann", "B) Bob"], 1)
    row = {"question": "Is it so?", "answer": False, "facts": ["It was.", "It is not."]}
    [problem] = strategyqa(path=write(tmp_path / "b.jsonl", row), facts=True).problems
    assert (problem.question, problem.answer) == ("It was.\nIt is not.\nIs it so?", "no")
    row = {
        "premises": "All men die.\nAnn lives.",
        "conclusion": "Ann dies.",
        "label": "Unknown",
        "premises-FOL": "A\nB",
    }
    [problem] = folio(path=write(tmp_path / "c.jsonl", row), verifier="fol").problems
    assert problem.question.endswith("Ann dies.\n(A) True\n(B) False\n(C) Uncertain")
    assert (problem.answer, problem.verifier, problem.meta["premises-FOL"]) == ("C", "fol", ["A", "B"])


BAD = {
    aqua: {"question": "q", "options": ["A)1", "B)2"], "correct": "C"},
    lsat_ar: {"passage": "p", "question": "q", "options": "A)1", "label": "A"},
    strategyqa: {"question": "q", "answer": "yes"},
    folio: {"premises": ["p"], "conclusion": "c", "label": "Maybe"},
    prontoqa: {"context": "c", "question": 3, "options": ["A) True", "B) False"], "answer": "A"},
    proofwriter: {"context": "", "question": "q", "options": ["A) True", "B) False"], "answer": "A"},
    knights_knaves: {"quiz": "q", "names": "Ann", "solution_text_format": "x", "statements": "()"},
}


@pytest.mark.parametrize("load", BAD, ids=lambda load: load.__name__)
def test_bad_rows_and_files_are_named(load, tmp_path):
    with pytest.raises(LimbeckError, match="1 row could not be used"):
        load(path=write(tmp_path / "bad.jsonl", BAD[load]))
    with pytest.raises(LimbeckError, match="has no column"):
        load(path=write(tmp_path / "other.jsonl", {"a": 1}))
    with pytest.raises(LimbeckError, match="no file at"):
        load(path=tmp_path / "none.jsonl")
    if load in (strategyqa, prontoqa, proofwriter, lsat_ar):
        with pytest.raises(LimbeckError, match="parameter 'path' is empty"):
            load(path="")


BEARS = (
    "The bear is big. The bear chases the lion. If something chases the lion then the lion does not see it."
    " Big, rough things are green. If someone is big and not rough then they need the lion. The bear is not "
    "rough."
    " If the bear is big and the bear chases the lion then it is kind."
)


def test_a_theory_worked_by_hand():
    theory = read(BEARS)
    assert (len(theory.facts), len(theory.rules)) == (3, 4)
    assert literal("the lion does not see the bear") == ("lion", "see", "bear", False)
    known = closure(theory)
    assert ("lion", "see", "bear", False) in known
    assert ("bear", "need", "lion", True) in known
    assert decide(BEARS, "The lion sees the bear.") == "False"
    assert decide(BEARS, "The bear needs the lion.") == "True"
    assert decide(BEARS, "The bear is green.") == "Unknown"  # it is not rough, so the rule says nothing
    assert decide(BEARS, "The lion is rough.") == "Unknown"


def test_made_up_kinds_and_what_cannot_be_read():
    text = "Jompuses are not shy. Each yumpus is a jompus. Every impus is an yumpus. Max is an impus."
    assert decide(text, "Max is shy.") == "False"
    assert decide(text, "Max is not shy.") == "True"
    assert decide(text, "Max is a jompus.") == "True"
    assert decide(text, "Max is red.") == "Unknown"
    with pytest.raises(ValueError, match="no sentence of a theory"):
        read("Perhaps, it rains; who knows?")
    with pytest.raises(ValueError, match="contrary"):
        decide("Max is red. Max is not red.", "Max is red.")


def test_a_label_that_does_not_follow_is_marked(tmp_path):
    row = {
        "context": "Max is an impus. Impuses are red.",
        "question": "Is the following true or false? Max is red.",
        "options": ["A) True", "B) False"], "answer": "B",
    }  # fmt: skip
    unread = {**row, "context": "It seems, Max is one of them."}
    right = {**row, "answer": "A", "context": "Max is red."}
    problems = prontoqa(path=write(tmp_path / "rows.jsonl", row, unread, right)).problems
    assert [problem.marks for problem in problems] == [["not_derived"], [], []]
    assert [problem.meta["derived"] for problem in problems] == ["True", "", "True"]
