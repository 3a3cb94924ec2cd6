"""The most frequent of the answers that a thought has when it is concluded at each of its turns."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.decoding.ops import Decoded, made_of
from limbeck.decoding.vote._paths import vote_of
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.subthoughts import MARKERS, cuts
from limbeck.texts.traces import format_named
from limbeck.types import Count, CountOrNone, PositiveShare, Weight

MODEL_WANTS = ("prefix",)


def subthought_mode(
    *,
    model: Model,
    n: CountOrNone = 0,
    temperature: Weight = 1.0,
    top_p: PositiveShare = 0.95,
    markers: tuple[str, ...] = (),
    shortest: Count = 1,
    most_entropy: Weight = 100.0,
    refusal: str = "I do not know.",
    format: str = "think",
) -> Model:
    """Have a trace concluded behind each of its subthoughts, and answer as most of these do (arXiv
    2504.20708).

    The trace is drawn as an evaluation or a teacher says, greedily in the paper (section 3). Behind s_1 … s_i
    the model goes on by itself, for each i below the number of subthoughts; the trace's own answer is the
    last vote, so that a trace of one subthought is answered as it stands. Of answers with as many votes the
    one that came last wins: only more votes make it depart from the trace.

    Args:
        n: at most so many conclusions of a trace, spread evenly over its turns; 0 for all of them.
        temperature: of the conclusions, as is ``top_p``.
        markers: what a subthought begins with, in place of `limbeck.texts.subthoughts.MARKERS`.
        shortest: characters of a subthought; a shorter piece belongs to its neighbour.
        most_entropy: of the votes, in nats, beyond which the answer is the ``refusal``; the default is never
            reached.
        format: how an answer is split off; give the evaluation or teacher the same one.

    Returns:
        A model whose completions are the last path to the answer of the majority, with all tokens.
        ``scores``: ``entropy`` of the votes, H = -Σ p log p in nats; ``confidence``, exp(-H);
        ``subthoughts``; ``settled``, the place, as a share of the turns, from which on
        every vote is for that answer.

    Raises:
        LimbeckError: a range that is none, no marker, or an unknown format.
    """
    precheck({"markers": markers, "format": format})
    drawn = Sampling(n=n, temperature=temperature, top_p=top_p)
    return SubthoughtMode(model, drawn, markers or MARKERS, shortest, (most_entropy, refusal), format)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    try:
        cuts("", given["markers"] or MARKERS)
    except LimbeckError as error:
        raise LimbeckError(f"decoding/subthought_mode: {error}") from None
    format_named(given["format"], "decoding/subthought_mode")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: the trace and as many conclusions as ``n`` allows; without it, the trace alone, for
    nobody knows its turns."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] * (1 + params["n"]) for key in spent if key in counts}


class SubthoughtMode(Decoded):
    """The model behind `subthought_mode`."""

    def __init__(
        self,
        inner: Model,
        drawn: Sampling,
        markers: Sequence[str],
        shortest: int,
        doubt: tuple[float, str],
        format: str,
    ) -> None:
        super().__init__(inner, n=drawn.n, temperature=drawn.temperature, top_p=drawn.top_p)
        self.drawn, self.markers, self.shortest = drawn, tuple(markers), shortest
        (self.most, self.refusal), self.form = doubt, format_named(format)

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, each as soon as its traces are concluded at all turns."""
        traces: list[tuple[int, int, Completion, list[str]]] = []
        plain = replace(sampling, logprobs=False, top=0)
        for index, number, trace in self.inner.stream_some(prompts, wanted, plain):
            begun = [] if trace.finish == "error" else self._beginnings(trace.text)
            if begun:
                traces.append((index, number, trace, begun))
            else:
                yield index, number, self._elected([trace])
        chats, numbers, places = [], [], []
        for place, (index, number, _, beginnings) in enumerate(traces):
            for turn, text in enumerate(beginnings):
                chats.append([*prompts[index], {"role": "assistant", "content": text}])
                numbers.append([number])
                places.append((place, turn, text))
        concluded: dict[int, dict[int, Completion]] = {}
        freely = replace(plain, temperature=self.drawn.temperature, top_p=self.drawn.top_p)
        for at, _, reply in self.inner.stream_some(chats, numbers, freely):
            place, turn, text = places[at]
            paths = concluded.setdefault(place, {})
            paths[turn] = replace(reply, text=text + reply.text)
            index, number, trace, beginnings = traces[place]
            if len(paths) == len(beginnings):
                turns = concluded.pop(place)
                yield index, number, self._elected([*(turns[each] for each in sorted(turns)), trace])

    def _beginnings(self, text: str) -> list[str]:
        """The trace up to each turn but its end."""
        reasoning = self.form.parse(text)[0]
        shift = max(text.find(reasoning), 0)
        ends = cuts(reasoning, self.markers, self.shortest)[:-1]
        most = self.drawn.n
        if 0 < most < len(ends):
            ends = [ends[(2 * each + 1) * len(ends) // (2 * most)] for each in range(most)]
        return [text[: shift + end] for end in ends]

    def _elected(self, paths: list[Completion]) -> Completion:
        """Of the conclusions in the order of their turns, the trace itself last, the majority's last one."""
        ballots = [vote_of(path, self.form, "value") for path in paths]
        votes = Counter(vote for vote in ballots if vote is not None)
        scores = {"subthoughts": float(len(paths))}
        chosen = paths[-1]
        if votes:
            most = max(votes.values())
            at = max(place for place, vote in enumerate(ballots) if vote is not None and votes[vote] == most)
            chosen = paths[at]
            shares = [count / votes.total() for count in votes.values()]
            entropy = -sum(share * math.log(share) for share in shares)
            stays = next((place for place, vote in enumerate(reversed(ballots)) if vote != ballots[at]), None)
            settled = 0 if stays is None else len(ballots) - stays
            scores |= {"entropy": entropy, "confidence": math.exp(-entropy), "settled": settled / len(paths)}
            if entropy > self.most:
                text = self.form.render(self.form.parse(chosen.text)[0], self.refusal)
                chosen = replace(chosen, text=text)
        whole = made_of(chosen.text, chosen, paths)
        whole.scores = scores
        return whole
