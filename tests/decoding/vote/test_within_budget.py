"""Votes that a budget buys, counted by hand."""

from __future__ import annotations

import pytest

from limbeck.decoding.vote.within_budget import within_budget
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.scripted import Scripted

PLAIN = Sampling(temperature=0.0)
CHATS = [[{"role": "user", "content": "?"}]]


class Counted(Scripted):
    """Two operations for a token of the prompt, ten for each that is written; half as many bytes."""

    def work(self, prompt: int, written: int) -> dict[str, int]:
        spent = 10 * written if written else 2 * prompt
        return {"operations": spent, "bytes": spent // 2}


def path(answer: str, tokens: int) -> dict:
    return {"text": f"so;{answer}", "tokens": tokens, "prompt_tokens": 5}


PATHS = [path("7", 3), path("3", 4), path("3", 2), path("7", 2), path("7", 9)]


def elected(budget: float, most: int = 5, paths=PATHS):
    model = within_budget(model=Counted(paths), budget=budget, most=most, format="lines")
    return model.generate(CHATS, PLAIN)[0][0]


@pytest.mark.parametrize(
    ("budget", "answer", "paths", "operations"),
    [
        (5, "7", 1, 40),  # the prompt's 10 and 30: the only path votes, though it is too dear
        (79, "7", 1, 40),
        (80, "7", 2, 80),  # one vote each: the first
        (100, "3", 3, 100),
        (120, "7", 4, 120),  # two and two
        (1000, "7", 5, 210),
    ],
)
def test_paths_vote_as_long_as_the_budget_lasts(budget, answer, paths, operations):
    made = elected(budget)
    assert made.text == f"so;{answer}"
    assert made.scores == {"operations": operations, "paths": paths}


def test_tokens_count_all_that_was_written():
    # Two paths are drawn at first; the second does not fit.
    assert elected(79).tokens == 7
    assert elected(1000).tokens == 20
    assert elected(1000, most=2).scores == {"operations": 80, "paths": 2}


def test_bytes_are_another_budget():
    model = within_budget(model=Counted(PATHS), budget=50, of="bytes", most=5, format="lines")
    assert model.generate(CHATS, PLAIN)[0][0].scores == {"bytes": 50, "paths": 3}


def test_what_was_cut_off_costs_and_does_not_vote():
    cut = {"text": "so;9", "finish": "length", "tokens": 2, "prompt_tokens": 5}
    made = elected(1000, most=3, paths=[cut, cut, path("1", 2)])
    assert (made.text, made.scores) == ("so;1", {"operations": 70, "paths": 3})


def test_every_sample_has_paths_of_its_own_however_it_is_asked():
    def reply(messages, number):
        return {"text": f"so;{number // 4}", "tokens": 1 + number % 3, "prompt_tokens": 5}

    model = within_budget(model=Counted(reply), budget=45, most=4, format="lines")
    together = model.generate(CHATS, Sampling(n=3))[0]
    assert [made.text for made in together] == ["so;0", "so;1", "so;2"]
    asked = {number: made for _, number, made in model.stream_some(CHATS, [[2]], Sampling(n=3))}
    assert asked[2].scores == together[2].scores


def test_a_model_that_does_not_know_its_shape_and_a_format_that_is_none_are_refused():
    with pytest.raises(LimbeckError, match="does not tell what a text costs it"):
        within_budget(model=Scripted([path("1", 2)]), format="lines").generate(CHATS, PLAIN)
    with pytest.raises(LimbeckError, match="linse"):
        within_budget(model=Counted([path("1", 2)]), format="linse")
