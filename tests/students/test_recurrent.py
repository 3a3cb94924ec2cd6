"""`students/recurrent`: attention's weights in a recurrence, trained, kept and sampled as any student."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch", reason="students need the extra limbeck[train]")

from transformers import AutoConfig, AutoModelForCausalLM  # noqa: E402
from transformers.models.qwen3.modeling_qwen3 import apply_rotary_pos_emb  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks.converting import check, converted  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402
from limbeck.networks.recurrence import _decays  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402

SHAPE = {
    "vocab_size": 40, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 128,
}  # fmt: skip


def teacher(kind: str, **config):
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **SHAPE, **config)).eval()


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3"])
@torch.no_grad()
def test_layers_that_attend_are_the_teachers(kind):
    """With the recurrent layers' outputs at zero, and the teacher's too, both are one network."""
    model = teacher(kind)
    made = converted(model, [1, 3], conv=4, rotary=True, mapped=True, seed=0).eval()
    for each in (model, made):
        torch.nn.init.zeros_(each.model.layers[1].self_attn.o_proj.weight)
    ids = torch.arange(1, 25)[None]
    assert torch.allclose(made(ids).logits, model(ids).logits, atol=1e-6)
    assert made.config.layer_types == ["full_attention", "linear_attention", "full_attention"]


@torch.no_grad()
def test_a_mapped_layer_begins_with_the_attentions_products():
    """Its mixing is ``q·k / √d``, what attention has before its softmax, times decays and Δ."""
    model = teacher("qwen3")
    made = converted(model, [], conv=4, rotary=True, mapped=True, seed=0)
    hidden = torch.randn(2, 12, 32, generator=torch.Generator().manual_seed(1))
    turns = model.model.rotary_emb(hidden, torch.arange(12)[None])
    theirs, ours = model.model.layers[0].self_attn, made.model.layers[0].self_attn
    query = theirs.q_norm(theirs.q_proj(hidden).unflatten(-1, (4, 8))).transpose(1, 2)
    key = theirs.k_norm(theirs.k_proj(hidden).unflatten(-1, (2, 8))).transpose(1, 2)
    query, key = apply_rotary_pos_emb(query, key.repeat_interleave(2, 1), *turns)
    delta_H = ours.dt_proj.bias.exp().log1p()
    decays = _decays((-delta_H[None, :, None].expand(2, 4, 12)).cumsum(-1))
    wanted = query @ key.transpose(-1, -2) / 8**0.5 * decays * delta_H[:, None, None]
    assert torch.allclose(ours.weights(hidden, turns), wanted, atol=1e-5)
    # From one that forgets half of all in a token or two to one that remembers a hundred.
    wanted = [0.5 * 0.02 ** (place / 3) for place in range(4)]
    assert delta_H.tolist() == pytest.approx(wanted, rel=1e-4)


@torch.no_grad()
def test_random_projections_leave_the_rest_as_it_was():
    model = teacher("qwen3")
    made = converted(model, [2], conv=4, rotary=True, mapped=False, seed=0)
    before, after = model.state_dict(), made.state_dict()
    changed = {name for name in before if before[name].shape != after[name].shape}
    changed |= {name for name in before if name not in changed and not torch.equal(before[name], after[name])}
    layers = {name.split(".")[2] for name in changed}
    assert layers == {"0", "2"}
    assert {name.split(".")[4] for name in changed} == {"q_proj", "k_proj", "v_proj", "o_proj"}


def test_it_is_trained_kept_and_sampled_like_any_student(tmp_path):
    begin = small_world.student(tmp_path / "start", layers=2, template="bare")
    path = ready("students/recurrent", student=begin, keep=(2,), ctx=Context(tmp_path / "made"))()
    saved = small_world.train(tmp_path / "trained", path, small_world.world(16), steps=2, lr=0.05)
    config = AutoConfig.for_model("qwen3")
    assert load(saved).config.model_type == "limbeck_recurrent" != config.model_type
    asked = [[{"role": "user", "content": question}] for question in ("1+2", "3+4+5", "9")]
    sampling = Sampling(n=3, temperature=1.0, max_tokens=20, seed=1)
    together = [[each.text for each in row] for row in transformers(path=saved).generate(asked, sampling)]
    apart = [[each.text for each in transformers(path=saved).generate([chat], sampling)[0]] for chat in asked]
    assert together == apart
    assert len({text for row in together for text in row}) > 3


@pytest.mark.parametrize(
    ("kind", "keep", "config", "why"),
    [
        ("gpt2", (), {}, "type 'gpt2' cannot be made recurrent; it is for llama"),
        ("qwen3", (4,), {}, "the model has layers 1 to 3"),
        ("qwen3", (1, 2, 3), {}, "leaves none of 3 layers"),
        ("mistral", (), {"sliding_window": 8}, "attention in windows"),
    ],
)
def test_what_cannot_be_made_recurrent_is_refused(kind, keep, config, why):
    with pytest.raises(LimbeckError, match=why):
        check(AutoConfig.for_model(kind, **({} if kind == "gpt2" else SHAPE), **config), keep)


def test_a_layer_that_is_not_there_is_refused_when_a_plan_is_made(tmp_path):
    begin = small_world.student(tmp_path / "start", layers=2, template="bare")
    from limbeck.students.architecture.recurrent import precheck

    with pytest.raises(LimbeckError, match="layers 1 to 2"):
        precheck({"student": begin, "keep": (3,)})
