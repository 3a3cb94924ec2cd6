"""Stretches of documents against sets of characters."""

from __future__ import annotations

import random

import pytest

from limbeck.errors import LimbeckError
from limbeck.records import Problem
from limbeck.retrieval.spans import Span, compared, joined, length, located, references_of


def characters(spans):
    return {(span.document, at) for span in spans for at in range(span.start, span.end)}


def drawn(rng):
    starts = [(rng.choice("ab"), rng.randint(0, 40)) for _ in range(rng.randint(1, 5))]
    return [Span(document, start, start + rng.randint(1, 12)) for document, start in starts]


def test_shares_are_those_of_sets_of_characters():
    rng = random.Random(3)
    for _ in range(300):
        retrieved, wanted = drawn(rng), drawn(rng)
        mine, theirs = characters(retrieved), characters(wanted)
        both = len(mine & theirs)
        assert length(joined(retrieved)) == len(mine)
        assert compared(retrieved, wanted) == {
            "precision": both / len(mine),
            "recall": both / len(theirs),
            "iou": both / len(mine | theirs),
        }
    assert compared([], [Span("a", 0, 3)]) == {"precision": 0.0, "recall": 0.0, "iou": 0.0}


TEXT = "The oak-17  valve\nopens at “42 bars”. İt — says so."


@pytest.mark.parametrize(
    ("excerpt", "stretch"),
    [
        ("valve\nopens", "valve\nopens"),
        ("the oak-17 valve opens at", "The oak-17  valve\nopens at"),
        ('at "42 bars".', "at “42 bars”."),
        ("İt - says", "İt — says"),
        ("opens at “43 bars”", None),  # a digit is another fact
        ("opens at bars", None),
        ("", None),
        (" \n", None),
    ],
)
def test_an_excerpt_stands_there_or_it_was_made_up(excerpt, stretch):
    place = located(TEXT, excerpt)
    assert (TEXT[slice(*place)] if place else None) == stretch


@pytest.mark.parametrize(
    "references", [None, "a", [{"document": "a"}], [{"document": "a", "start": 4, "end": 4}]]
)
def test_references_of_another_form_are_named(references):
    with pytest.raises(
        LimbeckError, match=r"problem p: meta\['references'\] is a list of {document, start, end}"
    ):
        references_of(Problem(id="p", question="q", meta={"references": references}))
