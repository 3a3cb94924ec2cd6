"""A judge of two answers who first says by what to judge, judges by each, and adds up."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import product
from typing import Any

from msgspec.structs import replace

from limbeck.decoding.ops import Decoded, made_of
from limbeck.decoding.prompt._steps import FAILED, question, with_content
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.tags import behind_thought
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Count, Settings

BRANCH = (
    "Below are a question and two answers to be compared. Do not compare them yet: write by what answers to "
    "this question should be judged, at most {k} criteria, one a line, and nothing else.\n\n{question}"
)
SOLVE = (
    "Below are a question and two answers. Rate both from 1 to 5 by this criterion alone: {criterion}. End "
    "with one line that has the two numbers, the first answer's first.\n\n{question}"
)
WHERE = "decoding/branch_solve_merge"
_TWO = re.compile(r"(\d+(?:\.\d+)?)\D+?(\d+(?:\.\d+)?)\D*")
_BULLET = re.compile(r"^\s*(?:\d+[.)]|[-*])\s*")
Place = tuple[int, int]
Asked = list[tuple[Place, bool]]
"""What each judgement is for: the sample, and whether the answers have changed places."""


class Compared(Settings, frozen=True):
    """What a comparison looks like, and what is said of it.

    Args:
        shape: regular expression of the whole question with groups ``first`` and ``second``, the answers.
        better_first, better_second, neither: what the completion says.
    """

    shape: str = r".*\[Answer 1\]\n(?P<first>.*?)\n\[Answer 2\]\n(?P<second>.*)"
    better_first: str = "1"
    better_second: str = "2"
    neither: str = "tie"

    def swapped(self, text: str) -> str | None:
        """The comparison with its answers in each other's place; None where there are none."""
        match = re.fullmatch(self.shape, text, re.S)
        if match is None:
            return None
        (a, b), (c, d) = match.span("first"), match.span("second")
        return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def branch_solve_merge(
    *, model: Model, branch: str = "", solve: str = "", k: Count = 5, compared: Compared = Compared()
) -> Model:
    """Compare two answers by criteria that the model names, each in both orders (BSM, arXiv 2310.15123).

    The paper's third procedure that is compiled away in arXiv 2407.06023. Each criterion is a request of its
    own, and so is each order; the answer with the higher sum over all of them is the better one.

    Args:
        model: names criteria and judges by them.
        branch: with ``{question}`` and ``{k}``; empty takes ``BRANCH``.
        solve: with ``{question}`` and ``{criterion}``; empty takes ``SOLVE``.
        k: most criteria.

    Returns:
        A model whose completions are verdicts in one word. ``scores["consistent"]`` is 1 where both orders
        lead to the same one, else 0: what is not may be left out of training. A judgement without two
        numbers counts for nothing.

    Raises:
        LimbeckError: a template without its fields, or a shape without its groups; a question that has not
            that shape when it is asked.
    """
    _check(branch or BRANCH, solve or SOLVE, compared)
    return Merged(model, (branch or BRANCH, solve or SOLVE), k, compared)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given["branch"] or BRANCH, given["solve"] or SOLVE, Compared.of(given))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: the criteria, and two judgements by each of them."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] * (1 + 2 * params["k"]) for key in spent if key in counts}


def _check(branch: str, solve: str, compared: Compared) -> None:
    check_fields(branch, ("question",), WHERE)
    check_fields(solve, ("question", "criterion"), WHERE)
    try:
        groups = re.compile(compared.shape).groupindex
    except re.error as error:
        raise LimbeckError(f"{WHERE}: shape={compared.shape!r} is no regular expression: {error}") from None
    if not {"first", "second"} <= {*groups}:
        raise LimbeckError(f"{WHERE}: shape={compared.shape!r} has no groups named first and second")


class Merged(Decoded):
    """The model behind `branch_solve_merge`."""

    def __init__(self, inner: Model, templates: tuple[str, str], k: int, compared: Compared) -> None:
        super().__init__(inner, k=k)
        self.templates, self.k, self.compared = templates, k, compared

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, judged under their own numbers."""
        turned = {index: self._turned(question(prompts[index])) for index in _asked(wanted)}
        plain = replace(sampling, logprobs=False, top=0)
        texts = [fill(self.templates[0], question=question(chat), k=str(self.k)) for chat in prompts]
        chats = [with_content(chat, text) for chat, text in zip(prompts, texts, strict=True)]
        parts: dict[Place, list[Completion]] = {}
        asked: Asked = []
        judged: list[Messages] = []
        for index, number, reply in self.inner.stream_some(chats, wanted, plain):
            parts[index, number] = [reply]
            for criterion, swap in product(self._criteria(reply), (False, True)):
                shown = turned[index] if swap else question(prompts[index])
                text = fill(self.templates[1], question=shown, criterion=criterion)
                judged.append(with_content(prompts[index], text))
                asked.append(((index, number), swap))
        sums = {place: [[0.0, 0.0], [0.0, 0.0]] for place in parts}
        for at, _, reply in self.inner.stream_some(judged, [[place[1]] for place, _ in asked], plain):
            place, swap = asked[at]
            parts[place].append(reply)
            first, second = _two(reply)
            for side, value in enumerate((second, first) if swap else (first, second)):
                sums[place][swap][side] += value
        for place in sorted(parts):
            yield *place, self._merged(parts[place], sums[place])

    def _turned(self, text: str) -> str:
        turned = self.compared.swapped(text)
        if turned is None:
            raise LimbeckError(f"{WHERE}: {text[:80]!r} has not the shape {self.compared.shape!r}")
        return turned

    def _criteria(self, reply: Completion) -> list[str]:
        if reply.finish in FAILED:
            return []
        lines = (_BULLET.sub("", line).strip() for line in behind_thought(reply.text)[1].splitlines())
        return [line for line in lines if line][: self.k]

    def _merged(self, parts: list[Completion], sums: list[list[float]]) -> Completion:
        if parts[0].finish in FAILED:
            return made_of("", parts[0], parts)
        names = self.compared.better_first, self.compared.better_second, self.compared.neither
        leads = [first - second for first, second in sums]
        lead = sum(leads)
        made = made_of(names[0 if lead > 0 else 1 if lead < 0 else 2], Completion(text=""), parts)
        made.scores = {**(made.scores or {}), "consistent": float(leads[0] * leads[1] > 0 or leads == [0, 0])}
        return made


def _asked(wanted: Sequence[Collection[int]]) -> list[int]:
    """The places of prompts of which a sample is wanted."""
    return [index for index, numbers in enumerate(wanted) if numbers]


def _two(reply: Completion) -> tuple[float, float]:
    """The two numbers of the last line, 0 and 0 where there are not two."""
    lines = behind_thought(reply.text)[1].strip().splitlines()
    match = _TWO.search(lines[-1]) if lines and reply.finish not in FAILED else None
    return (float(match[1]), float(match[2])) if match else (0.0, 0.0)
