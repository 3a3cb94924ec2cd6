"""The small worlds' own solvers pass the verifiers, and what is changed in their answers fails."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from limbeck.problems.worlds.assignment import assignment
from limbeck.problems.worlds.cipher import cipher
from limbeck.problems.worlds.countdown import countdown as countdowns
from limbeck.problems.worlds.facts import facts
from limbeck.problems.worlds.functions import functions
from limbeck.problems.worlds.judged import judged
from limbeck.problems.worlds.knights import knights
from limbeck.problems.worlds.modes import modes
from limbeck.problems.worlds.padded import padded
from limbeck.problems.worlds.programs import programs
from limbeck.problems.worlds.proofs import proofs
from limbeck.problems.worlds.rules import rules
from limbeck.problems.worlds.skills import skills
from limbeck.verifiers.answers.choice import choice
from limbeck.verifiers.answers.exact import exact
from limbeck.verifiers.logic.deduction import deduction
from limbeck.verifiers.programs.countdown import countdown
from limbeck.verifiers.programs.straight_line import straight_line

VERIFIERS = {verify.__name__: verify for verify in (exact, choice, countdown, straight_line, deduction)}


MUTATIONS = {
    "exact": lambda answer: answer[:-1] + ("x" if answer[-1] != "x" else "y"),
    "choice": lambda answer: "ABCD"["ABCD".index(answer) - 1],
    "countdown": lambda answer: f"{answer}+1",
    "straight_line": lambda answer: f"{answer};z=1+999999",
    "deduction": lambda answer: f"{answer},mz",
}


SOLVED = [
    assignment(n=60, solve="careful"), rules(n=60, solve="careful"),
    facts(n=60, about="known", solve="honest"),
    cipher(n=60, solve="key"), knights(n=60, solve="cases"), countdowns(n=60, solve="search", backtracks=2),
    countdowns(n=30, numbers=4, solve="search", corrupt="shuffled"), functions(n=60, solve="careful"),
    functions(n=60, task="apply", solve="careful"), skills(n=60, solve="careful"),
    padded(n=60, solve="steps"),
    judged(n=60, solve="verdict"), modes(n=60, solve="mixed"), programs(n=60, solve="any", k=2),
    proofs(n=60, solve="careful"),
]  # fmt: skip


@pytest.mark.parametrize("data", SOLVED, ids=lambda data: data.problems[0].source)
def test_solvers_pass_their_verifier_and_changed_answers_fail(data):
    asked = data.problem_by_id()
    for trace in data.traces:
        problem = asked[trace.problem_id]
        verify = VERIFIERS[problem.verifier]
        assert verify(problem, trace).outcome == "correct" == trace.outcome
        assert trace.verdicts[-1].verifier == problem.verifier
        changed = replace(trace, answer=MUTATIONS[problem.verifier](trace.answer))
        assert verify(problem, changed).outcome == "wrong", changed.answer
        reference = replace(trace, reasoning="", answer=problem.answer)
        assert verify(problem, reference).outcome == "correct"


def test_wrong_searches_and_refusals_do_not_pass():
    wrong = countdowns(n=60, solve="search", corrupt="wrong", backtracks=1)
    assert {countdown(wrong.problem_by_id()[t.problem_id], t).outcome for t in wrong.traces} == {"wrong"}
    refused = facts(n=60, about="withheld", solve="honest")
    assert {exact(refused.problem_by_id()[t.problem_id], t).outcome for t in refused.traces} == {"wrong"}
