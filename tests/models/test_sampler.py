"""The local sampler: the same samples however batches are cut, and numbers that agree with the model's
own."""

from __future__ import annotations

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models import _queue, sampler  # noqa: E402
from limbeck.models._draw import choose, digest, uniforms  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402

WARM = Sampling(n=6, temperature=1.0, top_p=1.0, max_tokens=40, seed=5)


def ask(*questions: str) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": question}] for question in questions]


QUESTIONS = ask("1+2", "3+4", "5+5", "0+1+1", "7+1+1+1+1", "9")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    """An untrained student: its next token is nearly uniform, so that samples are of all lengths."""
    torch.manual_seed(0)
    return small_world.student(tmp_path_factory.mktemp("student"), template="bare")


@pytest.fixture(scope="module")
def model(folder):
    return transformers(path=folder)


@pytest.fixture(scope="module")
def plain(model):
    return texts(model, WARM)


def texts(model, sampling, prompts=QUESTIONS) -> list[list[str]]:
    return [[completion.text for completion in row] for row in model.generate(prompts, sampling)]


@pytest.mark.parametrize(
    ("tokens", "stragglers", "compact"),
    [(65536, 0.0, 0.0), (65536, 0.9, 0.15), (120, 0.15, 0.15), (300, 0.5, 1.0), (1, 0, 0)],
)
def test_samples_do_not_depend_on_how_batches_are_cut(
    folder, plain, monkeypatch, tokens, stragglers, compact
):
    monkeypatch.setattr(sampler, "STRAGGLERS", stragglers)
    monkeypatch.setattr(sampler, "COMPACT", compact)
    assert len({len(text) for row in plain for text in row}) > 5, "the samples are of many lengths"
    assert texts(transformers(path=folder, batch_tokens=tokens), WARM) == plain


def test_the_cache_stays_within_its_budget(folder, monkeypatch):
    widths = []

    class Watched(sampler.Batch):
        def advance(self):
            super().advance()
            widths.append((len(self.rows), self.width))

    monkeypatch.setattr(sampler, "Batch", Watched)
    texts(transformers(path=folder, batch_tokens=150), WARM)
    assert all(rows * width <= 150 for rows, width in widths if rows > 1)
    assert max(rows for rows, _ in widths) > 3


def test_random_numbers_go_on_from_any_step_and_over_blocks(folder, plain, monkeypatch):
    key = (digest([1, 2]), 3)
    whole = uniforms([(*key, 0)], 7, 100)
    assert torch.equal(uniforms([(*key, 37)], 7, 63), whole[:, 37:])
    assert not torch.equal(uniforms([(*key, 0)], 8, 100), whole)
    assert not torch.equal(uniforms([(key[0], 4, 0)], 7, 100), whole)
    assert whole.min() >= 0
    assert whole.max() < 1
    many = uniforms([(digest([1]), number, 0) for number in range(500)], 0, 64)
    assert many.mean().item() == pytest.approx(0.5, abs=0.01)
    assert np.corrcoef(many[:-1].flatten(), many[1:].flatten())[0, 1] == pytest.approx(0, abs=0.02)
    monkeypatch.setattr(sampler, "BLOCK", 7)
    assert texts(transformers(path=folder), WARM) == plain


def test_single_samples_are_those_of_the_whole(model, plain):
    wanted = [[1, 5], [], [0], [3, 4], [], [2]]
    some = {(i, j): c.text for i, j, c in model.stream_some(QUESTIONS, wanted, WARM)}
    assert some == {(i, j): plain[i][j] for i, numbers in enumerate(wanted) for j in numbers}
    assert list(model.stream_some(QUESTIONS, [[]] * 6, WARM)) == []


def test_tokens_come_as_often_as_the_model_says(model):
    sampling = Sampling(n=4000, temperature=0.7, top_p=1.0, max_tokens=1, seed=1)
    (drawn,) = model.generate(QUESTIONS[:1], sampling)
    peer, tokenizer = model._loaded
    ids = torch.tensor([tokenizer("1+2:", add_special_tokens=False)["input_ids"]])
    with torch.no_grad():
        probs = torch.softmax(peer(ids).logits[0, -1] / 0.7, -1)
    shown = [(token, p) for token, p in enumerate(probs.tolist()) if token not in tokenizer.all_special_ids]
    counts = np.array([sum(c.text == tokenizer.decode([token]) for c in drawn) for token, _ in shown])
    expected = np.array([p * 4000 for _, p in shown])
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert chi2 < len(shown) + 5 * np.sqrt(2 * len(shown))


def test_what_has_no_probability_is_never_drawn():
    logits = torch.tensor([[-torch.inf, 0.0, -torch.inf, 0.0, -torch.inf]]).repeat(2, 1)
    edges = torch.tensor([0.0, 1 - 2**-23])
    for top_p in (1.0, 0.99):
        assert sorted(choose(logits, Sampling(temperature=1.0, top_p=top_p), edges).tolist()) == [1, 3]
    tiny = torch.tensor([[5.0, 4.0, 3.0]]).repeat(2, 1)
    assert choose(tiny, Sampling(temperature=1.0, top_p=0.01), edges).tolist() == [0, 0]


def test_log_probabilities_are_the_scores_of_the_text(model):
    sampling = Sampling(n=16, temperature=1.0, top_p=0.9, max_tokens=30, seed=2, logprobs=True)
    rows = model.generate(QUESTIONS, sampling)
    flat = [(prompt, c) for prompt, row in zip(QUESTIONS, rows, strict=True) for c in row]
    assert {c.finish for _, c in flat} == {"stop", "length"}
    # A special token in the text is not shown in it, so such a text cannot be scored again.
    flat = [(prompt, c) for prompt, c in flat if c.tokens == len(c.text) + (c.finish == "stop")]
    scores = model.score(
        [p for p, _ in flat], [c.text for _, c in flat], [c.finish == "stop" for _, c in flat]
    )
    assert len(flat) > 10
    for (_, completion), score in zip(flat, scores, strict=True):
        assert len(completion.logprobs) == completion.tokens
        assert score == pytest.approx(completion.logprobs, abs=1e-4)
    assert model.generate(QUESTIONS[:1], WARM)[0][0].logprobs is None


