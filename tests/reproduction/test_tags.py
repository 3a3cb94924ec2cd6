"""What the surveys call a recipe: told by its methods, typed only where no method tells."""

import pytest
from paths import REPO

from limbeck.errors import LimbeckError
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.reproduction import coverage, tags
from limbeck.reproduction.uses import Uses

WORLD = {"use": "problems/haste", "n": 9, "solve": "careful"}
BARE = {"use": "problems/haste", "n": 9, "solve": ""}
FIT = {"use": "training/fit", "from": "world", "student": "start"}
START = {"path": "somewhere"}


def recipe(stages, models=None, **page):
    whole = {
        "title": "t",
        "stages": stages,
        "models": {"start": START, "other": START | {"path": "b"}},
        **page,
    }
    whole["models"] |= models or {}
    return recipes.build("mine", REPO / "mine.yaml", whole)


def facets(*args, **page):
    return tags.of(recipe(*args, **page))


def test_labels_of_another_model_make_a_smaller_one():
    sampled = {"use": "teachers/sample", "from": "world", "model": "other"}
    borne = facets({"world": BARE, "traces": sampled, "fit": {**FIT, "from": "traces", "objective": "sft"}})
    assert borne == {
        "elicitation": ("labelling",), "objective": ("likelihood",), "skill": ("reasoning",),
        "vertical": ("general",), "access": ("black box",), "policy": ("off policy",),
        "stage": ("fine-tuning",), "gain": ("smaller",),
    }  # fmt: skip


def test_traces_of_the_start_model_are_self_knowledge_however_it_is_spelled():
    sampled = {"use": "teachers/sample", "from": "world", "model": "start"}
    fit = {**FIT, "from": "traces", "objective": "sft"}
    assert facets({"world": BARE, "traces": sampled, "fit": fit})["elicitation"] == ("self-knowledge",)
    # A second round asks what the first one trained; a strategy around it is it, too.
    first = {**FIT, "objective": "sft"}
    voted = {"voted": {"use": "decoding/self_consistency", "model": "first", "n": 3}}
    again = {**sampled, "model": "voted"}
    borne = facets({"world": WORLD, "first": first, "traces": again, "fit": fit}, voted)
    assert borne["elicitation"] == ("labelling", "self-knowledge")
    assert borne["stage"] == ("fine-tuning", "inference")


@pytest.mark.parametrize(
    ("objective", "more", "expected"),
    [
        ("kd", {"teacher": "other"}, {"objective": "divergence", "access": "white box", "gain": "smaller"}),
        ("uld", {"teacher": "other"}, {"objective": "divergence", "access": "white box"}),
        ("relational", {"teacher": "other"}, {"objective": "similarity", "access": "white box"}),
        ("redi", {}, {"objective": "ranking", "access": "black box", "gain": "accuracy"}),
        (
            {"grpo": {"kl": 0.1}},
            {"rollout": "student", "reward": {"verified": {"verifier": "exact"}}},
            {"objective": "reinforcement", "policy": "on policy", "stage": "reinforcement learning"},
        ),
        ("sft", {"rollout": "teacher", "teacher": "other"}, {"policy": "off policy", "stage": "fine-tuning"}),
    ],
)
def test_an_objectives_shelf_and_needs_tell(objective, more, expected):
    borne = facets({"world": WORLD, "fit": {**FIT, "objective": objective, **more}})
    assert {facet: borne[facet] for facet in expected} == {name: (value,) for name, value in expected.items()}


def test_what_a_claim_wants_less_of_is_its_gain():
    fits = {name: {**FIT, "objective": "sft"} for name in ("a", "b")}
    scores = {"use": "evaluation/accuracy", "from": "world", "of": ["a", "b"], "verifier": "exact"}
    claim = {"says": "", "better": "a", "than": "b", "metric": "mean_tokens", "fewer": True}
    stages = {"world": WORLD, **fits, "scores": scores}
    assert facets(stages, claim=claim)["gain"] == ("shorter",)
    assert facets(stages, claim={**claim, "fewer": False})["gain"] == ("accuracy",)


def test_a_page_says_what_no_method_tells():
    assert facets({"world": WORLD}, tags={"vertical": "medicine"})["vertical"] == ("medicine",)
    assert facets({"world": WORLD}, tags={"skill": ["code", "agent"]})["skill"] == ("agent", "code")
    for typed, message in (
        ({"vertcal": "law"}, "did you mean 'vertical'"),
        ({"vertical": "medicin"}, "recipe mine: tags.*did you mean 'medicine'"),
        ({"vertical": []}, "vertical has no value"),
    ):
        with pytest.raises(LimbeckError, match=message):
            facets({"world": WORLD}, tags=typed)


def test_switches_of_reinforcement_are_read_with_their_defaults():
    rolled = {"rollout": {"student": {"n": 4, "max_tokens": 32, "end_tokens": 64}}}
    reward = {"reward": {"verified": {"verifier": "exact"}}}
    plain = {**FIT, "objective": "grpo", **rolled, **reward}
    other = {"grpo": {"std": "none", "per": "constant", "clip_high": 0.28, "kl": 0.01}}
    listed = coverage.switches(
        recipe({"world": WORLD, "a": plain, "b": plain, "c": {**plain, "objective": other}})
    )
    assert listed == [
        ("a, b", ("group", "token", "0.2, 0.2", "off", "4", "32 to 64", "verified")),
        ("c", ("none", "constant", "0.2, 0.28", "0.01", "4", "32 to 64", "verified")),
    ]


def test_a_missing_extra_hides_no_recipe(monkeypatch):
    def missing(self):
        raise ModuleNotFoundError("torch")

    monkeypatch.setattr("limbeck.pipeline.signature.Method.load", missing)
    made = recipe({"world": WORLD, "fit": {**FIT, "objective": {"grpo": {"kl": 0.1}}}})
    assert Uses(made).trainings[0].needs == {"traces", "rewards"}


@pytest.fixture(scope="module")
def listed():
    return coverage.rows()


def test_every_recipe_bears_every_facet_and_no_column_is_empty(listed):
    assert len(listed) == len(recipes.names())
    for row in listed:
        assert all(row.tags[facet] for facet in tags.FACETS), row.name
    for facet, values in coverage.counts(listed).items():
        assert all(values.values()), (facet, values)


def test_the_page_is_fresh(listed):
    kept = (REPO / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert kept == coverage.markdown(listed), "limbeck coverage --write docs/coverage.md"


def test_every_elicitation_makes_what_some_objective_takes(listed):
    """The first survey's two pillars meet: no way of asking a teacher is left without a way to learn."""
    crossed = coverage.crossed(listed, "elicitation", "objective")
    for way, objectives in crossed.items():
        assert way == "none" or any(count for kind, count in objectives.items() if kind != "untrained"), way


def test_what_has_no_signal_is_refused_by_one_error(tmp_path):
    """A divergence from a teacher that only writes text: each refusal names what is missing."""
    pytest.importorskip("torch", reason="training needs the extra limbeck[train]")
    api = {"api": {"use": "models/openai", "model": "m", "url": "http://localhost:1/v1"}}
    for more, message in (
        ({"teacher": "api"}, "model 'api': models/openai has no weights"),
        ({}, r"needs the teacher's distributions over the student's vocabulary \(teacher\)"),
    ):
        stages = {"world": WORLD, "fit": {**FIT, "objective": {"kd": {"divergence": "forward"}}, **more}}
        with pytest.raises(LimbeckError, match=message):
            planning.make(recipe(stages, {**api, "start": {"path": "asset:haste/base"}}), tmp_path)
