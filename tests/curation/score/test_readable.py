"""curation/readable: Flesch's reading ease, worked by hand."""

from __future__ import annotations

import pytest

from limbeck.curation.score.readable import readable
from limbeck.records import Data, Problem, Trace
from limbeck.texts.readability import reading_ease, syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [("cat", 1), ("make", 1), ("table", 2), ("the", 1), ("tree", 1), ("reason", 2), ("simple", 2), ("sky", 1),
     ("integer", 3), ("what's", 1)],
)  # fmt: skip
def test_syllables_are_groups_of_vowels_but_for_a_silent_e(word, count):
    assert syllables(word) == count


def test_reading_ease_is_the_formula():
    # Two sentences, six words, seven syllables; numbers are no words.
    assert reading_ease("The cat sat. We count 12 apples.") == pytest.approx(
        206.835 - 1.015 * 6 / 2 - 84.6 * 7 / 6
    )
    # A line is a sentence, whether it has a full stop or not.
    assert reading_ease("we add\nwe add") == pytest.approx(206.835 - 1.015 * 2 - 84.6)
    assert reading_ease("3 + 4 = 7") is None


def test_traces_are_scored_and_hard_ones_marked():
    texts = [
        "We add. We get it.",
        "Notwithstanding aforementioned considerations generalisability deteriorates.",
        "1+1",
    ]
    traces = [Trace(id=str(at), problem_id="p", reasoning=text, answer="x") for at, text in enumerate(texts)]
    out = readable(Data([Problem(id="p", question="q")], traces), least=30.0).traces
    assert [each.marks for each in out] == [[], ["unreadable"], []]
    assert out[0].scores["readability"] > 90
    assert "readability" not in out[2].scores
    unlimited = readable(Data([Problem(id="p", question="q")], traces)).traces
    assert not any(each.marks for each in unlimited)
