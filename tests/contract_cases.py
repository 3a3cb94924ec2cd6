"""What the contracts in `contracts/` know of single methods: settings without a default, good examples.

A contract iterates over `methods(room)`, so a method inherits it by existing, also one of your own that
lies on ``LIMBECK_PATH``. Only a method that cannot run on its defaults needs a row here.
"""

from __future__ import annotations

import ast
from typing import Any

import pytest

from limbeck.pipeline.registry import Bound, bound, methods
from limbeck.pipeline.signature import Method

ARGUMENTS: dict[str, dict[str, Any]] = {
    "rewards/soft_overlong": {"longest": 20, "margin": 8},
    "curation/balance": {"most": 2, "field": "source"},
    "curation/band": {"field": "operations", "low": 2},
    "curation/calibrated": {"score": "value"},
    "curation/influential": {"n": 3},
    "curation/controlled": {"dials": {"d": ["tokens", 0, 9]}},
    "curation/false_positives": {"verifier": "math"},
    "curation/labels": {"columns": ("label",)},
    "curation/leap_tasks": {"least": 1},
    "curation/levels": {"by": "operations"},
    "curation/sample_problems": {"n": 3},
    "curation/sneaky_tasks": {"by": "lines"},
    "curation/where": {"field": "source", "keep": ("even",)},
    "evaluation/caught": {"marks": ("wrong",), "fault": ("slip",)},
    "evaluation/drops": {"score": "rating"},
    "decoding/constrained": {"constraint": "[0-9+]{1,6}"},
    "decoding/in_script": {"scripts": ("Latin",)},
    "evaluation/detector": {"scores": ("value",), "folds": 2},
    "evaluation/first_error": {"label": "deductive"},
    "evaluation/judge_agreement": {"score": "value"},
    "evaluation/sources": {"difficulty": "operations"},
    "evaluation/inclined": {"positive": "^[0-4]", "negative": "^[^0-4]", "n": 3, "max_tokens": 1},
    # The paper's router takes minutes to train.
    "teachers/token_router": {"width": 8, "blocks": 1, "steps": 3},
    "teachers/chunk_codes": {"width": 8, "steps": 3},
    "teachers/inclination": {
        "positive": "^[a-m]",
        "negative": "^[^a-m]",
        "n": 3,
        "max_tokens": 1,
        "threshold": 0.0,
        "held": 0.5,
    },
    "problems/reasoning_gym": {"task": "leg_counting"},
    "verifiers/pattern": {"regex": "^[0-9]+$"},
}
"""Settings by method, where a setting has no default or the default fits no small example."""

ADAPTED_FOR = {"block_gates": {"block": 2, "size": 4}}
"""Objectives that train what `students/` of the same name adds, and its settings."""

BESIDE = ("block_gates",)
"""Students that add what takes no part in the logits, so that these teach it nothing."""

GIVEN = (
    "Model",
    "Checkpoint",
    "Stored",
    "Index",
    "Part",
    "Context",
    "InputFile",
    "Verifier",
    "Reward",
    "Rollout",
    "Objective",
)
"""Kinds of parameters that a contract supplies itself."""


def settings(entry: Method, **more: Any) -> dict[str, Any]:
    """A value for every setting of a method: its default, or what `ARGUMENTS` says, or ``more``."""
    chosen = {**ARGUMENTS.get(entry.key, {}), **more}
    values = {}
    for name, parameter in entry.params.items():
        if name in chosen:
            values[name] = chosen[name]
        elif not parameter.required:
            values[name] = parameter.default
        elif parameter.annotation.split("|")[0].strip() not in GIVEN:
            raise AssertionError(
                f"{entry.key}: {name!r} has no default, so its contract cannot run it: add a row for "
                f"{entry.key!r} to ARGUMENTS in tests/contract_cases.py"
            )
    return values


def ready(entry: Method, **more: Any) -> Bound:
    """A method with its settings, as the pipeline hands it over."""
    return bound(entry, settings(entry, **more))


def options(entry: Method) -> list[dict[str, Any]]:
    """The defaults, and each other value that an annotation ``Literal[…]`` allows, one at a time."""
    settings: list[dict[str, Any]] = [{}]
    for name, parameter in entry.params.items():
        note = ast.parse(parameter.annotation, mode="eval").body
        if isinstance(note, ast.Subscript) and ast.unparse(note.value) == "Literal":
            allowed = ast.literal_eval(note.slice)
            allowed = allowed if isinstance(allowed, tuple) else (allowed,)
            settings += [{name: value} for value in allowed if value != parameter.default]
    return settings


def with_options(methods_of_a_room: list[Any], more: dict[str, list[dict[str, Any]]] = {}) -> list[Any]:  # noqa: B006 never changed
    """Each method with each of its `options`, and with ``more`` settings by its name."""
    return [
        pytest.param(*case.values, setting, id="-".join([case.id, *map(str, setting.values())]))
        for case in methods_of_a_room
        for setting in [*options(case.values[0]), *more.get(case.id, [])]
    ]


def entries(room: str, *, shelf: str = "", but: tuple[str, ...] = ()) -> list[Any]:
    """Each method of a room (or of one shelf) as a case for `pytest.mark.parametrize`."""
    chosen = [entry for entry in methods(room).values() if not shelf or entry.shelf.split("/")[0] == shelf]
    return [pytest.param(entry, id=entry.name) for entry in chosen if entry.name not in but]
