"""A reranker by hand, in a folder, and learning which word stands for which."""

from __future__ import annotations

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem, Trace
from limbeck.retrieval import late

ROWS = {"a": 0, "b": 1}
QUERY = np.array([[1.0, 0.0], [0.0, 2.0], [0.5, 0.5]], np.float32)
PASSAGE = np.array([[1.0, 1.0], [3.0, 0.0], [0.0, -1.0]], np.float32)


def test_each_word_of_the_question_takes_the_nearest_of_the_passage():
    made = late.Late(ROWS, QUERY, PASSAGE)
    # "a b" against "a": 1·1 + 2·1; against "a b": max(1, 3) + max(2, 0); an unknown word has the last row.
    assert made.scores("a B?", ["a", "b a", "x", ""]) == [3.0, 5.0, -2.0, -2.0]
    assert made.scores("x", ["a"]) == [1.0]


def test_padding_is_never_the_nearest():
    torch = pytest.importorskip("torch", reason="the reranker is trained by the extra limbeck[train]")
    passages = torch.tensor(PASSAGE)[torch.tensor([[0, 0], [0, 1], [2, 0]])]
    real = torch.tensor([[True, False], [True, True], [True, False]])
    assert late.score(torch.tensor(QUERY[:2]), passages, real).tolist() == [3.0, 5.0, -2.0]


def test_it_is_kept_whole_and_what_is_none_is_named(tmp_path):
    late.Late(ROWS, QUERY, PASSAGE, "english").save(tmp_path / "part")
    again = late.opened(str(tmp_path / "part"))
    assert (again.row_of, again.language) == (ROWS, "english")
    assert (again.query_VD == QUERY).all()
    with pytest.raises(LimbeckError, match="is no reranker; make one by knowledge/reranker"):
        late.opened(str(tmp_path))


def lesson(at: int) -> tuple[Problem, Trace]:
    """Asked for a boat, told of a ship; asked for a road, told of a path."""
    asked, told = (("boat", "ship"), ("road", "path"))[at % 2]
    passages = [{"text": f"{word} of n{at}"} for word in ("path", "stone", "ship")]
    problem = Problem(id=f"p{at}", question=f"{asked} of n{at}?", answer="1", meta={"passages": passages})
    return problem, Trace(id=f"t{at}", problem_id=problem.id, reasoning=f"{told} of n{at}", answer="1")


def test_what_rationales_name_is_learned_for_questions_of_others(tmp_path):
    pytest.importorskip("torch", reason="the reranker is trained by the extra limbeck[train]")
    lessons = [lesson(at) for at in range(60)]
    data = Data([problem for problem, _ in lessons], [trace for _, trace in lessons])
    part = ready("knowledge/reranker")([data], ctx=Context(tmp_path))
    fresh = Data([lesson(at)[0] for at in range(900, 910)])
    made = ready("knowledge/reranked", reranker=str(part), k=1)(fresh)
    firsts = [each.meta["passages"][0]["text"].split()[0] for each in made.problems]
    assert firsts == ["ship", "path"] * 5
    assert all(len(each.meta["passages"]) == 1 for each in made.problems)
    with pytest.raises(LimbeckError, match="no problem has both"):
        ready("knowledge/reranker")([Data([Problem(id="p", question="q")])], ctx=Context(tmp_path))
