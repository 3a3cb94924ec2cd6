"""Errors marked in translations, and what they cost."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.judging import spans
from limbeck.judging.spans import Span
from limbeck.records import Problem, Trace


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('So.\n{"errors": [{"span": "red", "severity": "Major"}]}', [Span("red", "major")]),
        ('{"errors": []}', []),
        (
            '<think>{"errors": []}</think>{"errors": [{"span": "a", "severity": "minor"}]}',
            [Span("a", "minor")],
        ),
        ('<think>{"errors": []}', None),
        ('{"errors": [{"span": "red", "severity": "huge"}]}', None),
        ('{"errors": [{"severity": "minor"}]}', None),
        ('{"errors": "none"}', None),
        ("It reads well.", None),
    ],
)
def test_errors_are_read_whole_or_not_at_all(text, read):
    assert spans.read(Completion(text=text)) == read


def test_what_was_cut_off_has_no_score():
    assert spans.read(Completion(text='{"errors": []}', finish="length")) is None


def test_errors_cost_what_they_weigh_up_to_the_floor():
    assert spans.score([]) == 0
    assert spans.score([Span("a", "major"), Span("b", "minor"), Span("c", "minor")]) == -7
    assert spans.score([Span("a", "critical"), Span("b", "major")]) == -25


def test_source_and_translation_stand_behind_a_fence():
    [message] = spans.asked(Problem(id="p", question="bako"), Trace(id="t", problem_id="p", answer="bread"))
    assert "\nbako\n</source-" in message["content"]
    assert "\nbread\n</translation-" in message["content"]
    with pytest.raises(LimbeckError, match=r"has no \{trace\}"):
        spans.check_template("{question}", "here")
