"""Right traces of one problem, and a wrong one that leaves them."""

from __future__ import annotations

from limbeck.curation.rewrite.first_departure import first_departure
from limbeck.records import Data, Problem, Trace, Verdict


def attempt(name: str, text: str, outcome: str) -> Trace:
    reasoning, answer = text[:-1], text[-1]
    return Trace(
        id=name, problem_id="p", reasoning=reasoning, answer=answer, format="plain",
        verdicts=[Verdict("exact", outcome)],
    )  # fmt: skip


def departed(text: str, **params) -> Trace:
    data = Data([Problem(id="p", question="5-7-0+3")])
    data.traces = [
        attempt("a", ";8-0+3;8+3;1", "correct"),
        attempt("b", ";8-0+3!1", "correct"),
        attempt("w", text, "wrong"),
    ]
    return first_departure(data, **params).traces[2]
