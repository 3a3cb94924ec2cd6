"""The loop: what it computes does not depend on how it is cut, killed or spread; what it saves can be
used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
import torch
from small_world import curve, objective, train
from transformers import AutoModelForCausalLM, AutoTokenizer

from limbeck.errors import LimbeckError
from limbeck.training.optimizer import rate
from limbeck.training.settings import Stepping


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"))


def weights(path: str | Path) -> dict:
    return AutoModelForCausalLM.from_pretrained(path).state_dict()


def close(a: dict, b: dict, tolerance: float = 1e-5) -> bool:
    return all(torch.allclose(a[name], b[name], rtol=0, atol=tolerance) for name in a)


def test_a_student_learns_and_the_checkpoint_is_whole(tmp_path, start):
    path = train(tmp_path, start, steps=60, lr=3e-2)
    rows = curve(tmp_path)
    assert [row["step"] for row in rows] == list(range(1, 61))
    assert rows[-1]["loss"] < rows[0]["loss"] / 3
    assert rows[-1]["tokens"] > rows[0]["tokens"] > 8 * len("3 and 4 make 7")
    assert path == str(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(path)
    assert tokenizer.chat_template
    model = AutoModelForCausalLM.from_pretrained(path)
    assert tokenizer.eos_token_id in model.generation_config.eos_token_id
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "3+4"}], add_generation_prompt=True, return_tensors="pt"
    )["input_ids"]
    out = tokenizer.decode(model.generate(prompt, max_new_tokens=40, do_sample=False)[0, prompt.shape[1] :])
    assert "make" in out
    assert out.endswith("<|im_end|>")
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("use", [("sft", {}), ("redi", {"alpha": 0.5}), ("dpo", {}), ("simpo", {})])
def test_loss_and_gradient_do_not_depend_on_the_cut(tmp_path, start, use):
    name, params = use
    runs = {}
    for size in (1, 150, 100_000):
        folder = tmp_path / str(size)
        path = train(
            folder, start, use=objective(name, **params), steps=3, max_tokens_per_microbatch=size, lr=1e-3
        )
        runs[size] = curve(folder), weights(path)
    for size in (1, 150):
        assert close(runs[size][1], runs[100_000][1])
        for ours, whole in zip(runs[size][0], runs[100_000][0], strict=True):
            assert ours == pytest.approx(whole, rel=2e-4, abs=1e-5)


def test_the_loss_is_the_mean_over_all_tokens_of_the_batch(tmp_path, start):
    """One step on everything, against a mean computed here from the model's own logits."""
    train(tmp_path, start, steps=1, batch=60, max_tokens_per_microbatch=200)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(start), AutoTokenizer.from_pretrained(start)
    total, count = 0.0, 0
    data = small_world.world()
    for trace in data.kept():
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": data.problem_by_id()[trace.problem_id].question}],
            tokenize=False, add_generation_prompt=True,
        )  # fmt: skip
        whole = tokenizer(
            prompt + trace.reasoning + trace.answer + "<|im_end|>", return_tensors="pt"
        ).input_ids
        begin = len(tokenizer(prompt).input_ids)
        with torch.no_grad():
            logp = model(input_ids=whole).logits.log_softmax(-1)[0, begin - 1 : -1]
        total -= float(logp.gather(-1, whole[0, begin:, None]).sum())
        count += whole.shape[1] - begin
    assert curve(tmp_path)[0]["loss"] == pytest.approx(total / count, rel=1e-5)


def test_pairs_teach_the_margin_and_dpo_starts_at_log_two(tmp_path, start):
    sft = train(tmp_path / "sft", start, steps=20)
    train(tmp_path / "redi", sft, use=objective("redi", alpha=0.5), steps=20, lr=3e-3)
    rows = curve(tmp_path / "redi")
    margin = [row["logp_chosen"] - row["logp_rejected"] for row in rows]
    assert margin[-1] > margin[0] + 0.1
    train(tmp_path / "dpo", sft, use=objective("dpo"), steps=3)
    assert curve(tmp_path / "dpo")[0]["loss"] == pytest.approx(0.693147, abs=1e-4)
    assert (tmp_path / "dpo" / "reference.npz").exists()


