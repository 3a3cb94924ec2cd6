"""What the surveys call a recipe, told by the methods that it uses.

Elicitation, objective, skill, vertical, access and policy are those of Xu et al. (arXiv 2402.13116); the
stage of a model's life is that of the survey of efficient reasoning models (arXiv 2503.23077), the gain that
of its neighbour (arXiv 2504.10903). A recipe's page says only what no method tells, in ``tags:``.
"""

from __future__ import annotations

from collections.abc import Iterator

from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline.recipe import Recipe
from limbeck.reproduction.uses import Uses, asks_a_model, knows, setting

FACETS: dict[str, tuple[str, ...]] = {
    "elicitation": ("labelling", "expansion", "curation", "feature", "feedback", "self-knowledge", "none"),
    "objective": ("likelihood", "divergence", "similarity", "reinforcement", "ranking", "untrained"),
    "skill": ("reasoning", "context following", "agent", "code", "judging"),
    "vertical": ("general", "medicine", "finance", "science"),
    "access": ("black box", "white box"),
    "policy": ("off policy", "on policy"),
    "stage": ("pre-training", "fine-tuning", "reinforcement learning", "inference"),
    "gain": ("accuracy", "shorter", "smaller", "faster"),
}
"""Every facet with its values. Law and several modalities, which the first survey has too, are nobody's
here."""
OF_SHELF = {
    "supervised": "likelihood",
    "divergence": "divergence",
    "tokenizers": "divergence",
    "features": "similarity",
    "reinforcement": "reinforcement",
    "preference": "ranking",
}
FROM_DOCUMENTS = {"back_translate", "mined_chains", "synthesis_tasks"}
"""Methods that make problems of documents or topics; others that ask a model for problems widen a set."""
ANOTHERS = {"teacher", "rewritten", "assorted"}
"""Rollouts that the student does not write."""
TEACHER = {"teacher", "teacher_logp", "teacher_text", "hidden"}
SHORT = {"mean_tokens", "mean_steps"}
CHEAP = {"cost", "cost_per_correct"}

Tags = dict[str, tuple[str, ...]]
"""A recipe's values by facet, in the facet's order; at least one of each."""


def of(recipe: Recipe) -> Tags:
    """A recipe's tags.

    Raises:
        LimbeckError: what the page says in ``tags`` is no facet or none of its values.
    """
    uses, typed = Uses(recipe), written(recipe)
    derived = {
        "elicitation": {*_elicitation(uses)},
        "objective": {*_objective(uses)} or {"untrained"},
        "skill": {*_skill(uses)} or {"reasoning"},
        "vertical": {"general"},
        "stage": {*_stage(uses)},
        "policy": {*_policy(uses)},
    }
    if uses.trainings and not derived["elicitation"] - {"feature", "feedback"}:
        derived["elicitation"].add("labelling")  # the traces came with their problems
    derived["elicitation"] = derived["elicitation"] or {"none"}  # stored samples are looked at
    derived["access"] = {"white box" if "feature" in derived["elicitation"] else "black box"}
    derived["gain"] = {*_gain(uses, derived["elicitation"])} or {"accuracy"}
    values = {facet: typed.get(facet, derived[facet]) for facet in FACETS}
    return {facet: tuple(v for v in known if v in values[facet]) for facet, known in FACETS.items()}


def written(recipe: Recipe) -> dict[str, set[str]]:
    """What a page itself says of its tags, which goes before what is derived."""
    typed = {}
    for facet, given in (recipe.raw.get("tags") or {}).items():
        where = f"recipe {recipe.name}: tags"
        if facet not in FACETS:
            raise unknown("facet", facet, FACETS, where)
        values = given if isinstance(given, list) else [given]
        for value in values:
            if value not in FACETS[facet]:
                raise unknown(facet, value, FACETS[facet], where)
        if not values:
            raise LimbeckError(f"{where}: {facet} has no value; leave it out and it is derived")
        typed[facet] = {*values}
    return typed


def _elicitation(uses: Uses) -> Iterator[str]:
    for entry, settings in uses.of("teachers"):
        asked = uses.asked(entry, settings)
        if any(map(uses.is_student, asked)):
            yield "self-knowledge"
        if not all(map(uses.is_student, asked)):
            yield "labelling" if entry.shelf != "measure" else "feedback"
        if entry.shelf == "measure" and not asks_a_model(entry):
            yield "feature"  # it reads a checkpoint's inside
    for entry, _ in uses.of("curation"):
        if asks_a_model(entry):
            widened = "curation" if entry.name in FROM_DOCUMENTS else "expansion"
            yield widened if entry.shelf == "tasks" else "feedback"
        elif entry.name in FROM_DOCUMENTS:
            yield "curation"
    for entry, _ in uses.of("verifiers"):
        if asks_a_model(entry):
            yield "feedback"
    for entry, settings in uses.of("problems"):
        if uses.trainings and setting(entry, settings, "solve"):
            yield "labelling"
    for training in uses.trainings:
        if training.reward or {"pairs", "rewards"} & training.needs:
            yield "feedback"
        if training.rollout and training.rollout.name not in ANOTHERS:
            yield "self-knowledge"
        if TEACHER & training.needs:
            yield "feature"


def _objective(uses: Uses) -> Iterator[str]:
    for training in uses.trainings:
        yield OF_SHELF.get(training.objective.shelf, "likelihood")


def _skill(uses: Uses) -> Iterator[str]:
    for entry, settings in uses.methods:
        if entry.room in ("teachers", "decoding") and knows(entry, "agents"):
            yield "agent"
        if entry.room == "verifiers" and entry.shelf in ("programs", "queries") and knows(entry, "checkers"):
            yield "code"
        if entry.room == "evaluation" and entry.name in ("judged", "first_error", "biases"):
            yield "judging"
        if entry.name == "retrieved" or setting(entry, settings, "form") == "documents":
            yield "context following"
        if entry.name.endswith(("judge_tasks", "critic_tasks", "comparison_tasks")):
            yield "judging"


def _policy(uses: Uses) -> Iterator[str]:
    for training in uses.trainings:
        written_here = training.rollout and training.rollout.name not in ANOTHERS
        yield "on policy" if written_here else "off policy"
    if not uses.trainings:
        yield "off policy"


def _stage(uses: Uses) -> Iterator[str]:
    for training in uses.trainings:
        online = training.reward or (training.rollout and training.objective.shelf == "reinforcement")
        yield "reinforcement learning" if online else "fine-tuning"
    if not uses.trainings or next(uses.of("decoding"), None):
        yield "inference"


def _gain(uses: Uses, elicitation: set[str]) -> Iterator[str]:
    compared = {str(each["metric"]) for each in uses.contrasts if each["fewer"]}
    if SHORT & compared:
        yield "shorter"
    if CHEAP & compared or any(entry.name == "speculative" for entry, _ in uses.of("rollouts")):
        yield "faster"
    asked = {name for entry, settings in uses.of("teachers") for name in uses.asked(entry, settings)}
    if uses.trainings and ("feature" in elicitation or not all(map(uses.is_student, asked))):
        yield "smaller"
