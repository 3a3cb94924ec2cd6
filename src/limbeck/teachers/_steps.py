"""A model that goes on from the end of a step, and how often it then succeeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from limbeck.drawing import Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.teachers.ops import Writer, check
from limbeck.types import Verifier
from limbeck.verifiers.ops import judge

JUDGED = {"correct": 1.0, "wrong": 0.0, "unparsed": 0.0}
"""Outcomes of a continuation that count; one that was cut off has not arrived and counts as ``unparsed``."""


class Place(NamedTuple):
    """The end of a step: whose problem, what is written up to there, and in which format."""

    problem_id: str
    prefix: str
    format: str


@dataclass
class Prober:
    """Goes on from places and counts how often the verifier calls the result correct; a place is asked
    once."""

    model: Model
    verifier: Verifier
    sampling: Sampling
    prompting: Prompting
    data: Data

    def __post_init__(self) -> None:
        check(self.prompting, self.sampling)
        self.problems = self.data.problem_by_id()
        self.known: dict[Place, float | None] = {}
        self.samples = self.tokens = 0

    def ask(self, places: Iterable[Place]) -> None:
        """Find the values of these places, all in one batch; ``known`` then has them, None where nothing was
        judged."""
        new = [place for place in dict.fromkeys(places) if place not in self.known]
        scores: dict[Place, list[float]] = {place: [] for place in new}
        for place, verdict in judge(self.verifier, self._continued(new)):
            if verdict.outcome in JUDGED:
                scores[place].append(JUDGED[verdict.outcome])
        for place, values in scores.items():
            self.known[place] = sum(values) / len(values) if values else None

    def _continued(self, new: list[Place]) -> Iterator[tuple[Place, Problem, Trace]]:
        forms = {place.format for place in new}
        writers = {form: Writer(self.model, form, self.sampling, Data()) for form in forms}
        prompts = [self.prompting.messages(self.problems[place.problem_id], place.prefix) for place in new]
        for index, number, completion in self.model.stream(prompts, self.sampling):
            place = new[index]
            self.samples += 1
            self.tokens += completion.tokens or 0
            problem = self.problems[place.problem_id]
            completion.text = place.prefix + completion.text
            trace = writers[place.format].trace(problem, number, completion)
            if completion.finish != "error":
                yield place, problem, trace

    def close(self, ctx: Context) -> None:
        """Tell what it took.

        Raises:
            LimbeckError: every request failed or no continuation could be judged.
        """
        if self.known and all(value is None for value in self.known.values()):
            raise LimbeckError(
                f"none of {self.samples:,} continuations could be judged: requests or the verifier fail"
            )
        ctx.log(f"{self.samples:,} continuations from {len(self.known):,} places, {self.tokens:,} new tokens")
