"""The pages under ``claims/``: what was measured, and what follows from it by the rules of the day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from limbeck.cli.claim_words import counts, markdown, overview, page_name, unit_of, which_seeds
from limbeck.errors import LimbeckError, Mistakes
from limbeck.pipeline import metrics
from limbeck.pipeline import recipe as recipes
from limbeck.reproduction.claims import DEFAULTS, OF_ONE, check, standing


def entries(comparisons: list[Any], contrasts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Comparisons as a page keeps them, with what the recipe says of each."""
    from limbeck.evaluation.verdicts import margin

    made = []
    for comparison, contrast in zip(comparisons, contrasts, strict=True):
        told = {key: contrast[key] for key in OF_ONE}
        if told["paper"] is not None:
            told["paper"] = margin(told["paper"], comparison.other)
        made.append({**msgspec.to_builtins(comparison), **told})
    return made


def judged_page(
    page: dict[str, Any], main: list[dict[str, Any]], also: list[dict[str, Any]]
) -> dict[str, Any]:
    """The page with its contrasts, and the one word for the central ones."""
    word = standing([c["verdict"] for c in main if c["central"]])
    begin = {key: page[key] for key in ("recipe", "says")}
    return {**begin, "standing": word, **page, "claim": main, "also": also} | {"standing": word}


def after(page: dict[str, Any], file: Path) -> dict[str, Any]:
    """The page, with one line for what stood in ``file`` if that was measured at other seeds."""
    if not file.exists():
        return page
    old = json.loads(file.read_text(encoding="utf-8"))
    kept = list(old.get("earlier", []))
    if which_seeds(old) != which_seeds(page):
        central = counts([{"central": True, **c} for c in old["claim"]])
        kept.append(
            {
                "date": old["date"],
                "which_seeds": which_seeds(old),
                "standing": old["standing"],
                "found": central,
            }
        )
    return {**page, "earlier": kept} if kept else page


def rewritten(folder: Path) -> list[dict[str, Any]]:
    """All pages of a folder, judged again from what was measured.

    Raises:
        LimbeckError: a recipe states a contrast that its page has not measured; nothing is written then.
    """
    mistakes, pages = Mistakes(), []
    for file in sorted(folder.glob("*.json")):
        page = json.loads(file.read_text(encoding="utf-8"))
        if "standing" in page:
            with mistakes.noting():
                pages.append(_judged_again(page, file))
    mistakes.tell()
    if not pages:
        raise LimbeckError(
            f"{folder}: no claim was saved here; `limbeck claim NAME --save {folder}` saves one"
        )
    return pages


def _judged_again(page: dict[str, Any], file: Path) -> dict[str, Any]:
    from limbeck.evaluation.comparison import holm

    known = [*page["claim"], *page["also"]]
    if page["recipe"] in recipes.names():
        spec = check(recipes.load(page["recipe"], scale=page["scale"]).claim, page["recipe"])
        page = {**page, "says": spec["says"]}
        rows = {part: _beside(spec[part], known, file) for part in ("main", "also")}
    else:
        # Somebody's own recipe lies elsewhere: what its page says of each contrast still stands.
        first = {**OF_ONE, "central": True}
        main = [(c, (OF_ONE if at else first) | c) for at, c in enumerate(page["claim"])]
        rows = {"main": main, "also": [(c, OF_ONE | c) for c in page["also"]]}
    compared = {part: [_comparison(row) for row, _ in pairs] for part, pairs in rows.items()}
    told = {part: [contrast for _, contrast in pairs] for part, pairs in rows.items()}
    judged = entries(holm(compared["main"]), told["main"])
    return judged_page(page, judged, entries(compared["also"], told["also"]))


def _comparison(row: dict[str, Any]) -> Any:
    """A page's row as a comparison, judged again. A page from before both intervals counted has the
    bootstrap's p-value as its only one."""
    from limbeck.evaluation.comparison import Comparison, judged

    whole = {**row, "boot_p": row.get("boot_p", row["p"]), "unit": unit_of(row)}
    return judged(msgspec.convert(whole, Comparison))


def _beside(contrasts: list[dict[str, Any]], known: list[dict[str, Any]], file: Path) -> list[Any]:
    """Each contrast of a recipe behind what was measured for it."""
    return [(_row_of(contrast, known, file), contrast) for contrast in contrasts]


def _row_of(contrast: dict[str, Any], known: list[dict[str, Any]], file: Path) -> dict[str, Any]:
    """What was measured for a recipe's contrast."""
    from limbeck.evaluation.verdicts import margin

    # Losses and entropies were measured as scores of that name before they had metrics of their own.
    label = metrics.read(contrast["metric"]).label.removeprefix("score@")
    for c in known:
        same = [c[key] == contrast[key] for key in ("better", "than", "fewer")]
        same += [contrast[key] in ("", None, c[key]) for key in ("benchmark", "temperature")]
        same += [c["metric"].removeprefix("score@") == label]
        same += [(c["scores"] or DEFAULTS["scores"]) == contrast["scores"]]
        if all(same) and abs(margin(contrast["by"], c["other"]) - c["by"]) < 1e-9:
            return c
    raise LimbeckError(
        f"{file}: {contrast['better']} − {contrast['than']} in {label} was not measured as the recipe states "
        f"it; `limbeck claim {file.stem} --save {file.parent}` measures it"
    )


def write(folder: Path, pages: list[dict[str, Any]]) -> None:
    """Pages as JSON and Markdown, and the folder's table of all."""
    for page in pages:
        name = page_name(page)
        (folder / f"{name}.json").write_text(json.dumps(page, indent=1) + "\n", encoding="utf-8")
        (folder / f"{name}.md").write_text(markdown(page), encoding="utf-8")
    (folder / "README.md").write_text(overview(folder), encoding="utf-8")
