"""Where a model comes from and under which licence, as the card in its folder says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from limbeck.networks.gguf import ordinary

FIELDS = ("base_model", "license", "license_name", "license_link")
"""What a card's front matter says of that; names of the Hugging Face Hub."""


def lineage(path: str) -> dict[str, Any]:
    """`FIELDS` of a model, those that are known: what a folder's card says; a Hub id is the base itself.

    A card that cannot be read says nothing.
    """
    from huggingface_hub import ModelCard
    from yaml import YAMLError

    folder = Path(ordinary(path))
    if not folder.is_dir():
        return {"base_model": path}
    try:
        known = ModelCard.load(folder / "README.md").data.to_dict()
    except (OSError, ValueError, YAMLError):
        return {}
    return {name: known[name] for name in FIELDS if known.get(name)}
