"""Answers without reasoning: one for each problem, beside the traces that reason."""

from __future__ import annotations

from limbeck.curation.rewrite.answer_only import answer_only
from limbeck.records import Data, Problem, Trace, Verdict


def trace(name: str, answer: str, *marks: str) -> Trace:
    verdict = Verdict("exact", "correct", answer)
    fields = {"reasoning": "so ", "answer": answer, "format": "lines", "tokens": 4, "weights": [(0, 2, 0.5)]}
    return Trace(id=name, problem_id=name[0], marks=list(marks), verdicts=[verdict], **fields)


def test_the_first_kept_trace_of_each_problem_loses_its_reasoning():
    problems = [Problem(id=name, question=name) for name in "pqr"] + [
        Problem(id="s", question="s", marks=["x"])
    ]
    traces = [
        trace("p0", "7", "wrong"),
        trace("p1", "4"),
        trace("p2", "4"),
        trace("q0", " "),
        trace("s0", "1"),
    ]
    out = answer_only(Data(problems, traces), reasoning=";")
    assert [(each.id, each.reasoning, each.answer) for each in out.kept()] == [("p1/answer", ";", "4")]
    made = out.traces[-1]
    assert (made.parents, made.tokens, made.weights, made.outcome) == (["p1"], None, [], "correct")
    assert [each.marks for each in out.traces[:5]] == [
        ["wrong"],
        ["reasoned"],
        ["reasoned"],
        ["reasoned"],
        [],
    ]
    assert [each.marks for each in traces] == [["wrong"], [], [], [], []], "the input is as it was"
