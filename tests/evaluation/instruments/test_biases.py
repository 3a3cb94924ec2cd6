"""evaluation/biases: twins of a comparison, and what they move."""

from __future__ import annotations

import pytest
from flat import flat

from limbeck.curation.tasks.bias_tasks import bias_tasks
from limbeck.curation.tasks.biased_twins import KINDS, biased_twins
from limbeck.curation.tasks.comparison_tasks import comparison_tasks
from limbeck.curation.tasks.judge_tasks import judge_tasks
from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments.biases import biases
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.attempts import attempts
from limbeck.records import Data, Problem
from limbeck.verifiers.answers.exact import exact
from limbeck.verifiers.ops import verify

biased = flat("models/biased")
debiased = flat("teachers/debiased")
sample = flat("teachers/sample")

SHAPE = "{question}?{first}|{second}"


TOY = {
    "template": SHAPE,
    "filler": ";0+0=0",
    "times": 2,
    "crowd": "{text}@{wrong}",
    "praised": "{text}^",
    "deplored": "{text}_",
}


LABELS = {"": "n", "verbosity": "v", "position": "p", "bandwagon": "b", "sentiment": "s"}


@pytest.fixture
def ctx(tmp_path):
    return Context(tmp_path)


def twins(n: int = 40, seed: int = 0) -> Data:
    return biased_twins(comparison_tasks(attempts(n=n, k=2, least=True, seed=seed), template=SHAPE), **TOY)


def answered(data: Data, model, ctx) -> Data:
    said = sample(data, model=model, k=1, temperature=0.0, max_tokens=4, format="plain", ctx=ctx)
    return Data(said.problems, list(verify(exact, said.problem_by_id(), said.traces)))


def test_a_comparison_is_asked_in_both_orders_and_its_twins_keep_the_right_solution():
    data = twins()
    clean = [one for one in data.problems if not one.meta["bias"]]
    assert len(clean) == 80
    assert len(data.problems) == 80 * 4
    for problem in data.problems:
        texts = {1: problem.meta["first"], 2: problem.meta["second"]}
        right, wrong = texts[problem.meta["right"]], texts[3 - problem.meta["right"]]
        assert problem.answer == str(problem.meta["right"])
        assert int(right.rstrip("_")[-1]) == sum(map(int, problem.meta["item"].split("+"))) % 10
        if problem.meta["bias"] == "verbosity":
            assert wrong.endswith(";0+0=0;0+0=0")
            assert len(wrong) == len(right) + 12
        if problem.meta["bias"] == "sentiment":
            assert (right[-1], wrong[-1]) == ("_", "^")
        if problem.meta["bias"] == "bandwagon":
            assert problem.question.endswith(f"@{3 - problem.meta['right']}")
    by_id = data.problem_by_id()
    for problem in clean:
        swap = by_id[problem.meta["swap"]]
        assert (swap.meta["first"], swap.meta["second"]) == (problem.meta["second"], problem.meta["first"])


@pytest.mark.parametrize("kind", KINDS)
def test_each_bias_moves_a_judge_that_has_it_and_no_other(kind, ctx):
    judge = biased(prefers=(kind,), strength=1.0, skill=1.0)
    found = biases(answered(twins(), judge, ctx), benchmark="b", ctx=ctx)
    flipped = {row.benchmark.split("/")[1]: row.value for row in found.results if row.metric == "flipped"}
    consistent = {
        row.benchmark.split("/")[1]: row.value for row in found.results if row.metric == "consistency"
    }
    if kind == "position":
        # The first place wins always: of twenty pairs each is right in one order and wrong in the other.
        assert flipped["position"] == 1.0
        assert consistent["position"] == 0.0
    else:
        assert flipped == {name: float(name == kind) for name in KINDS}
    assert all(row.low - 1e-9 <= row.value <= row.high + 1e-9 for row in found.results)


def test_an_unbiased_judge_is_moved_by_nothing(ctx):
    found = biases(answered(twins(), biased(prefers=(), skill=0.5), ctx), ctx=ctx)
    assert {row.value for row in found.results if row.metric in ("flipped",)} == {0.0}
    assert {row.value for row in found.results if row.metric == "consistency"} == {1.0}


def test_bias_tasks_blame_the_twins_bias_for_wrong_verdicts_alone(ctx):
    data = answered(twins(), biased(strength=0.6), ctx)
    tasks = bias_tasks(
        data, template="{question}>{verdict}", labels=LABELS, solve="thought", before=";", format="lines"
    )
    outcome = {trace.id: trace.outcome for trace in data.traces}
    assert {one.answer for one in tasks.problems} == set("nvpbs")
    for problem in tasks.problems:
        if outcome[problem.meta["judged"]] == "correct":
            assert problem.answer == "n"
        assert problem.question.endswith((">1", ">2"))
    assert all(trace.answer == one.answer for trace, one in zip(tasks.traces, tasks.problems, strict=True))


def test_a_judge_told_of_its_bias_by_a_perfect_detector_is_right_again(ctx):
    data = twins()
    judge = biased(prefers=("verbosity",), strength=1.0, skill=1.0)
    truth = bias_tasks(answered(data, judge, ctx), template="{question}>{verdict}", labels=LABELS)
    detector = Scripted({one.question: f";{one.answer}" for one in truth.problems} | {"*": ";n"})
    options = {
        "shown": "{question}>{verdict}",
        "again": "{question}#{feedback}",
        "none": "n",
        "detector_format": "lines",
    }
    alone = debiased(data, model=judge, detector=detector, rounds=0, ctx=ctx)
    told = debiased(data, model=judge, detector=detector, ctx=ctx, **options)
    right = [
        [trace.outcome == "correct" for trace in verify(exact, data.problem_by_id(), one.traces)]
        for one in (alone, told)
    ]
    assert sum(right[0]) == 3 * len(right[0]) // 4
    assert all(right[1])
    assert [trace.scores["unchanged"] for trace in told.traces] == [float(one) for one in right[0]]
    assert told.traces[0].params["found"][-1] == "n" or len(told.traces[0].params["verdicts"]) > 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: biased(prefers=("verbose",)), "did you mean 'verbosity'"),
        (lambda: biased(shape="(?P<item>.*)"), "no group 'crowd'"),
        (lambda: biased().choose("what is this"), "no comparison"),
        (lambda: biased_twins(Data([Problem(id="p", question="q")])), "comparison_tasks"),
        (lambda: biased_twins(Data(), kinds=("place",)), "unknown bias 'place'"),
        (lambda: attempts(n=5, stumbles="seven"), "stumbles='seven'"),
        (lambda: judge_tasks(Data(), template="{question}"), "has no"),
        (lambda: comparison_tasks(Data(), first="1", second="1 "), "told apart"),
    ],
)
def test_mistakes_are_named(make, said):
    with pytest.raises(LimbeckError, match=said):
        make()
