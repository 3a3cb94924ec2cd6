"""decoding/hypotheses: propose rules, hold them against examples, apply the best."""

from __future__ import annotations

from limbeck.decoding.search.hypotheses import Hypotheses, hypotheses
from limbeck.formats.prose import lines
from limbeck.generation import Sampling
from limbeck.models.scripted import Scripted

QUESTION = "120>021 905>509:614"


def searched(replies: dict, h: int = 3) -> tuple[str, int | None]:
    model = Hypotheses(Scripted(replies), h, (0.9, 0.7), 32, lines)
    ((done,),) = model.generate([[{"role": "user", "content": QUESTION}]], Sampling(n=1, temperature=0.7))
    return done.text, done.tokens


def test_the_rule_that_comes_true_most_often_is_followed():
    replies = {
        "120>021 905>509?": [";s", ";r", ";r"], "s:120": ";012", "s:905": ";509", "r:120": ";021",
        "r:905": ";509",
        "r:614": ";416", "s:614": ";146",
    }  # fmt: skip
    assert searched(replies) == (";r 2/2;416", 3 + 4 + 1)
    assert searched(replies, h=1) == (";s 1/2;146", 1 + 2 + 1)


def test_of_equal_rules_the_first_proposed_is_followed():
    replies = {"120>021 905>509?": [";x", ";s", ";x"], "x:614": ";164", "*": ";?"}
    assert searched(replies)[0] == ";x 0/2;164"


def test_every_sample_is_a_search_of_its_own():
    seeds = []

    class Noting(Scripted):
        def stream_some(self, prompts, wanted, sampling):
            seeds.append((sampling.seed, sampling.temperature, sampling.n))
            return super().stream_some(prompts, wanted, sampling)

        def stream(self, prompts, sampling):
            return self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)

    model = Hypotheses(Noting({"*": ";r"}), 4, (0.9, 0.7), 32, lines)
    found = list(
        model.stream([[{"role": "user", "content": QUESTION}]] * 2, Sampling(n=2, temperature=0.6, seed=5))
    )
    assert sorted((index, number) for index, number, _ in found) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert seeds[:3] == [(5, 0.9, 4), (5, 0.7, 1), (5, 0.7, 1)]
    assert seeds[3][0] != 5
    assert model.describe()["search"] == 4
    assert hypotheses(model=Scripted([""])).describe()["temperatures"] == [0.9, 0.7]
