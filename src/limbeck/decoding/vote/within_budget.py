"""As many votes as a number of operations, or of bytes, buys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.answers.ballots import ballot
from limbeck.decoding.ops import Decoded, made_of
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.traces import format_named
from limbeck.types import Count, Positive, PositiveShare

MODEL_WANTS = ("work",)

Place = tuple[int, int]
"""A prompt's index and a sample's number."""


def within_budget(
    *,
    model: Model,
    budget: Positive = 1e6,
    of: Literal["operations", "bytes"] = "operations",
    most: Count = 64,
    temperature: Positive = 0.7,
    top_p: PositiveShare = 1.0,
    format: str = "think",
    equal: Literal["value", "text"] = "value",
) -> Model:
    """Sample path after path until a counted budget is used up, and answer as most of them do.

    What voting is worth at an equal budget (arXiv 2502.20339, 2504.10449), without a clock: the prompt is
    paid for once, each path by what its tokens cost the network at the length that the text has by then
    (`limbeck.networks.operations`): operations, which bound a step of few rows, or bytes of what is kept of
    the text, which bound a step of many, for these share the weights. The path within which the budget ends
    has no vote, unless it is the only one. Of answers with as many votes the one that came first wins.

    Args:
        model: who reasons; it tells its operations (`models/transformers`, a student).
        budget: of one sample: multiplications with their additions, or bytes read and written.
        of: which of them.
        most: paths at most.
        temperature, top_p: of the paths; those of an evaluation or a teacher are not used.
        format: how an answer is split off a path.
        equal: which answers are one vote: those of one ``value``, or only of one ``text``.

    Returns:
        A model whose completions are paths as they were written. ``tokens`` count all that was written, that
        of the path without a vote too; ``scores`` are ``operations`` or ``bytes``, of the prompt and the
        paths that voted, and ``paths``, how many these are.
    """
    precheck({"format": format})
    paths = Sampling(n=most, temperature=temperature, top_p=top_p)
    return WithinBudget(model, paths, budget, of, format, equal)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    format_named(given["format"], "decoding/within_budget")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: ``most`` paths for each sample, which is the most there can be."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] * params["most"] for key in spent if key in counts}


@dataclass
class Votes:
    """Paths of one sample, in order, and what they have cost."""

    left: float
    paths: list[Completion] = field(default_factory=list)
    drawn: list[Completion] = field(default_factory=list)
    spent: int = 0
    over: bool = False


class WithinBudget(Decoded):
    """The model behind `within_budget`."""

    def __init__(
        self, inner: Model, paths: Sampling, budget: float, of: str, format: str, equal: str
    ) -> None:
        settings = {"most": paths.n, "temperature": paths.temperature, "top_p": paths.top_p}
        super().__init__(inner, budget=budget, of=of, **settings)
        self.paths, self.budget, self.of = paths, budget, of
        self.form, self.equal = format_named(format), equal

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, each when its budget is used up."""
        drawn = replace(
            sampling, n=self.paths.n, temperature=self.paths.temperature, top_p=self.paths.top_p,
            logprobs=False, top=0,
        )  # fmt: skip
        places = [(index, number) for index, numbers in enumerate(wanted) for number in numbers]
        begun = {place: Votes(self.budget) for place in places}
        while begun:
            yield from self._round(prompts, begun, drawn)

    def _round(
        self, prompts: Sequence[Messages], begun: dict[Place, Votes], drawn: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """Draw for every sample as many more paths as it is likely to need; hand on those that are done."""
        asked: list[list[int]] = [[] for _ in prompts]
        for (index, number), votes in begun.items():
            first = number * self.paths.n + len(votes.drawn)
            asked[index] += range(first, first + self._more(votes))
        made: dict[Place, dict[int, Completion]] = {}
        for index, path, completion in self.inner.stream_some(prompts, asked, drawn):
            made.setdefault((index, path // self.paths.n), {})[path] = completion
        for place, paths in made.items():
            votes = begun[place]
            for path in sorted(paths):
                self._count(votes, paths[path])
            if votes.over or len(votes.drawn) >= self.paths.n:
                yield *place, self._elected(begun.pop(place))

    def _more(self, votes: Votes) -> int:
        """Paths to draw next; how many at a time changes nothing but the time it takes."""
        each = votes.spent / len(votes.paths) if votes.paths else 0
        likely = int(votes.left / each) + 1 if each else 2
        return max(1, min(likely, self.paths.n - len(votes.drawn)))

    def _count(self, votes: Votes, path: Completion) -> None:
        """Let a path vote where the budget reaches to its end."""
        votes.drawn.append(path)
        if votes.over:
            return
        prompt, written = path.prompt_tokens or 0, path.tokens or 0
        cost = self.inner.work(prompt, written)[self.of]
        if not votes.paths:
            cost += self.inner.work(prompt, 0)[self.of]
        if votes.paths and cost > votes.left:
            votes.over = True
            return
        votes.paths.append(path)
        votes.spent, votes.left = votes.spent + cost, votes.left - cost

    def _elected(self, votes: Votes) -> Completion:
        ballots = [self._ballot(path) for path in votes.paths]
        count = Counter(vote for vote in ballots if vote is not None)
        if count:
            chosen = votes.paths[ballots.index(max(count, key=count.__getitem__))]
        else:
            chosen = next((path for path in votes.paths if path.finish != "error"), votes.paths[0])
        made = made_of(chosen.text, chosen, votes.drawn)
        made.scores = {self.of: float(votes.spent), "paths": float(len(votes.paths))}
        return made

    def _ballot(self, path: Completion) -> Hashable | None:
        if path.finish in ("error", "length"):
            return None
        answer = self.form.parse(path.text)[1]
        return ballot(answer) if self.equal == "value" else answer.strip() or None
