"""Selection, inference, halter and value as scripted oracles over signs: steps worked by hand, invented
grounds refused, beams kept by value, abstention, tokens by role."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from limbeck.curation.tasks.proof_tasks import proof_tasks
from limbeck.decoding.search.selection_inference import Chaining, selection_inference
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.theorems import theorems
from limbeck.records import Data, Problem, Trace
from limbeck.texts.selecting import Selecting
from limbeck.verifiers.logic.implied import implied

SIGNS = Selecting(
    between=",", asks=":", label="{statement}{letter}", cite="{statement}{letter}", reference="([A-Z])",
    select="{asked}:{statements}", infer="{selected}", halt="{asked}:{last}", weigh="{asked}:{statements}",
    unknown="?", right="+", wrong="-",
)  # fmt: skip
WRITTEN = {"step": ";{selected}:{conclusion}", "trace": "{steps};{answer}", "otherwise": "?"}
LABELLED = re.compile(r"([^,:]+)([A-Z])(?:,|$)")


def infers(messages, number):
    """The head of the rule whose condition is selected beside it."""
    fact, rule = messages[-1]["content"].split(",")
    condition, _, head = rule.partition(">")
    return head if condition == fact else "nothing"


def halts(messages, number):
    goal, last = messages[-1]["content"].split(":")
    return {goal: "y", f"-{goal}": "n"}.get(last, "?")


class Value(Scripted):
    """Finds what it is told to be worth little so, with the given chance."""

    def __init__(self, poor: dict[str, float]) -> None:
        super().__init__([""])
        self.poor = poor

    def score(self, prompts, completions, ended=None):
        scores = []
        for chat, word in zip(prompts, completions, strict=True):
            last = LABELLED.findall(chat[-1]["content"].partition(":")[2])[-1][0]
            chance = self.poor.get(last, 0.9)
            scores.append([math.log(chance if word == "+" else 1 - chance)])
        return scores


def chained(selects, question: str, value=None, inference=infers, n: int = 1, **settings) -> list[Completion]:
    model = selection_inference(
        model=Scripted(selects), inference=Scripted(inference), halter=Scripted(halts), value=value,
        selecting=SIGNS, chaining=Chaining(**{**WRITTEN, **settings}),
    )  # fmt: skip
    return model.generate([[{"role": "user", "content": question}]], Sampling(n=n))[0]


def last_fact(messages, number):
    """The first rule that the last statement allows, as a sound selection would."""
    lines = LABELLED.findall(messages[-1]["content"].partition(":")[2])
    fact, label = lines[-1]
    rules = [name for text, name in lines if text.startswith(f"{fact}>")]
    return f"{label}{rules[number % len(rules)]}" if rules else "ZZ"


def test_each_step_rests_on_selected_statements_and_the_halter_ends():
    done = chained(last_fact, "a>c,c>g,k>-g,a:g")[0]
    assert done.text == ";a a>c:c;c c>g:g;y"
    # Two selections, two inferences, two halts, of a word each.
    assert (done.tokens, {role: each.tokens for role, each in done.spent.items()}) == (
        6, {"selection": 2, "inference": 2, "halter": 2},
    )  # fmt: skip
    assert done.scores == {"value": 1.0}
    contrary = chained(last_fact, "a>c,c>-g,k>g,a:g")[0]
    assert contrary.text.endswith(":-g;n")


@pytest.mark.parametrize("label", ["Z", "AA", "none at all", ""])
def test_what_is_not_there_cannot_be_selected_and_the_sample_abstains(label):
    assert chained(lambda *_: label, "a>c,a:c")[0].text == ";?"


def test_whatever_the_selection_writes_every_ground_stands_in_the_question_or_was_concluded():
    def wild(messages, number):
        return "".join(chr(65 + (7 * number + len(messages[-1]["content"]) * at) % 26) for at in (1, 2))

    problem = theorems(n=1, low=3, high=3).problems[0]
    echo = lambda messages, number: messages[-1]["content"].rpartition(">")[2]  # noqa: E731
    for done in chained(wild, problem.question, inference=echo, n=20, most_steps=4):
        known = {*problem.meta["statements"]}
        for selected, conclusion in re.findall(r";([^;:]+):([^;:]+)", done.text):
            assert known.issuperset(selected.split())
            known.add(conclusion)


BRANCH = "a>x,a>c,c>g,k>-g,a:g"


def test_a_greedy_chain_that_goes_astray_abstains_and_a_beam_by_value_comes_back():
    assert chained(last_fact, BRANCH)[0].text == ";a a>x:x;?"
    wide = {"beam": 2, "k": 2, "temperature": 1.0}
    done = chained(last_fact, BRANCH, value=Value({"x": 0.2}), **wide)[0]
    assert done.text == ";a a>c:c;c c>g:g;y"
    assert done.scores["value"] == pytest.approx(0.9 * 0.9, abs=1e-3)
    # Of two paths one is kept: the one that is worth more.
    narrow = {**wide, "beam": 1}
    assert chained(last_fact, BRANCH, value=Value({"x": 0.2}), **narrow)[0].text == done.text
    assert chained(last_fact, BRANCH, value=Value({"c": 0.2}), **narrow)[0].text == ";a a>x:x;?"


def test_a_path_that_could_still_be_worth_more_is_followed():
    """g at once is worth 0.3; the longer way 0.9 ** 2."""
    done = chained(last_fact, "a>g,a>c,c>-g,a:g", value=Value({"g": 0.3}), beam=2, k=2, temperature=1.0)[0]
    assert done.text == ";a a>c:c;c c>-g:-g;n"


def test_what_says_nothing_new_goes_nowhere_and_steps_are_bounded():
    assert chained(last_fact, "a>a,a:g")[0].text == ";?"
    done = chained(last_fact, "a>b,b>c,c>d,d>e,a:e", most_steps=2)[0]
    assert done.text == ";a a>b:b;b b>c:c;?"


def test_where_every_request_fails_so_has_the_sample():
    failed = {"text": "", "finish": "error", "error": "busy"}
    done = chained(lambda *_: failed, "a>c,a:c")[0]
    assert (done.finish, done.error) == ("error", "busy")


@pytest.mark.parametrize(
    ("selecting", "chaining", "message"),
    [
        ({"reference": "["}, {}, "reference"),
        ({"reference": "A"}, {}, "reference"),
        ({"infer": "?"}, {}, "selected"),
        ({"right": "-", "wrong": "-"}, {}, "one word"),
        ({}, {"k": 2}, "temperature=0"),
        ({}, {"beam": 2}, "beam=2, k=1"),
        ({}, {"step": "x"}, "selected"),
    ],
)
def test_settings_that_cannot_chain_are_named(selecting, chaining, message):
    model = Scripted(["x"])
    with pytest.raises(LimbeckError, match=f"decoding/selection_inference.*{message}"):
        selection_inference(
            model=model, inference=model, halter=model, selecting=Selecting(**selecting),
            chaining=Chaining(**chaining),
        )  # fmt: skip


def test_the_default_templates_read_english():
    plain = Selecting()
    statements, asked = plain.apart("All cats purr.\nTom is a cat.\n\nDoes Tom purr?")
    assert (statements, asked) == (["All cats purr.", "Tom is a cat."], "Does Tom purr?")
    assert plain.shown(statements) == "sent 1: All cats purr.\nsent 2: Tom is a cat."
    assert plain.places(plain.cited([1, 0], statements), statements) == [1, 0]
    assert plain.places("sent 3. We know that", statements) is None


WORLD = theorems(n=30, solve="proof", seed=5)


def test_a_world_says_what_follows_and_what_leads_nowhere():
    for problem, trace in zip(WORLD.problems, WORLD.traces, strict=True):
        assert implied(problem, trace).outcome == "correct"
        statements = problem.meta["statements"]
        concluded = [says for _, says in problem.meta["proof"]]
        everything = [*statements, *concluded]
        for places, says in [*problem.meta["proof"], *problem.meta["astray"]]:
            fact, rule = (everything[place] for place in places)
            assert rule == f"{fact}>{says}"
        heads = [rule.partition(">")[2] for rule in statements]
        assert {problem.meta["goal"], f"-{problem.meta['goal']}"} <= {*heads}
        assert (concluded[-1] == problem.meta["goal"]) == (problem.answer == "y")


@pytest.mark.parametrize(
    ("text", "outcome", "place"),
    [
        (";a a>c:c;c c>g:g;y", "correct", ""),
        (";a a>c:c;c c>g:g;n", "wrong", ""),  # another answer than it shows
        (";c c>g:g;y", "wrong", "0"),  # rests on what nobody said
        (";a a>c:c;a c>g:g;y", "wrong", "1"),  # does not follow
        (";a a>c:c;y", "wrong", ""),  # stops short
        (";y", "unparsed", None),
        (";a a>c:c;?", "unparsed", None),
    ],
)
def test_a_proof_is_held_against_its_grounds(text, outcome, place):
    problem = Problem(id="p", question="", meta={"statements": ["a>c", "c>g", "a"], "goal": "g"})
    verdict = implied(problem, Trace(id="t", problem_id="p", answer=text))
    assert (verdict.outcome, verdict.extracted) == (outcome, place)


@pytest.mark.parametrize(
    ("part", "asked"),
    [
        ("select", [("g:a>xA,a>cB,c>gC,aD", "aDa>cB"), ("g:a>xA,a>cB,c>gC,aD,cE", "cEc>gC")]),
        ("chain", [("g:a>xA,a>cB,c>gC,aD", "aDa>cB,cEc>gC")]),
        ("infer", [("a,a>c", "c"), ("c,c>g", "g")]),
        ("halt", [("g:c", "?"), ("g:g", "y")]),
        (
            "weigh",
            [
                ("g:a>xA,a>cB,c>gC,aD,cE", "+"), ("g:a>xA,a>cB,c>gC,aD,xE", "-"),
                ("g:a>xA,a>cB,c>gC,aD,cE,gF", "+"), ("g:a>xA,a>cB,c>gC,aD,cE,xF", "-"),
            ],
        ),
    ],
)  # fmt: skip
def test_a_gold_proof_asks_each_part_what_it_is_to_learn(part, asked):
    meta = {
        "statements": ["a>x", "a>c", "c>g", "a"], "goal": "g", "proof": [([3, 1], "c"), ([4, 2], "g")],
        "astray": [([3, 0], "x")],
    }  # fmt: skip
    problem = Problem(id="p", question="q", answer="y", meta=meta)
    settings = {"part": part, "selecting": SIGNS, "ctx": Context(Path("."))}
    # The same question of a later shard is no second one.
    made = Data.join(proof_tasks([Data([problem]), Data([problem])], **settings))
    assert [(each.question, each.answer) for each in made.problems] == asked
    assert [trace.answer for trace in made.traces] == [answer for _, answer in asked]
    with pytest.raises(LimbeckError, match="proof"):
        list(proof_tasks([Data([replace(problem, meta={})])], **settings))
