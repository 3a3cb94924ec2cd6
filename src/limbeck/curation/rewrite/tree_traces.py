"""Chains out of search trees: a right attempt that first goes wrong, says so, and turns back."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.records import Data, Trace
from limbeck.texts.tags import KINDS
from limbeck.texts.traces import split_text
from limbeck.trees import Node, trees
from limbeck.types import Count, CountOrNone

SUFFIX = "/reflected"
"""What the id of a chain with a failed branch has behind that of the attempt it is made of."""
REFLECTION = "\n\nWait, this does not lead to the answer. Let me go back to where it went wrong.\n\n"


def tree_traces(
    data: Data,
    *,
    branches: Count = 1,
    reflection: str = REFLECTION,
    per_problem: Count = 1,
    most_thoughts: CountOrNone = 0,
) -> Data:
    """Lay a tree out as one chain: thoughts, a branch that failed, a reflection, and the thoughts that
    succeed.

    Marco-o1 v2 (arXiv 2503.01461, section 3). From a right attempt, at the latest thought that has a wrong
    attempt beside it, the wrong branch is told first. Every attempt of a tree also gets its thoughts' values
    as labels of its steps, ``scores["value/0"]`` and so on, as `teachers/step_values` writes them.

    Args:
        branches: failed branches in a chain, at most; from the latest on.
        reflection: what stands between a failed branch and the way back.
        per_problem: chains of each problem, of its right attempts with fewest thoughts.
        most_thoughts: right attempts of more thoughts make no chain, which bounds its length; 0 for any.

    Returns:
        The data with chains added: ``parents`` names the right attempt and the wrong ones. They are new texts
        and have no verdict; a verifier behind this stage gives it.
    """
    labelled: dict[str, dict[str, float]] = {}
    added: list[Trace] = []
    taken = {trace.id for trace in data.traces}
    all_trees = trees(data)
    for problem in data.problems:
        roots = all_trees.get(problem.id, [])
        leaves = [leaf for root in roots for leaf in root.leaves()]
        labelled |= {leaf.id: _labels(leaf) for leaf in leaves}
        right = [leaf for leaf in leaves if leaf.outcome == "correct" and leaf.trace and not leaf.trace.marks]
        short = [leaf for leaf in right if not most_thoughts or len(leaf.path()) <= most_thoughts]
        chains: list[Trace] = []
        for leaf in [] if problem.marks else sorted(short, key=lambda leaf: len(leaf.path())):
            chain = _reflected(leaf, branches, reflection)
            if chain and chain.id not in taken and len(chains) < per_problem:
                chains.append(chain)
        added += chains
    traces = [_labelled(trace, labelled.get(trace.id, {})) for trace in data.traces]
    return Data(data.problems, [*traces, *added], data.pairs)


def _labels(leaf: Node) -> dict[str, float]:
    values = enumerate(node.value for node in leaf.path())
    return {f"value/{at}": value for at, value in values if value is not None}


def _labelled(trace: Trace, labels: dict[str, float]) -> Trace:
    return replace(trace, scores={**trace.scores, **labels}) if labels else trace


def _reflected(leaf: Node, branches: int, reflection: str) -> Trace | None:
    """The right attempt with its latest failed branches before the thoughts that took their place; None where
    nothing beside it failed."""
    assert leaf.trace is not None, "a leaf is a trace"
    text = leaf.text
    wrong: list[str] = []
    for node in reversed(leaf.path()):
        failed = _failed_beside(node)
        if failed is None or len(wrong) == branches:
            continue
        branch, attempt = failed
        # From the end towards the beginning, so that earlier places stay where they are.
        text = text[: node.begins] + branch + reflection + text[node.begins :].lstrip()
        wrong.append(attempt.id)
    if not wrong:
        return None
    reasoning, answer = split_text(text, leaf.trace.format)
    return replace(
        leaf.trace,
        id=leaf.id + SUFFIX,
        reasoning=reasoning,
        answer=answer,
        tokens=None,
        verdicts=[],
        scores={},
        parents=[leaf.id, *wrong],
        params={"branches": len(wrong)},
    )


def _failed_beside(node: Node) -> tuple[str, Node] | None:
    """What a wrong attempt beside a node says after their parent, and that attempt.

    Where the format has tags, a conclusion stands behind them: it is left out, for it would close the thought
    in its midst.
    """
    for sibling in node.parent.children if node.parent else []:
        wrong = [leaf for leaf in sibling.leaves() if leaf.outcome == "wrong" and leaf.trace]
        if sibling is node or not wrong:
            continue
        attempt = min(wrong, key=lambda leaf: len(leaf.text))
        tagged = attempt.trace is not None and attempt.trace.format in KINDS
        told = [each for each in attempt.path() if each.unfinished or not tagged]
        branch = told[-1].text[node.begins :] if told else ""
        if branch.strip():
            return branch, attempt
    return None
