"""Rewards on groups made by hand."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict
from limbeck.rewards.balanced import balanced
from limbeck.rewards.form_then_answer import covered, form_then_answer
from limbeck.rewards.item_labels import item_labels
from limbeck.rewards.label_free import label_free
from limbeck.rewards.likelihood import likelihood
from limbeck.rewards.ops import Group
from limbeck.rewards.refusal import refusal
from limbeck.rewards.shortest_correct import shortest_correct
from limbeck.rewards.think_or_skip import think_or_skip
from limbeck.rewards.verified import verified
from limbeck.verifiers.answers.exact import exact


def group(*answers: str, answer: str = "7", lengths=(), reasoning="r", name="p", finish="stop") -> Group:
    sizes = lengths or [10] * len(answers)
    thoughts = [reasoning] * len(answers) if isinstance(reasoning, str) else reasoning
    traces = [
        Trace(id=f"{name}/{i}", problem_id=name, reasoning=thought, answer=given, tokens=size, finish=finish)
        for i, (given, size, thought) in enumerate(zip(answers, sizes, thoughts, strict=True))
    ]
    return Group(Problem(id=name, question="?", answer=answer), traces)


def failing(problem, trace):
    raise ValueError("no")


def test_verified_tells_ways_to_be_without_an_answer():
    whole, cut = group("7", "8", ""), group("7", "8", name="cut", finish="length")
    more = {"verifier": exact, "right": 1.0, "wrong": -1.0, "truncated": -0.5, "malformed": -2.0}
    assert verified([whole, cut], **more) == [[1.0, -1.0, -2.0], [1.0, -0.5]]
    assert [trace.outcome for trace in whole.traces] == ["correct", "wrong", "unparsed"]
    assert math.isnan(verified([group("7")], verifier=failing)[0][0])


def test_some_wrong_traces_are_left_out_always_the_same():
    many = group(*["8"] * 400, "7")
    (once,), (twice,) = (verified([many], verifier=exact, drop_wrong=0.5) for _ in range(2))
    left_out = [math.isnan(value) for value in once]
    assert 150 < sum(left_out) < 250
    assert left_out == [math.isnan(value) for value in twice]
    assert once[-1] == 1.0


def test_traces_of_one_group_are_left_out_independently():
    groups = [group(*["8"] * 8, name=f"chains-12#student-{step}") for step in range(500)]
    counts = [sum(map(math.isnan, row)) for row in verified(groups, verifier=exact, drop_wrong=0.5)]
    # Of eight with probability a half: mean 4, variance 2.
    assert np.mean(counts) == pytest.approx(4, abs=0.25)
    assert np.var(counts) == pytest.approx(2, abs=0.5)


def test_the_shortest_right_trace_is_the_target():
    mixed = group("7", "7", "8", lengths=(10, 30, 50))
    assert shortest_correct([mixed], verifier=exact, beta=0.01) == [pytest.approx([2.0, 1.8, -0.4])]
    none = group("8", "9", lengths=(10, 30))
    assert shortest_correct([none], verifier=exact, beta=0.01) == [pytest.approx([-0.1, -0.1])]
    assert shortest_correct([none], verifier=exact, beta=0.01, fallback=False) == [[0.0, 0.0]]


def test_skipping_pays_where_it_is_right():
    groups = [group("7", "8", "7", "8", reasoning=["r", "r", "", ""])]
    assert think_or_skip(groups, verifier=exact, stage=2) == [[1.0, 0.0, 2.0, -1.0]]
    # Half and half: nothing to balance.
    assert think_or_skip(groups, verifier=exact, stage=1) == [[1.0, 0.0, 2.0, -1.0]]
    all_skip = [group("7", "8", reasoning="")]
    assert think_or_skip(all_skip, verifier=exact, stage=1) == [[1.0, -2.0]]
    three = [group("7", "8", "7", "7", reasoning=["r", "r", "r", ""])]
    assert think_or_skip(three, verifier=exact, stage=1) == [pytest.approx([0.5, -0.5, 0.5, 2.0])]
    marked = [group("7", "7", reasoning=[">x", "x"])]
    assert think_or_skip(marked, verifier=exact, stage=2, marker=">") == [[1.0, 2.0]]
    with pytest.raises(LimbeckError, match="got 4"):
        think_or_skip(groups, verifier=exact, stage=4)


def test_the_third_stage_shapes_lengths_within_right_and_wrong():
    groups = [group("7", "7", "8", "8", lengths=(10, 30, 10, 30))]
    (row,) = think_or_skip(groups, verifier=exact, stage=3, length_right=0.1, length_wrong=0.2)
    expected = [math.exp(0.1), math.exp(-0.1), 1 - math.exp(0.2), 1 - math.exp(-0.2)]
    assert row == pytest.approx(expected)


def test_likelihood_ranks_and_rewards_what_is_short_too():
    three = group("a", "b", "c", lengths=(10, 10, 5))
    three.traces.append(Trace(id="p/x", problem_id="p", reasoning="", answer="d", tokens=1, finish="stop"))
    asked = []
    context = SimpleNamespace(
        answer_logp=lambda group, role: asked.append(role) or [-1.0, -2.0, -0.5],
        lag=lambda every, keep: asked.append((every, keep)),
    )
    (row,) = likelihood([three], context)
    # Ranks 1, 2, 0 of three; the last beats both others in length and perplexity; the malformed one has
    # nothing.
    assert row == pytest.approx([1 + 2 / 3, 1 + 1 / 3, 1 + 1 + 1, 0.0])
    assert asked == [(10, 0.9), "lagged"]
    with pytest.raises(LimbeckError, match="sync=0"):
        likelihood([three], context, sync=0)
    (plain,) = likelihood([three], context, ranked=False, efficiency=0.0, format=0.0)
    scale = [1 + math.log10(10)] * 2 + [1 + math.log10(5)]
    assert plain[:3] == pytest.approx([math.exp(-a / b) for a, b in zip([1.0, 2.0, 0.5], scale, strict=True)])
    assert likelihood([group("", reasoning="")], context) == [[0.0]]


def test_refusing_is_better_than_guessing():
    groups = [group("7", "8", "Sorry, I do not know.", "7 but I do not know")]
    assert refusal(groups, verifier=exact) == [[1.0, -1.0, -0.5, -0.5]]
    assert refusal([group("?", "8")], verifier=exact, phrases=("?",)) == [[-0.5, -1.0]]
    assert refusal([group("Sorry, no")], verifier=exact, phrases=("SORRY",)) == [[-0.5]]


def test_a_ladder_of_form_and_its_gate():
    pieces = r"\[(.*?)\]"
    good = group("ia&b,mc,mf", answer="ia&b,mc,mf", reasoning="?f[mf]?c[ia&b,mc]")
    assert form_then_answer([good], verifier=exact, snippet=pieces) == [[1.1]]
    bare = group("ia&b,mc,mf", answer="ia&b,mc,mf", reasoning="?f")
    assert form_then_answer([bare], verifier=exact, snippet=pieces) == [[0.0]]
    assert form_then_answer([bare], verifier=exact, snippet=pieces, gate=False) == [[1.0]]
    assert covered(re.compile(pieces), "[mf]", "ia&b,mc,mf") == pytest.approx(2 / 8)
    assert covered(re.compile(pieces), "[xx]", "") == 0.0
    # Pieces may overlap, whatever their order, and what lies around one does not make up another.
    assert covered(re.compile(pieces), "[xyz][zax]", "xyzaxyz") == covered(
        re.compile(pieces), "[zax][xyz]", "xyzaxyz"
    )
    assert covered(re.compile(pieces), "[xyz][zax]", "xyzaxyz") == 1.0
    assert covered(re.compile(pieces), "[bxc][ad]", "abxcd") == pytest.approx(3 / 5)
    for wrong, message in (("(", "no regular expression"), (r"\[.\]", "one group")):
        with pytest.raises(LimbeckError, match=message):
            form_then_answer([good], verifier=exact, snippet=wrong)


def test_assignments_as_a_whole_or_by_item():
    groups = [group("cab", "cba", "ab", answer="cab")]
    assert item_labels(groups) == [[1.0, 0.0, -1.0]]
    assert item_labels(groups, per="item") == [pytest.approx([1.0, 1 / 3, -1.0])]
    named = [group("T cell | B cell", answer="t cell|b cell")]
    assert item_labels(named, separator="|") == [[1.0]]
    assert item_labels([group("", answer="a"), group("", answer="")], separator="|") == [[-1.0], [-1.0]]


def test_balanced_keeps_as_many_of_either_kind():
    (row,) = balanced([group("7", "8", "8", "8", "7", "9")], verifier=exact)
    kept = [value for value in row if not math.isnan(value)]
    assert sorted(kept) == [-1.0, -1.0, 1.0, 1.0]
    (flat,) = balanced([group("8", "9")], verifier=exact)
    assert np.isnan(flat).all()


def test_a_majority_stands_for_a_reference():
    assert label_free([group("3", "4", "3", "")]) == [[1.0, 0.0, 1.0, 0.0]]
    (row,) = label_free([group("3", "4", "5")], least=0.5)
    assert np.isnan(row).all()
    with pytest.raises(LimbeckError, match="set teacher:"):
        label_free([group("3")], source="teacher")


def test_a_teachers_opinion_is_the_mean_over_tokens():
    one = group("3", "4")
    context = SimpleNamespace(
        rows={"p/0": 0, "p/1": 1},
        logps=lambda role, rows: [np.array([-1.0, -3.0]), np.array([-0.5])][: len(rows)],
    )
    assert label_free([one], context, source="teacher") == [[-2.0, -0.5]]


def test_outcomes_beside_right_and_wrong_earn_nothing():
    def unsure(problem, trace):
        return Verdict("unsure", "unknown")

    for reward in (verified, balanced, refusal, shortest_correct, think_or_skip, form_then_answer):
        ((value,),) = reward([group("7", reasoning="so")], verifier=unsure)
        assert math.isnan(value), "what nobody knows is left out, never taught as wrong"
    assert refusal([group("I do not know")], verifier=unsure) == [[-0.5]]
