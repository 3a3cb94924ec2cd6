"""What is cut from a training's data is said with numbers."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
from transformers import AutoTokenizer


@pytest.mark.parametrize("use", ["sft", "redi"])
def test_what_is_truncated_is_counted_with_the_tokens_that_it_lost(tmp_path, use):
    start, data, most = small_world.student(tmp_path / "s"), small_world.world(20), 42
    tokenizer = AutoTokenizer.from_pretrained(start)
    whole = lost = cut = 0
    for trace in data.traces:
        asked = [{"role": "user", "content": data.problem_by_id()[trace.problem_id].question}]
        prompt = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
        completion = len(tokenizer(trace.reasoning + trace.answer)["input_ids"]) + 1  # and the end
        over = len(tokenizer(prompt)["input_ids"]) + completion - most
        if over > 0 and (use == "redi" or trace.id.endswith("right")):
            cut, lost, whole = cut + 1, lost + over, whole + completion
    assert cut
    said: list[str] = []
    small_world.train(
        tmp_path / "run", start, data, small_world.objective(use), said, steps=1, max_tokens=most,
        overlong="truncate",
    )  # fmt: skip
    (line,) = [line for line in said if "cut at" in line]
    assert line.startswith(f"{cut} traces are cut at max_tokens: {most}; {lost} of their {whole} tokens, ")


def test_nothing_is_said_where_nothing_is_cut(tmp_path):
    start, said = small_world.student(tmp_path / "s"), []
    small_world.train(tmp_path / "run", start, log=said, steps=1, max_tokens=500, overlong="truncate")
    assert not [line for line in said if "cut at" in line]
