"""``limbeck new``: every room's scaffold runs at once, and its test fails when the method is wrong."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from limbeck.cli import app, scaffold
from limbeck.errors import LimbeckError
from limbeck.pipeline.registry import ROOMS
from limbeck.pipeline.rooms import folder

MISTAKES = {
    "problems": [("str(i + 1)", "str(i - 1)"), ("range(n)", "range(1)")],
    "models": [("len(words) > sampling", "len(words) < sampling"), ("split()[-1]", "split()[0]")],
    "decoding": [("min(ended", "max(ended"), ("shortest, written)", "shortest, [shortest])")],
    "teachers": [('finish == "length"', 'finish != "length"'), ("completion.text,", '"two",')],
    "formats": [("rpartition", "partition"), ("reasoning + answer", "answer")],
    "verifiers": [
        ('"correct" if same else "wrong"', '"wrong" if same else "correct"'),
        ("if same", "if True"),
    ],
    "knowledge": [("[:most]", "[most:]"), ('meta.get("passages", [])', 'meta.get("passages", [])[::-1]')],
    "curation": [("> longest", "< longest"), ("[*trace.marks, ", "[")],
    "objectives": [("-scale *", "scale *"), ("policy.mean_B", "policy.logp_B"), ("-scale *", "0 *")],
    "rollouts": [("[:keep]", "[-keep:]"), ("n, max_tokens=max_tokens", "n, max_tokens=7")],
    "rewards": [
        ("- per_token", "+ per_token"),
        ("float(good)", "1.0"),
        ("LEFT_OUT if good is None else ", ""),
    ],
    "students": [
        ("requires_grad_(False)\n    if", "requires_grad_(True)\n    if"),
        ("if output", "if not output"),
    ],
    "evaluation": [("data.kept()", "data.traces"), ("float(means.mean())", "float(means.max())")],
    "metrics": [('!= "length"', '== "length"'), ("len(trace.reasoning) + len(trace.answer)", "1")],
}
"""By room, what is replaced by what in a wrong method: a sign flipped, a constant, a setting of no use."""
NEEDS_TORCH = ("objectives", "rollouts", "students")


def written(root: Path, name: str = "shiny") -> None:
    """A scaffold of every room, called ``shiny_ROOM``."""
    for room in MISTAKES:
        done = CliRunner().invoke(
            app, ["new", room, f"{name}_{room}", "--into", str(root)], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output


def outcomes(root: Path, *options: str) -> dict[str, Counter[str]]:
    """How many tests of each scaffold passed, failed and were skipped."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rA",
        "-q",
        "-p",
        "no:cacheprovider",
        "--import-mode=importlib",
    ]
    # Files that differ by a sign are as long, and may be as old: no bytecode is kept.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*command, *options, str(root)], capture_output=True, text=True, cwd=root, env=environment
    )
    counts: dict[str, Counter[str]] = {room: Counter() for room in MISTAKES}
    for word, room in re.findall(r"^(PASSED|FAILED|ERROR) \S*?test_\w+?_([a-z]+)\.py", done.stdout, re.M):
        counts[room][word] += 1
    counts["text"] = Counter({done.stdout + done.stderr: 1})
    return counts


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[str]]:
    root = tmp_path_factory.mktemp("mine")
    written(root)
    return outcomes(root)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Counter[str]]]:
    """Outcomes with the first mistake in every room, with the second, with the third."""
    results: dict[str, list[Counter[str]]] = {room: [] for room in MISTAKES}
    for place in range(max(map(len, MISTAKES.values()))):
        root = tmp_path_factory.mktemp(f"mistake_{place}")
        written(root)
        for room, mistakes in MISTAKES.items():
            if place < len(mistakes):
                break_it(root / folder(room) / f"shiny_{room}.py", *mistakes[place])
        counts = outcomes(root, "-k", "not recipe")
        for room in MISTAKES:
            results[room].append(counts[room])
    return results


def break_it(path: Path, right: str, wrong: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(right) >= 1, f"{path.name} has no {right!r}"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")


def need(room: str) -> None:
    if room in NEEDS_TORCH:
        pytest.importorskip("torch", reason="training needs the extra [train]")
    if room == "decoding" and importlib.util.find_spec("limbeck.decoding.ops") is None:
        pytest.skip("models made of models are not there yet")


def test_every_room_has_a_scaffold_or_says_why_not():
    assert set(MISTAKES) == set(ROOMS) - set(scaffold.NONE)


@pytest.mark.parametrize("room", MISTAKES)
def test_a_scaffold_runs_at_once_and_its_test_passes(room, intact):
    need(room)
    assert intact[room]["PASSED"] >= 2, next(iter(intact["text"]))
    assert set(intact[room]) == {"PASSED"}, next(iter(intact["text"]))


@pytest.mark.parametrize(
    ("room", "place"), [(room, place) for room, each in MISTAKES.items() for place in range(len(each))]
)
def test_its_test_fails_when_the_method_is_wrong(room, place, broken):
    need(room)
    assert broken[room][place]["FAILED"] >= 1, MISTAKES[room][place]


@pytest.mark.parametrize(
    ("place", "file"),
    [
        ("curation/mark", "curation/mark/shiny.py"),
        ("metric", "evaluation/metrics/shiny.py"),
        ("evaluation/metrics", "evaluation/metrics/shiny.py"),
        ("evaluation/measures", "evaluation/measures/shiny.py"),
        ("verifier", "verifiers/shiny.py"),
    ],
)
def test_a_shelf_is_a_folder_and_a_room_may_be_named_by_one_of_its_methods(place, file, tmp_path):
    CliRunner().invoke(app, ["new", place, "shiny", "--into", str(tmp_path)], catch_exceptions=False)
    assert (tmp_path / file).is_file()


def test_nothing_is_overwritten_and_wrong_names_are_named(tmp_path):
    scaffold.new("curation", "shiny", tmp_path)
    for place, name, message in [
        ("curation", "shiny", "exists already"),
        ("curation", "length", "curation/length exists already"),
        ("curatoin", "other", "did you mean 'curation'"),
        ("curation", "Bad-Name", "lower-case Python identifier"),
        ("curation", "_hidden", "lower-case Python identifier"),
        ("training", "other", "one loop serves every objective"),
    ]:
        with pytest.raises(LimbeckError, match=message):
            scaffold.new(place, name, tmp_path)
