"""Problems that stand in an evaluation set."""

from __future__ import annotations

from collections import defaultdict

from msgspec.structs import replace

from limbeck.curation.ops import marked, normalise
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem
from limbeck.texts.words import grams

VERSION = 2  # languages without blanks are compared by characters


def decontaminate(data: Data, against: Data, *, n: int = 8, overlap: int = 1) -> Data:
    """Mark problems ``contaminated`` that share word n-grams with a question of an evaluation set.

    The test of REDI's ``decontaminate.py`` and Open-R1 (word 8-grams, one in common is enough), which there
    only reports; here what it finds leaves the training data. A question of fewer than ``n`` words has no
    n-gram: it is contaminated when an evaluation question is the same but for blanks and case. Words are
    compared without case and without punctuation at their edges; where a language has no blanks between
    words, two or two and a half characters stand for one (`limbeck.texts.words`). Which sets a problem was
    found in is kept as ``meta["contaminated_by"]`` (their ``source``, else ``split``).

    Args:
        against: evaluation problems; join several sets with `curation/merge`. Their traces do not matter.
        n: words in an n-gram.
        overlap: least number of different n-grams in common. Stock phrases of mathematics can be eight words
            long; raise it if too much is lost.

    Raises:
        LimbeckError: ``n`` or ``overlap`` below 1, or no evaluation problem.
    """
    if n < 1 or overlap < 1:
        raise LimbeckError(f"n={n}, overlap={overlap}: both are at least 1")
    if not against.problems:
        raise LimbeckError("there is no evaluation problem to compare with")
    sets_of, whole = _index(against.problems, n)

    def checked(problem: Problem) -> Problem:
        counts: dict[str, int] = defaultdict(int)
        for gram in {*grams(normalise(problem.question), n)}:
            for name in sets_of.get(gram, ()):
                counts[name] += 1
        same = whole.get(_letters(problem), set())
        sets = same | {name for name, count in counts.items() if count >= overlap}
        if not sets:
            return problem
        meta = {**problem.meta, "contaminated_by": sorted(sets)}
        return marked(replace(problem, meta=meta), "contaminated")

    return Data([checked(problem) for problem in data.problems], data.traces, data.pairs)


Index = tuple[dict[str, set[str]], dict[str, set[str]]]
"""In which sets an n-gram stands, and a whole question."""
_last: tuple[list[Problem], int, Index] | None = None
"""Of the evaluation set read last. Shards come one after another with the same one: what is found once for
all of them is found once."""


def _index(problems: list[Problem], n: int) -> Index:
    global _last
    if _last is not None and _last[0] is problems and _last[1] == n:
        return _last[2]
    sets_of: dict[str, set[str]] = defaultdict(set)
    whole: dict[str, set[str]] = defaultdict(set)
    for problem in problems:
        name = problem.source or problem.split or "evaluation"
        whole[_letters(problem)].add(name)
        for gram in grams(normalise(problem.question), n):
            sets_of[gram].add(name)
    # The list is held, so that no other one can come to stand at its place in memory.
    _last = (problems, n, (sets_of, whole))
    return _last[2]


def _letters(problem: Problem) -> str:
    return normalise(problem.question).replace(" ", "")
