"""Paths through a knowledge graph: every edge is a fact, and edges meet."""

from __future__ import annotations

import re

from limbeck.records import Problem, Trace, Verdict

WANTS_ANSWER = False

_TRIPLE = re.compile(r"\(([^(),]+),([^(),]+),([^(),]+)\)")
_ARROW = re.compile(r"→|(?<!-)-+>")


def path(
    problem: Problem,
    trace: Trace,
    *,
    facts: str = "facts",
    undirected: bool = False,
    start: str = "",
    ends: bool = True,
) -> Verdict:
    """Hold each cited edge against the problem's facts; edges in a row must meet, the last in the answer.

    Edges are written ``(head, relation, tail)`` or as a chain ``head -> relation -> tail -> relation -> …``
    on a line of its own. Names are compared whatever case, spaces and underscores. A fact that is not there
    makes an edge wrong: the facts are taken to be all there are.

    Args:
        facts: key of the problem's ``meta`` with the facts, each ``[head, relation, tail]``.
        undirected: an edge may be walked against its direction.
        start: key of ``meta`` with the entity, or entities, that the path must begin at; empty asks for none.
        ends: whether the last edge must reach the trace's answer, where it has one.

    Returns:
        ``extracted`` is the first wrong edge, counted from 0, and empty where none is. A trace that cites no
        edge is ``unparsed``, a problem without facts ``unknown``.

    Raises:
        ValueError: facts that are no triples: the verdict is ``unknown``.
    """
    known = problem.meta.get(facts)
    if not known:
        return Verdict("path", "unknown", reason=f"the problem has no meta[{facts!r}]")
    there = {_triple(fact, problem.id) for fact in known}
    if undirected:
        there |= {(tail, relation, head) for head, relation, tail in there}
    edges = cited(trace.reasoning or trace.answer)
    if not edges:
        return Verdict("path", "unparsed", trace.answer.strip() or None, "no edge is cited")
    wanted = problem.meta.get(start) if start else None
    begins = {_name(node) for node in ([wanted] if isinstance(wanted, str) else wanted or [])}
    at: set[str] = begins
    for place, edge in enumerate(edges):
        head, relation, tail = edge
        if edge not in there:
            return Verdict("path", "wrong", str(place), f"edge {place}: no fact ({head}, {relation}, {tail})")
        if at and head not in at and not (undirected and tail in at):
            return Verdict(
                "path", "wrong", str(place), f"edge {place} begins at {head!r}, not at {min(at)!r}"
            )
        # Walked against its direction an edge leads to its head.
        at = {tail, head} if undirected and not at else {head} if undirected and head not in at else {tail}
    answer = _name(trace.answer)
    if ends and answer and trace.reasoning and answer not in at:
        last = len(edges) - 1
        return Verdict(
            "path", "wrong", str(last), f"the path ends in {min(at)!r}, not in the answer {answer!r}"
        )
    return Verdict("path", "correct", "", f"all {len(edges)} edges are facts and meet")


Edge = tuple[str, str, str]


def cited(text: str) -> list[Edge]:
    """The edges a text cites, in order."""
    edges: list[tuple[int, Edge]] = []
    for match in _TRIPLE.finditer(text):
        edges.append((match.start(), (_name(match[1]), _name(match[2]), _name(match[3]))))
    for line in re.finditer(r"[^\n]+", text):
        parts = [_name(part) for part in _ARROW.split(line[0].rpartition(":")[2])]
        if len(parts) >= 3 and len(parts) % 2 and all(parts):
            for place in range(0, len(parts) - 2, 2):
                head, relation, tail = parts[place : place + 3]
                edges.append((line.start() + place, (head, relation, tail)))
    return [edge for _, edge in sorted(edges, key=lambda placed: placed[0])]


def _name(text: str) -> str:
    return " ".join(text.replace("_", " ").casefold().split()).strip(" .;,\"'`*[]<>")


def _triple(fact: object, where: str) -> Edge:
    if not isinstance(fact, list | tuple) or len(fact) != 3:
        raise ValueError(f"problem {where}: a fact is [head, relation, tail], got {fact!r:.80}")
    head, relation, tail = (_name(str(part)) for part in fact)
    return head, relation, tail
