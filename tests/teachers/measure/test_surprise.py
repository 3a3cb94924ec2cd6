"""teachers/surprise: beyond the model's entropy, in standard deviations."""

from __future__ import annotations

import pytest
import small_world
from flat import flat

from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data

pytest.importorskip("torch", reason="reading with a network needs the extra limbeck[train]")


def scored(folder, model, **more):
    data = MemoryShards([small_world.judged()])
    out = flat("teachers/surprise")(data, model=model, precision="fp32", ctx=Context(folder), **more)
    return {trace.id: trace for trace in Data.join(out).traces}


def test_the_score_is_the_formula(tmp_path):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from limbeck.networks import rows, template

    model = small_world.student(tmp_path / "model")
    # Weights larger than a fresh student's, so that distributions are far from even.
    net = AutoModelForCausalLM.from_pretrained(model)
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(3)
    net.save_pretrained(model)
    out = scored(tmp_path, model, max_tokens_per_microbatch=64)
    tokenizer = AutoTokenizer.from_pretrained(model)
    chats = rows.ChatTokenizer(tokenizer, template.check_template(tokenizer))
    made = chats.rows(small_world.judged(), small_world.judged().traces)
    assert len(made) == 24
    for name, row in made.items():
        with torch.no_grad():
            logp_NV = net.eval()(torch.tensor(row.ids[None])).logits[0, row.start - 1 : -1].log_softmax(-1)
        p_NV = logp_NV.exp()
        told_N = logp_NV.gather(1, torch.tensor(row.ids[row.start :])[:, None].long())[:, 0]
        mean_N = (p_NV * logp_NV).sum(1)
        variance = (p_NV * (logp_NV - mean_N[:, None]) ** 2).sum()
        wanted = (mean_N - told_N).sum() / variance.sqrt()
        assert out[name].scores["surprise"] == pytest.approx(wanted.item(), rel=1e-3, abs=1e-4)


def test_beyond_a_limit_traces_are_marked(tmp_path):
    model = small_world.student(tmp_path / "model")
    values = sorted(each.scores["surprise"] for each in scored(tmp_path, model).values())
    limit = (values[11] + values[12]) / 2
    out = scored(tmp_path, model, most=limit)
    assert all(("suspicious" in each.marks) == (each.scores["surprise"] > limit) for each in out.values())
