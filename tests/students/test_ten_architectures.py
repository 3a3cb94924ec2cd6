"""What is trained of ten architectures is what plain `transformers` opens, with the tokens it was trained
on."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import torch
from architectures import ARCHITECTURES, start, train
from transformers import AutoModelForCausalLM, AutoTokenizer


@pytest.mark.parametrize("adapted", [False, True], ids=["whole", "lora"])
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_what_is_saved_is_what_was_trained(tmp_path, arch, adapted):
    if adapted:
        pytest.importorskip("peft", reason="adapters need the extra limbeck[peft]")
    begin = start(arch, tmp_path / "start")
    saved, (ids, logits) = train(tmp_path / "run", begin, adapted)
    plain, before = (AutoModelForCausalLM.from_pretrained(path) for path in (saved, begin))
    with torch.no_grad():
        torch.testing.assert_close(plain(input_ids=ids, use_cache=False).logits, logits, atol=1e-5, rtol=1e-4)
        moved = before(input_ids=ids, use_cache=False).logits - logits
    assert moved.abs().max() > 1e-3, "two steps change the student"
    text = "<|im_start|>user\n3+4<|im_end|>\n<|im_start|>assistant\n<think>\n3 and 4 1+1 make </think>7"
    tokens = [AutoTokenizer.from_pretrained(path)(text)["input_ids"] for path in (begin, saved)]
    assert tokens[0] == tokens[1]