def test_an_objective_whose_needs_are_not_met_fails_before_training(tmp_path, start):
    data = small_world.world()
    data.pairs = []
    with pytest.raises(LimbeckError, match=r"needs pairs.*curation/pairs"):
        train(tmp_path, start, data=data, use=objective("redi"), steps=1)
    assert not (tmp_path / "curve.parquet").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"precision": "bf61"}, "bf16"),
        ({"schedule": "linaer"}, "linear"),
        ({"batch": 0}, "batch must be at least 1"),
        ({"epochs": 0.0}, "epochs"),
        ({"warmup": 3}, "warmup"),
        ({"steps": 1, "track": "tensorbord"}, "tensorboard"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path, start, more, words):
    with pytest.raises(LimbeckError, match=words):
        train(tmp_path, start, **more)


def test_a_student_that_is_not_there(tmp_path):
    with pytest.raises(LimbeckError, match="cannot open the tokenizer"):
        train(tmp_path, str(tmp_path / "nowhere"))


def test_a_broken_student_is_named(tmp_path, start):
    import shutil

    shutil.copytree(start, tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(LimbeckError, match="cannot open the model"):
        train(tmp_path / "run", str(tmp_path / "broken"))


def test_out_of_memory_says_what_to_lower(tmp_path, start, monkeypatch):
    from limbeck.training.loop import Loop

    def full(self, parts):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Loop, "_backward", full)
    with pytest.raises(LimbeckError, match="max_tokens_per_microbatch=4096"):
        train(tmp_path, start, max_tokens_per_microbatch=4096)


def test_a_loss_that_is_not_finite_stops_and_names_the_traces(tmp_path, start):
    with pytest.raises(
        LimbeckError, match=r"step \d+: the (loss|gradient norm) is .* on traces p\d+/"
    ) as error:
        train(tmp_path, start, steps=60, lr=1e30, clip=0, warmup=0, save_every=1)
    state = tmp_path / "state" / "last.pt"
    assert str(state) in str(error.value)
    assert state.exists()
    assert not (tmp_path / "model").exists()


def test_kill_minus_nine_costs_nothing_and_changes_nothing(tmp_path, start):
    """The curve and the weights of a run killed in the middle equal those of one that was let be, bit for
    bit."""
    use = "dpo"  # it has the most to keep: weights, moments and the reference
    train(tmp_path / "whole", start, use=objective(use), steps=120, save_every=5)
    folder = tmp_path / "killed"
    command = [sys.executable, small_world.__file__, str(folder), start, "120", use, "13"]
    done = subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL)
    assert done.returncode == -signal.SIGKILL
    assert (folder / "state" / "last.pt").exists()
    assert not (folder / "model").exists()
    said: list[str] = []
    train(folder, start, use=objective(use), steps=120, save_every=5, log=said)
    assert any("continues after step" in line for line in said)
    assert curve(folder) == curve(tmp_path / "whole")
    ours, theirs = weights(folder / "model"), weights(tmp_path / "whole" / "model")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_finished_run_is_not_repeated_and_other_settings_start_anew(tmp_path, start):
    path = Path(train(tmp_path, start, steps=3))
    made = (path / "model.safetensors").stat().st_mtime_ns
    train(tmp_path, start, steps=3)
    assert (path / "model.safetensors").stat().st_mtime_ns == made
    train(tmp_path, start, steps=4)
    assert len(curve(tmp_path)) == 4


def test_two_processes_do_what_one_does(tmp_path, start):
    """Data-parallel ranks with unequal shares give the weights of a single process."""
    single = train(tmp_path / "one", start, steps=3)
    ranks = []
    for rank in (0, 1):
        env = {
            **os.environ, "OMP_NUM_THREADS": "1", "RANK": str(rank), "LOCAL_RANK": str(rank),
            "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(20_000 + os.getpid() % 20_000),
            "ACCELERATE_USE_CPU": "true",
        }  # fmt: skip
        command = [sys.executable, small_world.__file__, str(tmp_path / "two"), start, "3", "sft"]
        ranks.append(subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL))
    assert [process.wait(timeout=120) for process in ranks] == [0, 0]
    assert close(weights(single), weights(tmp_path / "two" / "model"), 1e-4)
    assert curve(tmp_path / "two")[-1] == pytest.approx(curve(tmp_path / "one")[-1], rel=1e-3)


