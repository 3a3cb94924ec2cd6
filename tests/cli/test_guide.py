"""What ``limbeck --help`` teaches, and that every command answers programs as well as people."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.cli.guide import EXAMPLES, PANEL_OF

GROUP = typer.main.get_command(app)
COMMANDS = GROUP.commands


def limbeck(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_help_lists_commands_in_the_guides_order_and_says_the_exit_codes():
    help_text = limbeck("--help")
    listed = [line.split()[1] for line in help_text.splitlines() if line[:2] == "│ " and line[2] != " "]
    assert [word for word in listed if word in COMMANDS] == [name for name in PANEL_OF if name in COMMANDS]
    assert "130 Ctrl-C" in " ".join(help_text.split())


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_a_panel_and_an_example_that_it_takes(name: str):
    assert name in PANEL_OF
    program, command, *words = shlex.split(EXAMPLES[name].partition(" > ")[0])
    assert (program, command) == ("limbeck", name)
    COMMANDS[name].make_context(name, words)  # raises for an option or a number of words that it has not
    assert "Example: limbeck" in limbeck(name, "--help")


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["list"], {"problems", "curation", "recipes"}),
        (["list", "formats"], {"formats"}),
        (["show", "redi"], {"recipe", "scales", "source", "page"}),
        (["show", "curation"], {"room", "forms", "options", "methods"}),
        (["show", "verifiers/judge"], {"method", "doc", "parameters", "source"}),
        (["papers", "--standing", "holds"], {"papers"}),
    ],
)
def test_looking_answers_programs_and_can_be_silent(words: list[str], keys: set[str]):
    assert keys <= json.loads(limbeck(*words, "--json")).keys()
    assert limbeck(*words, "--quiet") == ""
    assert limbeck(*words)


def test_show_tells_programs_what_a_method_takes():
    shown = json.loads(limbeck("show", "objectives/redi", "--json"))
    assert shown["parameters"] == {"alpha": {"type": "float, 0 to 1", "default": 0.8}}


def test_new_tells_programs_what_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    made = json.loads(limbeck("new", "curation", "shout", "--json"))
    assert made["method"] == "curation/shout"
    assert all(Path(path).is_file() for path in made["written"])
