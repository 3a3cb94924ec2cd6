"""What is in a set of traces: numbers, lengths, pass rates, marks, scripts, duplicates.

A `Summary` takes data part by part and keeps counts alone, and eight bytes for every text, so that a set may
be larger than memory. Each problem comes with all its traces in one part, as stages and imports store them.
"""

from __future__ import annotations

import hashlib
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from limbeck.records import Data, Problem, Trace
from limbeck.texts.flaws import flaws_of

MOST_VALUES = 1000
"""Different values of a column that are counted by name."""
OTHERS = "(others)"
LOOKED_AT = 1_000
"""Traces, the first ones, whose flaws are counted: to look for loops takes longer than all the rest."""
SECOND_SCRIPT = 0.05
"""Share of a text's letters from which on a second script makes it mixed: a formula's Greek does not."""
_KANA = {"HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA"}


class Tally(Counter[str]):
    """Values with how often they come; those that come first after `MOST_VALUES` others are `OTHERS`."""

    def put(self, value: str) -> None:
        self[value if value in self or len(self) < MOST_VALUES else OTHERS] += 1

    def ordered(self) -> dict[str, int]:
        """The commonest first."""
        return dict(self.most_common())


@dataclass
class Numbers:
    """Whole numbers from 0 by how often they come: exact below 10,000, the first four digits of larger ones.

    Its size is bounded whatever is counted; ``most`` is exact.
    """

    counts: Counter[int] = field(default_factory=Counter)
    total: int = 0
    most: int = 0

    def add(self, value: int) -> None:
        self.counts[value - value % 10 ** max(0, len(str(value)) - 4)] += 1
        self.total += value
        self.most = max(self.most, value)

    def __len__(self) -> int:
        return self.counts.total()

    def quantile(self, share: float) -> int:
        """The least value that at least this share of all values does not exceed (nearest rank)."""
        below = 0
        for value in sorted(self.counts):
            below += self.counts[value]
            if below >= share * len(self):
                return value
        return 0

    def bins(self, count: int = 24) -> tuple[list[int], list[float]]:
        """Edges and shares of equal bins from the least value to the 99th percentile; what is larger is in
        the last."""
        if not self.counts:
            return [], []
        low, high = min(self.counts), self.quantile(0.99)
        width = max(1, -(-(high - low + 1) // count))
        edges = list(range(low, high + width + 1, width))
        shares = [0.0] * (len(edges) - 1)
        for value, times in self.counts.items():
            shares[min((value - low) // width, len(shares) - 1)] += times / len(self)
        return edges, shares

    def as_dict(self) -> dict[str, Any]:
        """``n``, mean, 5th percentile, median, 95th percentile and maximum; ``n`` alone of nothing."""
        if not self.counts:
            return {"n": 0}
        points = {"p5": 0.05, "median": 0.5, "p95": 0.95}
        quantiles = {name: self.quantile(share) for name, share in points.items()}
        return {"n": len(self), "mean": self.total / len(self), **quantiles, "max": self.most}


@dataclass
class Texts:
    """Texts that come again, by 64 bits of their digests."""

    digests: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, *parts: str) -> int:
        """Note a text; its parts are told apart."""
        digest = hashlib.blake2b(digest_size=8)
        for part in parts:
            text = part.encode("utf-8", "surrogatepass")
            digest.update(len(text).to_bytes(8, "little") + text)
        number = int.from_bytes(digest.digest(), "little")
        self.digests.append(number)
        return number

    def again(self) -> int:
        """How many texts came before."""
        return len(self.digests) - len(np.unique(np.frombuffer(self.digests, np.uint64)))


@cache
def _script(char: str) -> str:
    """The script of a letter, as the first word of its Unicode name has it; empty for no letter."""
    if not char.isalpha():
        return ""
    name = unicodedata.name(char, "")
    if name.startswith("MATHEMATICAL"):
        return ""
    word = "HALFWIDTH KATAKANA" if name.startswith("HALFWIDTH KATAKANA") else name.partition(" ")[0]
    return {"CJK": "Han", "FULLWIDTH": "Latin"}.get(word, "Kana" if word in _KANA else word.capitalize())


def scripts(text: str) -> dict[str, float]:
    """Shares of a text's letters by Unicode script, the largest first; Han among kana counts as kana.

    ``{}`` for a text without letters. Letters of mathematical alphabets have no script.
    """
    if text.isascii():
        return {"Latin": 1.0} if any(map(str.isalpha, text)) else {}
    letters: Counter[str] = Counter()
    for char, times in Counter(text).items():
        if script := _script(char):
            letters[script] += times
    if letters["Kana"] >= SECOND_SCRIPT * letters.total() > 0:
        letters["Kana"] += letters.pop("Han", 0)
    return {script: times / letters.total() for script, times in letters.most_common() if times}


def licences(problem: Problem) -> Iterator[str]:
    """What a problem's ``meta`` says of its licence, whatever the key's case and spelling."""
    for key, value in problem.meta.items():
        if key.lower() in ("license", "licence", "licenses", "licences"):
            yield from map(str, value if isinstance(value, list) else [value])


TALLIES = (
    "outcomes", "finish", "marks", "problem_marks", "pair_marks", "scripts", "question_scripts", "sources",
    "splits", "writers", "formats", "verifiers", "licences", "think", "flaws",
)  # fmt: skip
NUMBERS = (
    "traces_per_problem", "question_characters", "reasoning_characters", "answer_characters", "tokens",
    "correct_characters", "wrong_characters",
)  # fmt: skip
PASSED = ("none", "some", "all", "unjudged")


@dataclass
class Summary:
    """Counts of all data that were added; `as_dict` is all of it as plain values.

    ``pass_rates`` counts problems by the share of their judged traces that are right, in percent;
    ``passed`` those with none, some and all right, and those without a judged trace.
    """

    sizes: Counter[str] = field(default_factory=Counter)
    tallies: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in TALLIES})
    numbers: dict[str, Numbers] = field(default_factory=lambda: {name: Numbers() for name in NUMBERS})
    passed: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(PASSED, 0)))
    pass_rates: Counter[int] = field(default_factory=Counter)
    traces: Texts = field(default_factory=Texts)
    questions: Texts = field(default_factory=Texts)

    def add(self, data: Data) -> None:
        """Count a part."""
        self.sizes.update(
            problems=len(data.problems),
            traces=len(data.traces),
            pairs=len(data.pairs),
            kept=len(data.kept()),
            kept_pairs=len(data.kept_pairs()),
        )
        groups = data.by_problem()
        for problem in data.problems:
            self._add_problem(problem, groups.get(problem.id, []))
        there = {problem.id for problem in data.problems}
        self.sizes["traces_without_problem"] += sum(trace.problem_id not in there for trace in data.traces)
        for pair in data.pairs:
            self._put("pair_marks", set(pair.marks))

    def _put(self, name: str, values: Iterable[str]) -> None:
        for value in values:
            self.tallies[name].put(value)

    def _add_problem(self, problem: Problem, traces: list[Trace]) -> None:
        self.questions.add(problem.question)
        self.numbers["traces_per_problem"].add(len(traces))
        self.numbers["question_characters"].add(len(problem.question))
        self._put("problem_marks", set(problem.marks))
        self._put("question_scripts", [next(iter(scripts(problem.question)), "no letters")])
        self._put("sources", [problem.source])
        self._put("splits", [problem.split])
        self._put("verifiers", [problem.verifier])
        self._put("licences", list(licences(problem)) or [""])
        self.sizes["without_reference"] += problem.answer is None
        judged = [trace.outcome == "correct" for trace in traces if trace.verdicts]
        if judged:
            self.pass_rates[round(100 * sum(judged) / len(judged))] += 1
        right = "all" if all(judged) else "some" if any(judged) else "none"
        self.passed[right if judged else "unjudged"] += 1
        texts = [self._add_trace(trace, problem.question) for trace in traces]
        self.sizes["same_text_same_problem"] += len(texts) - len(set(texts))

    def _add_trace(self, trace: Trace, question: str) -> int:
        lengths = {"reasoning": len(trace.reasoning), "answer": len(trace.answer)}
        for part, length in lengths.items():
            self.numbers[f"{part}_characters"].add(length)
        if trace.tokens is not None:
            self.numbers["tokens"].add(trace.tokens)
        if trace.verdicts and trace.outcome in ("correct", "wrong"):
            self.numbers[f"{trace.outcome}_characters"].add(sum(lengths.values()))
        self._put("outcomes", [trace.outcome if trace.verdicts else "unjudged"])
        self._put("finish", [trace.finish])
        self._put("marks", set(trace.marks))
        self._put("writers", [trace.model])
        self._put("formats", [trace.format])
        self._put("think", _thought(trace))
        shares = scripts(trace.reasoning + trace.answer)
        self._put("scripts", [next(iter(shares), "no letters")])
        self.sizes["mixed_scripts"] += sum(share >= SECOND_SCRIPT for share in shares.values()) > 1
        if len(self.traces.digests) < LOOKED_AT:
            self._put("flaws", flaws_of(trace, question))
        return self.traces.add(trace.reasoning, trace.answer)

    def pass_shares(self) -> list[float]:
        """Shares of the problems with judged traces by their pass rate: about 0, 0.1, …, 1."""
        shares = [0.0] * 11
        for percent, times in self.pass_rates.items():
            shares[round(percent / 10)] += times / self.pass_rates.total()
        return shares

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values; an empty name stands for what a record does not say."""
        return {
            **{name: self.sizes[name] for name in ("problems", "traces", "pairs", "kept", "kept_pairs")},
            "without_reference": self.sizes["without_reference"],
            "traces_without_problem": self.sizes["traces_without_problem"],
            "pass": dict(self.passed),
            "pass_rates_percent": dict(sorted(self.pass_rates.items())),
            "lengths": {name: numbers.as_dict() for name, numbers in self.numbers.items()},
            "duplicates": {
                "traces": self.traces.again(),
                "traces_of_one_problem": self.sizes["same_text_same_problem"],
                "questions": self.questions.again(),
            },
            "mixed_scripts": self.sizes["mixed_scripts"],
            **{name: tally.ordered() for name, tally in self.tallies.items()},
        }


def _thought(trace: Trace) -> Iterator[str]:
    """What is to be said of a trace's thinking: whether there is any, and tags where none belong."""
    yield "with reasoning" if trace.reasoning.strip() else "without reasoning"
    for part in ("reasoning", "answer"):
        text = getattr(trace, part)
        if "<think>" in text or "</think>" in text:
            yield f"think tag inside the {part}"


def first_problems(parts: Iterable[Data], limit: int) -> Iterator[Data]:
    """The parts up to the ``limit``-th problem, with the traces and pairs of these; 0 for all."""
    left = limit
    for data in parts:
        if limit and len(data.problems) > left:
            kept = data.problems[:left]
            ids = {problem.id for problem in kept}
            traces = [trace for trace in data.traces if trace.problem_id in ids]
            data = Data(kept, traces, [pair for pair in data.pairs if pair.problem_id in ids])
        yield data
        left -= len(data.problems)
        if limit and left <= 0:
            return
