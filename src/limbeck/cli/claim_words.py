"""A claim in words: its counts, what it could have shown, its page and the table of all."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

from limbeck.pipeline import metrics
from limbeck.pipeline.recipe import DEFAULT_SCALE
from limbeck.reproduction.claims import tally
from limbeck.units import bare, chance, name, style

RULE = """\
Written by `limbeck claim NAME --save claims`; `make claims` measures all of them, `limbeck claim --rewrite
claims` judges again what was measured, without running anything.

* A contrast *holds* when two 95% intervals of its difference lie beyond what is wanted: a bootstrap over
  seeds and problems, paired by both, and Student's over the seeds' differences. It is *reversed* when both
  lie on the other side, else *not shown*.
* **Central** contrasts, in bold, are those in the first sentence of the paper's card (`must_show`, up to a
  semicolon) that sets arms against each other, with every arm and measure named there; what follows it
  (ablations, controls, consequences) is further. The card chose them, not how they came out.
* A claim *holds* when each central contrast does, is *reversed* when some are and none holds, *mixed* when
  some hold and others are reversed, else *not shown*. A verdict is each contrast's own; p (Holm) is adjusted
  for all contrasts of a claim together.
* Of what is not shown a page says the smallest true difference that four of five such measurements would
  have shown ([how](../docs/concepts.md#numbers)), and whether that would do for the paper's; where the
  paper gives none in this unit, for two points of a share or 0.02 of a score; where the claim is "no worse
  than", for no difference at all. Where it would not, it says how many seeds would. They are other seeds
  than those looked at: `limbeck claim NAME --seeds 3-10`.
* A central contrast that is reversed is told with what explains it, or *unexplained*.
"""
WORTH = 0.02
"""The difference of shares or scores that is asked for where a paper gives none in its unit: two points."""
HEADINGS = (
    "contrast | metric | benchmark | T | value | other | difference | bootstrap | over seeds | wanted "
    "| p (Holm) | verdict"
)


def which_seeds(page: dict[str, Any]) -> list[int]:
    """A page's seeds; one that does not name them was measured from 0 on."""
    return list(page.get("which_seeds", range(page["seeds"])))


def spans(seeds: list[int], dash: str = "–") -> str:
    """``0–2, 7`` for the seeds 0, 1, 2 and 7."""
    parts = []
    for _, run in groupby(enumerate(sorted(seeds)), key=lambda pair: pair[1] - pair[0]):
        first, *_, last = [seed for _, seed in run] * 2
        parts.append(str(first) if first == last else f"{first}{dash}{last}")
    return ", ".join(parts)


def seeds_said(page: dict[str, Any]) -> str:
    """``3 seeds (0–2)``."""
    which = which_seeds(page)
    return f"{_many(which, 'seed')} ({spans(which)})"


def _many(things: list[Any], noun: str) -> str:
    return f"{len(things)} {noun}{'s' * (len(things) != 1)}"


def counts(comparisons: list[dict[str, Any]]) -> str:
    """``central: 1 holds, 2 reversed; further: 1 holds``."""
    central = tally([c["verdict"] for c in comparisons if c["central"]])
    further = [c["verdict"] for c in comparisons if not c["central"]]
    return f"central: {central}" + (f"; further: {tally(further)}" if further else "")


def summary(pages: list[dict[str, Any]]) -> str:
    """``44 claims: …. N central contrasts: …; K that are not shown rule out …. All M contrasts: ….``"""
    every = [c for page in pages for c in page["claim"]]
    central = [c for c in every if c["central"]]
    words = ("holds", "mixed", "not shown", "reversed")
    numbers = {word: sum(page["standing"] == word for page in pages) for word in words}
    claims = ", ".join(f"{number} {word}" for word, number in numbers.items() if number)
    of_central, of_all = (tally([c["verdict"] for c in part]) for part in (central, every))
    return (
        f"{_many(pages, 'claim')}: {claims}. {_many(central, 'central contrast')}: {of_central}; "
        f"{sum(map(ruled_out, central))} that are not shown rule out what is asked for. "
        f"All {_many(every, 'contrast')}: {of_all}."
    )


def unshown(comparisons: list[dict[str, Any]]) -> list[str]:
    """A line for each contrast that is not shown: what could have been, and what the paper's takes."""
    return [f"{_named(c)}: {_power(c)}." for c in comparisons if c["verdict"] == "not shown"]


def unexplained(comparisons: list[dict[str, Any]]) -> list[str]:
    """A line for each central contrast that is reversed: what explains it, or that nothing does."""
    turned = [c for c in comparisons if c["central"] and c["verdict"] == "reversed"]
    return [f"{_named(c)}: {' '.join(c['explained'].split()) or 'unexplained'}." for c in turned]


def _named(c: dict[str, Any]) -> str:
    return f"{c['better']} − {c['than']} in {_measured(c)}"


def _signed(c: dict[str, Any], beyond: float) -> str:
    """A difference that is ``beyond`` 0 on the side that is wanted, with its sign and its unit."""
    unit = unit_of(c)
    words = "points" if unit == "share" else name(unit)
    return f"{bare((-beyond if c['fewer'] else beyond) + 0.0, unit, '+')} {words}".rstrip()


def _power(c: dict[str, Any]) -> str:
    """``could have shown +1.4 points or more; the paper's (+0.7 points) takes 9 seeds``."""
    from limbeck.evaluation.power import MOST, seeds_for

    least, (asked, label) = c["by"] + c["detectable"], _asked(c)
    told = f"could have shown {_signed(c, least)} or {'less' if c['fewer'] else 'more'}"
    if unit_of(c) == "share" and least >= 1:
        told = "could have shown nothing, so far do the seeds differ"
    if asked is None or asked <= c["by"]:
        return f"{told}; {label}"
    if ruled_out(c):
        return f"{told}; {label} lies beyond both intervals"
    if asked >= least:
        return f"{told}; {label} would have been"
    seeds = seeds_for(asked - c["by"], c["per_seed"])
    if seeds is None:
        return f"{told}; {label} takes more than {MOST} seeds"
    return f"{told}; {label} takes {f'{seeds} seeds' if seeds > c['seeds'] else 'more problems'}"


def _asked(c: dict[str, Any]) -> tuple[float | None, str]:
    """The difference that ought to be shown if it is there, on the side that is wanted, and its name."""
    if c["paper"] is not None:
        return c["paper"], f"the paper's ({_signed(c, c['paper'])})"
    if c["by"] < 0:
        return 0.0, "no difference at all"
    if c["by"] == 0 and unit_of(c) in ("share", "score"):
        return WORTH, _signed(c, WORTH)
    return None, "the paper gives none in this unit"


def ruled_out(c: dict[str, Any]) -> bool:
    """Whether what is asked for lies beyond both intervals of what is not shown."""
    asked, _ = _asked(c)
    ends = [c[end] for end in ("low", "high", "t_low", "t_high") if c[end] is not None]
    beyond = max(-end if c["fewer"] else end for end in ends)
    return c["verdict"] == "not shown" and asked is not None and asked > beyond


def _rows(comparisons: list[dict[str, Any]]) -> list[str]:
    from limbeck.evaluation.comparison_table import degrees

    lines = [f"| {HEADINGS} |", "|---" * (HEADINGS.count("|") + 1) + "|"]
    for c in comparisons:
        p, unit = c["p"] if c["p_holm"] is None else c["p_holm"], unit_of(c)
        lines.append(
            f"| {_contrast(c)} | {_measured(c)} | {c['benchmark']} "
            f"| {degrees(c['temperature'])} | {bare(c['value'], unit)} | {bare(c['other'], unit)} "
            f"| {_difference(c)} | {_wanted(c)} | {chance(p)} | {c['verdict']} |"
        )
    return lines


def overview(folder: Path) -> str:
    """``claims/README.md``: every measured claim, one contrast a line."""
    from limbeck.evaluation.samples import temperature_of

    pages = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    pages = [page for page in pages if "standing" in page]
    lines = [
        "# Measured claims",
        "",
        RULE,
        summary(pages),
        "",
        "| claim | standing | contrast | metric | difference | bootstrap | over seeds | wanted | verdict "
        "| seeds | date |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for page in pages:
        claim, standing = f"[{page_name(page)}]({page_name(page)}.md)", page["standing"]
        for c in page["claim"]:
            lines.append(
                f"| {claim} | {standing} | {_contrast(c)} "
                f"| {_measured(c)}, {temperature_of(c['temperature'])} "
                f"| {_difference(c)} | {_wanted(c)} | {c['verdict']} | {spans(which_seeds(page))} "
                f"| {page['date']} |"
            )
            claim = standing = ""
    return "\n".join(lines) + "\n"


def unit_of(c: dict[str, Any]) -> str:
    """A page measured before units were written has them from its metric."""
    return str(c["unit"]) if c.get("unit") else metrics.read(c["metric"]).unit


def _contrast(c: dict[str, Any]) -> str:
    return f"**{c['better']} − {c['than']}**" if c["central"] else f"{c['better']} − {c['than']}"


def _measured(c: dict[str, Any]) -> str:
    from limbeck.evaluation.comparison import named

    return named(c["metric"], unit_of(c), c.get("scores", ""))


def _difference(c: dict[str, Any]) -> str:
    """The difference and both its intervals, each a cell."""
    cells = [bare(c["diff"], unit_of(c), "+")]
    for low, high in ((c["low"], c["high"]), (c["t_low"], c["t_high"])):
        ends = [] if low is None else [bare(each, unit_of(c), "+") for each in (low, high)]
        cells.append(f"[{', '.join(ends)}]" if ends else "–")
    return " | ".join(cells)


def _wanted(c: dict[str, Any]) -> str:
    by, fewer = c.get("by", 0.0), c.get("fewer", False)
    return f"{'below' if fewer else 'above'} {style(unit_of(c)).scale * (-by if fewer else by) + 0.0:g}"


def markdown(page: dict[str, Any]) -> str:
    """The page under ``claims/``."""
    problems = max(c["problems"] for c in page["claim"])
    lines = [
        f"# Claim `{page_name(page)}`: {page['standing']}",
        "",
        f"{counts(page['claim']).capitalize()} ([what the words mean](README.md)).",
        "",
        " ".join(page["says"].split()),
        "",
        "Shares in %, lengths in tokens, scores in their own unit; "
        f"{seeds_said(page)}, {problems} problems. Central contrasts are bold. Intervals of 95%: a bootstrap "
        "over seeds and problems, paired by both, and Student's over seeds.",
        "",
        *_rows(page["claim"]),
        *_listed("Reversed, and central", unexplained(page["claim"])),
        *_listed(
            "Not shown, and what would have been in four of five such measurements", unshown(page["claim"])
        ),
    ]
    if page["also"]:
        lines += ["", "Also measured, not part of the claim:", "", *_rows(page["also"])]
    versions = ", ".join(f"{package} {version}" for package, version in page["versions"].items())
    lines += [
        "",
        f"Measured {page['date']}, scale {page['scale']}, with `limbeck claim {page['recipe']} "
        f"{_options(page)}`, whose stages took {page['seconds']} s on {page['machine']}; {versions}.",
    ]
    for old in page.get("earlier", []):
        lines += ["", f"Measured before at seeds {spans(old['which_seeds'])}, {old['date']}: {old['found']}."]
    return "\n".join(lines) + "\n"


def page_name(page: dict[str, Any]) -> str:
    """What its files are called: the recipe, and its scale where that is not the usual one."""
    return page["recipe"] if page["scale"] == DEFAULT_SCALE else f"{page['recipe']}-{page['scale']}"


def _options(page: dict[str, Any]) -> str:
    """The ``--scale``, ``--set`` and ``--seeds`` that measure the page again."""
    which = which_seeds(page)
    first = which == list(range(len(which)))
    scale = "" if page["scale"] == DEFAULT_SCALE else f"--scale {page['scale']} "
    settings = "".join(f"--set {setting} " for setting in page["settings"])
    return f"{scale}{settings}--seeds {len(which) if first else spans(which, '-').replace(' ', '')}"


def _listed(heading: str, lines: list[str]) -> list[str]:
    return ["", f"{heading}:", "", *(f"* {line}" for line in lines)] if lines else []
