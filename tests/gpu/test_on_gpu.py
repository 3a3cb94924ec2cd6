"""What a CUDA device computes is what a CPU does, but for rounding, without masks and whole scores.

``make gpu`` runs them where there is one; elsewhere they are skipped.
"""

from __future__ import annotations

import copy

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world  # noqa: E402
from small_world import curve, objective, train  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM  # noqa: E402
from transformers.models.llama.modeling_llama import LlamaRMSNorm  # noqa: E402

from limbeck.generation import Sampling  # noqa: E402
from limbeck.models import sampler  # noqa: E402
from limbeck.models._queue import Row as Prompt  # noqa: E402
from limbeck.networks import norms  # noqa: E402
from limbeck.networks.batch import Item, Row, collate  # noqa: E402
from limbeck.networks.logp import Head, map_logits, token_logp  # noqa: E402
from limbeck.networks.policy import Network, run  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.training.loop import Loop  # noqa: E402

pytestmark = pytest.mark.gpu


@pytest.fixture
def device() -> str:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    return "cuda"


def network(positions: int = 256, **sizes: int):
    """A small Qwen2 with random weights, on the CPU."""
    torch.manual_seed(0)
    shape = {
        "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 500, "tie_word_embeddings": True,
    }  # fmt: skip
    config = AutoConfig.for_model("qwen2", max_position_embeddings=positions, **{**shape, **sizes})
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32)


