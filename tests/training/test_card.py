"""Every trained student has a card that the Hub can read and that names no place of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
from huggingface_hub import ModelCard
from small_world import objective, train

from limbeck.networks.lineage import lineage
from limbeck.pipeline.context import Context
from limbeck.students.new.pretrained import pretrained


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"))


def world():
    data = small_world.judged(20)
    for problem in data.problems:
        problem.source, problem.meta = "sums", {"license": "mit"}
    return data


def test_the_card_says_what_a_student_is_made_of(tmp_path, start):
    base = Path(start) / "README.md"
    base.write_text("---\nbase_model: someone/tiny\nlicense: apache-2.0\n---\n")
    made = pretrained(path=start, ctx=Context(tmp_path / "pretrained"))
    base.unlink()
    path = train(tmp_path / "run", made, world(), use=objective("redi", alpha=0.5), steps=3, holdout=0.1)
    text = (Path(path) / "README.md").read_text()
    front = ModelCard(text).data.to_dict()
    assert front["base_model"] == "someone/tiny"
    assert front["license"] == "apache-2.0"
    assert front["library_name"] == "transformers"
    assert {"redi", "arxiv:2505.24850"} <= {*front["tags"]}
    for words in (
        "# run\n",
        "20 problems, 20 positives, 20 negatives, 20 pairs; 18 items trained on", "sums (20)", "mit (20)",
        "`objective.alpha` | 0.5", "3 steps", "lowest val_loss", "transformers 5", "apply_chat_template",
    ):  # fmt: skip
        assert words in text
    assert str(tmp_path) not in text
    assert start not in text


def test_a_licence_or_base_that_nobody_knows_is_not_made_up(tmp_path, start):
    path = train(tmp_path, start, steps=1)
    front = ModelCard.load(Path(path) / "README.md").data.to_dict()
    assert not {"license", "base_model"} & front.keys()


def test_the_way_to_ask_that_a_card_shows_works(tmp_path, start, monkeypatch, capsys):
    path = train(tmp_path, start, steps=60, lr=3e-2)
    code = (Path(path) / "README.md").read_text().split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(path)
    exec(code.replace("What is 2 + 2?", "2+2").replace("1024", "30"), {})
    assert "make" in capsys.readouterr().out


def test_an_adapter_has_the_card_too_and_can_be_asked(tmp_path, start):
    pytest.importorskip("peft", reason="adapters need the extra limbeck[peft]")
    from flat import with_settings

    from limbeck.generation import Sampling
    from limbeck.models.local import Local

    adapt = with_settings("students/lora", r=2)
    train(tmp_path, start, steps=1, adapt=adapt, keep_adapter=True)
    text = (tmp_path / "adapter" / "README.md").read_text()
    assert ModelCard(text).data.library_name == "peft"
    assert start not in text
    asked = Local(str(tmp_path / "adapter")).generate(
        [[{"role": "user", "content": "1+2"}]], Sampling(max_tokens=2)
    )
    assert asked[0][0].tokens


def test_where_a_model_comes_from(tmp_path):
    assert lineage("someone/tiny") == {"base_model": "someone/tiny"}
    assert lineage(str(tmp_path)) == {}
    (tmp_path / "README.md").write_text("no front matter, and --- lines\n---\n: [")
    assert lineage(str(tmp_path)) == {}
    (tmp_path / "README.md").write_text("---\nlicense: [\n---\n")
    assert lineage(str(tmp_path)) == {}
