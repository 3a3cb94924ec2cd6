"""What the page's browser shows: problems with the samples of every arm, drawn evenly where they are many.

A page must stay openable, so it embeds at most `SAMPLES` samples and `CHARACTERS` characters of text.
Problems are drawn by a hash of the seed and their name, in turn from each sort: a sort is a benchmark, a
temperature, and the kinds and marks of a problem's samples, so that rare ones (failed) are not crowded out.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from limbeck.evaluation.samples import place_of, temperature_of
from limbeck.records import Data, Pair, Problem, Trace, Verdict
from limbeck.report.visible import middle_cut, visible

SAMPLES = 6_000
CHARACTERS = 10_000_000
PER_ARM = 4
TEXT = 6_000
LINE = 300
VERDICTS = 6


@dataclass
class Entry:
    """One problem in one setting (benchmark and temperature) with the samples of every arm, and the outline
    of the search that wrote them."""

    problem: Problem
    setting: str = ""
    arms: dict[str, list[Trace]] = field(default_factory=dict)
    pair: Pair | None = None
    tree: str = ""

    def sort(self) -> tuple[str, ...]:
        """The setting, the kinds of samples and the marks there are: what problems are drawn evenly from."""
        traces = [trace for samples in self.arms.values() for trace in samples]
        marks = {mark for trace in traces for mark in trace.marks} | set(self.problem.marks)
        return self.setting, *sorted({kind_of(trace) for trace in traces} | marks)


@dataclass
class Collection:
    """What the browser shows of one stage: chosen problems as the page's script reads them, of how many."""

    name: str
    kind: str
    folders: list[str] = field(default_factory=list)
    arms: list[str] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    problems: int = 0
    samples: int = 0
    marked: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> dict[str, Any]:
        """As the page's script reads it."""
        return {
            "name": visible(self.name, 200),
            "kind": self.kind,
            "folders": [visible(folder, 300) for folder in self.folders],
            "arms": [visible(arm, 120) for arm in self.arms],
            "entries": self.entries,
            "problems": self.problems,
            "samples": self.samples,
            "marked": {visible(mark, 60): visible(stage, 120) for mark, stage in self.marked.items()},
        }


def kind_of(trace: Trace) -> str:
    """``cut off`` and ``failed`` where generation ended so, else the verdict; ``no verdict`` without one."""
    if trace.finish == "error":
        return "failed"
    if trace.finish == "length" and trace.outcome not in ("correct", "wrong"):
        return "cut off"
    return trace.outcome if trace.verdicts else "no verdict"


def entries(arms: dict[str, Data]) -> Iterator[Entry]:
    """The problems of an evaluation, each with the samples of every arm, failed requests too.

    Args:
        arms: the samples of each arm, by its name.
    """
    places: dict[tuple[str, str], Entry] = {}
    for arm, data in arms.items():
        problems = data.problem_by_id()
        for trace in data.traces:
            problem = problems.get(trace.problem_id) or Problem(id=trace.problem_id, question="")
            benchmark, temperature = place_of(trace, problem)
            setting = f"{benchmark}, {temperature_of(temperature)}"
            entry = places.setdefault((setting, problem.id), Entry(problem, setting))
            entry.arms.setdefault(arm, []).append(trace)
    yield from places.values()


class Draw:
    """Chooses entries evenly and keeps no more of them than may be chosen; shards may come in any order."""

    def __init__(
        self, arms: list[str], seed: int, samples: int = SAMPLES, characters: int = CHARACTERS
    ) -> None:
        self.arms, self.seed, self.samples, self.characters = arms, seed, samples, characters
        self.drawn: dict[tuple[str, ...], list[tuple[int, int, int, dict[str, Any]]]] = {}
        self.sizes: dict[tuple[str, ...], list[int]] = {}
        self.limits: dict[tuple[str, ...], int] = {}
        self.problems = self.seen = 0

    def add(self, entry: Entry) -> None:
        """Offer an entry."""
        self.problems += 1
        self.seen += sum(len(samples) for samples in entry.arms.values())
        sort = entry.sort()
        name = f"{self.seed}/{entry.setting}/{entry.problem.id}".encode("utf-8", "surrogatepass")
        rank = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big")
        if rank >= self.limits.get(sort, 2**64):
            return
        self.arms += [arm for arm in entry.arms if arm not in self.arms]
        encoded, size = encode(entry, self.arms)
        heap, held = self.drawn.setdefault(sort, []), self.sizes.setdefault(sort, [0, 0])
        heapq.heappush(heap, (-rank, self.problems, size, encoded))
        held[0], held[1] = held[0] + len(encoded["samples"]), held[1] + size
        while len(heap) > 1 and (held[0] > self.samples or held[1] > self.characters):
            highest, _, size, dropped = heapq.heappop(heap)
            self.limits[sort] = -highest
            held[0], held[1] = held[0] - len(dropped["samples"]), held[1] - size

    def chosen(self) -> list[dict[str, Any]]:
        """The entries drawn, in turn from each sort; those with right and wrong samples first."""
        order = sorted(self.drawn, key=lambda sort: (not {"correct", "wrong"} <= set(sort), sort))
        queues = [sorted(self.drawn[sort], key=lambda item: (-item[0], item[1])) for sort in order]
        taken: list[dict[str, Any]] = []
        samples = characters = 0
        for item in (item for turn in zip_longest(*queues) for item in turn if item is not None):
            samples += len(item[3]["samples"])
            characters += item[2]
            if taken and (samples > self.samples or characters > self.characters):
                break
            taken.append(item[3])
        return taken

    def collected(self, name: str, kind: str, folders: list[str]) -> Collection:
        """The entries drawn as a collection of the page."""
        return Collection(name, kind, folders, self.arms, self.chosen(), self.problems, self.seen)


