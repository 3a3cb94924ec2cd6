"""Annotations and defaults as people write them in a method of their own."""

from __future__ import annotations

import json
import math

import pytest
from methods_of_ones_own import House

from limbeck.errors import LimbeckError
from limbeck.pipeline import runner
from limbeck.pipeline.annotations import wanted
from limbeck.pipeline.registry import method, methods


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path / "house"))
    return House(tmp_path)


ABOVE = """
import enum
import pathlib
import typing
import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, List, Literal, Optional, TypeAlias, Union
Rate = float
Side = Literal["left", "right"]
Sides: TypeAlias = "list[Side]"
Either = Union[int, Rate]
class Colour(enum.Enum):
    RED = "red"
"""


@pytest.mark.parametrize(
    ("annotation", "given", "read"),
    [
        ("Sequence[int]", ["1", 2], [1, 2]),
        ("Sequence[int]", 3, [3]),
        ("Iterable[str]", ["a"], ["a"]),
        ("List[int]", [1], [1]),
        ("tuple[int, ...]", [1, 2], (1, 2)),
        ("tuple[int, str]", [1, "a"], (1, "a")),
        ("Mapping[str, float]", {"a": 1}, {"a": 1.0}),
        ("Optional[int]", None, None),
        ("Optional[int]", "4", 4),
        ("int | None", None, None),
        ("Union[int, str]", "x", "x"),
        ("Either", "0.5", 0.5),
        ("Rate", "1e-3", 1e-3),
        ("'Rate | None'", None, None),
        ("Side", "left", "left"),
        ("Sides", ["left", "right"], ["left", "right"]),
        ("typing.Literal['a', 'b']", "a", "a"),
        ("t.Optional[t.Literal[1, 2]]", 2, 2),
        ("Annotated[int, 'of a thing']", 2, 2),
        ("dict[str, list[int]]", {"a": [1]}, {"a": [1]}),
        ("dict | list", [1], [1]),
    ],
)
def test_what_people_write_is_read(house, annotation, given, read):
    house.curation("told", f", *, x: {annotation}", above=ABOVE)
    assert house.plan_of("curation/told", x=given).params["x"] == read


@pytest.mark.parametrize(
    ("annotation", "piece"),
    [
        ("Callable[[int], int]", "Callable"),
        ("Colour", "Colour"),
        ("Nonesuch", "Nonesuch"),
        ("list[Nonesuch]", "Nonesuch"),
        ("set[int]", "set"),
        ("list[list[Verifier]]", "Verifier"),
        ("dict[str, Verifier]", "Verifier"),
        ("Verifier | int", "Verifier"),
        ("3", "3"),
    ],
)
def test_anything_else_is_one_error_when_the_plan_is_made_or_the_method_shown(house, annotation, piece):
    from limbeck.cli.browsing import show

    house.curation("odd", f", *, x: {annotation} = None", above=ABOVE)
    house.curation("even")
    message = rf"curation/odd: parameter 'x' is annotated .*{piece}.*allowed are str, int, .*Literal"
    with pytest.raises(LimbeckError, match=rf"stage 'x': {message}"):
        house.plan_of("curation/odd")
    with pytest.raises(LimbeckError, match=message):
        show("curation/odd")
    assert {"odd", "even"} <= methods("curation").keys()
    assert house.plan_of("curation/even").params == {}


@pytest.mark.parametrize("annotation", ["list[int] | tuple[int, ...]", "dict[str, int] | dict[str, str]"])
def test_members_that_cannot_be_told_apart_are_named(house, annotation):
    house.curation("odd", f", *, x: {annotation} = ()")
    with pytest.raises(
        LimbeckError, match=r"curation/odd: parameter 'x' is annotated .*cannot be told apart"
    ):
        house.plan_of("curation/odd")


@pytest.mark.parametrize(
    ("annotation", "value", "read"),
    [
        ("int", "2**10", 1024),
        ("int", "60 * 60", 3600),
        ("int", "-1", -1),
        ("int", "1 << 20", 2**20),
        ("int", "N * 2", 14),
        ("float", "N / 2", 3.5),
        ("float", "math.inf", math.inf),
        ("float", "-math.pi", -math.pi),
        ("float", "float('inf')", math.inf),
        ("list[int]", "[N, N + 1]", [7, 8]),
        ("dict", "{'a': N}", {"a": 7}),
        ("str", "'a' + TEXT", "ab"),
        ("bool", "not True", False),
        ("float", "1e-5", 1e-5),
    ],
)
def test_a_constant_expression_is_its_value(house, annotation, value, read):
    house.curation(
        "told", f", *, x: {annotation} = {value}", above="import math\nN = 7\nTEXT = 'b'\nM = M2 = N"
    )
    assert method("curation/told").params["x"].default == read
    assert house.plan_of("curation/told").params["x"] == read


@pytest.mark.parametrize("value", ["int('7')", "2 ** 99999", "'x' * 10**9", "1 / 0", "M", "[n for n in ()]"])
def test_a_default_that_only_running_could_tell_is_named(house, value):
    house.curation("told", f", *, x: int = {value}", above="M = M + 1")
    with pytest.raises(LimbeckError, match=r"curation/told: the default of 'x', .*, is no constant"):
        house.plan_of("curation/told")
    assert house.plan_of("curation/told", x=3).params["x"] == 3


def test_paths_are_found_from_the_recipe_their_content_counts_and_they_arrive_as_paths(house):
    body = """    from pathlib import Path
    assert isinstance(file, Path) and all(isinstance(each, Path) for each in more)
    data.problems[0].meta = {"read": file.read_text() + "".join(each.read_text() for each in more)}
    return data"""
    house.curation("told", ", *, file: pathlib.Path, more: list[Path] = ()", body, above=ABOVE)
    (house.root / "a.txt").write_text("A")
    (house.root / "b.txt").write_text("B")
    stages = {"x": {"use": "curation/told", "from": "digits", "file": "a.txt", "more": ["b.txt"]}}
    made = runner.run(house.plan(stages), jobs=1)
    from limbeck.pipeline.store import read_data

    assert read_data(made.folders["x"]).all().problems[0].meta == {"read": "AB"}
    before = house.plan(stages).steps["x"].key
    (house.root / "b.txt").write_text("C")
    assert house.plan(stages).steps["x"].key != before
    stages["x"]["more"] = ["c.txt"]
    with pytest.raises(LimbeckError, match=r"no file at .*c\.txt"):
        house.plan(stages)


def test_names_of_a_helper_or_of_the_house_are_known_in_signatures(house):
    house.write("curation/_shared.py", "from typing import Literal\nN = 3\nSide = Literal['left', 'right']\n")
    above = "from ._shared import N, Side\nfrom limbeck.verifiers.ops import verify"
    house.curation("told", ", *, side: Side = 'left', n: int = N + 1", above=above)
    assert house.plan_of("curation/told", side="right").params == {"side": "right", "n": 4}
    with pytest.raises(LimbeckError, match="'side' is a Literal"):
        house.plan_of("curation/told", side="up")


def test_an_annotation_is_read_once_and_says_what_it_wants():
    assert (wanted("Verifier | None").kind, wanted("Verifier | None").optional) == ("Verifier", True)
    assert (wanted("list[Model]").kind, wanted("list[Model]").many) == ("Model", True)
    assert json.dumps(wanted("int").optional) == "false"
