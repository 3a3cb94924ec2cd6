"""Proofs over made-up kinds: both forms read back, every class of fault named, six rules worked by hand."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from limbeck.checkers.ontologies import sentences, statement, written
from limbeck.checkers.ontology_proofs import CLASSES, classes
from limbeck.errors import LimbeckError
from limbeck.evaluation.metrics.fault_named import fault_named
from limbeck.problems.worlds.ontologies import Deducing, ontologies
from limbeck.records import Problem, Trace
from limbeck.verifiers.logic.ontology_proof import ontology_proof


@pytest.mark.parametrize(
    ("signs", "text"),
    [
        ("a&d>g", "Everything that is a dax and an arp is a gorp."),
        ("a/d>~g", "Everything that is a dax or an arp is not a gorp."),
        ("?~e", "Suppose that Rex is not an ebrin."),
        ("a", "Rex is an arp."),
    ],
)
def test_a_statement_says_the_same_in_signs_and_in_english(signs, text):
    said = statement(signs, "signs")
    assert statement(text, "text") == said
    assert written(said, "signs") == signs
    assert statement(written(said, "text"), "text") == said


@pytest.mark.parametrize("text", ["Rex is a unicorn.", "Rex arp.", "Everything is an arp.", ""])
def test_what_is_no_sentence_is_refused(text):
    with pytest.raises(ValueError, match="no "):
        statement(text, "text")


def test_a_thousand_proofs_are_read_back_to_the_letter_and_hold():
    data = ontologies(n=1000, deducing=Deducing(low=1, high=4), solve="proof")
    problems = data.problem_by_id()
    for trace in data.traces:
        lines = sentences(trace.answer, "text")
        assert " ".join(written(statement(line, "text"), "text") for line in lines) == trace.answer
        assert ontology_proof(problems[trace.problem_id], trace).reason == f"{len(lines)} valid"


def test_every_planted_fault_is_named():
    data = ontologies(n=300, deducing=Deducing(low=2, high=4), solve="faulty", form="signs")
    problems = data.problem_by_id()
    named = Counter()
    for trace in data.traces:
        verdict = ontology_proof(problems[trace.problem_id], trace)
        named[trace.params["fault"], verdict.extracted] += 1
        assert verdict.outcome == trace.outcome
    assert {*named} == {(fault, fault) for fault in CLASSES[1:]}


PREMISES = "a,a>b,b>c,a&c>d,f/g,f>h,g>h,i>j,~j,b>z"
GOLD = "b;c;a&c;d;?f;h;?g;h;h;?i;j;~i"


def stepped(proof: str) -> list[str]:
    premises = [statement(each, "signs") for each in PREMISES.split(",")]
    gold = [statement(each, "signs") for each in GOLD.split(";")]
    return classes(premises, gold, proof, "signs")[0]


@pytest.mark.parametrize(
    ("proof", "found"),
    [
        (GOLD, ["valid"] * 12),
        ("c", ["skip"]),
        ("b;c;d", ["valid", "valid", "non_atomic"]),
        ("b;b", ["valid", "redundant"]),
        ("b;z;c", ["valid", "wrong_branch", "valid"]),
        ("e;b", ["invalid", "valid"]),
        ("e;d>;b", ["invalid", "unparsed", "valid"]),
        ("?f;h;h", ["valid", "valid", "redundant"]),
        ("?f;h;?g;h", ["valid"] * 4),
        ("~i", ["invalid"]),
        ("a>b;b", ["valid", "valid"]),
        ("a>c", ["invalid"]),
    ],
)  # fmt: skip
def test_steps_by_hand(proof, found):
    assert stepped(proof) == found


def judged(answer: str, **settings):
    problem = Problem(id="p", question="?", answer="b;c", meta={"premises": ["a", "a>b", "b>c"], "goal": "c"})
    return ontology_proof(problem, Trace(id="t", problem_id="p", answer=answer), **settings)


def test_strict_wants_every_step_lenient_forgives_what_is_left_out_and_last_looks_at_the_end():
    assert judged("b;c").outcome == "correct"
    assert (judged("c").outcome, judged("c").extracted) == ("wrong", "skip")
    assert judged("c", proof="lenient").outcome == "correct"
    assert judged("x;c", proof="last").outcome == "correct"
    assert judged("x;c", proof="lenient").outcome == "wrong"
    assert (judged("b").outcome, judged("b").extracted) == ("wrong", "")
    assert judged("?!").outcome == "unparsed"
    assert ontology_proof(Problem(id="p", question="?"), Trace(id="t", problem_id="p")).outcome == "unknown"


def test_the_metric_counts_what_was_planted_alone():
    problem = Problem(id="p", question="?")
    right = Trace(id="a", problem_id="p", params={"fault": "skip"}, verdicts=[judged("c")])
    wrong = Trace(id="b", problem_id="p", params={"fault": "invalid"}, verdicts=[judged("c")])
    assert fault_named(problem, [right, wrong]) == 0.5
    assert fault_named(problem, [right, wrong], only="skip") == 1.0
    assert fault_named(problem, [Trace(id="c", problem_id="p", verdicts=[judged("c")])]) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"deducing": Deducing(rules=("implicatoin",))}, "implication"),
        ({"faulty": ("skipp",)}, "skip"),
        ({"deducing": Deducing(low=0)}, "low=0"),
        ({"deducing": Deducing(width=9)}, "width"),
        ({"deducing": Deducing(names=99)}, "names=99"),
        ({"deducing": Deducing(distractors=9)}, "distractors=9"),
    ],
)
def test_what_cannot_be_asked_is_refused(settings, message):
    with pytest.raises(LimbeckError, match=message):
        ontologies(n=2, **settings)


def test_premises_may_lead_back_from_the_goal():
    grown = Deducing(rules=("implication",), low=3, high=3, distractors=0, names=5, order="backward")
    for problem in ontologies(n=5, deducing=grown, form="signs").problems:
        *rules, fact = problem.meta["premises"]
        steps = [fact, *problem.answer.split(";")]
        assert rules == [f"{before}>{behind}" for before, behind in pairwise(steps)][::-1]
        assert problem.meta["alike"]
