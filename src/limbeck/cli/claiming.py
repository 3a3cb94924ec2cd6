"""``limbeck claim``: a paper's comparison, run over seeds, and what may be said of it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import typer
from msgspec.structs import replace
from rich.console import Console

from limbeck.cli.output import give, quiet, tell
from limbeck.errors import LimbeckError, Mistakes, nearest
from limbeck.pipeline import manifests, metrics, store
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.runner import run
from limbeck.reproduction.claims import DEFAULTS, check, standing
from limbeck.units import bare, chance, style


def machine() -> str:
    """What kind of machine this is: cores, memory and accelerator, no names."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    accelerator = "GPU" if Path("/dev/nvidia0").exists() else "no GPU"
    return f"{os.cpu_count()} CPU cores, {gib:.0f} GiB, {accelerator}"


def _samples(
    name: str, spec: dict[str, Any], options: dict[str, Any], seeds: int, out: Path, jobs: int
) -> tuple[dict[str, Any], float]:
    """Run every seed. Gives the evaluated samples of each step ``scores@arm``, one `Data` per seed, and how
    long all stages took, in seconds, when they were made: a cached one counts, and one that seeds share
    counts once."""
    contrasts = [*spec["main"], *spec["also"]]
    wanted = sorted({f"{each['scores']}@{each[side]}" for each in contrasts for side in ("better", "than")})
    samples: dict[str, Any] = {step: [] for step in wanted}
    seconds: dict[Path, float] = {}
    for seed in range(seeds):
        plan = planning.make(recipes.load(name, seed=seed, **options), out)
        mistakes, known = Mistakes(), [each for each in plan.steps if "@" in each]
        for step in wanted:
            if step not in plan.steps:
                hint = nearest(step, known)
                mistakes.note(f"recipe {name!r}: claim compares {step!r}, which is not evaluated{hint}")
        mistakes.tell()
        if not quiet():
            typer.echo(f"seed {seed} ({seed + 1} of {seeds})", err=True)
        made = run(plan.until(*{each["scores"] for each in contrasts}), jobs, quiet=quiet())
        seconds |= {made.folders[step]: manifest["seconds"] for step, manifest in made.manifests.items()}
        for step in wanted:
            samples[step].append(store.read_data(made.folders[step]).all())
    return samples, sum(seconds.values())


def claim(
    name: str, scale: str, seeds: int, settings: list[str], out: Path | None, save: Path | None, jobs: int
) -> None:
    """Run, compare, print and save."""
    from limbeck.evaluation.comparison import as_dicts, compare, holm
    from limbeck.evaluation.comparison_table import table

    if seeds < 0:
        raise LimbeckError(f"--seeds {seeds}: a number of seeds is wanted, 0 for the recipe's")
    options: dict[str, Any] = {"scale": scale, "settings": recipes.parse_settings(settings)}
    recipe = recipes.load(name, **options)
    spec = check(recipe.claim, name)
    seeds = seeds or spec["seeds"]
    samples, seconds = _samples(
        name, spec, options, seeds, out or Path("runs") / f"claim-{recipe.name}", jobs
    )

    def contrast(given: dict[str, Any]) -> Any:
        sides = [samples[f"{given['scores']}@{given[side]}"] for side in ("better", "than")]
        more = {key: given[key] for key in ("metric", "temperature", "benchmark", "fewer", "by")}
        compared = compare(*sides, names=(given["better"], given["than"]), **more)
        return replace(compared, scores="" if given["scores"] == DEFAULTS["scores"] else given["scores"])

    main = holm([contrast(given) for given in spec["main"]])
    also = [contrast(given) for given in spec["also"]]
    verdict = standing([comparison.verdict for comparison in main])
    console = Console(width=None if Console().is_terminal else 180, quiet=quiet())
    console.print(table(main, title=f"{recipe.title}\n{' '.join(spec.get('says', '').split())}"))
    if also:
        console.print(table(also, title="Also measured (not part of the claim)"))
    console.print(
        f"claim {recipe.name}: [bold]{verdict}[/] over {seeds} seed{'s' * (seeds != 1)}", highlight=False
    )
    page = {
        "recipe": recipe.name,
        "says": spec.get("says", ""),
        "standing": verdict,
        "seeds": seeds,
        "scale": scale,
        "settings": settings,
        "claim": as_dicts(main),
        "also": as_dicts(also),
        "date": time.strftime("%Y-%m-%d"),
        "seconds": round(seconds),
        "machine": machine(),
        "versions": manifests.versions(),
    }
    give(page)
    if save:
        save.mkdir(parents=True, exist_ok=True)
        (save / f"{recipe.name}.json").write_text(json.dumps(page, indent=1) + "\n", encoding="utf-8")
        (save / f"{recipe.name}.md").write_text(markdown(page), encoding="utf-8")
        (save / "README.md").write_text(overview(save), encoding="utf-8")
        tell(f"saved {save / recipe.name}.md and .json")


