"""teachers/watermark: green tokens counted, in texts that a watermarked sampler wrote and in others."""

from __future__ import annotations

import itertools
import math

import pytest
import small_world
from flat import flat

from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Problem, Trace
from limbeck.texts.traces import full_text

transformers = pytest.importorskip("transformers", reason="needs the extra limbeck[train]")


def written(model: str, count: int, watermarked: bool) -> list[str]:
    """What a network of no training writes: any token, but for the watermark."""
    import torch

    torch.manual_seed(0)
    net = transformers.AutoModelForCausalLM.from_pretrained(model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    marking = transformers.WatermarkingConfig(bias=4.0, greenlist_ratio=0.25)
    start = tokenizer(["1+1"] * count, return_tensors="pt", add_special_tokens=False)
    ids = net.generate(
        **start, do_sample=True, top_k=0, min_new_tokens=80, max_new_tokens=80,
        suppress_tokens=[*tokenizer.all_special_ids],
        watermarking_config=marking if watermarked else None, pad_token_id=0,
    )  # fmt: skip
    return tokenizer.batch_decode(ids[:, start["input_ids"].shape[1] :])


def scored(folder, model, texts, **more):
    problem = Problem(id="p", question="1+1", answer="2")
    traces = [Trace(id=str(at), problem_id="p", answer=text) for at, text in enumerate(texts)]
    data = MemoryShards([Data([problem], traces)])
    return Data.join(flat("teachers/watermark")(data, model=model, ctx=Context(folder), **more)).traces


def test_a_watermark_shows_with_its_key_and_with_no_other(tmp_path):
    model = small_world.student(tmp_path / "model")
    marked, plain = written(model, 6, True), written(model, 6, False)
    out = scored(tmp_path, model, [*marked, *plain])
    assert [each.marks == ["watermarked"] for each in out] == [True] * 6 + [False] * 6
    assert min(each.scores["watermark"] for each in out[:6]) > max(
        each.scores["watermark"] for each in out[6:]
    )
    other = scored(tmp_path, model, marked, hash_key=7)
    assert not any(each.marks for each in other)


def test_the_score_is_the_formula(tmp_path):
    import torch
    from transformers.generation.logits_process import WatermarkLogitsProcessor

    model = small_world.student(tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    (trace,) = scored(tmp_path, model, ["3+4=7;5+1=6 and 2"], green=0.5)
    ids = tokenizer(full_text(trace), add_special_tokens=False)["input_ids"]
    size = transformers.AutoConfig.from_pretrained(model).vocab_size
    greens = WatermarkLogitsProcessor(size, "cpu", greenlist_ratio=0.5)
    pairs = {*itertools.pairwise(ids)}
    hits = sum(second in greens._get_greenlist_ids(torch.tensor([first])).tolist() for first, second in pairs)
    assert trace.scores["watermark"] == pytest.approx((hits - len(pairs) / 2) / math.sqrt(len(pairs) / 4))


def test_a_text_of_one_token_has_no_score(tmp_path):
    model = small_world.student(tmp_path / "model")
    assert scored(tmp_path, model, ["1"])[0].scores == {}
