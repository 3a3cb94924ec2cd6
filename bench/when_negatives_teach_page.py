"""``claims/when-negatives-teach.md`` and its picture, from ``claims/when-negatives-teach.json``."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup
from when_negatives_teach import CELLS, CLAIMS, RECIPE, RESULTS

from limbeck.report import svg

TITLES = {
    "base": "base: 29 tokens, 1,000 pairs, systematic (1.6)",
    "wrong longer": "wrong traces longer (74 tokens)",
    "wrong longer, smaller β": "the same, DPO with β 0.001 or 0.01",
    "wrong shorter": "wrong traces shorter (20 tokens)",
    "11 tokens": "both 11 tokens",
    "83 tokens": "both 83 tokens",
    "191 tokens": "both 191 tokens",
    "early departure": "wrong one departs early",
    "late departure": "wrong one departs late",
    "not systematic": "errors not systematic (1.0)",
    "hardly systematic": "hardly systematic (1.1)",
    "hardly systematic, smaller β": "the same, DPO with β 0.001 or 0.01",
    "wholly systematic": "wholly systematic (2)",
    "wrong longer, wholly systematic": "wholly systematic, wrong longer",
    "far teacher": "wrong traces in foreign letters",
    "far teacher, smaller β": "the same, DPO with β 0.001 or 0.01",
    "own wrong traces": "wrong traces of the student's own",
    "100 pairs": "100 pairs",
    "width 32": "width 32",
    "width 128": "width 128",
}
"""Cells in the order of the picture, factor by factor."""
PREDICTED = {
    "base": "≈≈>", "wrong longer": "<≈>", "wrong shorter": "<≈>", "hardly systematic": "<<>",
    "early departure": ">>>", "late departure": "≈≈>", "far teacher": "≈≈≈", "100 pairs": "≈≈>",
    "not systematic": "≈≈≤", "83 tokens": "≈≈>", "wrong longer, wholly systematic": "<≈>",
    "11 tokens": "≈≈>", "wholly systematic": "≈≈>", "width 32": "≈≈>", "width 128": "≈≈>",
    "191 tokens": "≈≈>", "own wrong traces": "≈≈>",
}  # fmt: skip
"""The signs of the three differences in the design."""
PANELS = ("REDI − DPO", "REDI − SimPO", "best negatives − SFT")
ARMS = {"sft": "SFT", "sft_longer": "SFT-longer", "redi": "REDI", "dpo": "DPO", "simpo": "SimPO"}
SHARES = ("pass@1", "shortcuts", "right_without")
ROUGHLY = 0.03
STYLE = """
.ground { fill: #ffffff; } .ink { fill: #1f2328; } .soft { fill: #59636e; } .rule { stroke: #d1d9e0; }
.zero { stroke: #59636e; } .first { fill: #1668c7; stroke: #1668c7; } .second { fill: #c2570c; stroke: #c2570c; }
.open { fill: #8b949e; stroke: #8b949e; } .whisker { stroke-width: 2; } text { font: 12px Helvetica, Arial, sans-serif; } text.first, text.second { stroke: none; }
.head { font-weight: 600; font-size: 13px; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; } .ink { fill: #f0f6fc; } .soft { fill: #9198a1; } .rule { stroke: #30363d; } .zero { stroke: #9198a1; }
.first { fill: #58a6ff; stroke: #58a6ff; } .second { fill: #f0883e; stroke: #f0883e; } }
"""  # noqa: E501


def decided(contrast: dict[str, Any]) -> str:
    """``first`` or ``second`` where both intervals say so, else ``open``."""
    low = min(contrast["low"], contrast["t_low"])
    high = max(contrast["high"], contrast["t_high"])
    return "first" if low > 0 else "second" if high < 0 else "open"


def held(name: str, cell: dict[str, Any]) -> list[bool]:
    """Which of a cell's three differences came out as predicted; empty where nothing was predicted."""
    outcomes = []
    for sign, contrast in zip(PREDICTED.get(name, ""), cell["contrasts"], strict=False):
        winner = decided(contrast)
        near = winner == "open" or abs(contrast["diff"]) <= ROUGHLY
        right = {"≈": near, ">": winner == "first", "<": winner == "second", "≤": winner != "first"}
        outcomes.append(right[sign])
    return outcomes


def picture(cells: dict[str, Any]) -> str:
    """Three differences, a row per cell; a dot's colour says which side wins."""
    names = [name for name in TITLES if name in cells]
    left, wide, step, top = 262, 200, 24, 74
    height = top + step * len(names) + 34
    canvas = svg.Canvas(left + 3 * (wide + 16), height, "Who wins in each cell of the map")
    canvas.rect("ground", 0, 0, canvas.width, height)
    for place, name in enumerate(names):
        canvas.text("ink", left - 12, top + step * (place + 0.5) + 4, TITLES[name], "end")
    for column, title in enumerate(PANELS):
        start = left + column * (wide + 16)
        alike = (0, 1) if column < 2 else (2,)  # panels of one scale
        shown = [cells[name]["contrasts"][at] for name in names for at in alike]
        bounds = [contrast[side] for contrast in shown for side in ("low", "high")]
        scale = svg.Scale(min(0.0, *bounds) - 0.02, max(0.0, *bounds) + 0.02, start, start + wide)
        canvas.text("ink head", start + wide / 2, 44, title, "middle")
        for tick in svg.ticks(scale.low, scale.high, 4):
            canvas.line("rule", scale(tick), top - 6, scale(tick), height - 30)
            canvas.text("soft", scale(tick), height - 12, _signed(tick), "middle")
        canvas.line("zero", scale(0), top - 6, scale(0), height - 30)
        _sides(canvas, title, scale(0), column)
        for place, name in enumerate(names):
            contrast, y = cells[name]["contrasts"][column], top + step * (place + 0.5)
            kind = decided(contrast)
            canvas.line(f"whisker {kind}", scale(contrast["low"]), y, scale(contrast["high"]), y)
            canvas.add(
                "circle", kind, title=f"{name}: {100 * contrast['diff']:+.1f}", cx=scale(contrast["diff"]),
                cy=float(y), r=4.5,
            )  # fmt: skip
    canvas.text(
        "ink head", 12, 22, "pass@1, points: blue, the first is better; orange, the second; grey, undecided"
    )
    sheet = Markup("><style>{}</style>").format(Markup(STYLE))
    markup = str(canvas.markup()).replace(">", str(sheet), 1)
    return markup.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def _signed(share: float) -> str:
    return f"{100 * share:+.0f}".replace("-", "−") if share else "0"


def _sides(canvas: svg.Canvas, title: str, zero: float, column: int) -> None:
    """Who is better on which side of the zero line."""
    first, _, second = title.partition(" − ")
    canvas.text("second", zero - 6, 62, f"◂ {second}", "end")
    canvas.text("first", zero + 6, 62, f"{first.removeprefix('best ')} ▸", "start")


def points(contrast: dict[str, Any]) -> str:
    low, high = (f"{100 * contrast[side]:+.1f}" for side in ("low", "high"))
    text = f"{100 * contrast['diff']:+.1f} [{low}, {high}]"
    return f"**{text}**" if decided(contrast) != "open" else text


def rows(cells: dict[str, Any]) -> list[str]:
    """The differences, with what was predicted."""
    lines = [f"| cell | {' | '.join(PANELS)} | predicted | held |", "|---|---|---|---|---|---|"]
    for name in (each for each in TITLES if each in cells):
        contrasts, signs = cells[name]["contrasts"], PREDICTED.get(name, "–")
        kept = ", ".join("yes" if each else "no" for each in held(name, cells[name])) or "–"
        leader = ARMS[contrasts[2]["better"]]
        cell = " | ".join([*map(points, contrasts[:2]), f"{points(contrasts[2])} {leader}"])
        lines.append(f"| {TITLES[name]} | {cell} | {' '.join(signs)} | {kept} |")
    return lines


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def arms(cells: dict[str, Any]) -> list[str]:
    """What the students do: accuracy, samples with a shortcut, accuracy without, chosen traces'
    log-probability."""
    heads = " | ".join(ARMS.values())
    lines = [f"| cell | {heads} |", "|---" * (len(ARMS) + 1) + "|"]
    for name in (each for each in TITLES if each in cells):
        texts = []
        for arm in ARMS:
            per_seed = cells[name]["arms"][arm]
            numbers = [
                100 * mean([each[key] for each in per_seed])
                for key in ("pass@1", "shortcuts", "right_without")
            ]
            text = " / ".join(f"{number:.0f}" for number in numbers)
            if per_seed[0]["logp_chosen"]:
                text += f" / {mean([each['logp_chosen'][1] for each in per_seed]):.2f}"
            texts.append(text)
        lines.append(f"| {TITLES[name]} | {' | '.join(texts)} |")
    return lines


def collapses(cells: dict[str, Any]) -> list[str]:
    """Arms that fell by the design's definition, with how many seeds of them."""
    told = []
    for name, cell in cells.items():
        for arm in ("redi", "dpo", "simpo"):
            count = 0
            for start, end in zip(cell["arms"]["sft"], cell["arms"][arm], strict=True):
                before, after = end["logp_chosen"]
                count += after < before - 0.5 and end["pass@1"] < start["pass@1"]
            if count:
                told.append(f"{ARMS[arm]} in '{name}' ({count} of {len(cell['arms'][arm])} seeds)")
    return told


def trials(cells: dict[str, Any]) -> list[str]:
    """What was chosen on seed 100."""
    lines = ["| cell | REDI | DPO | SimPO | SFT-longer |", "|---|---|---|---|---|"]
    for name in (each for each in TITLES if each in cells):
        chosen = cells[name]["chosen"]
        texts = []
        for arm in ("redi", "dpo", "simpo", "sft_longer"):
            beta = "".join(f", β {v:g}" for k, v in chosen[arm].items() if k.endswith(".beta"))
            texts.append(f"{chosen[arm]['lr']:g}{beta} ({100 * max(cells[name]['validation'][arm]):.0f})")
        lines.append(f"| {TITLES[name]} | {' | '.join(texts)} |")
    return lines


INTERVALS = """Points of pass@1, three seeds × 300 problems × 2 samples at T = 0.6; 95% intervals of the
bootstrap over seeds and problems. **Bold** and coloured where Student's t over the three seeds alone
excludes 0 too. In brackets how systematic errors are: how often a wrong trace takes the shortcut that
causes them, against a right one. [Design, theory and predictions](when-negatives-teach-design.md) were
written before."""
STUDENTS = """## What the students do

Accuracy / samples with a shortcut / accuracy of samples without, in %; log-probability per token of the
chosen traces over the last five steps."""
COLLAPSE = "Collapse (chosen more than 0.5 nat/token below its start, and accuracy below the SFT student's): "
TUNED = """## What was tuned

The best of four trials on seed 100, split `validation`: rate, and pass@1 there in brackets."""


def page(results: dict[str, Any]) -> str:
    """The whole page; what it says beyond numbers is in ``when-negatives-teach-reading.md``."""
    cells = results["cells"]
    kept = [each for name in cells for each in held(name, cells[name])]
    seconds = sum(cell["cpu_seconds"] for cell in cells.values())
    missing = [name for name in CELLS if name not in cells]
    reading = (CLAIMS / f"{RECIPE}-reading.md").read_text(encoding="utf-8").strip()
    count = f"{sum(kept)} of {len(kept)} predictions held (≈: within 3 points or undecided; ≤: not above 0)."
    how = f"Measured {results['date']} with `python bench/when_negatives_teach.py`, {seconds:,} CPU seconds."
    if missing:
        how += f" Not measured: {'; '.join(missing)}."
    parts = [
        "# When do negatives teach?", reading, f"![Three differences in each cell]({RECIPE}.svg)", INTERVALS,
        "\n".join(rows(cells)), count, STUDENTS, "\n".join(arms(cells)),
        COLLAPSE + (", ".join(collapses(cells)) or "none") + ".", TUNED, "\n".join(trials(cells)), how,
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    (CLAIMS / f"{RECIPE}.svg").write_text(picture(results["cells"]), encoding="utf-8")
    (CLAIMS / f"{RECIPE}.md").write_text(page(results), encoding="utf-8")
