"""What recipes of reinforcement and self-sampling need: a gate before a verifier, prefixes of programs,
entropy."""

from __future__ import annotations

import math

import pytest

from limbeck.checkers.straight_line import run
from limbeck.curation.rewrite.known_states import known_states
from limbeck.errors import LimbeckError
from limbeck.evaluation.measures.entropy import entropy
from limbeck.generation import Completion, Model
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.programs import programs
from limbeck.problems.worlds.proofs import proofs
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.rewards.balanced import balanced
from limbeck.rewards.ops import Group
from limbeck.rewards.verified import verified
from limbeck.verifiers.answers.grounded import grounded, shown
from limbeck.verifiers.logic.deduction import deduction
from limbeck.verifiers.programs.straight_line import straight_line

GOAL = Problem(id="p", question="c>f,a,a&b>c,b:f", answer="ia&b,mc,mf", verifier="deduction")


def proved(reasoning: str, answer: str, **more) -> str:
    trace = Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer, format="lines")
    return grounded(GOAL, trace, verifier=deduction, **more).outcome


@pytest.mark.parametrize(
    ("reasoning", "answer", "outcome"),
    [
        ("?f[mf]?c[ia&b,mc];", "ia&b,mc,mf", "correct"),
        ("?f[mf]?c[ia&b,mc];", "mf", "wrong"),
        ("?c[ia&b,mc];", "ia&b,mc,mf", "correct"),
        ("?f[mf];", "ia&b,mc,mf", "unparsed"),
        ("?f[]?c[];", "ia&b,mc,mf", "unparsed"),
        ("?f?c;", "ia&b,mc,mf", "unparsed"),
        ("?f[mf]?c[ia&b,mc];", "", "unparsed"),
        ("?f[mg]?c[ib&a];", "ia&b,mc,mf", "unparsed"),
    ],
)
def test_a_proof_counts_only_where_its_thoughts_show_most_of_it(reasoning, answer, outcome):
    assert proved(reasoning, answer) == outcome


def test_the_gate_is_as_high_as_asked_for():
    assert proved("?f[mf];", "ia&b,mc,mf", coverage=0.2) == "correct"
    assert proved("<mc,mf>;", "ia&b,mc,mf", coverage=0.5, snippet="<(.*?)>") == "correct"
    with pytest.raises(LimbeckError, match="one group"):
        proved("?f[mf];", "mf", snippet="x")
    with pytest.raises(LimbeckError, match="no regular expression"):
        proved("?f[mf];", "mf", snippet="(")


def test_every_proof_of_the_small_world_passes_the_gate():
    data = proofs(n=50, solve="careful")
    problems = data.problem_by_id()
    for trace in data.traces:
        assert grounded(problems[trace.problem_id], trace, verifier=deduction).outcome == "correct"


def test_the_share_of_an_answer_that_is_shown_is_exact():
    import re

    pattern = re.compile(r"\[(.*?)\]")
    assert shown(pattern, "[mf]", "mc,mf") == pytest.approx(0.5)
    assert shown(pattern, "[mc; mf]", "mc,mf") == 1
    assert shown(pattern, "[mf][mf]", "mf,mf") == 1
    assert shown(pattern, "nothing", "mf") is None


def test_half_of_the_negatives_are_dropped_and_no_positive():
    right, wrong = "?f[mf]?c[ia&b,mc];", "?f[mf]?c[ia&b,mg];"
    traces = [
        Trace(id=f"p#{n}", problem_id="p", reasoning=right, answer="ia&b,mc,mf")
        if n % 2
        else Trace(id=f"p#{n}", problem_id="p", reasoning=wrong, answer="mg,mf")
        for n in range(400)
    ]
    ((*rewards,),) = verified([Group(GOAL, traces)], None, verifier=deduction, drop_wrong=0.5)
    assert rewards[1::2] == [1.0] * 200
    assert sum(map(math.isnan, rewards)) / 200 == pytest.approx(0.5, abs=0.1)


def test_balanced_groups_always_have_an_advantage():
    """What Phi-4-Mini-Reasoning's rebalancing is for: plain groups may be all of one kind."""
    for right in range(9):
        traces = [
            Trace(id=f"p#{n}", problem_id="p", answer="ia&b,mc,mf" if n < right else "mf") for n in range(8)
        ]
        plain = verified([Group(GOAL, traces)], None, verifier=deduction, wrong=-1.0)[0]
        kept = [
            value for value in balanced([Group(GOAL, traces)], None, verifier=deduction)[0] if value == value
        ]
        assert (len(set(plain)) == 2) == (0 < right < 8)
        assert sum(kept) == 0
        assert (len(kept) > 0) == (0 < right < 8)


