"""The registry of published recipes, its schema, and its switches against hand-worked groups."""

import json

import pytest
from paths import REPO
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.pipeline import recipe as recipes
from limbeck.reproduction import published

LISTED = published.read()
BY_NAME = {each.name: each for each in LISTED}


def test_the_registry_is_as_its_schema_wants_it():
    assert len(LISTED) >= 12
    branches = [each.branch for each in LISTED]
    assert branches.count("tuning") >= 6
    assert branches.count("reinforcing") >= 6
    assert "data.prompts" in published.hidden(BY_NAME["DeepSeek-R1-Distill-Qwen-32B"])
    assert published.hidden(BY_NAME["DAPO"]) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "is a list of recipes"),
        (
            "[{name: a, source: b, branch: tuning, data: {size: many}, tuning: {base: c}}]",
            r"row 1 \(a\).*data.size",
        ),
        (
            "[{name: a, source: b, branch: tuning, data: {seize: 1}, tuning: {base: c}}]",
            r"row 1 \(a\).*seize",
        ),
        ("[{name: a, source: b, branch: tuning, data: {}}]", "branch tuning has a part 'tuning'"),
        (
            "[{name: a, source: b, branch: tuning, data: {}, tuning: {base: c}},"
            " {name: a, source: b, branch: tuning, data: {}, tuning: {base: c}}]",
            "a is there twice",
        ),
    ],
)
def test_what_is_not_so_is_refused_by_row_and_name(tmp_path, text, message):
    path = tmp_path / "rows.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LimbeckError, match=message):
        published.read(path)


def test_switches_of_published_recipes():
    assert published.switches(BY_NAME["DAPO"].reinforcing) == {
        "std": "group", "per": "token", "clip_low": 0.2, "clip_high": 0.28, "kl": 0.0,
    }  # fmt: skip
    assert published.switches(BY_NAME["Oat-Zero-7B"].reinforcing) == {
        "std": "none", "per": "constant", "kl": 0.0,
    }  # fmt: skip
    # That there is a KL is told, its weight is not.
    assert published.switches(BY_NAME["DeepSeek-R1-Zero"].reinforcing) == {"std": "group", "per": "sequence"}
    with pytest.raises(LimbeckError, match="learns a critic"):
        published.switches(BY_NAME["VAPO"].reinforcing)


def test_the_table_marks_what_is_hidden_and_what_nobody_looked_up():
    text = published.markdown(LISTED)
    row = next(line for line in text.splitlines() if line.startswith("| DeepSeek-R1-Zero"))
    assert "undisclosed" in row
    assert "| · |" in text
    assert "| 0.2, 0.28 |" in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == len(LISTED) + 4


def test_the_arms_of_the_recipe_are_the_registrys():
    """A replication is a configuration: what the toy task runs is what the registry says."""
    stages = recipes.load("rlm-replication-survey").stages
    for arm, name in (("r1_zero", "DeepSeek-R1-Zero"), ("dapo", "DAPO"), ("dr", "Oat-Zero-7B")):
        (settings,) = stages[arm].params["objective"].values()
        said = published.switches(BY_NAME[name].reinforcing)
        assert {key: settings.get(key) for key in said} == said, arm


def test_every_switch_on_one_hand_worked_group():
    """Rewards 1, 0, 0 of lengths 2, 1, 3 on policy: A = 2/3, -1/3, -1/3, their spread √(1/3)."""
    pytest.importorskip("torch", reason="objectives need torch")
    from objective_cases import grouped_loss

    spread = (1 / 3) ** 0.5 + 1e-4
    plain = [2 / 3, -1 / 3, -1 / 3]
    lengths = [2, 1, 3]
    by_token = -sum(a * n for a, n in zip(plain, lengths, strict=True))
    said = {each.name: published.switches(each.reinforcing) for each in LISTED if _grouped(each)}
    # DAPO: all tokens of the step weigh the same.
    assert grouped_loss(**said["DAPO"]) == pytest.approx(by_token / 6 / spread, abs=1e-5)
    # GRPO as it was: each trace's mean first, so that on policy the advantages cancel.
    assert grouped_loss(**said["DeepSeek-R1-Zero"]) == pytest.approx(0.0, abs=1e-5)
    # Dr. GRPO: neither the spread nor the length divides.
    assert grouped_loss(**said["Oat-Zero-7B"], longest=10) == pytest.approx(by_token / 10 / 3, abs=1e-5)
    # A higher upper bound alone lets a right token go further: at a ratio of 1.25 it still counts.
    drifted = {"drift": 0.2231435513142097, "std": "none", "per": "token"}
    right, wrong = 2 * 2 / 3, -4 / 3
    low = grouped_loss(**drifted, clip_low=0.2, clip_high=0.2)
    high = grouped_loss(**drifted, clip_low=0.2, clip_high=0.28)
    assert low == pytest.approx(-(1.2 * right + 1.25 * wrong) / 6, abs=1e-5)
    assert high == pytest.approx(-(1.25 * right + 1.25 * wrong) / 6, abs=1e-5)


def _grouped(each):
    return each.reinforcing is not None and not each.reinforcing.critic


def test_the_command_writes_tables_and_lists_what_is_hidden(tmp_path):
    out = tmp_path / "published.md"
    done = CliRunner().invoke(app, ["published", "--write", str(out)])
    assert done.exit_code == 0
    kept = (REPO / "docs" / "published.md").read_text(encoding="utf-8")
    assert out.read_text(encoding="utf-8") == kept, "limbeck published --write docs/published.md"
    made = json.loads(CliRunner().invoke(app, ["published", "--json"]).output)
    assert len(made["recipes"]) == len(LISTED)
