"""Self-consistency that stops asking as soon as further votes would hardly change the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from math import comb
from typing import Annotated, Any, Literal

from msgspec import Meta
from msgspec.structs import replace

from limbeck.decoding.ops import Decoded, made_of
from limbeck.decoding.vote._paths import elected, leaders, vote_of
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.traces import format_named
from limbeck.types import Count, Positive, PositiveShare

Sure = Annotated[float, Meta(gt=0.5, le=1)]


def adaptive_consistency(
    *,
    model: Model,
    n: Count = 40,
    stopping: Literal["beta", "doubling"] = "beta",
    sure: Sure = 0.95,
    temperature: Positive = 0.7,
    top_p: PositiveShare = 1.0,
    format: str = "think",
    equal: Literal["value", "text"] = "value",
) -> Model:
    """Sample paths until their majority is settled, ``n`` at most, and answer as it does (Aggarwal et al.,
    arXiv 2305.11860).

    ``beta`` asks for one path at a time. With v₁ and v₂ votes for the two most frequent answers, and a
    uniform prior, it stops once P(p > 1/2) ≥ ``sure`` for p ~ Beta(v₁ + 1, v₂ + 1) (section 3). ``doubling``
    asks for two paths and then for as many again as there are, and stops once ``sure`` of the votes agree:
    fewer rounds. Path by path it is `self_consistency`, whose first paths it draws.

    Args:
        model: who reasons.
        n: most paths of one sample.
        sure: a probability, or a share of the votes; above one half.
        temperature: of the paths, as is ``top_p``; those of an evaluation or a teacher are not used.
        format: how an answer is split off a path; give the evaluation or teacher the same one.
        equal: which answers are one vote, as in `self_consistency`.

    Returns:
        A model whose completions are paths as they were written, with the tokens of all that were drawn;
        ``scores["paths"]`` is how many, ``scores["agreement"]`` the winner's share of the votes.

    Raises:
        LimbeckError: an unknown format.
    """
    precheck({"format": format})
    paths = Sampling(n=n, temperature=temperature, top_p=top_p)
    return AdaptiveConsistency(model, paths, stopping, sure, (format, equal))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    format_named(given["format"], "decoding/adaptive_consistency")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most ``n`` paths for each sample."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] * params["n"] for key in spent if key in counts}


def stays(first: int, second: int) -> float:
    """P(p > 1/2) for p ~ Beta(first + 1, second + 1): how likely the leading answer stays ahead.

    At 1/2 and for whole numbers the distribution function of Beta is the tail of a fair coin's.
    """
    tosses = first + second + 1
    return 1.0 - sum(comb(tosses, heads) for heads in range(second + 1)) / float(2**tosses)


class AdaptiveConsistency(Decoded):
    """The model behind `adaptive_consistency`."""

    def __init__(
        self, inner: Model, paths: Sampling, stopping: str, sure: float, reading: tuple[str, str]
    ) -> None:
        super().__init__(inner, n=paths.n, temperature=paths.temperature, stopping=stopping, sure=sure)
        self.paths, self.stopping, self.sure = paths, stopping, sure
        self.form, self.equal = format_named(reading[0]), reading[1]

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, a round of paths for all that are not settled at a time."""
        drawn = replace(
            sampling, temperature=self.paths.temperature, top_p=self.paths.top_p, logprobs=False, top=0
        )
        places = [(index, number) for index, numbers in enumerate(wanted) for number in numbers]
        open_: dict[tuple[int, int], list[Completion]] = {place: [] for place in places}
        while open_:
            # Path i of sample j is number j n + i, as in `self_consistency`: its first paths are these.
            asked: list[list[int]] = [[] for _ in prompts]
            for (index, number), paths in open_.items():
                begun = number * self.paths.n
                asked[index] += range(begun + len(paths), begun + self._next(len(paths)))
            came: dict[tuple[int, int], dict[int, Completion]] = {}
            for index, path, completion in self.inner.stream_some(prompts, asked, drawn):
                came.setdefault((index, path // self.paths.n), {})[path] = completion
            for place, new in came.items():
                open_[place] += [new[path] for path in sorted(new)]
                if self._settled(open_[place]):
                    yield *place, self._given(open_.pop(place))

    def _next(self, have: int) -> int:
        """How many paths there are after the next round."""
        if self.stopping == "doubling":
            return min(max(2, 2 * have), self.paths.n)
        return min(max(2, have + 1), self.paths.n)

    def _settled(self, paths: list[Completion]) -> bool:
        if len(paths) >= self.paths.n:
            return True
        votes = [vote_of(path, self.form, self.equal) for path in paths]
        count = sum(vote is not None for vote in votes)
        first, second = leaders(votes)
        if self.stopping == "doubling":
            return count > 0 and first / count >= self.sure
        return count > 1 and stays(first, second) >= self.sure

    def _given(self, paths: list[Completion]) -> Completion:
        votes = [vote_of(path, self.form, self.equal) for path in paths]
        chosen = paths[elected(paths, votes, [1.0] * len(paths))]
        whole = made_of(chosen.text, chosen, paths)
        count = sum(vote is not None for vote in votes)
        whole.scores = {"paths": float(len(paths))}
        if count:
            whole.scores["agreement"] = leaders(votes)[0] / count
        return whole
