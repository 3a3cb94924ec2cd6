"""What every source of problems keeps: ids, references that its verifier accepts, one world per seed."""

from __future__ import annotations

import pytest
from contract_cases import entries, options, ready
from msgspec import to_builtins

from limbeck.errors import LimbeckError
from limbeck.pipeline.registry import methods
from limbeck.records import Data, Problem, Trace
from limbeck.verifiers.ops import verify

WORLDS = entries("problems", shelf="worlds")
FILES = [case for case in entries("problems") if case not in WORLDS and "path" in case.values[0].params]
SMALL = 12


def world(entry, **more) -> Data:
    given = {name: value for name, value in {"n": SMALL, **more}.items() if name in entry.params}
    return ready(entry, **given)()


def reference(problem: Problem) -> Trace:
    return Trace(id="gold", problem_id=problem.id, answer=problem.answer or "", finish="stop")


@pytest.mark.parametrize("entry", WORLDS)
def test_a_world_has_as_many_different_problems_as_asked_for(entry):
    data = world(entry)
    assert len(data.problems) == SMALL
    assert len({problem.id for problem in data.problems}) == SMALL
    assert len({problem.question for problem in data.problems}) == SMALL
    assert all(problem.question.strip() and problem.split == "train" for problem in data.problems)
    assert len({trace.id for trace in data.traces}) == len(data.traces)
    assert {trace.problem_id for trace in data.traces} <= {problem.id for problem in data.problems}


@pytest.mark.parametrize("entry", WORLDS)
def test_a_seed_makes_one_world_and_splits_share_nothing(entry):
    first, again, other = world(entry, seed=1), world(entry, seed=1), world(entry, seed=2)
    assert to_builtins(first.problems) == to_builtins(again.problems)
    assert to_builtins(first.traces) == to_builtins(again.traces)
    assert to_builtins(first.problems) != to_builtins(other.problems)
    asked = [
        {problem.question for problem in world(entry, seed=seed, split=split).problems}
        for split, seed in (("train", 1), ("validation", 1), ("test", 1), ("test", 2))
    ]
    assert not asked[0] & (asked[1] | asked[2] | asked[3])
    assert not asked[1] & (asked[2] | asked[3])


@pytest.mark.parametrize("entry", WORLDS)
def test_a_worlds_reference_is_accepted_by_its_own_verifier(entry):
    data = world(entry)
    known = methods("verifiers")
    for problem in data.problems:
        assert problem.verifier in known
        if problem.answer is None:
            continue
        [judged] = verify(ready(known[problem.verifier]), {problem.id: problem}, [reference(problem)])
        assert judged.outcome == "correct", (problem.question, problem.answer, judged.verdicts[-1].reason)


@pytest.mark.parametrize("entry", WORLDS)
def test_a_worlds_own_traces_have_the_verdicts_that_its_verifier_gives(entry):
    for solve in solvers(entry):
        data = world(entry, solve=solve) if solve else world(entry, k=2)
        problems = data.problem_by_id()
        for trace in data.traces:
            named = problems[trace.problem_id].verifier
            if not trace.verdicts or trace.verdicts[-1].verifier != named or trace.outcome == "unknown":
                continue  # judged in another way, or by nobody
            [judged] = verify(ready(methods("verifiers")[named]), problems, [trace])
            assert judged.outcome == trace.outcome


def solvers(entry) -> list:
    parameter = entry.params.get("solve")
    if parameter is None or not parameter.annotation.startswith("Literal"):
        return [None, True] if parameter else [None]
    return [None, *(setting["solve"] for setting in options(entry) if "solve" in setting)]


@pytest.mark.parametrize("entry", WORLDS)
def test_impossible_worlds_are_refused(entry):
    with pytest.raises(LimbeckError, match="split"):
        world(entry, split="tomorrow")
    with pytest.raises(LimbeckError, match="n="):
        world(entry, n=0)


def read(entry, given: dict[str, str]) -> list[Data]:
    made = ready(entry, **given)()
    return [made] if isinstance(made, Data) else list(made)


@pytest.mark.parametrize("entry", FILES)
def test_a_file_that_is_not_there_is_named(entry, tmp_path):
    missing = str(tmp_path / "nowhere.jsonl")
    given = {name: missing for name, each in entry.params.items() if each.annotation == "InputFile"}
    with pytest.raises(LimbeckError, match=r"nowhere\.jsonl"):
        read(entry, given)


@pytest.mark.parametrize("entry", FILES)
def test_a_file_of_rubbish_is_one_error_that_names_it(entry, tmp_path):
    rubbish = tmp_path / "rubbish.jsonl"
    rubbish.write_text('{"question": 3}\nno json\n', encoding="utf-8")
    given = {name: str(rubbish) for name, each in entry.params.items() if each.annotation == "InputFile"}
    with pytest.raises(LimbeckError, match=r"rubbish\.jsonl"):
        read(entry, given)