def spread(traces: list[Trace], most: int) -> list[Trace]:
    """At most ``most`` traces, in turn of each kind and its marks, in their own order."""
    kinds: dict[tuple[str, ...], list[int]] = {}
    for place, trace in enumerate(traces):
        kinds.setdefault((kind_of(trace), *trace.marks), []).append(place)
    turns = (place for turn in zip_longest(*kinds.values()) for place in turn if place is not None)
    return [traces[place] for place in sorted(place for place, _ in zip(turns, range(most), strict=False))]


def encode(entry: Entry, arms: list[str]) -> tuple[dict[str, Any], int]:
    """An entry as the page's script reads it, and how many characters of text it holds.

    ``tally`` is ``[right, judged, failed, not judged]`` of all samples of each arm, shown or not: what nobody
    judged is no wrong answer.
    """
    problem = entry.problem
    shown: dict[str, Any] = {
        "id": visible(problem.id, 300),
        "question": middle_cut(problem.question, TEXT),
        "setting": visible(entry.setting, 200),
        "tally": [_tally(entry.arms.get(arm, [])) for arm in arms],
        "samples": [],
    }
    if problem.answer is not None:
        shown["reference"] = middle_cut(problem.answer, TEXT)
    if problem.marks:
        shown["marks"] = _marks(problem.marks)
    if entry.tree:
        shown["tree"] = entry.tree
    sides = {} if entry.pair is None else {entry.pair.chosen: "chosen", entry.pair.rejected: "rejected"}
    for place, arm in enumerate(arms):
        traces = sorted(entry.arms.get(arm, []), key=lambda trace: trace.id not in sides)
        shown["samples"] += [_sample(place, trace, sides) for trace in spread(traces, PER_ARM)]
    return shown, len(json.dumps(shown, ensure_ascii=False))


def _tally(traces: list[Trace]) -> list[int]:
    made = [trace for trace in traces if trace.finish != "error"]
    judged = [trace for trace in made if trace.verdicts]
    right = sum(trace.outcome == "correct" for trace in judged)
    return [right, len(judged), len(traces) - len(made), len(made) - len(judged)]


def _marks(marks: Iterable[str]) -> list[str]:
    return [visible(mark, 60) for mark in dict.fromkeys(marks)]


def _sample(arm: int, trace: Trace, sides: dict[str, str]) -> dict[str, Any]:
    """What is known of a trace; what it lacks is left out."""
    scores = [(visible(name, 80), _finite(score)) for name, score in list(trace.scores.items())[:20]]
    sample = {
        "arm": arm,
        "id": visible(trace.id, 300),
        "kind": kind_of(trace),
        "length": len(trace.reasoning) + len(trace.answer),
        "written": len(trace.reasoning),
        "reasoning": middle_cut(trace.reasoning, TEXT),
        "answer": middle_cut(trace.answer, TEXT),
        "verdicts": [_verdict(verdict) for verdict in trace.verdicts[-VERDICTS:]],
        "taken": _taken(trace),
        "finish": trace.finish,
        "tokens": trace.tokens,
        "marks": _marks(trace.marks),
        "pair": sides.get(trace.id),
        "error": visible(trace.params.get("error", ""), 600) if trace.finish == "error" else "",
        "scores": {name: score for name, score in scores if score is not None},
    }
    return {name: value for name, value in sample.items() if value not in (None, "", [], {})}


def _taken(trace: Trace) -> dict[str, str]:
    """The last line that holds what the last verdict took for the answer; empty where none does as it
    stands."""
    taken = trace.verdicts[-1].extracted if trace.verdicts else None
    for place in ("answer", "reasoning") if taken else ():
        lines = [line for line in getattr(trace, place).splitlines() if taken and taken in line]
        if lines:
            return {"from": place, "line": middle_cut(lines[-1].strip(), LINE)}
    return {}


def _finite(number: float | None) -> float | None:
    """JSON knows neither NaN nor infinity; one such score would cost the page all its samples."""
    return round(number, 4) if number is not None and math.isfinite(number) else None


def _verdict(verdict: Verdict) -> dict[str, Any]:
    told = {
        "verifier": visible(verdict.verifier, 120),
        "outcome": verdict.outcome,
        "extracted": None if verdict.extracted is None else visible(verdict.extracted, 600),
        "reason": visible(verdict.reason, 800),
        "score": _finite(verdict.score),
    }
    return {name: value for name, value in told.items() if value is not None and (value or name != "reason")}