def test_scores_do_not_depend_on_batches_or_stretches(model, monkeypatch):
    texts = ["1 and 2", "", "3", "one and two and three make many", "4 " * 20]
    prompts = [QUESTIONS[0]] * len(texts)
    together = model.score(prompts, texts)
    assert [len(score) for score in together] == [len(text) for text in texts]
    monkeypatch.setattr(_queue, "LOGITS", 99 * 14)
    for one, other in zip(model.score(prompts, texts), together, strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    monkeypatch.setattr(_queue, "LOGITS", 1)
    assert model.score(prompts[:1], texts[:1])[0] == pytest.approx(together[0], abs=1e-4)
    assert model.score([], []) == []


def test_a_stop_string_over_several_tokens_ends_a_sample(model, plain):
    text = max((text for row in plain for text in row), key=len)
    stop = text[10:13]
    row = next(i for i, texts in enumerate(plain) if text in texts)
    stopped = texts(model, Sampling(n=6, temperature=1.0, top_p=1.0, max_tokens=40, seed=5, stop=(stop,)))
    assert stopped[row][plain[row].index(text)] == text.partition(stop)[0]
    assert [[t.partition(stop)[0] for t in row] for row in plain] == stopped


def test_prompts_that_do_not_fit_are_marked_and_the_rest_goes_on(folder, monkeypatch):
    model = transformers(path=folder)
    model._loaded[0].config.max_position_embeddings = 20
    long, fine = model.generate(ask("1" * 30, "1+1"), WARM)
    assert {c.finish for c in long} == {"error"}
    assert "31 tokens" in long[0].error
    assert max(c.tokens for c in fine) == 16
    assert "length" in {c.finish for c in fine}


def test_an_unfinished_answer_is_continued_and_think_tags_stay(tmp_path):
    folder = small_world.student(tmp_path, template="chatml")
    model = transformers(path=folder)
    _, tokenizer = model._loaded
    started = [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "and"}]
    whole, going_on = model._prompt_ids([started[:1], started])
    assert tokenizer.decode(going_on) == tokenizer.decode(whole) + "and"
    tags = ["<think>", "</think>", "[THINK]", "[/THINK]"]
    tokenizer.add_special_tokens({"additional_special_tokens": tags})
    for text in ("<think>a</think>4", "[THINK]a[/THINK]4"):
        ids = tokenizer(f"{text}<|im_end|>", add_special_tokens=False)["input_ids"]
        assert model._text(ids) == text


def test_a_missing_model_and_a_missing_template_are_named(tmp_path, folder):
    (tmp_path / "student").mkdir()
    with pytest.raises(LimbeckError, match="did you mean 'student'"):
        transformers(path=str(tmp_path / "studnet")).generate(QUESTIONS, WARM)
    model = transformers(path=folder)
    model._loaded[1].chat_template = None
    with pytest.raises(LimbeckError, match="has no chat template"):
        model.generate(QUESTIONS, WARM)


ARCHITECTURES = {
    "llama": {},
    "mistral": {"sliding_window": 6},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256},
    "qwen3_next": {
        "linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 8,
        "linear_value_head_dim": 8,
        "num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16,
        "shared_expert_intermediate_size": 16,
    },
    "falcon_mamba": {"state_size": 4},
    "mamba2": {"state_size": 8, "num_heads": 8, "n_groups": 1},
    "minimax": {
        "layer_types": ["full_attention", "linear_attention"] * 2, "num_local_experts": 2, "block_size": 8,
    },
    "nemotron_h": {
        "layers_block_type": ["linear_attention", "full_attention", "mlp", "linear_attention"],
        "mamba_num_heads": 4, "mamba_head_dim": 16, "ssm_state_size": 8, "n_groups": 1, "chunk_size": 16,
    },
    "limbeck_recurrent": {"layer_types": ["linear_attention", "full_attention"] * 2},
    "rwkv": {"attention_hidden_size": 32},
}  # fmt: skip


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_other_architectures_sample_alike_in_any_batch_or_say_they_cannot(folder, kind):
    from transformers import AutoConfig, AutoModelForCausalLM

    from limbeck.networks.recurrent import register

    register()
    model = transformers(path=folder)
    shape = {
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 256,
    }  # fmt: skip
    special = {
        "vocab_size": len(model._loaded[1]),
        "eos_token_id": 1,
        "pad_token_id": 0,
        "bos_token_id": None,
    }
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, **special, **({} if kind == "gpt2" else shape), **ARCHITECTURES[kind])
    model.__dict__["_loaded"] = AutoModelForCausalLM.from_config(config).eval(), model._loaded[1]
    if kind == "rwkv":
        with pytest.raises(LimbeckError, match="'rwkv' have no cache to sample with"):
            model.generate(QUESTIONS, WARM)
        return
    together = texts(model, WARM)
    assert together == [texts(model, WARM, [question])[0] for question in QUESTIONS]
    model.batch_tokens = 100
    assert together == texts(model, WARM)


def test_a_model_says_what_it_computed_in_once_it_was_asked(folder):
    asked = transformers(path=folder, dtype="bfloat16", device="cpu")
    assert asked.asked_at() == ""
    texts(asked, WARM, QUESTIONS[:1])
    assert asked.asked_at() == f"{folder!r} computed in bfloat16 on cpu"
