"""Sentences in a made-up language, and translations by systems that make errors at known rates."""

from __future__ import annotations

import random

from limbeck.checkers.glosses import WORDS, errors, spoiled
from limbeck.errors import LimbeckError
from limbeck.judging.spans import Span, score
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct
from limbeck.records import Data, Problem, Trace
from limbeck.types import Count

SEVERITIES = ("critical", "major", "minor")


def glosses(
    *,
    n: Count = 200,
    low: int = 4,
    high: int = 12,
    rates: tuple[float, ...] = (0.02, 0.05, 0.08, 0.12, 0.18),
    critical: float = 0.05,
    minor: float = 0.5,
    seed: int = 0,
    split: str = "train",
) -> Data:
    """``bako hosa luma`` means ``bread house light``: a translation by each of several systems, with errors.

    Args:
        n: different sentences.
        low: fewest words.
        high: most words.
        rates: of errors per word, one for each system.
        critical: share of errors that turn a word around, ``not bread``.
        minor: share that only misspell it, ``breead``; the rest take another word.

    Returns:
        Problems of verifier ``exact``; traces of ``system-0`` … with ``params["gold"]``, what their errors
        cost (`limbeck.judging.spans`), ``params["errors"]``, how many there are, and ``params["words"]``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, no system, or fewer than ``n`` different sentences.
    """
    check_bounds(low, high, 1, 30)
    check(0, 1, critical=critical, minor=minor, rest=1 - critical - minor)
    if not rates:
        raise LimbeckError("rates is empty; name the rate of errors of at least one system")
    check(0, 1, **{f"rates[{at}]": rate for at, rate in enumerate(rates)})
    rng = random.Random(f"glosses/{seed}/{split}")
    data = Data()
    weights = (critical, 1 - critical - minor, minor)
    words = [*WORDS]
    for text in distinct(n, split, lambda: (" ".join(rng.choices(words, k=rng.randint(low, high))), None)):
        right = [WORDS[word] for word in text.split()]
        problem = ask(text, " ".join(right), "glosses", split, {"words": len(right)})
        data.problems.append(problem)
        draws = random.Random(f"glosses/{seed}/{problem.id}")
        for number, rate in enumerate(rates):
            kinds = draws.choices(SEVERITIES, weights, k=len(right))
            told = []
            for word, kind in zip(right, kinds, strict=True):
                told.append(spoiled(word, kind, draws) if draws.random() < rate else word)
            data.traces.append(_trace(problem, " ".join(told), number))
    return data


def _trace(problem: Problem, text: str, number: int) -> Trace:
    listed = errors(problem.question, text)
    gold = score([Span(*error) for error in listed])
    return Trace(
        id=f"{problem.id}#system-{number}",
        problem_id=problem.id,
        answer=text,
        model=f"system-{number}",
        params={"gold": gold, "errors": len(listed), "words": problem.meta["words"]},
        finish="stop",
        tokens=len(text.split()),
    )
