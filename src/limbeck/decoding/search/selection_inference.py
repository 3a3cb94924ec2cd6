"""Reasoning in steps whose grounds are chosen and never written: selection, inference, halter, value."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.decoding.ops import Decoded
from limbeck.decoding.search._chains import Path, Tree, kept
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.judging.replies import probability
from limbeck.pipeline.estimates import Counts
from limbeck.texts.selecting import Selecting
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Count, Settings, Weight

WHERE = "decoding/selection_inference"


class Chaining(Settings, frozen=True):
    """How far is searched, and how it is written down.

    Args:
        beam: paths that are kept, by the product of what the value says of their steps.
        k: selections drawn for each path; equal ones are one.
        temperature: of the selections; 0, for ``k: 1``, is greedy. All else is greedy.
        most_steps: after so many without an answer the sample abstains.
        step: a step as it is written, with ``{selected}``, the statements themselves, and ``{conclusion}``.
        trace: the whole text, with ``{steps}`` and ``{answer}``.
        otherwise: the answer of a sample that abstains.
    """

    beam: Count = 1
    k: Count = 1
    temperature: Weight = 0.0
    most_steps: Count = 8
    step: str = "{selected} Therefore: {conclusion}\n"
    trace: str = "<think>\n{steps}</think>\n\n{answer}"
    otherwise: str = "Unknown"


def selection_inference(
    *,
    model: Model,
    inference: Model,
    halter: Model,
    value: Model | None = None,
    selecting: Selecting = Selecting(),
    chaining: Chaining = Chaining(),
    max_tokens: Count = 64,
) -> Model:
    """Answer by steps that rest on selected statements and on nothing else (Faithful Reasoning, arXiv
    2208.14271).

    In each step a model names statements by their labels, which are put in word by word, so that no ground
    can be invented; another, which does not see the question, says what follows from those; a third says
    whether that answers the question. With a value model, paths are a beam by the product of its
    probabilities that each step is one of a proof (section 4).

    Args:
        model: the selection.
        inference: says what follows from selected statements, greedily.
        halter: gives the answer, or that nothing can be said yet, greedily.
        value: weighs a path's last step; without one, paths are kept in the order in which they were drawn.
        selecting: how a question is taken apart and shown to each.
        max_tokens: most new tokens of each reply; a stage's own is not used.

    Returns:
        A model whose completions hold the steps, grounds and all, ``spent`` by role; ``scores["value"]`` is
        the product over the steps that were taken, 1 without a value model.

    Raises:
        LimbeckError: a template without its field, several selections of a greedy draw, or a beam that is
            wider than what is drawn can fill.
    """
    _check(selecting, chaining)
    return SelectionInference((model, inference, halter, value), selecting, chaining, max_tokens)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(Selecting.of(given), Chaining.of(given))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most ``k`` selections and inferences, and a halter, for each path and step."""
    asks = params["most_steps"] * params["beam"] * (2 * params["k"] + 1)
    spent: Counts = {key: counts[key] * asks for key in ("samples", "prompt_tokens") if key in counts}
    return {**spent, "max_tokens": counts.get("samples", 0) * asks * params["max_tokens"]}


def _check(selecting: Selecting, chaining: Chaining) -> None:
    selecting.check(WHERE)
    check_fields(chaining.step, ("selected", "conclusion"), WHERE)
    check_fields(chaining.trace, ("steps", "answer"), WHERE)
    if chaining.k > 1 and not chaining.temperature:
        raise LimbeckError(f"{WHERE}: k={chaining.k}, temperature=0: greedy selections are all the same one")
    if chaining.beam > 1 and chaining.k == 1:
        raise LimbeckError(f"{WHERE}: beam={chaining.beam}, k=1: one selection a path never makes two paths")


