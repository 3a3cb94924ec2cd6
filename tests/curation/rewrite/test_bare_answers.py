"""curation/bare_answers: pairs of thinking and of answering at once."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.curation.rewrite.bare_answers import bare_answers  # noqa: E402
from limbeck.records import Data, Pair, Problem, Trace  # noqa: E402


def test_bare_answers_pair_thinking_with_answering_at_once():
    whole = Data(
        [Problem(id="a1", question="2+2")],
        [
            Trace(id="t", problem_id="a1", reasoning="2 and 2", answer="4", weights=[(0, 2, 0.5)]),
            Trace(id="w", problem_id="a1", reasoning="2 and 3", answer="5", marks=["wrong"]),
            Trace(id="b", problem_id="a1", answer="4"),
            Trace(id="n", problem_id="a1", reasoning="so", answer=" "),
        ],
    )
    data = bare_answers(whole)
    assert data.traces[:4] == whole.traces
    (twin,) = data.traces[4:]
    assert (twin.id, twin.reasoning, twin.answer, twin.marks, twin.parents, twin.weights) == (
        "t/bare", "", "4", ["bare"], ["t"], [],
    )  # fmt: skip
    assert data.pairs == [Pair(problem_id="a1", chosen="t", rejected="t/bare")]
    signed = bare_answers(whole, reasoning="=")
    assert [t.reasoning for t in signed.traces[4:]] == ["=", "="]
