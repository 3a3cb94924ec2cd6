"""A search tree as an indented list: a line for each thought, with its value, its tries and its verdict."""

from __future__ import annotations

from limbeck.report.visible import visible
from limbeck.trees import Node

LINES = 200
"""Nodes of a problem's trees that a page shows."""
THOUGHT = 120
"""Characters of a thought that a line shows."""


def outline(roots: list[Node]) -> str:
    """The trees of a problem, each node below its parent and further in; empty where there are none."""
    nodes = [node for root in roots for node in root.walk() if node.trace is not None]
    lines = [_line(node) for node in nodes[:LINES]]
    if len(nodes) > LINES:
        lines.append(f"… {len(nodes) - LINES:,} more nodes are in the stage's folder")
    return "\n".join(lines)


def _line(node: Node) -> str:
    words = " ".join(node.text[node.begins :].split())
    worth = "no value" if node.value is None else f"{node.value:.2f} of {node.visits:,}"
    verdict = "" if node.unfinished else f", {node.outcome}"
    depth = len(node.path()) - 1
    return f"{'    ' * depth}{visible(node.thought, 40)} [{worth}{verdict}] {visible(words, THOUGHT)}"
