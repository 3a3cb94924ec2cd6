"""What compression costs a model's next-token distributions: rounding, GPTQ, pruning, and hqq as the peer.

Run: python bench/bench_compress.py [--real] [SVAMP.csv]; half a minute of one core, ten more with SmolLM2.
hqq 0.2.8.post1 is read where it can be imported (pip install --no-deps --target FOLDER hqq).
Writes bench/results/compress.md.
"""

from __future__ import annotations

import copy
import importlib.util
import sys
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from limbeck.networks import calibrating, compensating, compressing
from limbeck.networks.batch import Row
from limbeck.networks.opening import load
from limbeck.networks.rounding import round_inside
from limbeck.networks.rows import ChatTokenizer
from limbeck.pipeline.parameters import ready

PAGE = Path(__file__).parent / "results" / "compress.md"
TEACHER = Path(__file__).parent.parent / "src/limbeck/assets/haste/teacher"
GROUP, WIDTHS, SHARES = 64, (8, 4, 3, 2), (0.3, 0.5, 0.7)
HQQ = importlib.util.find_spec("hqq") is not None
Batches = calibrating.Batches
Change = Callable[[Any], object]


def chains() -> tuple[Any, list[Row], list[Row]]:
    """The haste teacher and its kind of traces: some to calibrate on, others to read."""
    data = ready("problems/haste", n=600, low=3, high=5, solve="hasty", seed=3)()
    rows = [*ChatTokenizer.open(str(TEACHER)).rows(data, data.kept()).values()]
    return load(str(TEACHER)).eval(), rows[:128], rows[128:600]


def language() -> tuple[Any, list[Row], list[Row]]:
    """SmolLM2 and its own answers to word problems."""
    import real_model

    from limbeck.generation import Sampling

    local = real_model.opened("float32")
    chats = real_model.chats(real_model.problems(100, 48))
    how = Sampling(temperature=0.0, top_p=1.0, max_tokens=64)
    written = [each.ids for each in real_model.in_batches(local, chats, 24, how)]
    rows = []
    for prompt, ids in zip(local._prompt_ids(chats), written, strict=True):
        rows.append(Row(str(len(rows)), np.array(prompt + ids, dtype=np.int32), len(prompt)))
    return local._loaded[0], rows[:24], rows[24:]


@torch.no_grad()
def told(model: Any, batches: Batches) -> torch.Tensor:
    """Log-probabilities of every next token, ``[N, V]``."""
    return torch.cat(
        [model(input_ids=ids_BT, use_cache=False).logits.log_softmax(-1)[real] for ids_BT, real in batches]
    )


def divergence(dense_NV: torch.Tensor, other_NV: torch.Tensor) -> float:
    """Mean KL(dense || other) in nats per token."""
    return float((dense_NV.exp() * (dense_NV - other_NV)).sum(-1).mean())


def by_hqq(model: Any, bits: int) -> None:
    """hqq's own levels, put back into the plain layers."""
    from hqq.core.quantize import BaseQuantizeConfig, HQQLinear

    config = BaseQuantizeConfig(nbits=bits, group_size=GROUP)
    for layer in compressing.layers(model):
        bare = copy.deepcopy(layer)
        made = HQQLinear(bare, config, compute_dtype=torch.float32, device="cpu", initialize=True)
        layer.weight.data.copy_(made.dequantize())


def calibrated(rule: Callable[..., torch.Tensor], batches: Batches) -> Change:
    return lambda model: calibrating.calibrate(model, batches, rule)


def variants(model: Any, own: Batches, random: Batches) -> Iterator[tuple[str, str, Change]]:
    """A method's name, how far it goes, and the change."""
    for bits in WIDTHS:
        solve = partial(compensating.gptq, bits=bits, group=GROUP)
        yield "rounded", f"{bits} bits", partial(compressing.quantise, bits=bits, group=GROUP)
        yield "gptq, own traces", f"{bits} bits", calibrated(solve, own)
        yield "gptq, random tokens", f"{bits} bits", calibrated(solve, random)
        if HQQ:
            yield "hqq", f"{bits} bits", partial(by_hqq, bits=bits)
        yield "activations rounded", f"{bits} bits", partial(round_inside, activations=bits)
        yield "cache rounded", f"{bits} bits", partial(round_inside, cache=bits)
    for share in SHARES:
        yield "magnitude", f"{share:.0%} empty", partial(compressing.prune, share=share)
        for name in ("wanda", "sparsegpt"):
            rule = partial(getattr(compensating, name), share=share)
            yield f"{name}, own traces", f"{share:.0%} empty", calibrated(rule, own)


def table(title: str, made: tuple[Any, list[Row], list[Row]]) -> list[str]:
    """A page's part on one model."""
    model, some, others = made
    size = model.get_input_embeddings().num_embeddings
    own, reading = calibrating.batches(some), calibrating.batches(others)
    random = calibrating.batches(calibrating.at_random(some, size, seed=0))
    dense = told(model, reading)
    degrees = [f"{bits} bits" for bits in WIDTHS], [f"{share:.0%} empty" for share in SHARES]
    cells: dict[str, dict[str, float]] = {}
    for name, degree, change in variants(model, own, random):
        other = copy.deepcopy(model)
        change(other)
        cells.setdefault(name, {})[degree] = divergence(dense, told(other, reading))
        print(title, name, degree, cells[name][degree], flush=True)
    lines = [f"\n## {title}\n"]
    for columns in degrees:
        lines += ["", f"| | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
        for name, row in cells.items():
            if columns[0] in row:
                lines.append(f"| {name} | {' | '.join(f'{row[each]:.5f}' for each in columns)} |")
    tokens = sum(int(real.sum()) for _, real in own)
    return [*lines, "", f"Calibrated on {tokens:,} tokens, read on {len(dense):,}."]


def main() -> None:
    torch.set_num_threads(1)
    parts = table("The haste teacher (0.3 M)", chains())
    if "--real" in sys.argv:
        sys.argv.remove("--real")  # what is left names SVAMP's file
        parts += table("SmolLM2-135M-Instruct", language())
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    peer = "hqq 0.2.8.post1" if HQQ else "no hqq"
    head = f"""# What compression costs

Written by `bench/bench_compress.py` on {date.today()}; {versions},
{peer}; one CPU core. Mean KL from the uncompressed model's next-token distribution, in nats per token, on
texts that calibration has not seen; groups of {GROUP} weights, activations and caches token by token."""
    PAGE.write_text("\n".join([head, *parts]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
