"""Hypothesis search: a model proposes rules for examples, tries them on the examples, and applies the best
one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from limbeck.decoding.ops import Decoded
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.traces import format_named

if TYPE_CHECKING:
    from limbeck.types import Format

WAS = "models/hypotheses"


def hypotheses(
    *,
    model: Model,
    h: int = 10,
    propose: float = 0.9,
    apply: float = 0.7,
    max_tokens: int = 32,
    format: str = "lines",
) -> Model:
    """Answer ``120>354 905>832:614`` by search, as ReDis does with one model in both parts (arXiv
    2504.10647).

    The model is asked for ``h`` rules, ``120>354 905>832?``; every different one is applied to each example's
    input, ``r+3:120``; the rule that comes true most often, of equals the first proposed, is applied to the
    last input.

    Args:
        model: one that knows both tasks.
        h: rules proposed for each question.
        propose: temperature of proposing.
        apply: temperature of applying; that of the evaluation is not used.
        max_tokens: of one rule, and of one application.
        format: how an answer is split off a completion, and written.

    Returns:
        A model whose text says the rule and its score, ``;r+3 2/2``, and then the answer; its tokens are all
        that were written on the way.
    """
    return Hypotheses(model, h, (propose, apply), max_tokens, format_named(format, "hypotheses"))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: every rule is tried on every example of a question."""
    return {"unknown": "how many examples a question has"}


class Hypotheses(Decoded):
    """The model behind `hypotheses`, around any other."""

    def __init__(
        self, inner: Model, h: int, temperatures: tuple[float, float], max_tokens: int, form: Format
    ) -> None:
        super().__init__(inner, search=h, temperatures=list(temperatures))
        self.h, self.form, self.temperatures, self.max_tokens = h, form, temperatures, max_tokens

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples; each number has searches with a seed of its own."""
        for number in sorted({number for numbers in wanted for number in numbers}):
            asked = [index for index, numbers in enumerate(wanted) if number in numbers]
            seed = sampling.seed + 1_000_003 * number
            searches = self._search([prompts[index][-1]["content"] for index in asked], seed)
            for index, completion in zip(asked, searches, strict=True):
                yield index, number, completion

    def _search(self, questions: list[str], seed: int) -> list[Completion]:
        spent = [0] * len(questions)
        shown = [question.rpartition(":")[0] for question in questions]
        examples = [[_example(part) for part in demos.split()] for demos in shown]
        proposed: list[dict[str, int]] = []
        for index, drawn in enumerate(self._ask([f"{demos}?" for demos in shown], self.h, 0, seed)):
            spent[index] += sum(each.tokens or 0 for each in drawn)
            # Scores by rule, in the order of proposal.
            proposed.append(dict.fromkeys((self._answer(each) for each in drawn), 0))
        trials: list[tuple[int, str, str, str]] = []
        for index, rules in enumerate(proposed):
            trials += [(index, rule, *example) for rule in rules for example in examples[index]]
        tried = self._applied([(rule, given) for _, rule, given, _ in trials], seed)
        for (index, rule, _, output), done in zip(trials, tried, strict=True):
            spent[index] += done.tokens or 0
            proposed[index][rule] += self._answer(done) == output
        best = [max(rules, key=rules.__getitem__) for rules in proposed]
        last = [question.rpartition(":")[2] for question in questions]
        answers = []
        for index, done in enumerate(self._applied(list(zip(best, last, strict=True)), seed)):
            scored = f"{best[index]} {proposed[index][best[index]]}/{len(examples[index])}"
            text = self.form.render(f";{scored};", self._answer(done))
            tokens = spent[index] + (done.tokens or 0)
            answers.append(Completion(text=text, finish=done.finish, tokens=tokens))
        return answers

    def _applied(self, pairs: Sequence[tuple[str, str]], seed: int) -> list[Completion]:
        """One completion of ``rule:input`` for each pair."""
        return [done[0] for done in self._ask([f"{rule}:{given}" for rule, given in pairs], 1, 1, seed)]

    def _ask(self, questions: list[str], n: int, which: int, seed: int) -> list[list[Completion]]:
        sampling = Sampling(
            n=n, temperature=self.temperatures[which], top_p=1.0, max_tokens=self.max_tokens, seed=seed
        )
        return self.inner.generate(
            [[{"role": "user", "content": question}] for question in questions], sampling
        )

    def _answer(self, completion: Completion) -> str:
        return self.form.parse(completion.text)[1].strip()


def _example(text: str) -> tuple[str, str]:
    """``120>354`` as input and output."""
    given, _, output = text.partition(">")
    return given, output
