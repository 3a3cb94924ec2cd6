"""The stage keys of every shipped recipe, at every scale but smoke. Run as a program it writes them down."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.plan import Plan

FILE = Path(__file__).resolve().parent / "fixtures" / "stage_keys.json"


def plans(name: str) -> dict[str, Plan]:
    """Plans by scale. Files of the user's count by their paths: they need not be there."""
    scales = recipes.read(name)[1].get("scales") or {}
    nothing = mock.patch("limbeck.pipeline.parameters.need_file", return_value=None)
    packages = mock.patch("limbeck.pipeline.files.packaged", str)
    with nothing, packages, mock.patch("limbeck.pipeline.parameters.need_model", return_value=None):
        return {
            scale: planning.make(recipes.load(name, scale=scale), Path("nowhere"))
            for scale in ["miniature", *(scale for scale in scales if scale not in ("miniature", "smoke"))]
        }


def keys(made: dict[str, Plan]) -> dict[str, dict[str, str]]:
    """Stage keys by scale."""
    return {scale: {step.name: step.key for step in plan.steps.values()} for scale, plan in made.items()}


def main() -> None:
    told = {name: keys(plans(name)) for name in recipes.names()}
    FILE.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{sum(len(stages) for scales in told.values() for stages in scales.values()):,} keys in {FILE}")


if __name__ == "__main__":
    main()
