"""curation/known_states: failed programs up to a state that a right one reaches."""

from __future__ import annotations

from limbeck.checkers.straight_line import run
from limbeck.curation.rewrite.known_states import known_states
from limbeck.problems.worlds.programs import programs
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.verifiers.programs.straight_line import straight_line


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
