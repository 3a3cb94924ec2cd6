"""What recipes of distillation measure and weigh by: disagreement of two models, loss on stored text, one
outcome."""

from __future__ import annotations

import math

import pytest
import small_world

from limbeck.curation.mark.keep_outcome import keep_outcome
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Verdict


def judged() -> Data:
    data = small_world.world(12)
    for trace in data.traces:
        trace.verdicts = [Verdict("exact", "wrong" if trace.id.endswith("wrong") else "correct")]
    return data


def test_only_one_outcome_is_left_to_learn_from():
    data = judged()
    data.traces[1].marks = ["wrong", "truncated"]
    found = keep_outcome(data)
    assert {trace.outcome for trace in found.kept()} == {"wrong"}
    assert len(found.kept()) == 11
    assert found.traces[0].marks == ["other_outcome"]
    assert found.traces[1].marks == ["wrong", "truncated", "other_outcome"]
    assert len(keep_outcome(judged(), outcome="correct").kept()) == 12


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    pytest.importorskip("torch", reason="training needs the extra limbeck[train]")
    folder = tmp_path_factory.mktemp("two")
    return small_world.student(folder / "a"), small_world.student(folder / "b", width=32, seed=1)


def scored(folder, one, two, **more):
    from limbeck.teachers.measure.disagreement import disagreement

    (data,) = disagreement(MemoryShards([judged()]), model=one, other=two, ctx=Context(folder), **more)
    return {trace.id: trace.scores for trace in data.traces}


def test_a_model_does_not_disagree_with_itself_and_marked_traces_are_scored_too(tmp_path, models):
    same = scored(tmp_path, models[0], models[0])
    assert len(same) == 24
    assert all(scores["nat_beta"] == pytest.approx(0, abs=1e-6) for scores in same.values())


def test_disagreement_is_the_mean_divergence_of_the_trained_tokens(tmp_path, models):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from limbeck.networks import rows, template

    found = scored(tmp_path, *models, score="gap", squash=False, max_tokens_per_microbatch=64)
    squashed = scored(tmp_path, *models)
    tokenizer = AutoTokenizer.from_pretrained(models[0])
    made = rows.ChatTokenizer(tokenizer, template.check_template(tokenizer)).rows(judged(), judged().traces)
    nets = [AutoModelForCausalLM.from_pretrained(path).eval() for path in models]
    for name, row in made.items():
        with torch.no_grad():
            p, q = (
                net(torch.tensor(row.ids[None])).logits[0, row.start - 1 : -1].log_softmax(-1) for net in nets
            )
        wanted = (p.exp() * (p - q)).sum(-1).mean().item()
        assert found[name]["gap"] == pytest.approx(wanted, rel=1e-3, abs=1e-6)
        assert squashed[name]["nat_beta"] == pytest.approx(math.tanh(wanted), rel=1e-3, abs=1e-6)


def test_models_that_cut_text_otherwise_cannot_be_compared(tmp_path, models):
    other = small_world.student(tmp_path / "c", tokenizer="bpe", vocab=300)
    with pytest.raises(LimbeckError, match="different vocabularies"):
        scored(tmp_path, models[0], other)


def text_loss(folder, path, data=None, **more):
    from limbeck.evaluation.measures.text_loss import text_loss

    return text_loss(data or judged(), model=path, ctx=Context(folder), **more)


def test_the_loss_on_stored_text_is_of_kept_traces_and_falls_by_training(tmp_path, models):
    start = text_loss(tmp_path, models[0], benchmark="told")
    (row,) = start.results
    assert (row.metric, row.benchmark, row.n, row.samples) == ("loss", "told", 12, 12)
    assert row.low < row.value < row.high
    assert row.value == pytest.approx(sum(trace.scores["loss"] for trace in start.data.traces) / 12)
    trained = small_world.train(tmp_path / "fit", models[0], data=judged(), steps=20)
    assert text_loss(tmp_path, trained).results[0].value < row.value - 0.5


def test_weights_of_a_trace_do_not_change_its_loss_and_nothing_to_predict_is_said(tmp_path, models):
    weighed = judged()
    for trace in weighed.traces:
        trace.weights = [(0, 3, 0.0)]
    values = [text_loss(tmp_path, models[0], data).results[0].value for data in (judged(), weighed)]
    assert values[0] == pytest.approx(values[1])
    for trace in weighed.traces:
        trace.marks = ["wrong"]
    with pytest.raises(LimbeckError, match="no text to predict"):
        text_loss(tmp_path, models[0], weighed)


def test_novers_reward_ranks_right_traces_above_wrong_ones_without_having_checked_any():
    """On the world of the recipe: over pairs of a right and a wrong trace of one problem."""
    pytest.importorskip("torch", reason="training needs the extra limbeck[train]")
    from limbeck.networks import opening, rows, template
    from limbeck.networks.policy import Network
    from limbeck.pipeline.registry import PACKAGE
    from limbeck.problems.worlds.haste import haste
    from limbeck.rewards.likelihood import likelihood
    from limbeck.rewards.ops import Group
    from limbeck.rollouts.student import student
    from limbeck.training.rollout_context import RolloutContext

    path = str(PACKAGE / "assets/haste/base")
    tokenizer = opening.open_tokenizer(path)
    chat_tokenizer = rows.ChatTokenizer(tokenizer, template.check_template(tokenizer))
    items = rows.problem_items(chat_tokenizer, [haste(n=40, split="validation")])
    context = RolloutContext(
        {"student": Network(opening.open_model(path, 0, None, None)[0]).eval()},
        chat_tokenizer,
        items.problems,
    )
    student(items.items, context, n=8, max_tokens=64, format="lines")
    every = list(context.traces.values())
    groups = [
        Group(one, [trace for trace in every if trace.problem_id == name])
        for name, one in context.problems.items()
    ]
    won, pairs = 0.0, 0
    for group, rewards in zip(groups, likelihood(groups, context, efficiency=0.0), strict=True):
        right = [trace.answer == group.problem.answer for trace in group.traces]
        for reward in (reward for reward, good in zip(rewards, right, strict=True) if good):
            for other in (other for other, good in zip(rewards, right, strict=True) if not good):
                won, pairs = won + (reward > other) + (reward == other) / 2, pairs + 1
    assert pairs > 200
    assert won / pairs > 0.8


def test_a_claim_compares_losses_by_their_score(tmp_path, models):
    from limbeck.evaluation.comparison import compare
    from limbeck.units import bare, shown

    trained = small_world.train(tmp_path / "fit", models[0], data=judged(), steps=20)
    before, after = (text_loss(tmp_path, path).data for path in (models[0], trained))
    found = compare([after], [before], names=("after", "before"), metric="loss", fewer=True)
    assert found.verdict == "holds"
    assert found.diff == pytest.approx(found.value - found.other)
    assert (found.unit, found.temperature) == ("nats", None)
    assert bare(found.diff, found.unit, "+").startswith("-")
    assert shown(0.5, "share") == "50.0 %"
    assert compare([after], [before], metric="score@loss").diff == found.diff
    with pytest.raises(
        LimbeckError, match=r"score@los has no number for any problem of .*; did you mean 'loss'"
    ):
        compare([after], [before], names=("a", "b"), metric="score@los")
    with pytest.raises(LimbeckError, match="temperature: null` for what was not sampled"):
        compare([after], [before], metric="loss", temperature=0.6)
