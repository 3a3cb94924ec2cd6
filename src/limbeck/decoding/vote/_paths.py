"""Paths of a question and what they vote for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence

from msgspec.structs import replace

from limbeck.answers.ballots import ballot
from limbeck.decoding.ops import made_of
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.types import Format


def drawn(
    inner: Model,
    prompts: Sequence[Messages],
    wanted: Sequence[Collection[int]],
    sampling: Sampling,
    paths: Sampling,
    logprobs: bool = False,
) -> Iterator[tuple[int, int, list[Completion]]]:
    """The ``paths.n`` paths of each wanted sample, in order, as soon as all of them are there.

    Paths j n … j n + n - 1 are of sample j: every sample has random numbers of its own, and a prompt is
    computed once for all of them.
    """
    n = paths.n
    asked = [[number * n + path for number in numbers for path in range(n)] for numbers in wanted]
    sampling = replace(
        sampling, n=n, temperature=paths.temperature, top_p=paths.top_p, logprobs=logprobs, top=0
    )
    begun: dict[tuple[int, int], dict[int, Completion]] = {}
    for index, path, completion in inner.stream_some(prompts, asked, sampling):
        place = index, path // n
        came = begun.setdefault(place, {})
        came[path] = completion
        if len(came) == n:
            del begun[place]
            yield *place, [came[number] for number in sorted(came)]


def best_path(
    paths: Sequence[Completion], worth: Sequence[float], pick: str, form: Format, equal: str
) -> Completion:
    """The path that is worth most, or with ``pick`` of ``vote`` the first whose answer is; with its score."""
    if pick == "vote":
        at = elected(paths, [vote_of(path, form, equal) for path in paths], worth)
    else:
        # What ended by itself goes before what was cut off, and that before what failed.
        whole = [(path.finish != "error") + (path.finish not in ("error", "length")) for path in paths]
        at = max(range(len(paths)), key=lambda place: (whole[place], worth[place], -place))
    made = made_of(paths[at].text, paths[at], paths)
    made.scores = {"score": worth[at]}
    return made


def vote_of(path: Completion, form: Format, equal: str) -> Hashable | None:
    """What a path votes for: its answer by ``value`` or as ``text``; None where it was cut off, failed or
    holds none."""
    if path.finish in ("error", "length"):
        return None
    answer = form.parse(path.text)[1]
    return ballot(answer) if equal == "value" else answer.strip() or None


def elected(paths: Sequence[Completion], votes: Sequence[Hashable | None], worth: Sequence[float]) -> int:
    """The path to give: the first of those whose answer has most, each vote counting what it is worth.

    Where none votes, the first that did not fail.
    """
    totals: dict[Hashable, float] = {}
    for vote, weight in zip(votes, worth, strict=True):
        if vote is not None:
            totals[vote] = totals.get(vote, 0.0) + weight
    if totals:
        return votes.index(max(totals, key=totals.__getitem__))
    return next((at for at, path in enumerate(paths) if path.finish != "error"), 0)


def leaders(votes: Sequence[Hashable | None]) -> tuple[int, int]:
    """How many votes the two most frequent answers have."""
    counts = sorted(Counter(vote for vote in votes if vote is not None).values(), reverse=True)
    return (*counts, 0, 0)[0], (*counts, 0, 0)[1]
