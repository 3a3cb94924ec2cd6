"""Pages and their questions say the same."""

from __future__ import annotations

import re

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.parameters import ready


def test_every_reference_is_the_sentence_that_answers():
    pages = {
        page.id: page.question for page in ready("problems/manuals", n=20, seed=4, split="test")().problems
    }
    questions = ready("problems/manuals", n=20, seed=4, split="test", ask="questions")().problems
    assert len({each.question for each in questions}) == len(questions) == 80
    for question in questions:
        (span,) = question.meta["references"]
        sentence = pages[span["document"]][span["start"] : span["end"]]
        assert re.fullmatch(r"The [a-z]+-\d+ .* \d\d .*\.", sentence)
        name = re.search(r"[a-z]+-\d+", question.question)[0]
        assert name in sentence
        assert f" {question.answer} " in sentence


def test_more_facts_than_devices_are_refused():
    with pytest.raises(LimbeckError, match="facts=5"):
        ready("problems/manuals", facts=5)()
