"""Methods over whole sets: what they hold does not grow with the set, and how it is cut changes nothing."""

import random
import weakref
from collections.abc import Callable, Iterator

import pytest

from limbeck.curation.mark.near_duplicates import near_duplicates
from limbeck.curation.select.balance import balance
from limbeck.curation.select.sample_problems import sample_problems
from limbeck.pipeline.store import MemoryShards, StoredShards, split, write_data
from limbeck.records import Data, Problem, Trace, Verdict

ROWS = 50
"""Problems in a shard, with two traces each."""


class Text(str):
    """A string that can be watched."""


class Watched:
    """Shards that are made when they are read, and how many of their texts lived at the most when another one
    was read."""

    def __init__(self, shards: int) -> None:
        self.shards, self.most = shards, 0
        self.texts: list[weakref.ref] = []

    def __iter__(self) -> Iterator[Data]:
        for index in range(self.shards):
            self.texts = [text for text in self.texts if text() is not None]
            self.most = max(self.most, len(self.texts))
            yield self._shard(index)

    def _text(self, text: str) -> str:
        watched = Text(text)
        self.texts.append(weakref.ref(watched))
        return watched

    def _shard(self, index: int) -> Data:
        data = Data()
        for number in range(index * ROWS, (index + 1) * ROWS):
            question, key = f"what is {number % 7} plus {number} today", self._text(f"p{number}")
            data.problems.append(Problem(id=key, question=self._text(question), meta={"task": "sums"}))
            for at in range(2):
                thought = self._text(f"it is {number} and {number} makes more")
                data.traces.append(Trace(id=self._text(f"t{number}-{at}"), problem_id=key, reasoning=thought))
        return data


METHODS: dict[str, Callable[[Watched], Iterator[Data]]] = {
    "problems": lambda shards: near_duplicates(shards, compare="problems"),
    "traces": lambda shards: near_duplicates(shards, compare="traces"),
    "sample": lambda shards: sample_problems(shards, n=20),
    "balance": lambda shards: balance(shards, most=20),
}


@pytest.mark.parametrize("name", METHODS)
def test_nothing_is_held_of_shards_that_were_read(name, monkeypatch):
    if name in ("problems", "traces"):
        pytest.importorskip("daft", reason="needs the data extra")
    monkeypatch.setattr("limbeck.curation.select.balance.HELD", 10)
    shards = Watched(12)
    marked = sum(len(data.problems) for data in METHODS[name](shards))
    assert marked == 12 * ROWS
    # The one that is worked on, the one before it, and what so few ranks name: two shards have 500 texts.
    assert shards.most <= 2 * 5 * ROWS + 100, shards.most


def alike(seed: int, count: int) -> Data:
    """Problems of forty words, every third like an earlier one but for a word at its end, two traces each."""
    rng = random.Random(seed)
    questions: list[str] = []
    for number in range(count):
        words = " ".join(f"w{rng.randrange(500)}" for _ in range(40))
        questions.append(f"{rng.choice(questions)} end{number}" if number % 3 == 2 else words)
    problems = [Problem(id=f"p{number}", question=text) for number, text in enumerate(questions)]
    verdict = [Verdict("math", "correct")]
    traces = [
        Trace(id=f"{problem.id}-{at}", problem_id=problem.id, reasoning=f"{problem.question} {'so ' * at}",
              verdicts=verdict)
        for problem in problems for at in range(2)
    ]  # fmt: skip
    return Data(problems, traces)


def grams(text: str) -> set[str]:
    words = text.split()
    return {" ".join(words[start : start + 5]) for start in range(len(words) - 4)}


def components(texts: list[str], threshold: float) -> set[int]:
    """All but the first of the texts that hang together by pairs of that true similarity."""
    sets = [grams(text) for text in texts]
    parent = [*range(len(texts))]
    for one in range(len(texts)):
        for other in range(one):
            both = sets[one] & sets[other]
            if len(both) / len(sets[one] | sets[other]) >= threshold:
                old, new = parent[one], parent[other]
                parent = [min(old, new) if each in (old, new) else each for each in parent]
    return {index for index, first in enumerate(parent) if index != first}


@pytest.mark.parametrize("size", [1_000, 7])
def test_near_duplicates_over_shards_are_the_components_of_all_pairs(tmp_path, size):
    pytest.importorskip("daft", reason="needs the data extra")
    data = alike(1, 90)
    write_data(tmp_path, split(data, size))
    stored = StoredShards(tmp_path)
    assert len(stored) == -(-90 // size)
    # Of forty words all but the last in common: 0.97, a chain of three or four of them still above 0.8.
    expected = components([problem.question for problem in data.problems], 0.9)
    made = Data.join(near_duplicates(stored, threshold=0.8))
    assert {at for at, problem in enumerate(made.problems) if problem.marks} == expected
    assert len(expected) >= 30
    traces = Data.join(near_duplicates(stored, compare="traces")).traces
    assert [trace.id for trace in traces if trace.marks] == [f"p{number}-1" for number in range(90)]


def test_a_choice_does_not_depend_on_shards():
    data = alike(2, 60)
    for problem, at in zip(data.problems, range(60), strict=True):
        problem.meta = {"task": "ab"[at % 2]}
    for method in (lambda shards: sample_problems(shards, n=11), lambda shards: balance(shards, most=9)):
        whole, cut = (
            Data.join(method(MemoryShards([*split(data, size)]))) for size in (1_000, 7)
        )  # fmt: skip
        assert (whole.problems, whole.traces) == (cut.problems, cut.traces)
    assert sum(not trace.marks for trace in whole.traces) == 18
