"""Votes counted by hand, and the same on a small network: numbers of their own, tokens, order, settings."""

from __future__ import annotations

import random

import pytest
import small_world

from limbeck.decoding.vote.self_consistency import self_consistency
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.models.scripted import Scripted

PLAIN = Sampling(temperature=0.0)


def ask(*questions: str) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": question}] for question in questions]


def boxed(*answers: str) -> list[str]:
    return [f"<think>way {number}</think>\\boxed{{{answer}}}" for number, answer in enumerate(answers)]


def elected(replies: list, sampling: Sampling = PLAIN, **settings) -> Completion:
    settings = {"n": len(replies), **settings}
    return self_consistency(model=Scripted(replies), **settings).generate(ask("?"), sampling)[0][0]


@pytest.mark.parametrize(
    ("answers", "winner"),
    [
        (["7", "3", "3"], 1),
        (["7", "3", "3", "7"], 0),
        (["3", "1,000", "$1000.0"], 1),
        (["1/2", "0.5", "2"], 0),
        (["x + 1", "Yes", "yes"], 1),
    ],
)
def test_the_first_path_of_the_majority_is_given(answers, winner):
    replies = boxed(*answers)
    assert elected(replies).text == replies[winner]


def test_a_path_without_an_answer_does_not_vote():
    replies = ["<think>hm", "<think>hm, hm</think>", "<think>so</think>4"]
    assert elected(replies).text == replies[2]
    assert elected(replies[:2]).text == replies[0]


def test_answers_may_be_held_against_each_other_as_text():
    replies = ["a;12", "b;012", "c;012", "d;12.0"]
    assert elected(replies, format="lines").text == "a;12"
    assert elected(replies, format="lines", equal="text").text == "b;012"


def test_what_was_cut_off_or_failed_does_not_vote_but_its_tokens_count():
    seven, three = boxed("7", "3")
    cut = {"text": seven, "finish": "length", "tokens": 40, "prompt_tokens": 5}
    failed = {"text": "", "finish": "error", "error": "busy", "tokens": None}
    done = elected([cut, cut, failed, {"text": three, "tokens": 6, "prompt_tokens": 5}])
    assert (done.text, done.finish, done.tokens, done.prompt_tokens) == (three, "stop", 86, 15)
    cut_only = elected([failed, cut, cut])
    assert (cut_only.text, cut_only.finish, cut_only.tokens) == (seven, "length", 80)
    assert elected([failed, failed]).finish == "error"
    assert elected([failed, failed]).error == "busy"
    assert elected([failed, failed]).tokens is None


def test_every_sample_has_paths_of_its_own():
    asked = []

    def reply(messages, number):
        asked.append(number)
        return boxed(str(number // 3))[0]

    model = self_consistency(model=Scripted(reply), n=3)
    texts = [done.text for done in model.generate(ask("?"), Sampling(n=4))[0]]
    assert sorted(asked) == list(range(12))
    assert texts == [boxed(str(number))[0] for number in range(4)]
    some = {
        (index, number): done.text
        for index, number, done in model.stream_some(ask("?", "!"), [[2], [0, 3]], PLAIN)
    }
    assert some == {(0, 2): texts[2], (1, 0): texts[0], (1, 3): texts[3]}


def test_paths_that_come_in_any_order_give_the_same():
    class Shuffled(Scripted):
        def stream_some(self, prompts, wanted, sampling):
            done = list(super().stream_some(prompts, wanted, sampling))
            random.Random(sampling.seed).shuffle(done)
            yield from done

    replies = boxed("1", "2", "2", "1", "3", "3", "4")
    questions = ask("a", "b", "c")
    plain, shuffled = (
        self_consistency(model=kind(replies), n=4).generate(questions, Sampling(n=5))
        for kind in (Scripted, Shuffled)
    )
    assert plain == shuffled


def test_its_own_temperature_is_used_and_the_rest_is_handed_on():
    class Noting(Model):
        name = "noting"

        def stream(self, prompts, sampling):
            yield from self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)

        def stream_some(self, prompts, wanted, sampling):
            self.sampling = sampling
            for index, numbers in enumerate(wanted):
                for number in numbers:
                    yield index, number, Completion(text="x")

    inner = Noting()
    sampling = Sampling(temperature=0.0, top_p=0.5, max_tokens=9, seed=3, stop=(".",), logprobs=True)
    self_consistency(model=inner, n=2, temperature=0.9).generate(ask("?"), sampling)
    assert inner.sampling == Sampling(n=2, temperature=0.9, top_p=1.0, max_tokens=9, seed=3, stop=(".",))


def test_votes_may_be_taken_of_votes():
    # Paths 0 1 2, 3 4 5, 6 7 8 elect 1, 2, 2.
    replies = boxed("1", "5", "1", "2", "2", "1", "1", "2", "2")
    once = self_consistency(model=Scripted(replies), n=3)
    twice = self_consistency(model=once, n=3)
    done = twice.generate(ask("?"), PLAIN)[0][0]
    assert done.text == replies[3]
    assert done.tokens == sum(len(reply.split(" ")) for reply in replies)
    record = {"name": "scripted", "backend": "Scripted", "decoding": "SelfConsistency", "n": 3}
    assert twice.describe().items() >= record.items()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n": 0}, "n=0"),
        ({"temperature": 0.0}, "temperature=0.0"),
        ({"top_p": 0.0}, "top_p=0.0"),
        ({"format": "thnk"}, "did you mean 'think'"),
    ],
)
def test_settings_that_cannot_vote_are_named(settings, message):
    with pytest.raises(LimbeckError, match=message):
        self_consistency(model=Scripted(["x"]), **settings)


class Brief:
    """A steering toward the end token."""

    def begin(self, model, rows):
        self.end_token = model.generation_config.eos_token_id

    def logits(self, logits_RV, rows):
        logits_RV = logits_RV.clone()
        logits_RV[:, self.end_token] += 3.0
        return logits_RV

    def end(self):
        pass


def test_on_a_network_a_vote_is_the_majority_of_its_paths(tmp_path):
    torch = pytest.importorskip("torch")
    from limbeck.models.transformers import transformers

    torch.manual_seed(0)
    model = transformers(path=small_world.student(tmp_path, template="bare")).steered(Brief())
    questions = ask("1+2", "3+4", "0+1")
    paths = model.generate(questions, Sampling(n=80, temperature=1.0, top_p=1.0, max_tokens=3, seed=7))
    voted = self_consistency(model=model, n=40, temperature=1.0, format="plain", equal="text")
    given = voted.generate(questions, Sampling(n=2, temperature=0.3, max_tokens=3, seed=7))
    pairs = zip(paths, given, strict=True)
    groups = [(drawn[40 * number :][:40], done) for drawn, row in pairs for number, done in enumerate(row)]
    leads = 0
    for group, done in groups:
        assert done.tokens == sum(path.tokens for path in group)
        answers = [path.text.strip() for path in group if path.finish == "stop" and path.text.strip()]
        votes = answers.count(done.text.strip())
        assert votes == max(map(answers.count, answers))
        leads += votes > 1
    assert leads, "some paths agree"
