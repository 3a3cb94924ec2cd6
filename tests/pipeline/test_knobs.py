"""Settings that change no result change no key."""

from __future__ import annotations

import pytest
from methods_of_ones_own import House

from limbeck.errors import LimbeckError
from limbeck.pipeline import knobs, parameters
from limbeck.pipeline.registry import method
from limbeck.pipeline.source import stated

VERSION = "def version(share, **more): return 1 + (share > 0.8)"


@pytest.fixture
def house(tmp_path, monkeypatch) -> House:
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path / "house"))
    return House(tmp_path)


def key_of_training(house: House, objective: object = "sft", **settings) -> str:
    """The key of a training stage; its student is a path that nobody opens."""
    (house.root / "weights").mkdir(exist_ok=True)
    (house.root / "weights" / "config.json").write_text("{}")
    models = {"base": {"path": str(house.root / "weights")}}
    stage = {"use": "training/fit", "from": "digits", "student": "base", "objective": objective, **settings}
    return house.plan({"x": stage}, models=models).steps["x"].key


@pytest.mark.parametrize(
    "more",
    [
        {"max_tokens_per_microbatch": 512, "gradient_checkpointing": True},  # what "out of memory" suggests
        {"save_every": 7},
        {"track": "tensorboard"},
    ],
)
def test_how_a_training_is_run_changes_no_key(house, more):
    assert key_of_training(house, **more) == key_of_training(house)


@pytest.mark.parametrize("more", [{"lr": 2e-5}, {"keep_adapter": True}, {"keep_rollouts": True}])
def test_what_changes_the_student_or_what_is_kept_changes_the_key(house, more):
    assert key_of_training(house, **more) != key_of_training(house)


@pytest.mark.parametrize(
    ("objective", "counts"),
    [("kto", False), ({"kto": {"baseline": "batch"}}, True), ("qcrd", True)],
)
def test_a_cut_is_part_of_the_key_where_the_objective_goes_by_it(house, objective, counts):
    cut = key_of_training(house, objective, max_tokens_per_microbatch=512, save_every=9)
    assert (cut != key_of_training(house, objective)) == counts


def test_a_method_of_ones_own_lists_them_too(house):
    house.curation("mine", ", *, chunk: int = 8, share: float = 0.5", above='NO_RESULT = ("chunk",)')
    usual = house.plan_of("curation/mine").key
    assert house.plan_of("curation/mine", chunk=2).key == usual
    assert house.plan_of("curation/mine", share=0.1).key != usual
    assert knobs.idle(method("curation/mine"), {}) == {*knobs.EVERYWHERE, "chunk"}


def test_a_list_that_names_no_setting_is_refused(house):
    house.curation("mine", ", *, chunk: int = 8", above='NO_RESULT = ("chnuk",)')
    with pytest.raises(LimbeckError, match=r"'chnuk' in curation/mine: NO_RESULT .*mean 'chunk'"):
        house.plan_of("curation/mine")


def test_a_version_may_depend_on_the_settings(house):
    def rolled(**settings) -> str:
        given = {"rollout": {"student": settings}, "reward": {"verified": {"verifier": "exact"}}}
        return key_of_training(house, "grpo", **given)

    house.curation("mine", ", *, share: float = 0.5")
    before = house.plan_of("curation/mine").key, house.plan_of("curation/mine", share=0.9).key
    house.curation("mine", ", *, share: float = 0.5", above=VERSION)
    stated.cache_clear()
    assert house.plan_of("curation/mine").key == before[0]
    assert house.plan_of("curation/mine", share=0.9).key != before[1]
    assert parameters.version(method("rollouts/student"), {"temperature": 0.5}) == 2
    assert parameters.version(method("rollouts/student"), {"temperature": 1, "end_temperature": 0.6}) == 2
    assert parameters.version(method("rollouts/student"), {"temperature": 1.0, "end_temperature": -1.0}) == 1
    assert rolled() == rolled(temperature=1.0) != rolled(temperature=0.5)
