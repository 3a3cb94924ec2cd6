"""Two models in turn: one takes the question apart, the other answers it with the parts in view."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.decoding.ops import Decoded, made_of
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling, Spent
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.texts.subquestions import ASK, SOLVE, Dividing, Solving
from limbeck.texts.templates import fill

AT_ONCE = 512
"""Samples whose sub-questions are written before they are answered: a killed run has lost no more."""


def decomposed(
    *,
    model: Model,
    decomposer: Model,
    dividing: Dividing = Dividing(),
    solving: Solving = Solving(),
    max_subquestions: int = 1024,
) -> Model:
    """Answer with sub-questions that another model wrote in one go (Divide-or-Conquer, arXiv 2402.15000).

    The decomposer writes greedily. Where its reply leaves the question as it is, is in another form or was
    cut off, the solver is asked without sub-questions; where its request failed, so has the sample.

    Args:
        model: the solver, drawn as the evaluation or teacher says.
        decomposer: who takes questions apart.
        max_subquestions: most new tokens of the decomposer.

    Returns:
        A model whose completions are the solver's, ``spent`` by ``decomposer`` and ``solver``; samples of one
        question share its division, and each counts it whole. How many replies were ``malformed`` and how
        many questions ``undivided`` stands in its record.

    Raises:
        LimbeckError: a template without its fields, or a ``line`` that is no regular expression.
    """
    _check(dividing, solving, max_subquestions)
    return Decomposed(model, decomposer, dividing, solving, max_subquestions)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    dividing = Dividing.of(given)
    solving = Solving.of(given)
    _check(dividing, solving, given["max_subquestions"])


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: a division and an answer for each sample."""
    samples, most = counts.get("samples", 0), params["max_subquestions"]
    divides = asked(samples, prompt(counts, params["ask"] or ASK), most)
    spent: Counts = {key: counts[key] for key in ("samples", "prompt_tokens", "max_tokens") if key in counts}
    if "prompt_tokens" in spent:
        spent["prompt_tokens"] += round(samples * (prompt({"question_tokens": most}, SOLVE) or 0))
    return {**spent, "asks": {"decomposer": divides}}


def _check(dividing: Dividing, solving: Solving, most: int) -> None:
    dividing.check("decoding/decomposed")
    solving.check("decoding/decomposed")
    if most < 1:
        raise LimbeckError(f"decoding/decomposed: max_subquestions={most}: at least one token")


class Decomposed(Decoded):
    """The model behind `decomposed`."""

    def __init__(
        self, solver: Model, decomposer: Model, dividing: Dividing, solving: Solving, most: int
    ) -> None:
        super().__init__(solver, decomposer=decomposer.name)
        self.decomposer, self.dividing, self.solving, self.most = decomposer, dividing, solving, most
        self.counted = {"divided": 0, "undivided": 0, "malformed": 0}

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples; one division serves all samples of a prompt."""
        # A question's samples differ by their answers: a greedy division is the same for all of them.
        asked = [index for index, numbers in enumerate(wanted) if numbers]
        most = max([1, *(len(wanted[index]) for index in asked)])
        step = max(1, AT_ONCE // most)
        for start in range(0, len(asked), step):
            yield from self._answered(asked[start : start + step], prompts, wanted, sampling)

    def _answered(
        self,
        asked: list[int],
        prompts: Sequence[Messages],
        wanted: Sequence[Collection[int]],
        sampling: Sampling,
    ) -> Iterator[tuple[int, int, Completion]]:
        divisions = self._divided([prompts[index] for index in asked], sampling.seed)
        chats, numbers, places = [], [], []
        for index, division in zip(asked, divisions, strict=True):
            if division.finish == "error":
                for number in wanted[index]:
                    yield index, number, division
                continue
            parts = self._counted(division)
            chats.append(_with(prompts[index], self.solving.put(_question(prompts[index]), parts)))
            numbers.append(wanted[index])
            places.append((index, division))
        drawn = replace(sampling, logprobs=False, top=0)
        for place, number, answer in self.inner.stream_some(chats, numbers, drawn):
            index, division = places[place]
            yield index, number, self._joined(division, answer)

    def _divided(self, prompts: list[Messages], seed: int) -> list[Completion]:
        drawn = Sampling(temperature=0.0, top_p=1.0, max_tokens=self.most, seed=seed)
        chats = [_with(chat, fill(self.dividing.asked(), question=_question(chat))) for chat in prompts]
        return [replies[0] for replies in self.decomposer.generate(chats, drawn)]

    def _counted(self, division: Completion) -> str:
        parts = self.dividing.read_completion(division)
        kind = "malformed" if parts is None else "divided" if parts else "undivided"
        self.counted[kind] += 1
        return parts or ""

    def _joined(self, division: Completion, answer: Completion) -> Completion:
        whole = made_of(answer.text, answer, [division, answer])
        whole.spent = {"decomposer": _spent(self.decomposer, division), "solver": _spent(self.inner, answer)}
        return whole

    def describe(self) -> dict[str, Any]:
        """The solver's record, the decomposer's, and how many questions were divided."""
        return {**super().describe(), "decomposer": self.decomposer.describe(), **self.counted}


def _spent(model: Model, part: Completion) -> Spent:
    return Spent(model=model.name, prompt_tokens=part.prompt_tokens, tokens=part.tokens)


def _question(chat: Messages) -> str:
    return chat[-1]["content"]


def _with(chat: Messages, content: str) -> Messages:
    """The chat with another last message of the user's."""
    return [*chat[:-1], {**chat[-1], "content": content}]
