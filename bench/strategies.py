"""Strategies × students at equal seconds: what an answer costs in CPU seconds, tokens and passes, and what
the same seconds buy as votes.

Run: python bench/strategies.py; about a minute of one core. The shipped students of the small world, its test
problems, one answer each. Writes bench/results/strategies.md.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import torch

from limbeck.decoding.token.prompt_lookup import PromptLookup
from limbeck.decoding.token.speculative import Speculative
from limbeck.evaluation.ops import wilson
from limbeck.generation import Model, Sampling
from limbeck.models.local import Local
from limbeck.pipeline.files import resolve_path
from limbeck.pipeline.parameters import ready
from limbeck.problems.worlds.haste import haste
from limbeck.texts.traces import format_named

STUDENTS = ("base", "careful_base", "teacher")
VOTES = (2, 4, 8, 16)
HOW = Sampling(n=1, temperature=1.0, top_p=1.0, max_tokens=64)
N, FEW, ROUNDS = 400, 80, 2


class Cost(NamedTuple):
    """What one answer took, and how many of ``n`` are right."""

    seconds: float
    tokens: float
    passes: float | None
    right: int
    n: int


def strategies(model: Local, draft: Local) -> dict[str, Model]:
    """By what a table calls them."""
    made: dict[str, Model] = {"plain": model}
    for n in VOTES:
        given = {"model": model, "n": n, "temperature": 1.0, "format": "lines"}
        made[f"self_consistency, n={n}"] = ready("decoding/self_consistency", **given)()
    if draft.path != model.path:
        made["speculative, ahead=4"] = ready("decoding/speculative", model=model, draft=draft)()
    made["prompt_lookup, ahead=8"] = ready("decoding/prompt_lookup", model=model)()
    return made


def cost(model: Model) -> Cost:
    """The least CPU seconds of some rounds; answers are the same in each."""
    n = FEW if isinstance(model, Speculative | PromptLookup) else N
    problems = haste(n=N, split="test").problems[:n]
    chats = [[{"role": "user", "content": problem.question}] for problem in problems]
    form, seconds = format_named("lines"), float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        replies = [samples[0] for samples in model.generate(chats, HOW)]
        seconds = min(seconds, time.process_time() - started)
    pairs = zip(replies, problems, strict=True)
    right = sum(form.parse(reply.text)[1].strip() == problem.answer for reply, problem in pairs)
    tokens = sum(reply.tokens or 0 for reply in replies) / n
    told = [reply.scores["passes"] for reply in replies if reply.scores and "passes" in reply.scores]
    return Cost(seconds / n, tokens, sum(told) / n if told else None, right, n)


def share(each: Cost) -> str:
    """Percent with the Wilson interval."""
    low, high = wilson(each.right, each.n)
    return f"{100 * each.right / each.n:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def same_seconds(costs: dict[str, Cost], name: str) -> str:
    """The most votes that take no more seconds than a strategy, and how often they are right."""
    within = [
        (each.seconds, other)
        for other, each in costs.items()
        if other.startswith(("plain", "self")) and each.seconds <= 1.05 * costs[name].seconds
    ]
    if not within:
        return "nothing is cheaper"
    best = max(within)[1]
    votes = "one sample" if best == "plain" else f"{best.partition('n=')[2]} votes"
    return f"{votes}: {share(costs[best])}"


def main() -> None:
    """Measure and write the tables."""
    torch.set_num_threads(1)
    models = {name: Local(resolve_path(f"asset:haste/{name}"), device="cpu") for name in STUDENTS}
    for model in models.values():
        cost(model)
    table: dict[str, dict[str, Cost]] = {}
    for student, model in models.items():
        table[student] = {}
        for name, made in strategies(model, models["base"]).items():
            table[student][name] = cost(made)
            print(student, name, table[student][name], flush=True)
    page(table)


def page(table: dict[str, dict[str, Cost]]) -> None:
    """Both tables, of the costs by student and strategy."""
    lines = []
    for student, costs in table.items():
        for name, each in costs.items():
            passes = "" if each.passes is None else f"{each.passes:.1f}"
            lines.append(
                f"| {student} | {name} | {1e3 * each.seconds:.2f} | {each.tokens:.1f} | {passes} | "
                f"{share(each)} | {same_seconds(costs, name)} |"
            )
    unit = table["base"]["plain"].seconds
    budgets = (1, 2, 4, 8, 16)
    equal = []
    for student, costs in table.items():
        cells = []
        for factor in budgets:
            within: dict[str, float] = {}
            for name, each in costs.items():
                if each.seconds <= 1.1 * factor * unit:
                    within[name] = each.right / each.n
            best = max(within, key=within.__getitem__, default="")
            told = best.replace("self_consistency, ", "")
            cells.append(f"{share(costs[best])} {told}" if best else "")
        equal.append(f"| {student} | {' | '.join(cells)} |")
    text = (
        "# Strategies × students at equal seconds\n\n"
        f"Written by `bench/strategies.py` on {time.strftime('%Y-%m-%d')}; torch {version('torch')}, "
        f"transformers {version('transformers')}; one core of a machine that others used at the same time, "
        f"float32. `haste`, {N} test problems ({FEW} where samples are written one by one), one answer each "
        f"at T = 1, at most {HOW.max_tokens} tokens; the least CPU seconds of {ROUNDS} rounds. Right "
        "in percent with 95% Wilson intervals over problems.\n\n"
        "| student | strategy | CPU ms an answer | tokens | passes | right | votes in the same seconds |\n"
        "|---|---|---:|---:|---:|---:|---:|\n" + "\n".join(lines) + "\n\n"
        f"What so many times the seconds of one plain sample of `base` ({1e3 * unit:.2f} ms) buy; 10% more "
        "are let pass:\n\n"
        f"| student | {' | '.join(f'{factor} ×' for factor in budgets)} |\n"
        f"|---|{'---|' * len(budgets)}\n" + "\n".join(equal) + "\n\n"
        "Samples are drawn in large batches, but those of `speculative` and `prompt_lookup` one by one: "
        "their seconds stand beside those of a batch; their passes are what a single answer waits for.\n"
    )
    (Path(__file__).resolve().parent / "results/strategies.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
