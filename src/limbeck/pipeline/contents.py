"""A method's settings with what lies at its paths in place of the paths."""

from __future__ import annotations

from typing import Any

from limbeck.pipeline import parameters as P
from limbeck.pipeline.annotations import FILES, REFERENCES
from limbeck.pipeline.files import identity
from limbeck.pipeline.registry import methods
from limbeck.pipeline.rooms import ROOM_OF
from limbeck.types import Configured


def contents(bound: Configured) -> dict[str, Any]:
    """A bound method's parameters, files and artefacts by their content: a folder that was moved, or is
    spelled otherwise, is the same."""
    alike = filter(None, (methods(room).get(bound.name) for room in ROOM_OF.values()))
    file = vars(bound.module).get("__file__")
    declared = next((each.params for each in alike if str(each.path) == file), {})
    params = dict(bound.params)
    for name, value in bound.params.items():
        if name in declared and P.wanted(declared[name]).kind in (*FILES, *REFERENCES):
            texts = value if isinstance(value, list | tuple) else [value]
            known = [identity(str(each)) if isinstance(each, str) else each for each in texts]
            params[name] = known if isinstance(value, list | tuple) else known[0]
    return params
