"""What a teacher's tokens buy: recipe ``teacher-schemes`` over seeds, as a table with tokens and intervals.

``python bench/teacher_schemes.py [SEEDS]``: a minute a seed on one core. Stages are kept under
``runs/teacher-schemes``: killed, it goes on where it was. Writes bench/results/teacher_schemes.md.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from limbeck.evaluation.comparison import compare
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline import store
from limbeck.pipeline.runner import run
from limbeck.records import Data

RECIPE = "teacher-schemes"
PAGE = Path(__file__).parent / "results" / "teacher_schemes.md"
BESIDE = "answers"
"""The scheme that the others are held against."""


class Scheme(NamedTuple):
    """What a scheme is and needs, the stage whose traces its student reads, and the stages it pays for."""

    says: str
    needs: str
    reads: str
    pays: tuple[str, ...]


SCHEMES = {
    "everything": Scheme("one sample, unfiltered", "nothing", "written", ("written",)),
    "answers": Scheme("one sample, kept where its answer is right", "answers", "answered", ("written",)),
    "steps": Scheme("... and where its equations all hold", "answers, arithmetic", "stepped", ("written",)),
    "hinted": Scheme("told the answer, kept where it is right", "answers", "told_answered", ("told",)),
    "hinted_steps": Scheme(
        "... and where its equations all hold", "answers, arithmetic", "told_stepped", ("told",)
    ),
    "tries": Scheme("up to four tries, until one is right", "answers", "tried_right", ("tried",)),
    "votes": Scheme("three samples, those with the majority", "nothing", "three_right", ("three_times",)),
    "agreement": Scheme(
        "three teachers, where they agree", "nothing", "all_agreed", ("by_anna", "by_ben", "by_cleo")
    ),
    "peers": Scheme("right ones that two others accept", "answers", "reviewed", ("for_review", "reviewed")),
    "shorter": Scheme(
        "right ones, shortened, right again", "answers", "shortened_right", ("to_shorten", "shortened")
    ),
}


class Seen(NamedTuple):
    """One scheme under one seed."""

    tokens: int
    kept: int
    samples: Data


def spent(folders: Mapping[str, Path], stages: Iterable[str]) -> int:
    """Tokens that the teachers wrote."""
    manifests = [json.loads((folders[stage] / "manifest.json").read_text("utf-8")) for stage in stages]
    return sum(used["completion_tokens"] for each in manifests for used in each["usage"].values())


def measured(seed: int) -> dict[str, Seen]:
    """All schemes under one seed."""
    plan = planning.make(recipes.load(RECIPE, seed=seed), Path("runs") / RECIPE)
    folders = run(plan, 1, quiet=True).folders
    seen = {}
    for name, scheme in SCHEMES.items():
        read = store.read_data(folders[scheme.reads]).all()
        kept = sum(not trace.marks for trace in read.traces)
        samples = store.read_data(folders[f"scores@{name}"]).all()
        seen[name] = Seen(spent(folders, scheme.pays), kept, samples)
    return seen


def rows(seeds: Sequence[dict[str, Seen]]) -> Iterator[str]:
    """The table's lines, a scheme each."""
    beside = [seed[BESIDE].samples for seed in seeds]
    for name, scheme in SCHEMES.items():
        ours = [seed[name] for seed in seeds]
        tokens, kept = (sum(values) / len(ours) for values in zip(*(each[:2] for each in ours), strict=True))
        c = compare([each.samples for each in ours], beside, names=(name, BESIDE))
        cells = (scheme.says, scheme.needs, f"{tokens:,.0f}", f"{kept:,.0f}", f"{100 * c.value:.1f}")
        spans = [(c.low, c.high)]
        if c.t_low is not None and c.t_high is not None:
            spans.append((c.t_low, c.t_high))
        intervals = " and ".join(f"[{100 * low:+.1f}, {100 * high:+.1f}]" for low, high in spans)
        against = f"{100 * c.diff:+.1f} {intervals}" if name != BESIDE else ""
        yield f"| {' | '.join((*cells, against))} |"


def main(count: int) -> None:
    """Measure and write the page."""
    import torch

    torch.set_num_threads(1)
    seeds = [measured(seed) for seed in range(count)]
    lines = [
        "# What a teacher's tokens buy",
        "",
        f"{time.strftime('%Y-%m-%d')}, recipe `{RECIPE}`, seeds 0 to {count - 1}, by "
        f"`python bench/teacher_schemes.py {count}`; Python {platform.python_version()}, torch "
        f"{torch.__version__}.",
        "",
        "A rehearsal: what programmed teachers err in was put in, so the order of the schemes is that of",
        "these errors and of no language model. A token is a character that a teacher wrote; drafts,",
        "reviews and rewrites count. Accuracy of students is pass@1 in %, greedy, on 200 questions;",
        "differences are to one sample kept where its answer is right, with the 95% intervals of a bootstrap",
        "and of Student over seeds.",
        "",
        "| scheme | needs | tokens written | traces kept | accuracy | difference |",
        "|---|---|---|---|---|---|",
        *rows(seeds),
    ]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(*lines, sep="\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
