"""Excerpts that are there and excerpts that were made up."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem

PAGE = "Tik is 24. Pat opens  room 42."


def written(model, tmp_path, data=None, **settings):
    ask = ready("curation/span_questions", model=model, **settings)
    return ask(data or Data([Problem(id="d", question=PAGE)]), ctx=Context(tmp_path)).problems


def scripted(*replies):
    return ready("models/scripted", replies=list(replies))()


@pytest.mark.parametrize(
    ("reply", "marks", "references"),
    [
        (
            '{"question": "Who?", "answer": 42, "excerpts": ["Pat opens room 42.", "Tik is 24"]}',
            [],
            ["Pat opens  room 42.", "Tik is 24"],
        ),
        (
            '{"question": "Who?", "answer": "43", "excerpts": ["Pat opens room 43."]}',
            ["excerpt_not_there"],
            [],
        ),
        ('{"question": "Who?", "answer": "43"}', ["malformed"], None),
        ("Who knows", ["malformed"], None),
    ],
)
def test_excerpts_become_stretches_of_the_page(reply, marks, references, tmp_path):
    (made,) = written(scripted(reply), tmp_path)
    assert made.marks == marks
    if references is not None:
        spans = made.meta["references"]
        assert [PAGE[span["start"] : span["end"]] for span in spans] == references
        assert {span["document"] for span in spans} <= {"d"}
        assert (made.question, made.meta["document_id"]) == ("Who?", "d")


def test_of_a_writer_who_invents_a_fifth_every_invention_is_told(tmp_path):
    """`manuals` says what is true: an answer that its page does not tell was made up."""
    pages = ready("problems/manuals", n=50)()
    truth = {
        (problem.meta["document"], problem.answer)
        for problem in ready("problems/manuals", n=50, ask="questions")().problems
    }
    made = written(ready("models/span_writer", invents=0.2)(), tmp_path, pages, k=4)
    invented = [(each.meta["document"], each.answer) not in truth for each in made]
    assert [bool(each.marks) for each in made] == invented
    assert 20 <= sum(invented) <= 60
    assert len(made) == 200


def test_a_template_without_the_document_is_refused():
    with pytest.raises(LimbeckError, match="question"):
        ready("curation/span_questions", model=scripted("x"), template="Ask.")(Data(), ctx=Context("."))
