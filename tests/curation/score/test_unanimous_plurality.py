"""curation/unanimous_plurality: the answer most verified chains give."""

from __future__ import annotations

from pathlib import Path

import pytest

from limbeck.curation.score.unanimous_plurality import unanimous_plurality
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict

CONTEXT = Context(Path())


PROBLEM = Problem(id="p", question="?")


def trace(text: str, answer: str = "", name: str = "t", **more) -> Trace:
    return Trace(id=name, problem_id="p", reasoning=text, answer=answer, **more)


def test_unanimity_then_plurality():
    def chain(name, answer, outcome, **more):
        return trace("", answer, name, verdicts=[Verdict("deductive", outcome)], **more)

    chains = [
        chain("a", "5", "wrong"),
        chain("b", "5", "wrong"),
        chain("c", " 7", "correct"),
        chain("d", "7", "unknown"),
    ]
    data = Data([PROBLEM, Problem(id="q", question="!")], chains)
    voted = unanimous_plurality(data, ctx=CONTEXT)
    assert [one.id for one in voted.traces] == ["a", "b", "c", "d", "p#vote"]
    assert (voted.traces[-1].answer, voted.traces[-1].parents) == (" 7", ["c"])
    assert voted.traces[-1].params == {"temperature": 0.0, "votes": 1, "share": 1.0, "fallback": False}
    plain = unanimous_plurality(data, among="all", ctx=CONTEXT).traces[-1]
    assert (plain.answer, plain.params["share"], plain.params["fallback"]) == ("5", 0.5, False)
    none = unanimous_plurality(Data([PROBLEM], chains[:2]), ctx=CONTEXT).traces[-1]
    assert (none.answer, none.params["fallback"]) == ("5", True)
    marked = chain("e", "9", "correct", marks=["truncated"])
    assert unanimous_plurality(Data([PROBLEM], [*chains, marked]), ctx=CONTEXT).traces[-1].answer == " 7"
    with pytest.raises(LimbeckError, match="did you mean 'deductive'"):
        unanimous_plurality(data, verifier="deduktive", ctx=CONTEXT)
