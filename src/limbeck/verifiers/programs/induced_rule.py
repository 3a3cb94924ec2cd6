"""Rules of the list functions, held against the examples they were induced from."""

from __future__ import annotations

from limbeck.checkers.list_programs import WORDS, apply, words
from limbeck.records import Outcome, Problem, Trace, Verdict

WAS = "verifiers/explains"
WANTS_ANSWER = False


def induced_rule(problem: Problem, trace: Trace, *, delta: int = 0) -> Verdict:
    """A rule is correct when it comes true for every example in ``meta["demos"]``, wrong when it misses too
    many.

    With ``delta`` a rule that misses no more than so many examples is neither: the two rules of a pair then
    differ by more than ``delta`` in score, as ReDis wants it (arXiv 2504.10647). What is no rule explains
    nothing.

    Args:
        delta: examples; 0 makes every rule that is not correct a wrong one.
    """
    rule, demos = trace.answer.strip(), problem.meta.get("demos")
    if not demos:
        return Verdict("induced_rule", "unknown", rule or None, "the problem shows no examples")
    if not rule:
        return Verdict("induced_rule", "unparsed", reason="no rule found")
    known = "".join(words(rule)) == rule and all(word in WORDS for word in words(rule))
    score = sum(apply(rule, given)[-1] == output for given, output in demos) if known else 0
    missed = len(demos) - score
    outcome: Outcome = "correct" if not missed else "wrong" if missed > delta else "unknown"
    return Verdict("induced_rule", outcome, rule, f"{score} of {len(demos)} examples")