class SelectionInference(Decoded):
    """The model behind `selection_inference`."""

    def __init__(
        self,
        models: tuple[Model, Model, Model, Model | None],
        selecting: Selecting,
        chaining: Chaining,
        most: int,
    ) -> None:
        roles = {"inference": models[1].name, "halter": models[2].name}
        super().__init__(models[0], beam=chaining.beam, k=chaining.k, **roles)
        self.inference, self.halter, self.value = models[1:]
        self.selecting, self.chaining, self.most = selecting, chaining, most

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, all of them a step at a time, each as soon as its best path has an answer."""
        trees = []
        for index, numbers in enumerate(wanted):
            statements, asked = self.selecting.apart(prompts[index][-1]["content"])
            trees += [Tree(index, number, prompts[index], statements, asked) for number in numbers]
        greedy = Sampling(temperature=0.0, top_p=1.0, max_tokens=self.most, seed=sampling.seed)
        for _ in range(self.chaining.most_steps):
            still = [tree for tree in trees if not tree.settled()]
            if not still:
                break
            self._step(still, greedy)
        for tree in trees:
            yield tree.index, tree.number, self._written(tree)

    def _step(self, trees: list[Tree], greedy: Sampling) -> None:
        """Every open path of every tree by one step."""
        grown = self._inferred(self._selected(trees, greedy), greedy)
        self._weighed(grown)
        paths: dict[int, list[Path]] = {}
        for tree, path in grown:
            paths.setdefault(id(tree), []).append(path)
        for tree in trees:
            # Where nothing follows any more, this is how far it came.
            tree.left = tree.open[0]
            tree.open = kept(paths.get(id(tree), []), self.chaining.beam)
        at = [(tree, path) for tree in trees for path in tree.open]
        asked = [self.selecting.halting(tree.asked, path.conclusions()) for tree, path in at]
        chats = [tree.chat(text) for (tree, _), text in zip(at, asked, strict=True)]
        for (_, path), reply in zip(at, self._asked("halter", self.halter, at, chats, greedy), strict=True):
            answer = reply.text.strip()
            if reply.finish == "stop" and answer and answer != self.selecting.unknown:
                path.answer = answer
        for tree in trees:
            tree.halted += [path for path in tree.open if path.answer]
            tree.open = [path for path in tree.open if not path.answer]

    def _selected(self, trees: list[Tree], greedy: Sampling) -> list[tuple[Tree, Path, list[int]]]:
        """Different selections of each path, in the order in which they were drawn."""
        k = self.chaining.k
        at = [(tree, path) for tree in trees for path in tree.open]
        chats = [tree.chat(self.selecting.selection(tree.asked, tree.known(path))) for tree, path in at]
        numbers = [range(tree.number * k, tree.number * k + k) for tree, _ in at]
        drawn: list[dict[int, Completion]] = [{} for _ in at]
        freely = replace(greedy, temperature=self.chaining.temperature)
        for place, number, reply in self.inner.stream_some(chats, numbers, freely):
            drawn[place][number] = reply
        chosen = []
        for (tree, path), replies in zip(at, drawn, strict=True):
            different = dict[tuple[int, ...], list[int]]()
            for number in sorted(replies):
                tree.count("selection", self.inner.name, replies[number])
                places = self.selecting.places(replies[number].text, tree.known(path))
                if replies[number].finish == "stop" and places:
                    different.setdefault(tuple(places), places)
            chosen += [(tree, path, places) for places in different.values()]
        return chosen

    def _inferred(
        self, chosen: list[tuple[Tree, Path, list[int]]], greedy: Sampling
    ) -> list[tuple[Tree, Path]]:
        """Each path with what follows from a selection; one that says again what is known goes nowhere."""
        grounds = [[tree.known(path)[place] for place in places] for tree, path, places in chosen]
        at = [(tree, path) for tree, path, _ in chosen]
        asked = [self.selecting.inference(each) for each in grounds]
        chats = [tree.chat(text) for (tree, _), text in zip(at, asked, strict=True)]
        replies = self._asked("inference", self.inference, at, chats, greedy)
        grown = []
        for (tree, path), selected, reply in zip(at, grounds, replies, strict=True):
            conclusion = reply.text.strip()
            if reply.finish == "stop" and conclusion and conclusion not in tree.known(path):
                grown.append((tree, Path([*path.steps, (selected, conclusion)], path.value)))
        return grown

    def _weighed(self, grown: list[tuple[Tree, Path]]) -> None:
        """Multiply each path's value by the chance that its last step is one of a proof."""
        if self.value is None or not grown:
            return
        asked = [self.selecting.weighing(tree.asked, tree.known(path)) for tree, path in grown]
        chats = [tree.chat(text) for (tree, _), text in zip(grown, asked, strict=True) for _ in range(2)]
        words = [self.selecting.right, self.selecting.wrong] * len(grown)
        logps = self.value.score(chats, words)
        for (_, path), right, wrong in zip(grown, logps[::2], logps[1::2], strict=True):
            # Rounded, for a batch's shape moves the last digits.
            chance = probability(sum(right), sum(wrong))
            path.value += round(math.log(max(chance, 1e-6)), 4)

    def _asked(
        self,
        role: str,
        model: Model,
        at: list[tuple[Tree, Path]],
        chats: list[Messages],
        greedy: Sampling,
    ) -> list[Completion]:
        """A greedy reply to each chat, counted for its tree."""
        replies = [each[0] for each in model.generate(chats, greedy)]
        for (tree, _), reply in zip(at, replies, strict=True):
            tree.count(role, model.name, reply)
        return replies

    def _written(self, tree: Tree) -> Completion:
        best = max(tree.halted, key=lambda path: path.value, default=None)
        path = best or max(tree.open, key=lambda path: path.value, default=tree.left)
        lines = ""
        for selected, conclusion in path.steps:
            lines += fill(self.chaining.step, selected=" ".join(selected), conclusion=conclusion)
        text = fill(self.chaining.trace, steps=lines, answer=path.answer or self.chaining.otherwise)
        done = tree.completion(text)
        done.scores = {"value": math.exp(path.value)}
        return done

    def describe(self) -> dict[str, Any]:
        """The selection's record, and those of the others."""
        others = {"inference": self.inference, "halter": self.halter, "value": self.value}
        return {**super().describe(), **{role: each.describe() for role, each in others.items() if each}}