def test_adapters_are_merged_and_can_be_kept(tmp_path, start):
    pytest.importorskip("peft", reason="adapters need the extra limbeck[peft]")
    from limbeck.pipeline.registry import Bound, method

    adapter = Bound("lora", method("students/lora").load(), {"r": 4, "alpha": 8})
    path = train(tmp_path, start, steps=10, adapt=adapter, keep_adapter=True, save_every=4)
    before, after = weights(start), weights(path)
    assert before.keys() == after.keys()
    assert torch.equal(before["model.embed_tokens.weight"], after["model.embed_tokens.weight"])
    changed = "model.layers.0.self_attn.q_proj.weight"
    assert not torch.equal(before[changed], after[changed])
    assert (tmp_path / "adapter" / "adapter_model.safetensors").exists()
    rows = curve(tmp_path)
    assert rows[-1]["loss"] < rows[0]["loss"]


@pytest.mark.parametrize("more", [{"precision": "bf16"}, {"gradient_checkpointing": True}])
def test_cheaper_ways_reach_nearly_the_same(tmp_path, start, more):
    train(tmp_path / "plain", start, steps=5)
    train(tmp_path / "cheap", start, steps=5, **more)
    plain, cheap = curve(tmp_path / "plain")[-1], curve(tmp_path / "cheap")[-1]
    assert cheap["loss"] == pytest.approx(plain["loss"], rel=0.02 if "precision" in more else 1e-5)
    assert weights(tmp_path / "cheap" / "model")["model.embed_tokens.weight"].dtype == torch.float32


def test_settings_of_sampling_that_a_source_never_used_do_not_stop_the_saving(tmp_path, start):
    import json
    import shutil

    odd = Path(shutil.copytree(start, tmp_path / "odd"))
    file = odd / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"do_sample": False, "temperature": 0.7}))
    path = train(tmp_path / "run", str(odd), steps=1)
    assert "temperature" not in json.loads((Path(path) / "generation_config.json").read_text())
    file.write_text(json.dumps(json.loads(file.read_text()) | {"do_sample": True, "temperature": 0.7}))
    path = train(tmp_path / "warm", str(odd), steps=1)
    assert json.loads((Path(path) / "generation_config.json").read_text())["temperature"] == 0.7


def test_what_a_state_must_share_is_the_same_in_every_process(start):
    """A model among the settings is known by what it is, not by where it lies in memory."""
    from limbeck.models.local import Local
    from limbeck.training.job import Job
    from limbeck.training.settings import Learning, Running, Watching

    def identity(path: str, **watching) -> str:
        use = objective("sft")
        use.params["judge"] = objective("redi", alpha=0.5)
        use.params["model"] = Local(path)
        return Job.of(start, use, Learning(), Stepping(), Running(), Watching(**watching)).fingerprint([])

    assert identity("a") == identity("a")
    assert identity("a") != identity("b")
    assert " at 0x" not in identity("a")
    assert "holdout" not in identity("a")
    assert identity("a", holdout=0.1) != identity("a", holdout=0.1, patience=2)


def test_tensorboard_gets_the_curve(tmp_path, start):
    pytest.importorskip("tensorboard", reason="trackers need the extra limbeck[track]")
    train(tmp_path, start, steps=2, track="tensorboard")
    assert list(tmp_path.rglob("events.out.tfevents*"))


def test_epochs_draw_every_trace_as_often_as_asked(tmp_path, start):
    train(tmp_path, start, epochs=1.5, batch=32)
    assert len(curve(tmp_path)) == 3  # 60 traces, 90 draws


@pytest.mark.parametrize(
    ("schedule", "middle", "last"), [("linear", 0.5, 1 / 90), ("cosine", 0.5, 3.05e-4), ("constant", 1, 1)]
)
def test_the_rate_rises_then_follows_its_schedule(schedule, middle, last):
    rates = [rate(step, 100, Stepping(lr=1.0, schedule=schedule)) for step in range(100)]
    assert rates[:10] == pytest.approx([(k + 1) / 10 for k in range(10)])
    assert rates[10] == 1
    assert rates[55] == pytest.approx(middle)
    assert rates[99] == pytest.approx(last, rel=1e-2)
    assert rate(0, 100, Stepping(lr=1.0, warmup=0, schedule=schedule)) == 1
