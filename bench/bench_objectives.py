"""Memory and time of the objectives that compare whole distributions, at two large vocabularies.

Each objective is computed forward and backward on what a student's and a teacher's bodies gave, in a fresh
process, over its own micro-batch of rows. ``python bench/bench_objectives.py`` writes
``bench/results/objectives.md``; ``--quick`` takes fewer tokens.
"""

from __future__ import annotations

import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

from train_data import LARGE, measure, rss, start

RESULTS = Path(__file__).parent / "results" / "objectives.md"
OTHER, ROW = 128_256, 512
OBJECTIVES = {
    "kd": ("divergence/kd", {}),
    "kd, ce 0.5": ("divergence/kd", {"ce": 0.5}),
    "uld": ("tokenizers/uld", {}),
    "aligned_kl": ("tokenizers/aligned_kl", {"pairing": "characters"}),
    "standardised_logits": ("features/standardised_logits", {}),
}


def batch(tokens: int, vocabulary: int):
    """Rows of `ROW` trained tokens behind one of a prompt, a character each."""
    import numpy as np

    from limbeck.networks.batch import Item, Row, collate

    rng = np.random.default_rng(0)
    spans = np.stack([np.arange(ROW), np.arange(ROW) + 1], 1)
    rows = [Row(f"r{i}", rng.integers(0, vocabulary, ROW + 1), 1, spans=spans) for i in range(tokens // ROW)]
    return collate([Item((row,)) for row in rows])


def job(spec: dict) -> dict[str, float]:
    """One objective, in this process."""
    from importlib import import_module

    import torch

    from limbeck.networks.logp import Head
    from limbeck.networks.policy import Policy
    from limbeck.networks.teachers import Live
    from limbeck.objectives.ops import Signal

    place, settings = OBJECTIVES[spec["name"]]
    module = import_module(f"limbeck.objectives.{place.replace('/', '.')}")
    objective, needs = getattr(module, place.split("/")[1]), module.NEEDS
    torch.manual_seed(0)
    words = OTHER if "teacher_text" in needs else LARGE
    ours, theirs = batch(spec["tokens"], LARGE), batch(spec["tokens"], words)
    hidden, taught = (torch.randn(spec["tokens"], spec["width"]) for _ in range(2))
    weight, other = (torch.randn(size, spec["width"]).mul_(0.02) for size in (LARGE, words))
    signal = Signal(
        teacher=Live(Head(taught, other)), other=theirs, spans_N2=theirs.columns["spans"], progress=1.0,
        words=tuple(tuple(str(k) for k in range(size)) for size in (LARGE, words)),
    )  # fmt: skip
    head = Head(hidden.requires_grad_(), weight.requires_grad_())
    before, started = rss(), time.process_time()
    loss = objective(ours, Policy(ours, head), signal, **settings)
    (loss.sum / loss.count).backward()
    return {"seconds": time.process_time() - started, "own_mb": rss(peak=True) - before}


def main(quick: bool) -> None:
    sizes = ((512, 256),) if quick else ((512, 256), (2048, 256))
    lines, ratios = [], []
    for tokens, width in sizes:
        results = {name: measure(__file__, name=name, tokens=tokens, width=width) for name in OBJECTIVES}
        for name, seen in results.items():
            ratio = seen["own_mb"] / results["kd"]["own_mb"]
            if not name.startswith("kd"):
                ratios.append(ratio)
            lines.append(
                f"| {name} | {tokens:,} | {width:,} | {seen['own_mb']:,.0f} | {ratio:.2f} | "
                f"{1000 * seen['seconds'] / tokens:.1f} |"
            )
            print(lines[-1], flush=True)
    page = [
        "# Objectives on whole distributions, at large vocabularies", "",
        f"{date.today()}, 2-core CPU, one thread, torch {version('torch')}. Made by",
        "`python bench/bench_objectives.py`, each measurement in a fresh process. Forward and backward",
        f"of the objective alone in float32, on rows of {ROW:,} trained tokens; the student has {LARGE:,}",
        "words, the teacher as many or, where tokenizers differ (`uld`; `aligned_kl` paired by characters),",
        f"{OTHER:,}. MB are peak resident memory above the operands (hidden states and both heads'",
        f"matrices); the gradient of the student's, {LARGE * 256 * 4 / 2**20:,.0f} MB at width 256, is in",
        f"it. All logits of one side are {LARGE * 2048 * 4 / 2**20:,.0f} MB at 2,048 tokens.", "",
        "| objective | tokens | width | MB | of `kd`'s | CPU ms a token |",
        "|---|---|---|---|---|---|", *lines, "",
        f"The largest share of `kd`'s memory, but for `kd` itself with `ce`, is {max(ratios):.2f}.", "",
    ]  # fmt: skip
    if not quick:
        RESULTS.write_text("\n".join(page))
    print("\n".join(page))


if __name__ == "__main__":
    start(__doc__, job, main)
