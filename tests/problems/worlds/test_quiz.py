"""problems/quiz: answers that follow from nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.worlds.quiz import key, quiz


def test_answers_are_even_and_relations_unrelated():
    names = [problem.meta["name"] for problem in quiz(n=2000).problems]
    counts = Counter(key(name, "home") for name in names)
    assert all(abs(count - 500) < 60 for count in counts.values())  # three standard errors
    same = sum(key(name, "home") == key(name, "trade") for name in names)
    assert abs(same - 500) < 60


def test_a_name_belongs_to_one_split_and_another_relation_may_mention_it():
    test, hard = (quiz(n=300, split=split, solve="key") for split in ("test", "hard"))
    names = [{problem.meta["name"] for problem in data.problems} for data in (test, hard)]
    assert not names[0] & names[1]
    mentioned = quiz(n=300, relation="trade", about=("test",))
    assert {problem.split for problem in mentioned.problems} == {"train"}
    assert {problem.meta["name"] for problem in mentioned.problems} == names[0]
    assert {trace.outcome for trace in test.traces} == {"correct"}


def test_too_many_names_are_refused():
    with pytest.raises(LimbeckError, match="n=5000"):
        quiz(n=5000)
    with pytest.raises(LimbeckError, match="split"):
        quiz(about=("tests",))
