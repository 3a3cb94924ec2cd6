"""Answers that need their findings."""

from __future__ import annotations

from flat import flat

from limbeck.models.scripted import Scripted
from limbeck.pipeline.registry import bound, method
from limbeck.records import Problem, Trace
from limbeck.verifiers.ops import verify

RUBRIC = [{"text": "a"}, {"text": "b"}, {"text": "c", "required": False}]
PROBLEM = Problem(id="p", question="q", answer="12", meta={"rubric": RUBRIC})


def judged(replies: list[str], answer: str = "12", problem: Problem = PROBLEM, **more):
    model = Scripted(replies)
    exact = bound(method("verifiers/exact"), {})
    checklist = flat("verifiers/checklist")

    def verifier(problem, trace):
        return checklist(problem, trace, model=model, verifier=exact, **more)

    [trace] = verify(verifier, {"p": problem}, [Trace(id="t", problem_id="p", answer=answer)])
    return trace.verdicts[-1], model


def test_all_required_items_must_hold_and_the_majority_says_so():
    yes, no = '{"1": 1, "2": 1, "3": 0}', '{"1": 1, "2": 0, "3": 0}'
    verdict, _ = judged([yes, no, yes])
    assert (verdict.outcome, verdict.extracted, verdict.score) == ("correct", "110", 1.0)
    verdict, _ = judged([no, no, yes])
    assert (verdict.outcome, verdict.extracted, verdict.reason) == ("wrong", "100", "lacks: b")
    assert verdict.score == 0.5


def test_a_wrong_answer_asks_nobody_and_a_lack_of_votes_decides_nothing():
    verdict, model = judged(["{}"], answer="13")
    assert (verdict.outcome, model.asked) == ("wrong", 0)
    verdict, _ = judged(['{"1": 1, "2": 1, "3": 1}', "hm"], votes=2)
    assert (verdict.outcome, verdict.reason) == ("unknown", "1 of 2 votes can be read")
    bare, _ = judged(["{}"], problem=Problem(id="p", question="q", answer="12"))
    assert (bare.outcome, bare.reason) == ("unknown", "no checklist in meta['rubric']")
