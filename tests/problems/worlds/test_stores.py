"""Stores: one passage answers, and shares no thing's name with the question."""

from __future__ import annotations

from limbeck.pipeline.parameters import ready
from limbeck.problems.worlds.stores import PAIRS


def test_the_answer_stands_in_one_passage_under_another_word():
    given = {"n": 40, "seed": 3, "split": "test"}
    questions = ready("problems/stores", solve="rationale", **given)()
    pages = ready("problems/stores", ask="passages", **given)()
    passages = {each.id: each.question for each in pages.problems}
    assert len(passages) == 40 * 6
    for problem, trace in zip(questions.problems, questions.traces, strict=True):
        (gold,) = problem.meta["gold"]
        thing, _, name = problem.question.rstrip("?").split()
        assert passages[gold] == f"{dict(PAIRS)[thing]} of {name}: {problem.answer}"
        assert not any(text.startswith(f"{thing} ") for text in passages.values())
        assert trace.reasoning + trace.answer == f";{passages[gold]};{problem.answer}"
        assert sum(name in text for text in passages.values()) == 6


def test_no_two_splits_tell_of_one_store():
    names = [
        {each.question.split()[-1] for each in ready("problems/stores", n=60, split=split)().problems}
        for split in ("train", "validation", "test")
    ]
    assert not (names[0] & names[1] | names[0] & names[2] | names[1] & names[2])
