"""problems/markov: text of a known table."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from limbeck.problems.worlds.markov import LETTERS, markov, successors


def test_a_text_says_how_unlikely_it_was():
    [problem] = (data := markov(n=1, length=5, solve="oracle")).problems
    [trace] = data.traces
    text, nats = problem.question + trace.answer, 0.0
    for at in range(4, 9):
        nats -= math.log(successors(text[at - 2 : at])[LETTERS.index(text[at])])
    assert trace.scores["own"] == pytest.approx(nats / 5)
    assert (len(trace.answer), problem.answer) == (5, None)


def test_letters_follow_as_often_as_the_table_says():
    data = markov(n=1000, length=40, solve="oracle")
    behind: dict[str, Counter] = {}
    asked = data.problem_by_id()
    for trace in data.traces:
        text = asked[trace.problem_id].question[-2:] + trace.answer
        for at in range(2, len(text)):
            behind.setdefault(text[at - 2 : at], Counter())[text[at]] += 1
    pair, counts = max(behind.items(), key=lambda each: each[1].total())
    for letter, probability in zip(LETTERS, successors(pair), strict=True):
        error = math.sqrt(probability * (1 - probability) / counts.total())
        assert abs(counts[letter] / counts.total() - probability) < 4 * error + 1e-3
    assert sum(successors("ab")) == pytest.approx(1)