def _rows(comparisons: list[dict[str, Any]]) -> list[str]:
    from limbeck.evaluation.comparison_table import degrees

    lines = [
        "| contrast | metric | benchmark | T | value | other | difference | 95% interval | wanted | p (Holm) "
        "| verdict |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for c in comparisons:
        p, unit = c["p"] if c["p_holm"] is None else c["p_holm"], _unit(c)
        lines.append(
            f"| {c['better']} − {c['than']} | {_measured(c)} | {c['benchmark']} "
            f"| {degrees(c['temperature'])} | {bare(c['value'], unit)} | {bare(c['other'], unit)} "
            f"| {_difference(c)} | {_wanted(c)} "
            f"| {chance(p)} | {c['verdict']} |"
        )
    return lines


def overview(folder: Path) -> str:
    """``claims/README.md``: every measured claim, one contrast a line."""
    from limbeck.evaluation.samples import temperature_of

    pages = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    pages = [page for page in pages if "standing" in page]
    standings = [page["standing"] for page in pages]
    counts = ", ".join(f"{standings.count(word)} {word}" for word in ("holds", "not shown", "reversed"))
    lines = [
        "# Measured claims",
        "",
        "Written by `limbeck claim NAME --save claims`; `make claims` measures all of them. "
        "A claim holds when each of",
        "its contrasts does: the 95% interval of the difference, paired by seed and problem, "
        "is beyond what is wanted.",
        "",
        f"{len(pages)} claim{'s' * (len(pages) != 1)}: {counts}.",
        "",
        "| claim | standing | contrast | metric | difference | 95% interval | wanted | seeds | date |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for page in pages:
        name, standing = f"[{page['recipe']}]({page['recipe']}.md)", page["standing"]
        for c in page["claim"]:
            lines.append(
                f"| {name} | {standing} | {c['better']} − {c['than']} | {_measured(c)}, "
                f"{temperature_of(c['temperature'])} "
                f"| {_difference(c)} | {_wanted(c)} | {page['seeds']} | {page['date']} |"
            )
            name = standing = ""
    return "\n".join(lines) + "\n"


def _unit(c: dict[str, Any]) -> str:
    """A page measured before units were written has them from its metric."""
    return str(c["unit"]) if "unit" in c else metrics.read(c["metric"]).unit


def _measured(c: dict[str, Any]) -> str:
    from limbeck.evaluation.comparison import named

    return named(c["metric"], _unit(c), c.get("scores", ""))


def _difference(c: dict[str, Any]) -> str:
    low, high = (bare(c[side], _unit(c), "+") for side in ("low", "high"))
    return f"{bare(c['diff'], _unit(c), '+')} | [{low}, {high}]"


def _wanted(c: dict[str, Any]) -> str:
    by, fewer = c.get("by", 0.0), c.get("fewer", False)
    return f"{'below' if fewer else 'above'} {style(_unit(c)).scale * (-by if fewer else by) + 0.0:g}"


def markdown(page: dict[str, Any]) -> str:
    """The page under ``claims/``."""
    problems = max(c["problems"] for c in page["claim"])
    lines = [
        f"# Claim `{page['recipe']}`: {page['standing']}",
        "",
        " ".join(page["says"].split()),
        "",
        "Shares in %, lengths in tokens, scores in their own unit; "
        f"{page['seeds']} seeds, {problems} problems; "
        "intervals from a bootstrap over seeds and problems, paired by both.",
        "",
        *_rows(page["claim"]),
    ]
    if page["also"]:
        lines += ["", "Also measured, not part of the claim:", "", *_rows(page["also"])]
    versions = ", ".join(f"{name} {version}" for name, version in page["versions"].items())
    lines += [
        "",
        f"Measured {page['date']}, scale {page['scale']}, with `limbeck claim {page['recipe']}`, "
        f"whose stages took {page['seconds']} s on {page['machine']}; {versions}.",
    ]
    return "\n".join(lines) + "\n"
