"""Recipes by name, and their titles, without reading what they say: a list of them is asked for often."""

from __future__ import annotations

from pathlib import Path

from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline.registry import roots


def folders() -> list[Path]:
    """Where recipes are looked for: ``recipes/`` of every method root."""
    return [root / "recipes" for root in roots()]


def names() -> dict[str, Path]:
    """Every recipe by name."""
    files: dict[str, Path] = {}
    for folder in folders():
        for path in sorted(folder.glob("*.yaml")):
            files.setdefault(path.stem, path)
    return dict(sorted(files.items()))


def title_of(path: Path) -> str:
    """A recipe's title, read without parsing the whole YAML."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("title:"):
            return line.removeprefix("title:").strip().strip("\"'")
    return ""


def find(name: str) -> Path:
    """The file of a recipe given by name or path."""
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise LimbeckError(f"no recipe file at {name}")
        return Path(name)
    if name not in names():
        raise unknown("recipe", name, names())
    return names()[name]
