"""What stands beside a folder's files: a data set card and LLaMA-Factory's registry."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from limbeck.shapes.exporting import Export

_FREE = ("apache-2.0", "mit", "bsd-3-clause", "gpl-3.0", "lgpl-3.0", "agpl-3.0", "openrail", "odc-by", "odbl")
_COMMONS = ("cc0-1.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0")
HUB_LICENSES = frozenset((*_FREE, *_COMMONS))
"""Identifiers the Hugging Face hub takes in a card's front matter; any other licence is ``other`` there."""
_SIZES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")


@dataclass(frozen=True)
class Part:
    """A file of a split: where it lies in the folder, and how many rows it holds."""

    split: str
    path: str
    rows: int


def size_category(rows: int) -> str:
    """The hub's word for a number of rows."""
    limits = [1000 * 10**power for power in range(len(_SIZES))]
    above = next((index for index, limit in enumerate(limits) if rows < limit), len(_SIZES))
    if above == 0:
        return "n<1K"
    return f"n>{_SIZES[-1]}" if above == len(_SIZES) else f"{_SIZES[above - 1]}<n<{_SIZES[above]}"


def registry(export: Export, parts: list[Part], name: str) -> dict[str, Any]:
    """LLaMA-Factory's ``dataset_info.json``: an entry per split, or none where it does not read the shape."""
    if not export.writer.registry:
        return {}
    folders = {part.split: part.path.rpartition("/")[0] for part in parts}
    entries = {}
    for split, folder in folders.items():
        entry = copy.deepcopy(export.writer.registry)
        absent = {"system", "history"} - export.survey.filled
        entry["columns"] = {key: column for key, column in entry["columns"].items() if key not in absent}
        entries[name if len(folders) == 1 else f"{name}_{split}"] = {"file_name": folder, **entry}
    return entries


def card(export: Export, parts: list[Part], name: str, manifest: Mapping[str, Any]) -> str:
    """The folder's ``README.md``: what the hub and `load_dataset` read, then what people do."""
    front = yaml.safe_dump(_front(export, parts, name), sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n{_body(export, parts, name, manifest)}"


def _front(export: Export, parts: list[Part], name: str) -> dict[str, Any]:
    files = {part.split: re.sub(r"-\d+-of-\d+", "-*", part.path) for part in parts}
    given = {text.lower() for text in export.survey.licenses if text}
    licenses = sorted({text if text in HUB_LICENSES else "other" for text in given})
    return {
        "pretty_name": name,
        **({"license": licenses[0] if len(licenses) == 1 else licenses} if licenses else {}),
        "task_categories": ["text-generation"],
        "tags": ["reasoning", "distillation", "limbeck"],
        "size_categories": [size_category(sum(part.rows for part in parts))],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": path} for split, path in files.items()],
            }
        ],
    }


def _body(export: Export, parts: list[Part], name: str, manifest: Mapping[str, Any]) -> str:
    rows: Counter[str] = Counter()
    for part in parts:
        rows[part.split] += part.rows
    counts, writer = export.survey.counts, export.writer
    lines = [f"# {name}", "", writer.doc, "", f"Shape `{export.shape}`, read by {writer.read_by}.", ""]
    lines += _table(("split", "rows"), rows)
    lines += ["## Where it comes from", "", *_made(manifest)]
    lines.append(
        f"- Problems: {counts['problems']:,}; traces: {counts['traces']:,}; pairs: {counts['pairs']:,}"
    )
    chosen = {"only traces that are": export.choice.only, "only the split": export.choice.split}
    lines += [f"- {label.capitalize()} `{value}`" for label, value in chosen.items() if value]
    if export.choice.limit:
        lines.append(f"- At most {export.choice.limit:,} rows of each split")
    lines.append("")
    survey = export.survey
    lines += _table(("traces written by", "count"), survey.models, "not said")
    lines += _table(("traces judged by", "count"), survey.verifiers)
    lines += _table(("outcome", "traces"), Counter(counts["outcomes"]))
    lines += _table(("source of problems", "count"), survey.sources, "not said")
    if any(survey.licenses):
        lines += _table(("licence of problems", "count"), survey.licenses, "not said")
    if export.beside:
        told = ", ".join(f"`{name}`" for name in export.beside)
        lines += [f"Every row says where it comes from: {told}.", ""]
    lines += ["## What bears a mark", "", _staying(export), ""]
    lines += _funnel(export, [*manifest.get("marked", ())])
    lines += _table(("pair marked", "count"), Counter(counts["pair_marks"]))
    return "\n".join(lines).rstrip() + "\n"


def _staying(export: Export) -> str:
    unusable = f" {export.bad.summary()}." if export.bad.count else ""
    kind = export.writer.needs
    return f"Written are {kind}. Records with these marks are in the data they were taken from.{unusable}"


def _funnel(export: Export, stages: list[str]) -> list[str]:
    """What each mark leaves, and what it takes out that is right."""
    costs = export.survey.costs
    if not costs.order:
        return []
    head = ("mark", "of", "problems", "traces", "right ones", "of them by it alone", "left", "right of them")
    rows: list[tuple[Any, ...]] = [
        ("all traces", "", "", costs.traces, costs.correct, "", costs.traces, costs.correct)
    ]
    for line in costs.lines(stages):
        borne = line.problems or "", line.bearing, line.bearing_correct, line.alone_correct
        rows.append((_cell(line.mark.name), line.mark.of, *borne, line.left, line.left_correct))
    cells = [[f"{each:,}" if isinstance(each, int) else each for each in row] for row in rows]
    lines = ["Marks in the order in which they were set; right is what the last verdict calls correct.", ""]
    lines += [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *cells]]
    return [*lines, ""]


def _made(manifest: Mapping[str, Any]) -> list[str]:
    """Lines on the stage, import or verification that made the data."""
    origin = manifest.get("file") or manifest.get("from")
    told = {
        "Made by": manifest.get("use") or manifest.get("name"),
        "Stage": manifest.get("name") if manifest.get("use") else None,
        "Recipe": manifest.get("recipe"),
        # The name alone: cards are published, and a path tells of somebody's machine.
        "From": origin and Path(str(origin)).name,
        "Verifier": manifest.get("verifier"),
        "On": manifest.get("made"),
        "Key": manifest.get("key"),
        "Page": manifest.get("page"),
        "Limbeck": (manifest.get("versions") or {}).get("limbeck"),
    }
    return [f"- {label}: `{value}`" for label, value in told.items() if value]


def _table(head: tuple[str, str], counts: Counter[str], unnamed: str = "") -> list[str]:
    named = [(name or unnamed, count) for name, count in counts.most_common() if name or unnamed]
    if not named:
        return []
    body = [f"| {_cell(name)} | {count:,} |" for name, count in named]
    return [f"| {head[0]} | {head[1]} |", "|---|---|", *body, ""]


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
