"""Instructions about the form of an answer: a gold and a violating text for each kind, and which combine."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from limbeck.curation.tasks.instructed import SIGNS, instructed
from limbeck.errors import LimbeckError
from limbeck.evaluation.metrics.instructions_met import instructions_met
from limbeck.evaluation.metrics.pass_between import pass_between
from limbeck.generation import Sampling
from limbeck.models.rehearsal.noisy_follower import noisy_follower
from limbeck.problems.worlds.padded import padded
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.texts.instructions import KINDS, drawn, fits, met, told
from limbeck.texts.obeying import obeying
from limbeck.verifiers.answers.instructions import instructions

QUESTION = "Ann has 3 pens, Bob has 9. How many are there?"
PAIRS = {
    "length": ({"least": 2, "most": 3}, "It is 12.", "There are 12 pens."),
    "language": ({"language": "German"}, "Das ist die Antwort: 12.", "This is the answer, it is 12."),
    "include": ({"keyword": "pepper"}, "12, says Pepper.", "12 peppers"),
    "exclude": ({"keyword": "pepper"}, "12 peppers", "12, pepper!"),
    "count": ({"keyword": "pepper", "times": 2}, "pepper and pepper: 12", "pepper: 12"),
    "bullets": ({"times": 2}, "So:\n* 3\n* 12", "* 3\n* 9\n* 12"),
    "sections": ({"times": 2}, "Section 1\n3\nSection 2\n12", "Section 1\n12 (see section 2)"),
    "highlights": ({"times": 2}, "*3* and *nine pens* give 12", "* 3 and *nine* give 12"),
    "upper": ({}, "IT IS 12.", "It IS 12."),
    "lower": ({}, "it is 12.", "it is X."),
    "no_commas": ({}, "It is 12.", "It is 1,200."),
    "repeat": ({}, f"{QUESTION} 12", f"12. {QUESTION}"),
    "start": ({"phrase": "As asked"}, "As asked, 12.", "12 as asked"),
    "end": ({"phrase": "That is all"}, "12. That is all", "That is all: 12."),
    "quotes": ({}, '"It is 12."', 'It is "12"'),
}  # fmt: skip


def test_there_are_fifteen_kinds_and_each_has_a_pair():
    assert len(KINDS) == 15
    assert {*PAIRS} == {*KINDS} == {*SIGNS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_follows_passes_and_one_that_does_not_fails(kind):
    values, gold, violating = PAIRS[kind]
    asked = [{"kind": kind, **values}]
    assert met(asked, gold, QUESTION) == [True]
    assert met(asked, violating, QUESTION) == [False]
    assert "{" not in told(asked[0])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_whatever_the_table_lets_combine_can_be_followed_at_once(count):
    rng = random.Random(0)
    tried = [kinds for kinds in combinations(KINDS, count) if fits(kinds)]
    assert len(tried) == {1: 15, 2: 82, 3: 243}[count]
    for kinds in tried:
        asked = [{"kind": kind, **KINDS[kind].draw(rng)} for kind in kinds]
        assert all(met(asked, obeying("Well, it is 12.", asked, QUESTION), QUESTION)), kinds


def test_what_excludes_each_other_is_not_drawn_together():
    assert not fits(["upper", "lower"])
    assert not fits(["repeat", "start"])
    assert drawn(2, ["upper", "lower"], random.Random(0)) is None
    assert fits([each["kind"] for each in drawn(3, [*KINDS], random.Random(0)) or []])


def asked_of(count: int, n: int = 40) -> Data:
    return instructed(padded(n=n, split="test"), counts=(count,))


@pytest.mark.parametrize("follows", [0, 1, 2, 3])
def test_who_follows_so_many_of_three_scores_exactly_that(follows):
    data = asked_of(3)
    model = noisy_follower(follows=follows)
    chats = [[{"role": "user", "content": problem.question}] for problem in data.problems]
    for index, _, reply in model.stream(chats, Sampling(max_tokens=1000)):
        problem = data.problems[index]
        trace = Trace(id="t", problem_id=problem.id, answer=reply.text)
        assert instructions_met(problem, [trace]) == pytest.approx(follows / 3)
        assert instructions(problem, trace).outcome == ("correct" if follows == 3 else "wrong")


def test_traces_are_rewritten_to_follow_and_may_say_what_is_asked_once_more():
    data = padded(n=30, solve="steps")
    made = instructed(data, counts=(1, 2), kinds=("start", "end"), form="signs", restated=1.0)
    assert len(made.traces) == len(made.problems) == 30
    problems = made.problem_by_id()
    for trace in made.traces:
        problem = problems[trace.problem_id]
        asked = problem.question.partition("|")[2]
        assert instructions(problem, trace).outcome == "correct"
        assert trace.answer == f"{'!' * ('m' in asked)}{problem.answer}{'?' * ('n' in asked)}"
        assert trace.reasoning.endswith(f"|{asked};")


def test_what_cannot_be_judged_is_unknown_and_an_empty_answer_unparsed():
    trace = Trace(id="t", problem_id="p", answer="12")
    bare = Problem(id="p", question=QUESTION)
    assert instructions(bare, trace).outcome == "unknown"
    assert instructions_met(bare, [trace]) is None
    odd = Problem(id="p", question=QUESTION, meta={"instructions": [{"kind": "incluse"}]})
    assert (instructions(odd, trace).outcome, "include" in instructions(odd, trace).reason) == (
        "unknown",
        True,
    )
    lacking = Problem(id="p", question=QUESTION, meta={"instructions": [{"kind": "start"}]})
    assert instructions(lacking, trace).outcome == "unknown"
    assert instructions(lacking, Trace(id="t", problem_id="p", answer=" ")).outcome == "unparsed"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kinds": ("uper",)}, "upper"),
        ({"kinds": ("upper", "lower"), "counts": (2,)}, "no 2 of"),
        ({"counts": (0,)}, "counts"),
    ],
)
def test_what_cannot_be_asked_is_refused(settings, message):
    with pytest.raises(LimbeckError, match=message):
        instructed(padded(n=2), **settings)


LENGTHS = ((5, "correct"), (9, "wrong"), (10, "correct"), (30, "wrong"), (None, "correct"))


def test_accuracy_by_length_looks_at_samples_of_that_length_alone():
    problem = Problem(id="p", question="?")
    traces = [
        Trace(id=f"{tokens}", problem_id="p", tokens=tokens, verdicts=[Verdict("exact", outcome)])
        for tokens, outcome in (
            (5, "correct"),
            (9, "wrong"),
            (10, "correct"),
            (30, "wrong"),
            (None, "correct"),
        )
    ]
    assert pass_between(problem, traces, high=10.0) == 0.5
    assert pass_between(problem, traces, low=10.0, high=20.0) == 1.0
    assert pass_between(problem, traces, low=10.0) == 0.5
    assert pass_between(problem, traces, low=31.0) is None