def pairs(*lengths: tuple[int, int]) -> list[Item]:
    """Pairs of rows of random tokens below 100, a quarter of the shorter one prompt."""
    generator = torch.Generator().manual_seed(0)
    made = []
    for index, both in enumerate(lengths):
        rows = [torch.randint(100, (size,), generator=generator).numpy() for size in both]
        names = zip(("right", "wrong"), rows, strict=True)
        made.append(Item(tuple(Row(f"{index}/{side}", ids, min(both) // 4) for side, ids in names)))
    return made


def close(ours: torch.Tensor, true: torch.Tensor, tolerance: float) -> bool:
    """Within a share of the largest."""
    ours, true = ours.detach().double().cpu(), true.detach().double().cpu()
    return float((ours - true).abs().max()) <= tolerance * float(true.abs().max())


def entropy(logits_CV: torch.Tensor, part: slice) -> torch.Tensor:
    logp_CV = logits_CV.log_softmax(-1)
    return -(logp_CV.exp() * logp_CV).sum(-1)


@pytest.mark.parametrize("budget", [10**6, 2 * 640])
def test_log_probabilities_and_entropies_are_a_cpus_whole_and_in_chunks(device, budget):
    torch.manual_seed(0)
    hidden_ND, weight_VD = torch.randn(300, 16).bfloat16(), (0.1 * torch.randn(640, 16)).bfloat16()
    target_N = torch.randint(640, (300,))
    results = []
    for where, dtype in ((device, torch.bfloat16), ("cpu", torch.float32)):
        leaves = [each.clone().to(where, dtype).requires_grad_() for each in (hidden_ND, weight_VD)]
        head = Head(*leaves)
        assert head.fits(budget) == (budget == 10**6)
        values = token_logp(head, target_N.to(where), budget), map_logits(head, entropy, budget)
        sum(each.sum() for each in values).backward()
        results.append([*values, *(leaf.grad for leaf in leaves)])
    for ours, true in zip(*results, strict=True):
        assert close(ours, true, 2e-2)


def test_norms_are_one_kernel_and_the_same(device):
    torch.manual_seed(0)
    norm = LlamaRMSNorm(64, eps=1e-3)
    torch.nn.init.uniform_(norm.weight, 0.5, 2)
    value, upstream = 3 * torch.randn(5, 7, 64), torch.randn(5, 7, 64)
    results = []
    for where, dtype in ((device, torch.float32), ("cpu", torch.float64)):
        copied = copy.deepcopy(norm).to(where, dtype)
        norms.use(copied)
        assert (type(copied) is LlamaRMSNorm) == (where == "cpu")
        leaf = value.to(where, dtype).requires_grad_()
        with torch.autocast(where, torch.bfloat16, enabled=where == device):
            out = copied(leaf)
        out.backward(upstream.to(where, dtype))
        results.append([out, leaf.grad, copied.weight.grad])
    for ours, true in zip(*results, strict=True):
        assert close(ours, true, 1e-5)


@pytest.mark.parametrize("name", ["sft", "redi", "simpo"])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_an_objective_and_its_gradients_in_bfloat16_are_those_of_a_cpu_in_float32(
    device, name, checkpointing
):
    batch = collate(pairs((40, 70), (90, 33), (64, 64)))
    model, results = network(), []
    for where, dtype in ((device, torch.bfloat16), ("cpu", None)):
        copied = copy.deepcopy(model).to(where).train()
        if checkpointing:
            copied.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
        student = Network(copied, dtype)
        moved = batch.to(torch.device(where))
        loss = objective(name)(moved, run(student, student, moved), Signal())
        (loss.sum / loss.count).backward()
        results.append([loss.sum, *(parameter.grad for parameter in copied.parameters())])
    for ours, true in zip(*results, strict=True):
        assert close(ours, true, 5e-2)


def test_a_long_row_has_no_mask_and_no_scores(device):
    """Of 16,384 tokens a mask alone has 256 MiB and the scores of four heads 2 GiB."""
    student = Network(network(16_384, vocab_size=100).to(device), torch.bfloat16)
    for length in (256, 16_384):  # the first takes what the libraries keep
        (pair,) = pairs((length, length))
        batch = collate([Item(pair.rows[:1])]).to(torch.device(device))
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        with torch.no_grad():
            run(student, student, batch)
        forward = torch.cuda.max_memory_allocated() - before
        run(student, student, batch).mean_B.sum().backward()
    assert forward < 128 * 2**20
    assert torch.cuda.max_memory_allocated() - before < 2**30


def test_a_student_learns_in_bfloat16_as_in_float32(device, tmp_path):
    start, curves = small_world.student(tmp_path / "start"), []
    for precision in ("auto", "fp32"):
        train(tmp_path / precision, start, steps=30, lr=3e-2, precision=precision)
        curves.append(curve(tmp_path / precision))
    first, last = ([rows[at]["loss"] for rows in curves] for at in (0, -1))
    assert first[0] == pytest.approx(first[1], rel=1e-2)
    assert max(last) < min(first) / 2


def test_a_run_that_was_stopped_goes_on_as_it_would_have(device, tmp_path, monkeypatch):
    """To rounding: where a sum's order is the scheduler's, bits may differ from run to run."""
    start = small_world.student(tmp_path / "start")
    given = {"use": objective("redi"), "steps": 20, "lr": 1e-3, "save_every": 5}
    train(tmp_path / "whole", start, **given)
    usual = Loop._step

    def stopping(self: Loop, number: int) -> dict[str, float]:
        if number == 12:
            raise KeyboardInterrupt
        return usual(self, number)

    monkeypatch.setattr(Loop, "_step", stopping)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "halves", start, **given)
    monkeypatch.setattr(Loop, "_step", usual)
    log: list[str] = []
    train(tmp_path / "halves", start, log=log, **given)
    assert "continues after step 10" in log
    for ours, whole in zip(curve(tmp_path / "halves"), curve(tmp_path / "whole"), strict=True):
        assert ours == pytest.approx(whole, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_samples_are_a_cpus(device, temperature):
    """In float32: a random number that rounding moves across a boundary is unlikely among 160."""
    drawing = Sampling(temperature=temperature, max_tokens=16, seed=3, logprobs=True)
    model, results = network(), []
    for where in (device, "cpu"):
        rows = [Prompt(list(range(5, 8 + index)), index, 0, 16) for index in range(10)]
        limits = sampler.Limits(torch.tensor([-1]), 10_000)
        for _ in sampler.sample(copy.deepcopy(model).to(where).eval(), rows, drawing, limits):
            pass
        results.append([(row.ids, row.logps) for row in rows])
    for ours, true in zip(*results, strict=True):
        assert ours[0] == true[0]
        assert ours[1] == pytest.approx(true[1], abs=1e-3)
