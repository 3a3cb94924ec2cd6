"""The scorecard: totals, evidence, and kappa by hand."""

import json

import pytest
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.reproduction import scorecard

ITEMS = {"data": {"told": 30.0, "given": 20.0}, "release": {"weights": 50.0}}


def sheet(tmp_path, text, name="sheet.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_items_make_a_hundred_points():
    items = scorecard.read_items()
    assert sum(points for area in items.values() for points in area.values()) == 100
    assert len(items) == 4


def test_a_yes_counts_with_evidence_alone(tmp_path):
    text = (
        "told: {answer: yes, evidence: 'https://a'}\ngiven: {answer: yes}\nweights: {answer: no, evidence: x}"
    )
    read = scorecard.read_sheet(sheet(tmp_path, text), ITEMS)
    made = scorecard.total(ITEMS, read)
    assert (made.points, made.of) == (30, 100)
    assert made.areas == {"data": 30, "release": 0}
    assert made.unproven == ["given"]
    assert scorecard.counted(ITEMS, read) == [True, False, False]


def test_kappa_by_hand():
    # Agreed on 6 of 10; yes 5 and 7 of 10: chance is .35 + .15 = .5, kappa (.6 - .5) / .5.
    first = [True] * 5 + [False] * 5
    second = [True] * 4 + [False] + [True] * 3 + [False] * 2
    assert scorecard.kappa(first, second) == pytest.approx(0.2)
    assert scorecard.kappa(first, first) == 1
    assert scorecard.kappa([True, False], [False, True]) == -1
    assert scorecard.kappa([True, True], [True, True]) is None
    with pytest.raises(LimbeckError, match="1 and 0 answers"):
        scorecard.kappa([True], [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tolld: {answer: yes}", "unknown item 'tolld'.*did you mean 'told'"),
        ("told: {answer: perhaps}", "a sheet is items"),
        ("[1]", "a sheet is items"),
    ],
)
def test_what_is_no_sheet_is_refused(tmp_path, text, message):
    with pytest.raises(LimbeckError, match=message):
        scorecard.read_sheet(sheet(tmp_path, text), ITEMS)


def test_two_readers_on_the_command_line(tmp_path):
    items = sheet(tmp_path, "data: {told: 60, given: 40}", "items.yaml")
    mine = sheet(tmp_path, "told: {answer: yes, evidence: page 3}", "mine.yaml")
    yours = sheet(tmp_path, "given: {answer: yes, evidence: page 3}", "yours.yaml")
    arguments = ["scorecard", str(mine), str(yours), "--items", str(items)]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 0
    assert "60 of 100" in told.output
    assert "Cohen's kappa: -1.000" in told.output
    made = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output)
    assert made["kappa"] == -1
    assert [each["points"] for each in made["sheets"].values()] == [60, 40]
