"""The small worlds for miniature experiments: what holds for all of them, and what each one promises."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.worlds.assignment import assignment
from limbeck.problems.worlds.cipher import cipher
from limbeck.problems.worlds.countdown import countdown
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

SOLVERS = [
    (assignment, "careful", {}), (rules, "careful", {}), (facts, "honest", {}), (cipher, "key", {}),
    (knights, "cases", {}), (knights, "filler", {}), (countdown, "search", {"backtracks": 3}),
    (countdown, "search", {"numbers": 4, "k": 2}), (functions, "careful", {}),
    (functions, "careful", {"task": "apply"}), (functions, "careful", {"task": "direct"}),
    (skills, "careful", {}),
    (padded, "steps", {"k": 2}), (judged, "verdict", {}), (modes, "mixed", {"k": 2}),
    (programs, "gold", {}), (programs, "any", {"k": 3}), (proofs, "careful", {}),
]  # fmt: skip
GOLDEN = {
    assignment: ("303 000 333 211", ";d,ad,cd,b;d,a,c,b;dacb"),
    rules: ("gzyxz?gA fB hC lD", ";myxz;fxz;mz;h;C"),
    facts: ("dik+lun", ";dik2;lun?;?"),
    cipher: ("fkjkjhfgai", ";jeieifjbld"),
    knights: ("C&b A&B c|A", ";kkktf-!kknff-!knktt+tf+ft+;knk"),
    countdown: ("7 2 2=3", ";7+2=9;2+9=11!2*9=18!9-2=7!2+2=4;7-4=3;7-(2+2)"),
    functions: ("806>62 209>65 980>46?", ";t+6"),
    padded: ("2+1+6", ";2+1=3!1+2=3;3+6=9!6+3=9!6+3=9;9"),
    judged: ("0+5+0+8+1?0+5=5;5+0=5;5+8=3;3+1=4", ";right"),
    skills: ("+6+2i:6380", ";+2i:2946;i:4168;416"),
    modes: ("0+8*8-8", ">;0+4-8;4-8;6"),
    programs: ("2-((7-(4*8))-5)", "a=4*8;b=7-a;c=b-5;d=2-c"),
    proofs: ("n&g>l,c>l,k,g,k>q,q>n:l", "?l[in&g,ml]?n[mn]?q[mq];mq,mn,in&g,ml"),
}
each = pytest.mark.parametrize(("world", "solve", "given"), SOLVERS)


def texts(data):
    """Question, whole text and trace, for every trace."""
    asked = data.problem_by_id()
    return [(asked[trace.problem_id], trace.reasoning + trace.answer, trace) for trace in data.traces]


@each
def test_questions_and_traces_are_short_and_traces_only_there_when_asked_for(world, solve, given):
    data = world(n=150, seed=3, solve=solve, **given)
    assert len(data.traces) == 150 * given.get("k", 1) == len(data.trace_by_id())
    assert max(len(problem.question) for problem in data.problems) <= 40
    assert max(trace.tokens for trace in data.traces) <= 80
    bare = world(n=150, seed=3, **given)
    assert not bare.traces
    assert {problem.source for problem in bare.problems} == {world.__name__}


@pytest.mark.parametrize("world", GOLDEN, ids=lambda world: world.__name__)
def test_the_first_trace_of_a_world_stays_what_it_was(world):
    solve = next(solve for other, solve, _ in SOLVERS if other is world)
    given = {"backtracks": 3} if world is countdown else {}
    problem, text, _ = texts(world(n=3, solve=solve, **given))[0]
    assert (problem.question, text) == GOLDEN[world]


@pytest.mark.parametrize(
    ("world", "given", "said"),
    [
        (assignment, {"split": "tset"}, "unknown split 'tset'; did you mean 'test'"),
        (assignment, {"items": 6}, "items=6"), (assignment, {"noise": 1.5}, "noise=1.5"),
        (rules, {"high": 9}, "high=9"), (facts, {"known": 1}, "known=1"),
        (cipher, {"rare": -1}, "rare=-1"), (cipher, {"n": 20, "length": 1}, "n=20.*about 1[0-9] questions"),
        (knights, {"people": 4}, "people=4"), (knights, {"people": 2, "n": 5000}, "n=5000"),
        (countdown, {"numbers": 5}, "numbers=5"), (countdown, {"backtracks": -1}, "backtracks=-1"),
        (functions, {"high": 3}, "high=3"), (functions, {"demos": 0}, "demos=0"),
        (skills, {"low": 4}, "low=4"),
        (padded, {"redundant": 2}, "redundant=2"), (padded, {"k": 0}, "k=0"),
        (judged, {"wrong": 2}, "wrong=2"),
        (modes, {"easy": 2}, "easy=2"),
        (programs, {"high": 9}, "high=9"), (proofs, {"spare": 4}, "spare=4"), (proofs, {"low": 5}, "low=5"),
    ],
)  # fmt: skip
def test_impossible_worlds_are_refused_with_the_value(world, given, said):
    with pytest.raises(LimbeckError, match=said):
        world(**{"n": 5, **given})
