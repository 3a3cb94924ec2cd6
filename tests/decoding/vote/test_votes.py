"""Adaptive votes, best-of-n, the likeliest path: choices by hand, the stopping rule by its integral."""

from __future__ import annotations

import math

import pytest

from limbeck.decoding.vote.adaptive_consistency import adaptive_consistency, stays
from limbeck.decoding.vote.best_of import best_of
from limbeck.decoding.vote.likeliest import likeliest
from limbeck.decoding.vote.self_consistency import self_consistency
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.scripted import Scripted
from limbeck.records import Verdict

CHAT = [{"role": "user", "content": "?"}]
GREEDY = Sampling(temperature=0.0)


def boxed(*answers: str) -> list[str]:
    return [f"<think>way {number}</think>\\boxed{{{answer}}}" for number, answer in enumerate(answers)]


def drawn(method, replies: list, n: int = 1, **settings) -> list[Completion]:
    return method(model=Scripted(replies), **settings).generate([CHAT], Sampling(n=n))[0]


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (2, 0), (4, 0), (3, 1), (7, 3), (2, 2)])
def test_the_chance_that_a_lead_stays_is_the_integral_of_a_beta_density(first, second):
    cells = 20_000
    middle = [(cell + 0.5) / cells for cell in range(cells)]
    density = [p**first * (1 - p) ** second for p in middle]
    upper = sum(each for p, each in zip(middle, density, strict=True) if p > 0.5)
    assert stays(first, second) == pytest.approx(upper / sum(density), abs=1e-4)


@pytest.mark.parametrize(
    ("answers", "sure", "paths"),
    [
        # Of one answer P = 1 - 2^-(v + 1): 0.875 with two votes, 0.9375 with three, 0.96875 with four.
        ("3333333333", 0.95, 4),
        ("3333333333", 0.85, 2),
        # 3 against 1: P = 1 - 6/32; 4 against 1: 1 - 7/64; 5 against 1: 1 - 8/128; 6 against 1: 1 - 9/256.
        ("3733333333", 0.95, 7),
        ("3737373737", 0.95, 10),
    ],
)
def test_it_stops_as_soon_as_the_lead_is_settled(answers, sure, paths):
    done = drawn(adaptive_consistency, boxed(*answers), n=1, sure=sure)[0]
    ten = adaptive_consistency(model=Scripted(boxed(*answers)), n=10, sure=sure).generate([CHAT], GREEDY)[0][
        0
    ]
    assert ten.scores["paths"] == paths
    assert ten.tokens == 2 * paths
    assert done.scores["paths"] >= paths


def test_doubling_asks_for_two_and_then_as_many_again():
    settings = {"stopping": "doubling", "sure": 0.75, "n": 12}
    counts = {
        answers: adaptive_consistency(model=Scripted(boxed(*answers)), **settings).generate([CHAT], GREEDY)
        for answers in ("333333333333", "373333333333", "373733333333", "373737373737")
    }
    # 2 of 2 agree; 3 of 4; 6 of 8; never.
    assert [done[0][0].scores["paths"] for done in counts.values()] == [2, 4, 8, 12]


def test_its_first_paths_are_those_of_self_consistency():
    asked: list[int] = []

    def reply(messages, number):
        asked.append(number)
        return boxed("3" if number % 5 else "4")[0]

    all_of_them = self_consistency(model=Scripted(reply), n=5).generate([CHAT], Sampling(n=3))
    every = sorted(asked)
    asked.clear()
    adaptive = adaptive_consistency(model=Scripted(reply), n=5).generate([CHAT], Sampling(n=3))
    assert {*asked} <= {*every}
    # Nothing settles 4 3 3 3 3 within five paths; and so all are drawn.
    assert sorted(asked) == every
    assert [done.text for done in adaptive[0]] == [done.text for done in all_of_them[0]]


def test_paths_without_an_answer_settle_nothing():
    empty = ["<think>hm", *boxed("3", "3", "3", "3")]
    done = adaptive_consistency(model=Scripted(empty), n=5).generate([CHAT], GREEDY)[0][0]
    assert (done.scores["paths"], done.scores["agreement"]) == (5, 1.0)


def by(scores: dict[str, float | str]):
    """A verifier that reads a score, or an outcome, by the answer."""

    def verifier(problem, trace):
        assert problem.answer is None
        assert problem.question == "?"
        given = scores[trace.answer]
        if isinstance(given, str):
            return Verdict("by", given)
        return Verdict("by", "unknown", score=given)

    return verifier


LIKED = {"\\boxed{7}": 0.9, "\\boxed{3}": 0.5, "\\boxed{4}": 0.1}


def test_best_of_gives_the_best_and_a_vote_adds_up():
    replies = boxed("4", "3", "7", "3")
    best, vote = (drawn(best_of, replies, n=1, verifier=by(LIKED), pick=pick)[0] for pick in ("best", "vote"))
    eight = {"n": 1, "verifier": by(LIKED)}
    assert best.text == replies[2]
    assert best.scores == {"score": 0.9}
    # 0.5 + 0.5 against 0.9, eight paths in turn: twice as much of either.
    assert vote.text == replies[1]
    assert best.tokens == vote.tokens == 2 * 8
    assert drawn(best_of, replies, **eight)[0].text == replies[2]


def test_an_outcome_counts_where_there_is_no_score_and_a_cut_path_comes_last():
    told = {"\\boxed{7}": "wrong", "\\boxed{3}": "unknown", "\\boxed{4}": "correct"}
    replies = boxed("7", "3", "4")
    three = {"verifier": by(told), "temperature": 0.7}
    assert best_of(model=Scripted(replies), n=3, **three).generate([CHAT], GREEDY)[0][0].text == replies[2]
    cut = {"text": replies[2], "finish": "length"}
    failed = {"text": "", "finish": "error", "error": "busy"}
    mixed = best_of(model=Scripted([failed, cut, replies[0]]), n=3, **three)
    assert mixed.generate([CHAT], GREEDY)[0][0].text == replies[0]
    only = best_of(model=Scripted([failed, cut]), n=2, **three).generate([CHAT], GREEDY)[0][0]
    assert (only.text, only.finish) == (replies[2], "length")


def test_the_likeliest_path_is_given_and_likely_ways_vote_together():
    texts = boxed("7", "3", "3")
    logps = [[-0.2, -0.2], [-0.4], [-0.5, -0.3, -0.4]]
    replies = [{"text": text, "logprobs": each} for text, each in zip(texts, logps, strict=True)]
    best = likeliest(model=Scripted(replies), n=3).generate([CHAT], GREEDY)[0][0]
    assert best.text == texts[0]
    assert best.scores["score"] == pytest.approx(math.exp(-0.2), abs=1e-6)
    vote = likeliest(model=Scripted(replies), n=3, pick="vote").generate([CHAT], GREEDY)[0][0]
    # 2 exp(-0.4) = 1.34 against exp(-0.2) = 0.82.
    assert vote.text == texts[1]


@pytest.mark.parametrize("method", [adaptive_consistency, likeliest, best_of])
def test_an_unknown_format_is_named(method):
    more = {"verifier": by({})} if method is best_of else {}
    with pytest.raises(LimbeckError, match=rf"decoding/{method.__name__}.*did you mean 'think'"):
        method(model=Scripted(["x"]), format="thnk", **more)
