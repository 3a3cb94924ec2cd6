"""Best-of-n: of several answers the one that a verifier, a judge or a reward model likes best."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal

from limbeck.decoding._scoring import scored
from limbeck.decoding.ops import Decoded
from limbeck.decoding.vote._paths import best_path, drawn
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.traces import format_named
from limbeck.types import Count, Positive, PositiveShare, Verifier


def best_of(
    *,
    model: Model,
    verifier: Verifier,
    n: Count = 8,
    pick: Literal["best", "vote"] = "best",
    temperature: Positive = 0.7,
    top_p: PositiveShare = 1.0,
    format: str = "think",
    equal: Literal["value", "text"] = "value",
) -> Model:
    """Sample ``n`` paths and give the one with the highest score, or the answer whose paths have most
    together.

    ``best`` is best-of-n (Cobbe et al., arXiv 2110.14168, section 4), ``vote`` the weighted majority of Li et
    al. (arXiv 2206.02336, section 3.2). Of equal scores the first path is given. What failed or was cut off
    is given only where there is nothing else, and does not vote.

    Args:
        model: who reasons.
        verifier: a reward model, a judge or any verifier that needs no reference: its score, else 1 for
            ``correct``, 0 for ``wrong`` and one half where it cannot tell.
        n: paths of one sample.
        temperature: of the paths, as is ``top_p``; those of an evaluation or a teacher are not used.
        format: how an answer is split off a path; give the evaluation or teacher the same one.
        equal: which answers are one vote, as in `self_consistency`.

    Returns:
        A model whose completions are paths as they were written, with the tokens of all; ``scores["score"]``
        is what the verifier says of the path that is given.

    Raises:
        LimbeckError: an unknown format.
    """
    precheck({"format": format})
    paths = Sampling(n=n, temperature=temperature, top_p=top_p)
    return BestOf(model, verifier, paths, pick, (format, equal))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    format_named(given["format"], "decoding/best_of")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: ``n`` paths for each sample; what the verifier asks is its own."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] * params["n"] for key in spent if key in counts}


class BestOf(Decoded):
    """The model behind `best_of`."""

    def __init__(
        self, inner: Model, verifier: Verifier, paths: Sampling, pick: str, reading: tuple[str, str]
    ) -> None:
        super().__init__(inner, n=paths.n, temperature=paths.temperature, pick=pick)
        self.verifier, self.paths, self.pick = verifier, paths, pick
        self.name_of_form, self.equal = reading
        self.form = format_named(reading[0])

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples; all paths are drawn before they are scored, in one go."""
        came = drawn(self.inner, prompts, wanted, sampling, self.paths)
        groups = {(index, number): paths for index, number, paths in came}
        places = sorted(groups)
        flat = [(prompts[place[0]], path) for place in places for path in groups[place]]
        worth = iter(scored(self.verifier, self.form, self.name_of_form, flat))
        for place in places:
            paths = groups[place]
            yield *place, best_path(paths, [next(worth) for _ in paths], self.pick, self.form, self.equal)
