"""teachers/disagreement: how far two models are apart on stored traces."""

from __future__ import annotations

import math

import pytest
import small_world

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    pytest.importorskip("torch", reason="training needs the extra limbeck[train]")
    folder = tmp_path_factory.mktemp("two")
    return small_world.student(folder / "a"), small_world.student(folder / "b", width=32, seed=1)


def scored(folder, one, two, **more):
    from limbeck.teachers.measure.disagreement import disagreement

    (data,) = disagreement(
        MemoryShards([small_world.judged()]), model=one, other=two, ctx=Context(folder), **more
    )
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
    made = rows.ChatTokenizer(tokenizer, template.check_template(tokenizer)).rows(
        small_world.judged(), small_world.judged().traces
    )
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