def program(name: str, text: str, outcome: str, marks=(), finish="stop") -> Trace:
    verdict = Verdict("straight_line", outcome)
    return Trace(id=name, problem_id="p", answer=text, verdicts=[verdict], marks=list(marks), finish=finish)


def prefixes(*traces: Trace) -> dict[str, str]:
    asked = Problem(id="p", question="((3+4)*2)-(5+1)", meta={"value": 8})
    data = known_states(Data([asked], list(traces)))
    assert data.traces[: len(traces)] == list(traces)
    return {trace.parents[0]: trace.answer for trace in data.traces[len(traces) :]}


GOLD = program("gold", "a=3+4;b=a*2;c=5+1;d=b-c", "correct")


def test_a_failed_program_is_kept_up_to_a_state_that_a_right_one_reaches():
    # 6 alone is no state of the given program, {6, 7, 14} is: order and names do not count.
    wrong = program("w", "x=5+1;y=4+3;z=2*y;w=z+x", "wrong", ["wrong"])
    assert prefixes(GOLD, wrong) == {"w": "x=5+1;y=4+3;z=2*y"}
    broken = program("b", "q=4+3;b=q*2;nonsense", "unparsed", ["unparsed"])
    assert prefixes(GOLD, broken) == {"b": "q=4+3;b=q*2"}
    other = program("r", "x=5+1;y=3+4;z=y*2;w=z-x", "correct")
    assert prefixes(GOLD, other, program("v", "q=1+5;w=q*2", "wrong", ["wrong"])) == {"v": "q=1+5"}


def test_a_prefix_that_says_nothing_new_is_left_out():
    assert prefixes(GOLD, program("w", "a=3+4;b=a*2;c=5+2;d=b-c", "wrong", ["wrong"])) == {}
    assert prefixes(GOLD, program("w", "a=9+9;b=a*2", "wrong", ["wrong"])) == {}
    one, two = (
        program(name, f"a=4+3{rest}", "wrong", ["wrong"]) for name, rest in (("1", ";b=9-a"), ("2", ";b=2*a"))
    )
    assert prefixes(GOLD, one, two) == {"2": "a=4+3;b=2*a"}
    assert prefixes(GOLD, one, program("3", one.answer, "wrong", ["duplicate", "wrong"])) == {"1": "a=4+3"}


def test_prefixes_are_trained_without_an_end_and_made_once():
    problem = Problem(id="p", question="?")
    data = known_states(Data([problem], [GOLD, program("w", "x=4+3;y=x-1", "wrong", ["wrong"])]))
    (prefix,) = data.traces[2:]
    assert (prefix.finish, prefix.marks, prefix.outcome) == ("length", [], "unknown")
    assert prefix in data.kept()
    assert known_states(data) == data


def test_states_do_not_know_names_and_programs_of_the_world_reach_the_last_state_of_the_given_one():
    assert run("a=3+4;b=a*2").states == run("z=4+3;q=2*z").states
    data = programs(n=20, low=3, high=4, solve="any", k=5)
    problems = data.problem_by_id()
    for trace in data.traces:
        problem = problems[trace.problem_id]
        assert straight_line(problem, trace).outcome == "correct"
        assert run(trace.answer).states[-1] == run(problem.answer).states[-1]


class Telling(Model):
    """Writes tokens of given log-probabilities; the first problem's samples come last."""

    name = "telling"

    def __init__(self, logprobs: list[list[float] | None]) -> None:
        self.logprobs = logprobs

    def stream(self, prompts, sampling):
        assert (sampling.temperature, sampling.top_p, sampling.logprobs) == (1.0, 1.0, True)
        for index in reversed(range(len(prompts))):
            for number in range(sampling.n):
                yield index, number, Completion(text="x", logprobs=self.logprobs[index], tokens=2)


def measured(tmp_path, logprobs, **more):
    problems = [Problem(id=f"p{n}", question="?", source="world", split="test") for n in range(len(logprobs))]
    return entropy(Data(problems), model=Telling(logprobs), ctx=Context(tmp_path), **more)


def test_entropy_is_the_mean_surprise_of_a_models_own_tokens(tmp_path):
    done = measured(tmp_path, [[-1.0, -2.0], [0.0, -0.5]], n=3)
    (result,) = done.results
    assert (result.metric, result.benchmark, result.n, result.samples) == ("entropy", "world", 2, 6)
    assert result.value == pytest.approx((1.5 + 0.25) / 2)
    assert [trace.problem_id for trace in done.data.traces] == ["p0"] * 3 + ["p1"] * 3
    assert done.data.traces[0].scores["entropy"] == pytest.approx(1.5)


def test_entropy_needs_log_probabilities_and_problems(tmp_path):
    with pytest.raises(LimbeckError, match="no log-probabilities"):
        measured(tmp_path, [None])
    with pytest.raises(LimbeckError, match="0 problems"):
        measured(tmp_path, [])
