"""Training a student from a teacher that cuts text otherwise."""

from __future__ import annotations

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.curation.rewrite.bare_answers import bare_answers  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.records import Data  # noqa: E402


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A student of characters and a teacher of byte pairs."""
    folder = tmp_path_factory.mktemp("two")
    return small_world.student(folder / "s"), small_world.student(
        folder / "t", tokenizer="bpe", vocab=300, seed=1
    )


@pytest.mark.parametrize(
    ("name", "params", "metric"),
    [
        ("uld", {}, "profile"),
        ("uld", {"pairing": "characters"}, "profile"),
        ("aligned_kl", {}, "divergence"),
        ("aligned_kl", {"pairing": "characters", "k": 2}, "divergence"),
        ("ot", {"steps": 20}, "transport"),
    ],
)
def test_training_over_two_vocabularies_brings_them_nearer(tmp_path, pair, name, params, metric):
    start, teacher = pair
    small_world.train(
        tmp_path,
        start,
        use=small_world.objective(name, **params),
        teacher=teacher,
        steps=12,
        batch=16,
        lr=2e-2,
    )
    rows = small_world.curve(tmp_path)
    assert np.mean([row[metric] for row in rows[-3:]]) < np.mean([row[metric] for row in rows[:3]])
    assert rows[-1]["logp"] > rows[0]["logp"]


def test_bare_answers_come_nearer_to_the_chain_of_thought(tmp_path, pair):
    start, teacher = pair
    data = bare_answers(Data(small_world.world().problems, small_world.world().traces))
    use = small_world.objective("ot", cross=1.0, steps=20)
    small_world.train(tmp_path, start, data, use=use, teacher=teacher, steps=12, batch=16, lr=2e-2)
    rows = small_world.curve(tmp_path)
    assert np.mean([row["cross"] for row in rows[-3:]]) < np.mean([row["cross"] for row in rows[:3]])


def test_a_cross_term_wants_pairs(tmp_path, pair):
    start, teacher = pair
    data = Data(small_world.world().problems, small_world.world().traces)
    with pytest.raises(LimbeckError, match="needs pairs"):
        small_world.train(
            tmp_path, start, data, use=small_world.objective("ot", cross=1.0), teacher=teacher, steps=1
        )


def test_a_shuffled_teacher_is_another_one(tmp_path, pair):
    start, teacher = pair
    losses = []
    for shuffled in (False, True):
        use = small_world.objective("uld", shuffled=shuffled)
        small_world.train(tmp_path / str(shuffled), start, use=use, teacher=teacher, steps=1)
        losses.append(small_world.curve(tmp_path / str(shuffled))[0]["profile"])
    assert losses[0] != losses[1]


def test_one_vocabulary_is_not_asked_to_be_two(tmp_path, pair):
    start, _ = pair
    with pytest.raises(LimbeckError, match=r"a teacher with a tokenizer of its own.*set teacher:"):
        small_world.train(tmp_path, start, use=small_world.objective("uld"), steps=1)
