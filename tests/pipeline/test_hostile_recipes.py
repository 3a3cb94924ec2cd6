"""Recipes of somebody else's: what would eat memory or lead out of the folder is one error, at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from house_cases import RECIPE, plan

from limbeck.errors import LimbeckError
from limbeck.pipeline import pages
from limbeck.pipeline import recipe as recipes

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{now}: &{now} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, now in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "aliases of aliases": (
        f"title: t\nnotes:\n  {LAUGHS.replace(chr(10), chr(10) + '  ')}",
        "more than 100,000",
    ),
    "a list in itself": ("title: t\nnotes: &n [1, *n]\n", "stands for what it stands in"),
    "a mapping in itself": (
        "title: t\nstages: &s\n  one: {use: problems/digits, n: *s}\n",
        "stands for what",
    ),
    "a merge of itself": ("stages: &s\n  <<: *s\n", "stands for what"),
    "lists in lists": (f"notes: {'[' * 5000}{']' * 5000}", "nested more than"),
    "mappings in mappings": (f"notes: {'{a: ' * 5000}1{'}' * 5000}", "nested more than"),
    "a number of a million digits": (f"seed: {'9' * 1_000_000}", "beyond 64 bits"),
    "a hexadecimal one": (f"seed: 0x{'f' * 100_000}", "beyond 64 bits"),
    "one by sixties": (f"seed: 1{':59' * 50}", "beyond 64 bits"),
    "a seed of 65 bits": ("seed: 18446744073709551616", "beyond 64 bits"),
    "a day that never was": ("title: 2026-02-31", "day"),
    "a list as a key": ("? [a, b]\n: 1\n", "unhashable"),
    "a tag that makes objects": ("title: !!python/object/apply:os.system [true]", "could not determine"),
    "a novel": ("about: " + "x" * 2**21, "characters"),
    "a key twice": ("title: a\ntitle: b\n", "comes twice"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_page_that_cannot_be_meant_is_one_error(name: str, tmp_path: Path):
    text, told = HOSTILE[name]
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(LimbeckError, match=told) as caught:
        recipes.load(str(tmp_path / "r.yaml"))
    assert len(str(caught.value)) < 500
    assert str(tmp_path / "r.yaml") in str(caught.value)


def test_aliases_that_can_be_meant_are_read(tmp_path: Path):
    text = "stages:\n  a: &a {use: problems/digits, n: 3}\n  b: {<<: *a, n: 4}\nnotes: [*a, *a]\n"
    assert pages.read(text, "it")["stages"]["b"] == {"use": "problems/digits", "n": 4}


OUTSIDE = ["../up", "a/b", "/etc", "..", ".", ".hidden", "", " ", "a\\b", "a\0b", "a\nb", "x" * 101, "\ud800"]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("what", ["stage", "model"])
def test_no_name_leads_out_of_the_folder(what: str, name: str, house: Path):
    stages, models = RECIPE["stages"], {"here": {"use": "models/scripted", "replies": ["1"]}}
    raw = {"stages": stages | ({name: stages["digits"]} if what == "stage" else {})}
    raw["models"] = {name: models["here"]} if what == "model" else {}
    with pytest.raises(LimbeckError, match=f"{what} .*(name has|folders are called)"):
        plan(house, raw)
    assert not (house / "out").exists()


@pytest.mark.parametrize("name", ["größe", "with blanks", "a[b]*", "a'b\"", "x@y", "-", "…"])
def test_other_names_are_names(name: str, house: Path):
    from limbeck.pipeline.runner import run

    made = run(plan(house, {"stages": {name: RECIPE["stages"]["digits"]}}), jobs=1)
    assert made.manifests[name]["counts"]["problems"] == 4
    assert run(plan(house, {"stages": {name: RECIPE["stages"]["digits"]}}), jobs=1).cached == {name}


@pytest.mark.parametrize("name", ["../up", ".."])
def test_a_scale_leads_nowhere_either(name: str, tmp_path: Path):
    (tmp_path / "r.yaml").write_text(yaml.safe_dump({**RECIPE, "scales": {name: {"seed": 1}}}))
    with pytest.raises(LimbeckError, match="scale"):
        recipes.load(str(tmp_path / "r.yaml"), scale=name)


@pytest.mark.parametrize("value", ["9" * 30, "1e30", ".nan", "nan"])
def test_a_number_that_is_none_is_one_error(value: str, house: Path):
    with pytest.raises(LimbeckError, match=r"64 bits|digits"):
        plan(house, RECIPE, settings=recipes.parse_settings([f"digits.n={value}"]))
