"""``limbeck claim``: a paper's comparison, run over seeds, and what may be said of it."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import typer
from msgspec.structs import replace

from limbeck.cli import claim_pages, claim_words, comparing
from limbeck.cli.output import console, give, quiet, tell, warn
from limbeck.errors import LimbeckError, Mistakes, nearest
from limbeck.pipeline import manifests, store
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.runner import run
from limbeck.reproduction.claims import DEFAULTS, check


def seeds_of(text: str) -> list[int]:
    """The seeds that ``--seeds`` or a claim names: ``3`` is how many, ``101-103`` and ``0,3,7`` say which.

    Raises:
        LimbeckError: the text is none of these, or names a seed twice.
    """
    seeds: list[int] = []
    for part in [f"0-{int(text) - 1}"] if text.isdecimal() else text.split(","):
        bounds = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*", part)
        first, last = (int(bounds[1]), int(bounds[2] or bounds[1])) if bounds else (0, -1)
        seeds += range(first, last + 1)
        if first > last or len(set(seeds)) < len(seeds):
            raise LimbeckError(
                f"--seeds {text}: wanted is how many (5), a range (101-103) or a list (0,3,7), each seed once"
            )
    return seeds


def machine() -> str:
    """What kind of machine this is: cores, memory and accelerator, no names."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    accelerator = "GPU" if Path("/dev/nvidia0").exists() else "no GPU"
    return f"{os.cpu_count()} CPU cores, {gib:.0f} GiB, {accelerator}"


def _samples(
    name: str, spec: dict[str, Any], options: dict[str, Any], seeds: list[int], out: Path, jobs: int
) -> tuple[dict[str, Any], float]:
    """Run every seed. Gives the evaluated samples of each step ``scores@arm``, one `Data` per seed, and how
    long all stages took, in seconds, when they were made: a cached one counts, and one that seeds share
    counts once."""
    contrasts = [*spec["main"], *spec["also"]]
    wanted = sorted({f"{each['scores']}@{each[side]}" for each in contrasts for side in ("better", "than")})
    samples: dict[str, Any] = {step: [] for step in wanted}
    seconds: dict[Path, float] = {}
    for at, seed in enumerate(seeds):
        plan = planning.make(recipes.load(name, seed=seed, **options), out)
        mistakes, known = Mistakes(), [each for each in plan.steps if "@" in each]
        for step in wanted:
            if step not in plan.steps:
                hint = nearest(step, known)
                mistakes.note(f"recipe {name!r}: claim compares {step!r}, which is not evaluated{hint}")
        mistakes.tell()
        if not quiet():
            typer.echo(f"seed {seed} ({at + 1} of {len(seeds)})", err=True)
        made = run(plan.until(*{each["scores"] for each in contrasts}), jobs, quiet=quiet())
        if line := comparing.precisions(made.manifests[step] for step in wanted):
            warn(f"seed {seed}: {line}")
        seconds |= {made.folders[step]: manifest["seconds"] for step, manifest in made.manifests.items()}
        for step in wanted:
            samples[step].append(store.read_data(made.folders[step]).all())
        if not at:  # what cannot be compared is told before the other seeds are run
            for each in contrasts:
                _contrast(each, samples, draws=1)
    return samples, sum(seconds.values())


def _contrast(given: dict[str, Any], samples: dict[str, Any], **more: Any) -> Any:
    """One comparison, as a claim states it."""
    from limbeck.evaluation.comparison import compare

    sides = [samples[f"{given['scores']}@{given[side]}"] for side in ("better", "than")]
    more |= {key: given[key] for key in ("metric", "temperature", "benchmark", "fewer", "by")}
    compared = compare(*sides, names=(given["better"], given["than"]), **more)
    return replace(compared, scores="" if given["scores"] == DEFAULTS["scores"] else given["scores"])


def claim(
    name: str, scale: str, seeds: str, settings: list[str], out: Path | None, save: Path | None, jobs: int
) -> None:
    """Run, compare, print and save."""
    from limbeck.evaluation.comparison import holm
    from limbeck.evaluation.comparison_table import table

    options: dict[str, Any] = {"scale": scale, "settings": recipes.parse_settings(settings)}
    recipe = recipes.load(name, **options)
    spec = check(recipe.claim, name)
    which = seeds_of(str(spec["seeds"]) if seeds in ("", "0") else seeds)
    samples, seconds = _samples(
        name, spec, options, which, out or Path("runs") / f"claim-{recipe.name}", jobs
    )
    main = holm([_contrast(given, samples) for given in spec["main"]])
    also = [_contrast(given, samples) for given in spec["also"]]
    page = claim_pages.judged_page(
        {
            "recipe": recipe.name,
            "says": spec.get("says", ""),
            "seeds": len(which),
            "which_seeds": which,
            "scale": scale,
            "settings": settings,
            "date": time.strftime("%Y-%m-%d"),
            "seconds": round(seconds),
            "machine": machine(),
            "versions": manifests.versions(),
        },
        claim_pages.entries(main, spec["main"]),
        claim_pages.entries(also, spec["also"]),
    )
    shown = console(180)
    shown.print(table(main, title=f"{recipe.title}\n{' '.join(spec.get('says', '').split())}"))
    if also:
        shown.print(table(also, title="Also measured (not part of the claim)"))
    shown.print(
        f"claim {recipe.name}: [bold]{page['standing']}[/] over {claim_words.seeds_said(page)}; "
        f"{claim_words.counts(page['claim'])}"
    )
    for line in claim_words.unshown(page["claim"]):
        tell(line)
    give(page)
    if save:
        save.mkdir(parents=True, exist_ok=True)
        file = save / f"{claim_words.page_name(page)}.json"
        claim_pages.write(save, [claim_pages.after(page, file)])
        tell(f"saved {file.with_suffix('.md')} and .json")


def rewrite(folder: Path) -> None:
    """Judge and write anew what was measured, without running anything."""
    pages = claim_pages.rewritten(folder)
    claim_pages.write(folder, pages)
    tell(f"{folder}: judged and written anew. {claim_words.summary(pages)}")
    give({page["recipe"]: page["standing"] for page in pages})
