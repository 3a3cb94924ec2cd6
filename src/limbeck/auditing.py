"""What of benchmarks a finished set holds: a leakage and laundering audit.

Questions are looked at by `limbeck.leaks`, traces for long runs of benchmark questions, and what is found is
counted for each benchmark and for each source: a benchmark launders through other people's data sets, and the
shares of sources say through which.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limbeck.leaks import HOWS, Benchmarks, Leak, Looking, name_of
from limbeck.pipeline.atomic import write_atomic
from limbeck.records import Data, Problem, Trace
from limbeck.texts.questions import normalise

LISTED = 1_000
"""Leaks that are listed one by one, the surest first; all are counted."""


@dataclass
class Audit:
    """Counts of all data that were added; only problems and traces without a mark are part of a finished set.

    ``problems`` counts problems that repeat an item of a benchmark, once by the surest of what they repeat it
    by; ``answers`` those of them whose reference, or a trace's answer, is the item's; ``traces`` traces that
    hold a run of words of an item's question; ``touched`` the items that any of it repeats.
    """

    benchmarks: Benchmarks
    sizes: Counter[str] = field(default_factory=Counter)
    problems: dict[str, Counter[str]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    traces: Counter[str] = field(default_factory=Counter)
    touched: dict[str, set[str]] = field(default_factory=dict)
    sources: dict[str, Counter[str]] = field(default_factory=dict)
    listed: list[tuple[int, float, dict[str, Any]]] = field(default_factory=list)

    def add(self, data: Data) -> None:
        """Look at a part; every problem comes with all its traces."""
        kept: dict[str, list[Trace]] = {}
        for trace in data.kept():
            kept.setdefault(trace.problem_id, []).append(trace)
        finished = [problem for problem in data.problems if not problem.marks]
        self.sizes.update(problems=len(finished), traces=sum(map(len, kept.values())))
        self.sizes["marked_problems"] += len(data.problems) - len(finished)
        for problem, leaks in zip(finished, self.benchmarks.look(finished), strict=True):
            self._add(problem, kept.get(problem.id, []), leaks)

    def _add(self, problem: Problem, traces: list[Trace], leaks: list[Leak]) -> None:
        source = self.sources.setdefault(problem.source, Counter())
        source.update(problems=1, leaked=bool(leaks))
        self.sizes["leaked"] += bool(leaks)
        seen = set[str]()
        for leak in leaks:
            name = name_of(leak.item)
            self.touched.setdefault(name, set()).add(leak.item.id)
            if name not in seen:
                seen.add(name)
                self._count(problem, traces, leak, name)
        for trace in traces:
            self._quoted(trace)

    def _count(self, problem: Problem, traces: list[Trace], leak: Leak, name: str) -> None:
        tells = _tells(leak, problem, traces)
        self.problems.setdefault(name, Counter())[leak.how] += 1
        self.answers[name] += tells
        line = {"problem": problem.id, "source": problem.source, "question": problem.question}
        item = {"benchmark": name, "item": leak.item.id, "item_question": leak.item.question}
        says = {**item, "how": leak.how, "similarity": round(leak.similarity, 3), "answer": tells, **line}
        self.listed.append((HOWS.index(leak.how), -leak.similarity, says))
        if len(self.listed) > 2 * LISTED:
            self.listed = sorted(self.listed, key=lambda entry: entry[:2])[:LISTED]

    def _quoted(self, trace: Trace) -> None:
        """A trace that holds a benchmark question, as an example that its writer was shown or remembers."""
        names = set()
        for place, _ in self.benchmarks.shared(f"{trace.reasoning} {trace.answer}"):
            item = self.benchmarks.items[place]
            names.add(name_of(item))
            self.touched.setdefault(name_of(item), set()).add(item.id)
        self.traces.update(names)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values: ``set``, ``benchmarks``, ``sources`` and ``leaks``."""
        items = Counter(name_of(item) for item in self.benchmarks.items)
        rows = []
        for name, count in items.items():
            hows = self.problems.get(name, Counter())
            row: dict[str, Any] = {
                "benchmark": name,
                "items": count,
                "touched": len(self.touched.get(name, ())),
            }
            row |= {"touched_share": row["touched"] / count, "problems": hows.total()}
            row |= {how: hows[how] for how in self.benchmarks.looking.by}
            rows.append({**row, "answers": self.answers[name], "traces": self.traces[name]})
        ordered = sorted(self.sources.items(), key=lambda entry: -entry[1]["leaked"])
        sources = [{"source": name, **counts, "share": _share(counts)} for name, counts in ordered]
        leaks = [says for *_, says in sorted(self.listed, key=lambda entry: entry[:2])[:LISTED]]
        told = {name: self.sizes[name] for name in ("problems", "traces", "leaked", "marked_problems")}
        return {"set": told, "benchmarks": rows, "sources": sources, "leaks": leaks}


def audit(shards: Iterable[Data], against: Sequence[Data], looking: Looking = Looking()) -> Audit:
    """Audit a finished set, shard by shard.

    Raises:
        LimbeckError: no evaluation problem, or what makes vectors is not there.
    """
    whole = Audit(Benchmarks([item for data in against for item in data.problems], looking))
    for data in shards:
        whole.add(data)
    return whole


def write(whole: Audit, path: Path) -> None:
    """Write what was found as JSON.

    Raises:
        LimbeckError: the file cannot be written.
    """
    write_atomic(path, (json.dumps(whole.as_dict(), indent=1, ensure_ascii=False) + "\n").encode())


def _share(counts: Counter[str]) -> float:
    return counts["leaked"] / counts["problems"]


def _tells(leak: Leak, problem: Problem, traces: list[Trace]) -> bool:
    """Whether the item's reference stands with the problem: as its own, or as the answer of a trace."""
    if leak.item.answer is None:
        return False
    given = [problem.answer or "", *(_last(trace) for trace in traces)]
    return _spelt(leak.item.answer) in {_spelt(text) for text in given if text}


def _last(trace: Trace) -> str:
    return (trace.verdicts[-1].extracted if trace.verdicts else None) or trace.answer


def _spelt(text: str) -> str:
    return normalise(text).casefold().replace(" ", "").replace(",", "")
