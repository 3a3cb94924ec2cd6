r"""Mathematical equality: strings and exact fractions first, then exact forms and witnesses, algebra last.

What typography, exact fractions, polynomials, roots, logarithms, exponentials and shape decide is decided at
once; sums, integrals and the like by Math-Verify in a worker process, as a ``Future``. The decisions:

Two expressions are ``wrong`` only by a witness: a point at which both are defined and differ beyond
rounding, which the reason names; equal at every point that was tried, but not proved to be, is
``unknown``. Letters under roots and in logarithms are taken to be positive: ``\ln(ab)`` is ``\ln a + \ln
b``, and ``\sqrt{x^2}`` is ``|x|``. A tuple has an order; a set (and ``2 or 3``, and ``\pm 2``) has none
and no repetitions, nor have solutions that are tuples; one value of several is wrong. ``\{1\}`` in a set
is not 1. A set with one member for every whole number is the same whatever its letter: ``k\pi`` and
``n\pi``. An interval is the inequality that says the same, and its ends count. A number without a unit
equals the same number with any; units of one kind are converted; what only an unsaid unit could explain
(120 minutes, 2) is ``unknown``, and so is the same number in units of different kinds. 50% is 0.5; it is
50 too, unless there is a question and it speaks of no percentage. A decimal that only rounds the
reference is ``unknown`` wherever it stands: neither right nor wrong; an irrational number that the
reference gives four digits of is right. Times of day are equal on the same side of noon; where only one
says which side, and for ratios in other terms, the verdict is ``unknown``. ``4343_6`` is ``4343``, for
the question named the base, and is not ``4343_7``. ``x = 3`` is ``3``, ``x=1, y=2`` is ``(1, 2)``, and
``i`` is the imaginary unit. ``1/2x`` can be read in two ways and is never wrong for that. ``11-9`` is 2
where the question asks for a number, else a score or a range too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, cast

from limbeck.answers import algebra
from limbeck.answers.compare import reading, undressed
from limbeck.answers.conventions import distinct
from limbeck.answers.dress import alike
from limbeck.answers.extract import clean, find_answer
from limbeck.answers.normal import quantity, squeeze, tidy
from limbeck.answers.parts import cheap
from limbeck.answers.question import SEVERAL, order_counts, rules_for, worked_out
from limbeck.answers.rules import STRICT, NeedsAlgebra, Rules, Unsure, told
from limbeck.answers.structures import same
from limbeck.answers.taken import otherwise, taken
from limbeck.checkers.workers import in_worker
from limbeck.errors import LimbeckError, unknown
from limbeck.expressions.limits import too_big, too_deep
from limbeck.records import Outcome, Problem, Trace, Verdict

VERSION = 4
_PLAIN = re.compile(r"-?\d{1,15}")
_WRITTEN = re.compile(r"(\\?\$)?(-?(?:\d{1,15}|[1-9]\d{0,2}(?:,\d{3}){1,4}))(?:\.0{1,6})?")
"""A whole number as it may be written: 1234, 1,234 or $1234.00."""
# "None" stays: it answers a question about an empty set.
_NOTHING = re.compile(
    r"[?.…_\s-]+|n/?a|n\.a\.|tbd|todo"
    r"|(?:see|refer to) (?:the )?(?:solution|answer|above|below|figure|diagram|text|proof).*"
    r"|answers? (?:may|will|can|could) vary.*",
    re.I | re.S,
)
_ORDERS = ("auto", "strict", "free")
_Decision = tuple[str, str]
_decided: dict[tuple[Any, ...], Future[_Decision]] = {}
_REMEMBERED = 50_000
_WHOLE = 2000


def math(
    problem: Problem,
    trace: Trace,
    *,
    timeout: float = 3.0,
    max_chars: int = 300,
    order: str = "auto",
    tolerance: float = 0.0,
) -> Verdict | Future[Verdict]:
    r"""Mathematical equality of a trace's answer with the reference.

    The answer is looked for in ``trace.answer`` (see `limbeck.answers.extract`), in ``trace.reasoning`` when
    there is no answer and the generation was not cut off. The reference is ``problem.answer``: ``18``, a
    worked GSM8K answer ending in ``#### 18``, LaTeX, ``\boxed{}``. When ``problem.meta["answers"]`` is a
    list, each entry is an accepted reference and ``problem.answer`` is not read; when it is true,
    ``problem.answer`` is such a list as JSON. What counts as equal is said above; a rounded decimal, like a
    reference that cannot be read, is ``unknown``. An answer too long is ``unparsed``, one too big to evaluate
    ``timeout``.

    Args:
        timeout: seconds of the processor a worker may take before it is killed; the outcome is then
            ``timeout``.
        max_chars: longest answer or reference, in characters, that is compared.
        order: whether the order of a bare list ``2, 3`` counts: ``strict``, ``free``, or ``auto``: it does
            not count where there is no question, or one that asks for all solutions, roots and the like;
            where the question says nothing of it, another order is ``unknown``.
        tolerance: how far a number may be from the reference, as a share of the reference: 0.005 is about 3
            digits.

    Raises:
        LimbeckError: for an unknown ``order``, a limit that is not positive, or a tolerance outside [0, 1).
    """
    _check(timeout, max_chars, order, tolerance)
    text = trace.answer
    if not text.strip() and trace.finish != "length":
        text = trace.reasoning
    golds = references(problem)
    if not golds:
        return Verdict("math", "unknown", reason=f"no reference answer in {(problem.answer or '')[:80]!r}")
    answer, parts_open = taken(text, golds, problem.question, max_chars)
    # The reference itself, such as a matrix on several lines.
    if len(text) <= _WHOLE and clean(text) in golds:
        return Verdict("math", "correct", clean(text), f"{clean(text)} = {clean(text)}")
    if answer is None:
        return Verdict("math", "unparsed", reason="no answer found")
    if len(answer) > max_chars:
        return Verdict("math", "unparsed", answer[:max_chars], f"answer longer than {max_chars} characters")
    if len(max(golds, key=len)) > max_chars and answer not in golds:
        return Verdict("math", "unknown", answer, f"the reference is longer than {max_chars} characters")
    rules = rules_for(problem.question, answer, order, tolerance)
    decision = decide(golds, answer, rules)
    if decision and decision[0] == "wrong":
        doubt = _doubt(golds, answer, otherwise(text, answer, problem.question), rules, parts_open)
        decision = ("unknown", doubt) if doubt else decision
    if decision and decision[0] == "correct":
        return _verdict(answer, decision)
    if order == "auto" and _permuted(golds, answer, rules, problem):
        told = f"{answer} is {golds[0]} in another order, which may not count"
        return Verdict("math", "unknown", answer, told)
    return _verdict(answer, decision) if decision else _slow(golds, answer, rules, timeout)


def _check(timeout: float, max_chars: int, order: str, tolerance: float) -> None:
    if order not in _ORDERS:
        raise unknown("order", order, _ORDERS, "verifiers/math")
    if timeout <= 0 or max_chars <= 0:
        raise LimbeckError(
            f"verifiers/math: timeout and max_chars must be positive, not {timeout} and {max_chars}"
        )
    if not 0 <= tolerance < 1:
        raise LimbeckError(f"verifiers/math: tolerance must be at least 0 and less than 1, not {tolerance}")


def _doubt(golds: tuple[str, ...], answer: str, other: str, rules: Rules, parts_open: bool) -> str:
    """Why an answer that is not the reference may be right all the same; empty where nothing says so."""
    if other and (again := decide(golds, other, rules)) and again[0] == "correct":
        return f"{answer} may be {other}"
    # The last box alone, or those of steps too.
    return "the boxes are not as many as the parts of the reference" if parts_open else ""


def references(problem: Problem) -> tuple[str, ...]:
    """The accepted reference answers of a problem, extracted; empty when there are none."""
    answers = problem.meta.get("answers")
    if isinstance(answers, list):
        return _references(tuple(str(answer) for answer in answers))
    if answers and problem.answer:
        try:
            listed = json.loads(problem.answer)
        except ValueError:
            return ()
        return _references(tuple(str(answer) for answer in listed)) if isinstance(listed, list) else ()
    return worked_out(_references((problem.answer,)), problem.question) if problem.answer else ()


def _references(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([answer for text in texts if (answer := _reference(text))])


@lru_cache(maxsize=65536)
def _reference(text: str) -> str:
    answer = find_answer(text) or clean(text)
    says = answer.isdecimal() or (not _NOTHING.fullmatch(answer) and _closed(answer))
    return answer if says else ""


def _closed(text: str) -> bool:
    """Whether every brace closes; a reference that was cut off can be equal to nothing."""
    bare = re.sub(r"\\.", "", text, flags=re.S) if "{" in text or "}" in text else ""
    return bare.count("{") == bare.count("}")


def _permuted(golds: tuple[str, ...], answer: str, rules: Rules, problem: Problem) -> bool:
    """Whether only the order is another, and the question does not say that it counts."""
    if rules.free or not SEVERAL.search(answer):
        return False
    if not problem.question.strip() or order_counts(problem.question):
        return False
    free = decide(golds, answer, replace(rules, free=True, counted=True))
    return free is not None and free[0] == "correct"


def decide(golds: tuple[str, ...], answer: str, rules: Rules) -> _Decision | None:
    """Outcome and reason without algebra, or None where algebra is needed."""
    if len(golds) == 1 and (plain := _at_sight(golds[0], answer, rules)):
        return plain
    return _remembered(golds, answer, rules)


@lru_cache(maxsize=65536)
def _remembered(golds: tuple[str, ...], answer: str, rules: Rules) -> _Decision | None:
    results: list[_Decision | None] = [_decide(gold, answer, rules) for gold in golds]
    for result in results:
        if result and result[0] == "correct":
            return result
    if None in results:
        return None
    return next((result for result in results if result and result[0] != "wrong"), results[0])


def _at_sight(gold: str, answer: str, rules: Rules) -> _Decision | None:
    """What the same text and whole numbers come to; None for everything else."""
    if gold == answer:
        return told(True, gold, answer)
    if rules.tolerance or not _PLAIN.fullmatch(gold) or not (written := _WRITTEN.fullmatch(answer)):
        return None
    wanted, given = int(gold), int(written[2].replace(",", ""))
    cents = written[1] and 0 != wanted != given and (wanted == 100 * given or given == 100 * wanted)
    if cents or (given == 1000 * wanted and "," in answer):
        return None  # the same in cents, or where the comma begins a fraction
    return told(wanted == given, gold, answer)


def _decide(gold: str, answer: str, rules: Rules) -> _Decision | None:
    if plain := _at_sight(gold, answer, rules):
        return plain
    if deep := next((text for text in (answer, gold) if too_deep(text)), None):
        return "timeout", f"not attempted, nested too deeply: {deep[:80]}"
    try:
        leaf = partial(cheap, rules=rules) if rules is not STRICT else cheap
        left, right = quantity(gold), quantity(answer)
        if left and right and not left.unit and not right.unit:
            if not (equal := leaf(gold, answer)):
                distinct(gold, answer)
            return told(equal, gold, answer)
        wanted, given = alike(tidy(gold), tidy(answer))
        if squeeze(wanted) == squeeze(given):
            return "correct", f"{answer} = {gold}"
        if (nothing := _unanswered(wanted, given, gold)) is not None:
            return nothing
        given = undressed(wanted, given)
        try:
            wanted = reading(wanted)
        except Unsure as unsure:
            return "unknown", f"in the reference {unsure.reason}"
        wanted, given = alike(wanted, reading(given))
        if not (equal := same(wanted, given, leaf, rules.free, rules.counted)):
            distinct(wanted, given)
    except NeedsAlgebra:
        big = next((text for text in (answer, gold) if too_big(text)), None)
        return ("timeout", f"not attempted, too big to evaluate: {big[:80]}") if big else None
    except Unsure as unsure:
        return unsure.outcome, unsure.reason
    return told(equal, gold, answer)


def _unanswered(wanted: str, given: str, gold: str) -> _Decision | None:
    """``N/A`` answers nothing; a reference ``None`` may say so, or that nothing solves the problem."""
    if _NOTHING.fullmatch(given):
        return "unknown", f"the answer {given!r} says nothing"
    if gold.casefold() == "none" and quantity(given):
        return "unknown", f"the reference {gold!r} may stand for a missing one"
    return None


def _slow(golds: Sequence[str], answer: str, rules: Rules, timeout: float) -> Future[Verdict]:
    """The verdict of a worker. One question is asked once; whoever asks again shares the answer."""
    pairs = [pair for gold in golds if (pair := _readings(gold, answer))]
    readings = [pair[0] for pair in pairs]
    key = (tuple(readings), pairs[0][1], rules, timeout)
    if (decision := _decided.get(key)) is None:
        if len(_decided) >= _REMEMBERED:
            _decided.clear()
        # Imported before workers fork, so that none of them spends its time limit on it.
        import math_verify  # noqa: F401

        decision = in_worker(algebra.compare, readings, key[1], rules, timeout=timeout)
        _decided[key] = decision
    promise: Future[Verdict] = Future()
    decision.add_done_callback(lambda done: promise.set_result(_verdict(answer, _outcome(done, timeout))))
    return promise


def _readings(gold: str, answer: str) -> tuple[str, str] | None:
    """Both sides as algebra gets them, None for a reference that only words could explain."""
    try:
        wanted, given = alike(tidy(gold), tidy(answer))
        return alike(reading(wanted), reading(undressed(wanted, given)))
    except Unsure:
        return None


def _outcome(done: Future[_Decision], timeout: float) -> _Decision:
    error = done.exception() if not done.cancelled() else None
    if isinstance(error, TimeoutError):
        return "timeout", f"no result within {timeout:g} s"
    if error is not None or done.cancelled():
        return "unknown", f"the comparison failed: {type(error).__name__}: {error}"[:200]
    return done.result()


def _verdict(answer: str, decision: _Decision) -> Verdict:
    return Verdict("math", cast(Outcome, decision[0]), answer, decision[1])
