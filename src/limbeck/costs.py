"""What marks cost: how many traces each one takes out of a set, and how many of these are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from limbeck.records import Data


class Mark(NamedTuple):
    """A mark, and whether problems or traces bear it."""

    of: str
    name: str


class Cost(NamedTuple):
    """What one mark takes out. Each number of traces stands beside that of the correct ones among them.

    ``bearing``: traces that bear it, or whose problem does. ``lost``: those that no mark before it has taken
    out. ``alone``: those that nothing else takes out, which would come back without it. ``left``: what is
    kept behind it. ``problems``: problems that bear it, with traces or without.
    """

    mark: Mark
    problems: int = 0
    bearing: int = 0
    bearing_correct: int = 0
    lost: int = 0
    lost_correct: int = 0
    alone: int = 0
    alone_correct: int = 0
    left: int = 0
    left_correct: int = 0


@dataclass
class Costs:
    """Counts of all data that were added: of each combination of marks, right and other traces.

    A trace is right when its last verdict says so. ``traces`` and ``correct`` are how many there are in all.
    """

    combinations: Counter[tuple[tuple[Mark, ...], bool]] = field(default_factory=Counter)
    problems: Counter[Mark] = field(default_factory=Counter)
    order: list[Mark] = field(default_factory=list)

    def add(self, data: Data) -> None:
        """Count a part; every problem comes with all its traces."""
        marks = {problem.id: self._marks("problem", problem.marks) for problem in data.problems}
        for borne in marks.values():
            self.problems.update(borne)
        for trace in data.traces:
            borne = marks.get(trace.problem_id, ()) + self._marks("trace", trace.marks)
            self.combinations[borne, trace.outcome == "correct"] += 1

    def _marks(self, of: str, names: Sequence[str]) -> tuple[Mark, ...]:
        """Marks as they are counted; what is not known yet takes its place behind the one borne before it,
        for records bear marks in the order in which they were set."""
        borne = tuple(Mark(of, name) for name in dict.fromkeys(names))
        for place, mark in enumerate(borne):
            if mark not in self.order:
                at = self.order.index(borne[place - 1]) + 1 if place else len(self.order)
                following = [self.order.index(each) for each in borne[place + 1 :] if each in self.order]
                self.order.insert(min([at, *following]), mark)
        return borne

    @property
    def traces(self) -> int:
        return self.combinations.total()

    @property
    def correct(self) -> int:
        return sum(count for (_, right), count in self.combinations.items() if right)

    def kept(self) -> tuple[int, int]:
        """Traces that nothing takes out, and the correct ones among them."""
        right, other = self.combinations[(), True], self.combinations[(), False]
        return right + other, right

    def as_dict(self, stages: Sequence[str] = ()) -> dict[str, Any]:
        """The sizes and the `lines` as plain values."""
        kept, right = self.kept()
        sizes = {"traces": self.traces, "correct": self.correct, "kept": kept, "kept_correct": right}
        lines = [{**line.mark._asdict(), **line._asdict()} for line in self.lines(stages)]
        return {**sizes, "marks": [{k: v for k, v in line.items() if k != "mark"} for line in lines]}

    def lines(self, stages: Sequence[str] = ()) -> list[Cost]:
        """What each mark costs, in the order in which they were set.

        Args:
            stages: names of marks in the order of the stages that set them, where that is known; without,
                it is read off the records, and a problem's marks come before those of its traces.
        """
        known = {name: place for place, name in reversed([*enumerate(stages)])}
        places = {mark: place for place, mark in enumerate(self.order)}

        def turn(mark: Mark) -> tuple[int, bool, int]:
            return known.get(mark.name, len(known)), mark.of == "trace", places[mark]

        lines, gone = [], set[Mark]()
        for mark in sorted(self.order, key=turn):
            counts: Counter[str] = Counter()
            for (borne, right), count in self.combinations.items():
                what = []
                if mark in borne:
                    what = ["bearing"] + ["lost"] * (not gone & {*borne}) + ["alone"] * (len(borne) == 1)
                elif not gone & {*borne}:
                    what = ["left"]
                counts.update(dict.fromkeys(what, count))
                counts.update({f"{each}_correct": count for each in what if right})
            gone.add(mark)
            lines.append(Cost(mark, problems=self.problems[mark], **counts))
        return lines
