"""``limbeck claim``: a paper's comparison, run over seeds, and what may be said of it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from limbeck.errors import LimbeckError, nearest
from limbeck.pipeline import execute, store
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.runner import run

KEYS = {"says", "scores", "metric", "benchmark", "temperature", "better", "than", "also", "seeds"}


def machine() -> str:
    """What kind of machine this is: cores, memory and accelerator, no names."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    accelerator = "GPU" if Path("/dev/nvidia0").exists() else "no GPU"
    return f"{os.cpu_count()} CPU cores, {gib:.0f} GiB, {accelerator}"


def check(spec: dict[str, Any], name: str) -> dict[str, Any]:
    """The claim's fields, defaults filled in; a recipe without a claim or with an unknown field raises."""
    if not spec:
        raise LimbeckError(f"recipe {name!r} states no claim; `limbeck papers` shows which do")
    for key in spec:
        if key not in KEYS:
            raise LimbeckError(f"recipe {name!r}: claim has no field {key!r}{nearest(key, KEYS)}")
    for key in ("better", "than"):
        if key not in spec:
            raise LimbeckError(f"recipe {name!r}: claim needs {key!r}")
    defaults = {"scores": "scores", "metric": "pass@1", "benchmark": "", "temperature": 0.6, "also": [], "seeds": 5}
    return {**defaults, **spec}


def standing(verdicts: list[str]) -> str:
    """One word for several comparisons: ``holds`` when all do, ``reversed`` when any is, else ``not shown``."""
    if "reversed" in verdicts:
        return "reversed"
    return "holds" if verdicts and all(verdict == "holds" for verdict in verdicts) else "not shown"


def _samples(
    name: str, spec: dict[str, Any], options: dict[str, Any], seeds: int, out: Path, jobs: int
) -> dict[str, Any]:
    """Run every seed; the evaluated samples of each arm, one `Data` per seed."""
    arms = {spec["better"], *spec["than"], *(arm for pair in spec["also"] for arm in (pair["better"], pair["than"]))}
    found: dict[str, Any] = {arm: [] for arm in sorted(arms)}
    for seed in range(seeds):
        plan = planning.make(recipes.load(name, seed=seed, **options), out).until(spec["scores"])
        for arm in arms:
            if f"{spec['scores']}@{arm}" not in plan.steps:
                known = [step.of for step in plan.steps.values() if step.of]
                raise LimbeckError(
                    f"recipe {name!r}: claim compares {arm!r}, which is not evaluated{nearest(arm, known)}"
                )
        typer.echo(f"seed {seed} ({seed + 1} of {seeds})", err=True)
        folders = run(plan, jobs).folders
        for arm in arms:
            found[arm].append(store.read_data(folders[f"{spec['scores']}@{arm}"]).all())
    return found


def claim(
    name: str, scale: str, seeds: int, settings: list[str], out: Path | None, save: Path | None, jobs: int
) -> None:
    """Run, compare, print and save."""
    from limbeck.evaluation.comparison import as_dicts, compare, holm, table

    options: dict[str, Any] = {"scale": scale, "settings": recipes.parse_settings(settings)}
    recipe = recipes.load(name, **options)
    spec = check(recipe.claim, name)
    seeds = seeds or spec["seeds"]
    started = time.time()
    samples = _samples(name, spec, options, seeds, out or Path("runs") / f"claim-{recipe.name}", jobs)

    def contrast(better: str, than: str, temperature: float, benchmark: str) -> Any:
        return compare(
            samples[better], samples[than], names=(better, than), metric=spec["metric"],
            temperature=temperature, benchmark=benchmark,
        )  # fmt: skip

    main = holm([contrast(spec["better"], other, spec["temperature"], spec["benchmark"]) for other in spec["than"]])
    also = [
        contrast(pair["better"], pair["than"], pair.get("temperature", spec["temperature"]),
                 pair.get("benchmark", spec["benchmark"]))
        for pair in spec["also"]
    ]  # fmt: skip
    verdict = standing([comparison.verdict for comparison in main])
    console = Console(width=None if Console().is_terminal else 180)
    console.print(table(main, title=f"{recipe.title}\n{' '.join(spec.get('says', '').split())}"))
    if also:
        console.print(table(also, title="Also measured (not part of the claim)"))
    console.print(f"claim {recipe.name}: [bold]{verdict}[/] over {seeds} seeds", highlight=False)
    if save:
        page = {
            "recipe": recipe.name, "says": spec.get("says", ""), "standing": verdict, "seeds": seeds, "scale": scale,
            "settings": settings, "claim": as_dicts(main), "also": as_dicts(also),
            "date": time.strftime("%Y-%m-%d"), "seconds": round(time.time() - started), "machine": machine(),
            "versions": execute.versions(),
        }  # fmt: skip
        save.mkdir(parents=True, exist_ok=True)
        (save / f"{recipe.name}.json").write_text(json.dumps(page, indent=1) + "\n", encoding="utf-8")
        (save / f"{recipe.name}.md").write_text(markdown(page), encoding="utf-8")
        typer.echo(f"saved {save / recipe.name}.md and .json")


def _rows(comparisons: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| contrast | benchmark | T | value | other | difference | 95% interval | p (Holm) | verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for c in comparisons:
        p = c["p"] if c["p_holm"] is None else c["p_holm"]
        lines.append(
            f"| {c['better']} − {c['than']} | {c['benchmark']} | {c['temperature']:g} | {100 * c['value']:.1f} "
            f"| {100 * c['other']:.1f} | {100 * c['diff']:+.1f} | [{100 * c['low']:+.1f}, {100 * c['high']:+.1f}] "
            f"| {p:.3f} | {c['verdict']} |"
        )
    return lines


def markdown(page: dict[str, Any]) -> str:
    """The page under ``claims/``."""
    first = page["claim"][0]
    lines = [
        f"# Claim `{page['recipe']}`: {page['standing']}", "", " ".join(page["says"].split()), "",
        f"{first['metric']} in %, {page['seeds']} seeds, {first['problems']} problems; intervals from a bootstrap "
        "over seeds and problems, paired by both.", "", *_rows(page["claim"]),
    ]  # fmt: skip
    if page["also"]:
        lines += ["", "Also measured, not part of the claim:", "", *_rows(page["also"])]
    versions = ", ".join(f"{name} {version}" for name, version in page["versions"].items())
    lines += [
        "",
        f"Measured {page['date']}, scale {page['scale']}, with `limbeck claim {page['recipe']}` in {page['seconds']} s "
        f"on {page['machine']}; {versions}.",
    ]
    return "\n".join(lines) + "\n"
