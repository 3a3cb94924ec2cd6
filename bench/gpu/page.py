"""The results of all parts as a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from limbeck.networks.cutting import PART

Result = dict[str, Any]

RECIPE = Path(__file__).parents[2] / "src/limbeck/recipes/redi.yaml"
EPOCHS = 5
PAPER = {"sft": 104, "redi": 33}
"""A100-hours of SFT over five epochs and of REDI's stage after it: 8 cards for 13 and for 4.2 hours (arXiv
2505.24850)."""
GOALS = {"mfu": 0.45, "ratio": 1.5}


def page(results: Sequence[Result], dry: bool, versions: str) -> list[str]:
    """Markdown, by line."""
    card = next((each for each in results if each["kind"] == "card"), {})
    peak = card.get("flops")
    return [
        "# On a GPU" + (" (DRY: toys on a CPU, whose numbers say nothing of a GPU)" if dry else ""), "",
        versions, "", *parts(results), "", "## The card", "", *about(card), "",
        f"## Training: a {'toy' if dry else '1.5 B'} Qwen2.5-shaped student", "",
        *HOW, "", *training(results, peak), "",
        *alone(results), *([] if dry else scale_of_the_paper(results)), "",
        "## Sampling with models/transformers, bfloat16", "", *sampling(results), "",
        "## The claim of `redi` at scale `real`", "", *claim(results), "",
    ]  # fmt: skip


HOW = [
    "Random weights, ragged rows of random tokens (log-normal), bfloat16 over float32 weights, gradient",
    "checkpointing and micro-batches of the same room on both sides. *Plain* is a loop with transformers",
    "as people write it: fixed rows in the order they come, padded, a mask, whole logits. Both take the",
    "same rows in the same steps, two to warm up and three that are timed; DPO's reference is computed",
    "before. MFU is against the product above: 6 operations a weight and token and 12·L·d·T for attention",
    "(arXiv 2204.02311, app. B), causal attention counted by half, the head on trained tokens alone, and",
    "what checkpointing computes again not at all. *Held*: of how many tokens logits stood in memory at a",
    "time, of the most that a micro-batch trains. *Waits*: calls in a step for which the processor waited",
    "for the card.",
]


def parts(results: Sequence[Result]) -> list[str]:
    """Which parts ran, and how long."""
    rows = [each for each in results if each["kind"] == "part"]
    return [
        "| part | | seconds |", "|---|---|---:|",
        *(f"| {each['name']} | {each['status']} | {each['seconds']:.0f} |" for each in rows),
    ]  # fmt: skip


def about(card: Result) -> list[str]:
    """The card and its rates."""
    if not card:
        return ["Not measured."]
    driver = f", driver {card['driver']}, CUDA {card['cuda']}" if card["driver"] else ""
    return [
        f"{card['card']}{driver}.",
        f"Products of large bfloat16 squares: {card['flops'] / 1e12:,.1f} TFLOP/s. Copies: "
        f"{card['bandwidth'] / 1e12:.2f} TB/s read and written.",
    ]


def speed(row: Result) -> float:
    """Tokens a second."""
    return float(row["tokens"] / row["seconds"])


def training(results: Sequence[Result], peak: float | None) -> list[str]:
    """A line for each objective and length, and how many reach the goals."""
    rows = [each for each in results if each["kind"] == "train"]
    plain = {(each["objective"], each["longest"]): each for each in rows if each["side"] == "plain"}
    lines = [
        "| | rows up to (mean) | tokens/s | MFU | peak GiB | held | padding | parts | waits "
        "| plain tokens/s | plain GiB | ratio |",
        "|---|---|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    met = []
    for ours in (each for each in rows if each["side"] == "ours"):
        other = plain.get((ours["objective"], ours["longest"]), {"failed": "not run"})
        mfu = None if "failed" in ours or not peak else ours["needed"] / ours["seconds"] / peak
        ratio = None if "failed" in ours or "failed" in other else speed(ours) / speed(other)
        cells = [*seen(ours, mfu), *beside(other, ratio)]
        lines.append(
            f"| {ours['objective']} | {ours['longest']:,} ({ours['mean']:,.0f}) | {' | '.join(cells)} |"
        )
        fast = bool(mfu and mfu >= GOALS["mfu"] and (ratio is None or ratio >= GOALS["ratio"]))
        met.append(fast and ours["widest"] < ours["largest"])
    if not met:
        return ["Not measured."]
    goal = f"{GOALS['mfu']:.0%} MFU, {GOALS['ratio']} times a plain loop that fits, not all logits held"
    return [*lines, "", f"{sum(met)} of {len(met)} reach the goal: {goal}."]


def seen(ours: Result, mfu: float | None) -> list[str]:
    """What our loop did."""
    if "failed" in ours:
        return [ours["failed"], *[""] * 6]
    held = f"{ours['widest']:,} of {ours['largest']:,}"
    waits = "–" if ours["waits"] is None else str(ours["waits"])
    return [
        f"{speed(ours):,.0f}",
        share(mfu),
        gib(ours),
        held,
        share(ours["padding"]),
        str(ours["parts"]),
        waits,
    ]


def beside(other: Result, ratio: float | None) -> list[str]:
    """What the plain loop did, and how many times as fast ours was."""
    if "failed" in other:
        return [other["failed"], "", ""]
    return [f"{speed(other):,.0f}", gib(other), "–" if ratio is None else f"{ratio:.2f}"]


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def gib(row: Result) -> str:
    memory = row.get("memory")
    return "–" if memory is None else f"{memory / 2**30:.1f}"


def alone(results: Sequence[Result]) -> list[str]:
    """What a micro-batch costs besides its tokens, which is what a step is cut by."""
    cost = next((each["seconds"] for each in results if each["kind"] == "alone"), None)
    rows = [
        each
        for each in results
        if each["kind"] == "train" and each["side"] == "ours" and "failed" not in each
    ]
    if cost is None or not rows:
        return []
    return [
        f"A micro-batch of one row of a few tokens takes {1000 * cost:,.1f} ms, the time of "
        f"{cost * speed(rows[0]):,.0f} tokens of the first line;",
        f"`networks/cutting.py` reckons with {PART}.", "",
    ]  # fmt: skip


def scale_of_the_paper(results: Sequence[Result]) -> list[str]:
    """What REDI's training would take on this card at the speed of the longest rows measured."""
    rows = {each["objective"]: each for each in results if each["kind"] == "train" and each["side"] == "ours"}
    rows = {name: each for name, each in rows.items() if "failed" not in each}
    if not {"sft", "redi"} <= set(rows):
        return ["REDI's paper scale: not measured."]
    facts = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))["facts"]
    traces, pairs = facts["correct traces for SFT"], facts["pairs after the length filter"]
    wanted = {"sft": traces * EPOCHS, "redi": pairs * 2}
    hours = {name: count * rows[name]["mean"] / speed(rows[name]) / 3600 for name, count in wanted.items()}
    return [
        "REDI at the paper's scale, were its traces as long as these rows "
        f"({rows['sft']['mean']:,.0f} and {rows['redi']['mean']:,.0f} tokens in the mean;",
        f"the paper's mean is not known here): SFT on {traces:,} traces for {EPOCHS} epochs "
        f"{hours['sft']:.3g} hours,",
        f"the stage on {pairs:,} pairs {hours['redi']:.3g} hours on this card; "
        f"the paper's took {PAPER['sft']} and {PAPER['redi']} A100-hours.",
    ]  # fmt: skip


def sampling(results: Sequence[Result]) -> list[str]:
    """A line for each batch size."""
    rows = [each for each in results if each["kind"] == "sample"]
    if not rows:
        return ["Not measured."]
    return [
        "| rows | top-p | new tokens/s | a row |", "|---:|---:|---:|---:|",
        *(f"| {r['rows']} | {r['top_p']:g} | {speed(r):,.0f} | {speed(r) / r['rows']:,.1f} |" for r in rows),
    ]  # fmt: skip


def claim(results: Sequence[Result]) -> list[str]:
    """How the claim stands and each of its contrasts."""
    told = next((each for each in results if each["kind"] == "claim"), None)
    if told is None:
        return ["Not measured."]
    return [
        f"{told['standing']}, {told['seeds']} seeds, {told['seconds']:,} s of computing.", "",
        "| contrast | value | other | verdict |", "|---|---:|---:|---|",
        *(f"| {c['better']} − {c['than']} | {c['value']:.3f} | {c['other']:.3f} | {c['verdict']} |"
          for c in told["claim"]),
    ]  # fmt: skip
