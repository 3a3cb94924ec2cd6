"""Greedy answers that are others at another batch size, precision or side of padding.

Run: python bench/real_greedy.py [SVAMP.csv]; three minutes of one core. Writes bench/results/real_greedy.md.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from statistics import median

import real_model
import torch

from limbeck.generation import Sampling
from limbeck.models.local import Local

PROMPTS, TOKENS = 24, 32
Ids = list[int]


MODELS = {dtype: real_model.opened(dtype) for dtype in ("float32", "bfloat16")}


def written(dtype: str, by: int | str) -> list[Ids]:
    """By models/transformers in batches of so many rows, or by `generate` with padding on one side."""
    model = MODELS[dtype]
    return limbeck(model, by) if isinstance(by, int) else generate(model, by)


def limbeck(model: Local, rows: int) -> list[Ids]:
    chats = real_model.chats(real_model.problems(100, PROMPTS))
    how = Sampling(temperature=0.0, top_p=1.0, max_tokens=TOKENS)
    return [each.ids or [] for each in real_model.in_batches(model, chats, rows, how)]


def generate(model: Local, side: str) -> list[Ids]:
    """By `generate` of transformers, all prompts at once, padded on one side; up to the end token."""
    network, tokenizer = model._loaded[0], copy.deepcopy(model._loaded[1])
    chats = real_model.chats(real_model.problems(100, PROMPTS))
    tokenizer.padding_side = side
    texts = [
        tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) for chat in chats
    ]
    batch = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
    with torch.inference_mode():
        out = network.generate(
            **batch, do_sample=False, repetition_penalty=1.0, max_new_tokens=TOKENS,
            pad_token_id=tokenizer.pad_token_id,
        )  # fmt: skip
    ends = {*model._ends}
    written = []
    for ids in out[:, batch["input_ids"].shape[1] :].tolist():
        end = next((place for place, token in enumerate(ids) if token in ends), len(ids))
        written.append(ids[: end + 1])
    return written


def first_difference(some: Ids, others: Ids) -> int | None:
    """Number of the first token that differs, from 1; None where none does."""
    pairs = zip([*some, -1], [*others, -1], strict=False)
    return next((place for place, (a, b) in enumerate(pairs, 1) if a != b), None)


def last_number(model: Local, ids: Ids) -> str:
    numbers = re.findall(r"\d+(?:\.\d+)?", model._text(ids))
    return numbers[-1] if numbers else ""


def cells(model: Local, texts: Sequence[Ids], usual: Sequence[Ids]) -> str:
    """How many texts and last numbers are others, and where the texts part."""
    pairs = list(zip(texts, usual, strict=True))
    places = [place for some, others in pairs if (place := first_difference(some, others))]
    numbers = sum(last_number(model, some) != last_number(model, others) for some, others in pairs)
    return f"{len(places)} | {median(places) if places else '–'} | {numbers}"


def lines() -> Iterator[str]:
    yield (
        f"{PROMPTS} prompts, greedy, at most {TOKENS} tokens. How many texts differ from those of the same "
        "weights in float32 asked one by one, the median of the first token that does, and how many last "
        "numbers of a text, which is what an evaluation would compare."
    )
    yield ""
    yield "| by | precision | rows at once | padding | texts that differ | from token | last numbers |"
    yield "|---|---|---:|---|---:|---:|---:|"
    sizes = (1, 8, PROMPTS)
    jobs: list[tuple[str, int | str]] = [(dtype, by) for by in sizes for dtype in MODELS]
    jobs += [("bfloat16", side) for side in ("left", "right")]
    texts = dict(zip(jobs, real_model.side_by_side(written, jobs), strict=True))
    model, usual = MODELS["float32"], texts["float32", 1]
    inside: list[str] = []
    for dtype in MODELS:
        for rows in sizes:
            side = "none" if rows == 1 else "left"
            numbers = cells(model, texts[dtype, rows], usual)
            yield f"| models/transformers | {dtype} | {rows} | {side} | {numbers} |"
            other = cells(model, texts[dtype, rows], texts[dtype, 1]).split(" | ")[0]
            inside += [] if rows == 1 else [f"{other} at {rows} rows in {dtype}"]
    for side in ("left", "right"):
        numbers = cells(model, texts["bfloat16", side], usual)
        yield f"| `generate` | bfloat16 | {PROMPTS} | {side} | {numbers} |"
    yield ""
    yield f"Against the same precision one by one: {', '.join(inside)}."


if __name__ == "__main__":
    real_model.write("real_greedy", "Greedy answers and how they are computed", __file__, lines())
