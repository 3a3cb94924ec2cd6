"""Self-consistency: sample several ways of reasoning, answer as most of them do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal

from limbeck.decoding.ops import Decoded, made_of
from limbeck.decoding.vote._paths import drawn, elected, vote_of
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.traces import format_named


def self_consistency(
    *,
    model: Model,
    n: int = 8,
    temperature: float = 0.7,
    top_p: float = 1.0,
    format: str = "think",
    equal: Literal["value", "text"] = "value",
) -> Model:
    """Sample ``n`` paths and give the first of those whose answer most of them reach (arXiv 2203.11171).

    The paper draws 40 paths at temperature 0.7. Of answers with as many votes the one that came first wins.
    Paths that were cut off or failed, or hold no answer, do not vote; where none votes, the first one that
    did not fail is given.

    Args:
        model: who reasons.
        n: paths of one sample.
        temperature: of the paths, as is ``top_p``; those of an evaluation or a teacher are not used.
        format: how an answer is split off a path; give the evaluation or teacher the same one.
        equal: which answers are one vote: those of one ``value`` (`limbeck.answers.ballots`), or only of one
            ``text``.

    Returns:
        A model whose completions are paths as they were written, with the tokens of all ``n``.

    Raises:
        LimbeckError: fewer than one path, a temperature of 0, at which all paths are the same one, or an
            unknown format.
    """
    precheck({"n": n, "temperature": temperature, "top_p": top_p, "format": format})
    paths = Sampling(n=n, temperature=temperature, top_p=top_p)
    return SelfConsistency(model, paths, format, equal)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    n, temperature, top_p = given["n"], given["temperature"], given["top_p"]
    if n < 1 or temperature <= 0 or not 0 < top_p <= 1:
        raise LimbeckError(
            f"decoding/self_consistency: n={n}, temperature={temperature}, top_p={top_p}: at least one path, "
            "and a temperature above 0 and a top_p above 0, 1 at most, for paths that differ"
        )
    format_named(given["format"], "decoding/self_consistency")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: ``n`` paths for each sample."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] * params["n"] for key in spent if key in counts}


class SelfConsistency(Decoded):
    """The model behind `self_consistency`."""

    def __init__(self, inner: Model, paths: Sampling, format: str, equal: str) -> None:
        super().__init__(inner, n=paths.n, temperature=paths.temperature, top_p=paths.top_p)
        self.paths, self.form, self.equal = paths, format_named(format), equal

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, each as soon as all of its paths are there."""
        for index, number, paths in drawn(self.inner, prompts, wanted, sampling, self.paths):
            yield index, number, self._elected(paths)

    def _elected(self, paths: list[Completion]) -> Completion:
        votes = [vote_of(path, self.form, self.equal) for path in paths]
        chosen = paths[elected(paths, votes, [1.0] * len(paths))]
        return made_of(chosen.text, chosen, paths)
