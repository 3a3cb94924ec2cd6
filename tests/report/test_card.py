"""A model card's section on evaluation: protocol, intervals, limits."""

from __future__ import annotations

import pytest
from helpers_report import write_run
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.report.card import card, written_into


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run"), problems=20)


def test_it_says_how_what_and_what_not(run):
    text = card(run, "sft")
    for heading in ("## Evaluation", "### Protocol", "### Results", "### Limits"):
        assert heading in text
    assert "pass@1, %" in text
    assert "another training seed gives another model" in text
    rows = [line for line in text.splitlines() if line.startswith("| ") and "pass@1" in line]
    assert rows
    assert all(" to " in row for row in rows), "no accuracy without its interval"
    with pytest.raises(LimbeckError, match=r"unknown arm 'sftt'.*did you mean 'sft'"):
        card(run, "sftt")


def test_it_takes_the_place_of_the_section_before():
    assert written_into("# m\n", "## Evaluation\n\nnew\n") == "# m\n\n## Evaluation\n\nnew\n"
    before = "# m\n\n## Evaluation\n\nold\n\n## Data\n\nkept\n"
    assert (
        written_into(before, "## Evaluation\n\nnew\n") == "# m\n\n## Evaluation\n\nnew\n\n## Data\n\nkept\n"
    )


def test_the_command_writes_it(run, tmp_path):
    path = tmp_path / "README.md"
    path.write_text("# mine\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["report", str(run), "--card", f"sft={path}"])
    assert done.exit_code == 0
    assert path.read_text(encoding="utf-8").startswith("# mine\n\n## Evaluation\n")
    wrong = CliRunner().invoke(app, ["report", str(run), "--card", "sft"])
    assert "--card takes ARM=FILE" in str(wrong.exception)
