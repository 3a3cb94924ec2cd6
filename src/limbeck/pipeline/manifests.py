"""What a stage's manifest says of how it was made."""

from __future__ import annotations

import platform
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import limbeck
from limbeck.pipeline import counting, store
from limbeck.pipeline.step import Step


@cache
def versions() -> dict[str, str]:
    """Versions of everything that can change a number."""
    installed = {"limbeck": limbeck.__version__, "python": platform.python_version()}
    for name in ("torch", "transformers", "accelerate", "math-verify", "pyarrow", "numpy"):
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    return installed


def emptied(step: Step, folders: dict[str, Path], counts: dict[str, Any]) -> str:
    """What to say where a curation leaves nothing of the traces that it was given; empty where it does.

    A filter too strict for its data is no error, but the training behind it, an hour later, is.
    """
    if step.method.room != "curation" or not counts.get("traces") or counts["kept"]:
        return ""
    before = [store.read_manifest(folders[name]) or {} for name in step.inputs if name in folders]
    given = sum(each.get("counts", {}).get("kept", 0) for each in before)
    reasons = {**counts["problem_marks"], **counts["marks"]}
    told = ", ".join(f"{count:,} {mark}" for mark, count in reasons.items())
    return f"leaves none of the {given:,} traces it was given without a mark: {told}" if given else ""


def of(step: Step, more: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a step whose output is on disk.

    Args:
        more: what its making alone knows, such as its notes.
    """
    return {
        "name": step.name,
        "use": step.method.key,
        "version": step.method.version,
        "key": step.key,
        "sources": step.sources(),
        "kind": step.kind,
        "params": step.params,
        "inputs": step.inputs,
        **({"limit": step.limit} if step.limit else {}),
        "of": step.of,
        "counts": counting.counts(store.read_data(step.folder)) if step.makes.flows else {},
        **more,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": versions(),
    }
