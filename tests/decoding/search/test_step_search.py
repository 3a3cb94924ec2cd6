"""Beams, particles and the best-first tree: steps of a walk whose scores are known, choices by hand."""

from __future__ import annotations

import collections

import pytest

from limbeck.decoding._stepping import Attempt, Stepping
from limbeck.decoding.search.best_first import best_first
from limbeck.decoding.search.particles import particles, weights
from limbeck.decoding.search.step_beam import step_beam
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.scripted import Scripted
from limbeck.records import Verdict
from limbeck.texts.steps import Cutting

CHAT = [{"role": "user", "content": "go"}]
GREEDY = Sampling(temperature=0.0)
LINES = {"cutting": Cutting(by="lines"), "format": "plain"}
SEARCHES = [step_beam, particles, best_first]


def walker(ends: int = 3):
    """Writes a letter a line, a or b by the number it is drawn as, and stops behind so many lines."""

    def reply(messages, number):
        begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        left = ends - begun.count("\n") - 1
        letter = "ab"[number % 2]
        # More than a step is written; what lies behind the first is drawn anew.
        return f"{letter}\nx\ny" if left else letter

    return Scripted(reply)


def likes(table: dict[str, float]):
    """A process score by the letters so far; others are worth 0.5."""

    def verifier(problem, trace):
        letters = (trace.reasoning + trace.answer).replace("\n", "")
        return Verdict("likes", "unknown", score=table.get(letters, 0.5))

    return verifier


def found_by(method, table, n: int = 1, model=None, **settings) -> list[Completion]:
    made = method(model=model or walker(), verifier=likes(table), **LINES, **settings)
    return made.generate([CHAT], Sampling(n=n))[0]


def test_a_beam_keeps_what_scores_best_so_far():
    table = {"a": 0.9, "b": 0.6, "aa": 0.1, "ab": 0.2, "ba": 0.3, "bb": 0.7, "bba": 0.8, "bbb": 0.1}
    greedy = found_by(step_beam, table, beam=1, k=2)[0]
    # a is best at first, ab the better of what follows, and then both ways are worth 0.5: the first.
    assert greedy.text == "a\nb\na"
    assert greedy.scores == {"score": 0.5, "steps": 3.0}
    wide = found_by(step_beam, table, beam=2, k=2)[0]
    assert wide.text == "b\nb\na"
    assert wide.scores["score"] == 0.8
    # A beam of one and two ways: two replies of three lines, twice, and two of one.
    assert greedy.tokens == 2 + 2 + 2


def test_the_best_first_tree_comes_back_to_what_a_beam_forgets():
    table = {"a": 0.9, "b": 0.6, "aa": 0.1, "ab": 0.2, "ba": 0.3, "bb": 0.7, "bba": 0.8, "bbb": 0.1}
    done = found_by(best_first, table, k=2, expansions=10)[0]
    # The root, a (0.9), b (0.6) since aa and ab are worse, bb (0.7); then bba ended with 0.8, above all.
    assert (done.text, done.scores["score"]) == ("b\nb\na", 0.8)
    assert done.tokens == 2 * 4
    cut = found_by(best_first, table, k=2, expansions=3)[0]
    assert (cut.text, cut.finish) == ("b\nb\n", "length")


def test_particles_move_to_what_is_worth_more():
    table = {"a": 1.0, "b": 0.0, "aa": 0.0, "ab": 1.0, "aba": 0.9, "abb": 0.2}
    done = found_by(particles, table, n=1, model=walker())[0]
    assert (done.text, done.scores["score"]) == ("a\nb\na", 0.9)


def test_weights_are_odds():
    attempts = [Attempt(score=score) for score in (0.5, 0.75, 0.2)]
    # Odds 1, 3 and 1/4.
    assert weights(attempts) == pytest.approx([1 / 4.25, 3 / 4.25, 0.25 / 4.25])
    certain = weights([Attempt(score=1.0), Attempt(score=0.0)])
    assert certain == pytest.approx([1.0, 0.0], abs=1e-12)


@pytest.mark.parametrize("method", SEARCHES)
def test_a_sample_is_the_same_whoever_is_asked_for_beside_it(method):
    table = {"a": 0.6, "b": 0.5, "ab": 0.7}
    made = method(model=walker(), verifier=likes(table), **LINES)
    chats = [CHAT, [{"role": "user", "content": "walk"}]]
    every = {(index, number): done for index, number, done in made.stream(chats, Sampling(n=3, seed=4))}
    some = list(made.stream_some(chats, [[2], [0]], Sampling(seed=4)))
    assert len(some) == 2
    assert all(every[index, number] == done for index, number, done in some)


@pytest.mark.parametrize("method", SEARCHES)
def test_attempts_that_never_end_are_cut_off_and_failures_are_told(method):
    endless = found_by(method, {}, model=walker(ends=100), stepping=Stepping(most_steps=4))[0]
    assert endless.finish == "length"
    assert endless.text.count("\n") <= 4
    failed = found_by(method, {}, model=Scripted([{"text": "", "finish": "error", "error": "busy"}]))[0]
    assert (failed.finish, failed.error) == ("error", "busy")


@pytest.mark.parametrize("method", SEARCHES)
def test_an_unknown_format_and_no_expression_are_named(method):
    for settings in ({"format": "thnk"}, {"cutting": Cutting(separator="(")}):
        with pytest.raises(LimbeckError, match=f"decoding/{method.__name__}"):
            method(model=walker(), verifier=likes({}), **{**LINES, **settings})


def test_equal_particles_go_on_in_different_ways():
    numbers = collections.Counter()

    def reply(messages, number):
        numbers[number] += 1
        return "a\nx" if messages[-1]["role"] == "user" else "b"

    found_by(particles, {}, model=Scripted(reply), n=2)
    assert max(numbers.values()) == 1
