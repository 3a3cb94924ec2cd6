"""New tokens per second: models/transformers against Hugging Face `generate`, same model, prompts and
settings.

Run: python bench/bench_sample.py. Both sides sample the shipped base student of the small world in one
process on one core; rates are per CPU second, the best of three, taken in turns. Writes
bench/results/sample.md.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from limbeck.generation import Messages, Sampling
from limbeck.models.journal import Journal
from limbeck.models.transformers import Local
from limbeck.pipeline.files import resolve_path
from limbeck.problems.worlds.haste import haste

HERE = Path(__file__).resolve().parent
K, MOST = 8, 64


def chats(n: int, times: int = 1) -> list[Messages]:
    """Questions of the small world, each said so many times over."""
    return [[{"role": "user", "content": problem.question * times}] for problem in haste(n=n).problems]


def ours(model: Local, prompts: list[Messages], top_p: float, most: int = MOST) -> int:
    """New tokens of one run, journal and all where the model has one."""
    sampling = Sampling(n=K, temperature=1.0, top_p=top_p, max_tokens=most)
    return sum(completion.tokens or 0 for _, _, completion in model.stream(prompts, sampling))


def kept(model: Local, folder: str, number: Iterator[int]) -> Journal:
    return Journal(model, Path(folder, f"{next(number)}"))


def theirs(model: Local, prompts: list[Messages], top_p: float, rows: int, most: int = MOST) -> int:
    """New tokens, end tokens included, by `generate` in batches of ``rows`` with padding on the left."""
    peer, tokenizer = model._loaded
    tokenizer.padding_side = "left"
    count = 0
    texts = [
        tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) for chat in prompts
    ]
    texts.sort(key=len)
    for start in range(0, len(texts), rows // K):
        batch = tokenizer(
            texts[start : start + rows // K], return_tensors="pt", padding=True, add_special_tokens=False
        )
        with torch.inference_mode():
            out = peer.generate(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], do_sample=True,
                temperature=1.0,
                top_p=top_p, top_k=0, max_new_tokens=most, num_return_sequences=K,
                pad_token_id=tokenizer.pad_token_id,
            )[:, batch["input_ids"].shape[1] :]  # fmt: skip
        ends = out == tokenizer.eos_token_id
        count += int(torch.where(ends.any(1), ends.int().argmax(1) + 1, out.shape[1]).sum())
        tokenizer.batch_decode(out, skip_special_tokens=True)
    return count


def shared(model: Local, long: list[Messages]) -> str:
    """Long prompts: their samples asked for together, which computes a prompt once, and one by one."""
    few = 32
    together = Sampling(n=K, temperature=1.0, max_tokens=few)
    apart = Sampling(n=1, temperature=1.0, max_tokens=few)

    def count(prompts: list[Messages], sampling: Sampling) -> int:
        return sum(completion.tokens or 0 for _, _, completion in model.stream(prompts, sampling))

    rates = best(
        {
            "together": lambda: count(long, together),
            "apart": lambda: count([chat for chat in long for _ in range(K)], apart),
            "generate": lambda: theirs(model, long, 1.0, 64, few),
        }
    )
    _, tokenizer = model._loaded
    width = len(tokenizer.apply_chat_template(long[0], add_generation_prompt=True)["input_ids"])
    return (
        f"\nPrompts of {width} tokens, {len(long)} of them × {K} samples of at most {few} new tokens: "
        f"{rates['together']:,.0f} new tokens per CPU second asked for together, {rates['apart']:,.0f} one "
        "by one "
        f"({rates['together'] / rates['apart']:.1f} times as many), `generate` {rates['generate']:,.0f} "
        f"({rates['together'] / rates['generate']:.1f} times as many).\n"
    )


def best(runs: dict[str, Callable[[], int]], rounds: int = 3) -> dict[str, float]:
    """Tokens per CPU second of each, in turns, so that all meet the same machine."""
    rates = dict.fromkeys(runs, 0.0)
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.process_time()
            count = run()
            rates[name] = max(rates[name], count / (time.process_time() - started))
    return rates


def main() -> None:
    """Measure and write the table."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    # Rows of about 12 + 16 tokens: the budgets give batches of about 512 and 1,024 rows.
    models = {
        rows: Local(resolve_path("asset:haste/base"), device="cpu", batch_tokens=rows * 28)
        for rows in (512, 1024)
    }
    prompts = chats(512)
    for model in models.values():
        ours(model, prompts[:16], 1.0)
    lines = []
    for rows, model in models.items():
        for top_p in (1.0, 0.95):
            with TemporaryDirectory() as folder:
                number = iter(range(99))
                rates = best(
                    {
                        "ours": lambda: ours(model, prompts, top_p),  # noqa: B023 called before the loop goes on
                        "long": lambda: ours(model, prompts, top_p, 4000),  # noqa: B023
                        "journal": lambda: ours(kept(model, folder, number), prompts, top_p),  # noqa: B023
                        "generate": lambda: theirs(model, prompts, top_p, rows),  # noqa: B023
                    }
                )
            lines.append(
                f"| {rows:,} | {top_p:g} | {rates['ours']:,.0f} | {rates['long']:,.0f} | "
                f"{rates['journal']:,.0f} | "
                f"{rates['generate']:,.0f} | {rates['ours'] / rates['generate']:.1f} |"
            )
            print(lines[-1], flush=True)
    sharing = shared(models[512], chats(64, 60))
    print(sharing)
    each = ours(models[512], prompts, 1.0) / (len(prompts) * K)
    weights = sum(weight.numel() for weight in models[512]._loaded[0].parameters())
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/sample.md").write_text(
        "# Sampling speed\n\n"
        f"Written by `bench/bench_sample.py` on {time.strftime('%Y-%m-%d')}; torch {version('torch')}, "
        "transformers "
        f"{version('transformers')}; one CPU core, float32.\n"
        f"The small world's base student ({weights / 1e6:.2f} M weights), {len(prompts)} prompts × {K} "
        "samples, T = 1, "
        f"at most {MOST} new tokens, {each:.1f} on average.\n"
        "New tokens per CPU second, best of three in turns, decoding included.\n\n"
        "| rows | top-p | models/transformers | at most 4,000 tokens | under a journal | `generate` | ratio "
        "|\n"
        "|---:|---:|---:|---:|---:|---:|---:|\n" + "\n".join(lines) + "\n" + sharing,
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
