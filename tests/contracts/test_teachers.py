"""What every teacher keeps: traces are added and none taken away, failures marked, a kill loses nothing."""

from __future__ import annotations

from copy import deepcopy

import pytest
import small_world
from contract_cases import entries, ready, with_options
from contract_data import taught
from msgspec import to_builtins

from limbeck.errors import LimbeckError
from limbeck.models.journal import Journal
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import methods
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data
from limbeck.trees import UNFINISHED

TEACHERS = entries("teachers")
ASKING = [case for case in TEACHERS if "model" in case.values[0].params and case.values[0].returns != "Index"
          and case.values[0].params["model"].annotation == "Model"]  # fmt: skip
READING = [case for case in TEACHERS
           if any(each.annotation == "Checkpoint" for each in case.values[0].params.values())]  # fmt: skip
WRITING = [case for case in ASKING if case.values[0].shelf == "write"]
REPLIES = {"*": ["First 1 + 1 = 2.</think>3", "Then\n\n4</think>4", "so 5", "No"]}


class Killed(Exception):
    """The process dies."""


class Mortal(Scripted):
    """Dies after so many completions."""

    def __init__(self, replies, left: int) -> None:
        super().__init__(replies)
        self.left = left

    def stream_some(self, prompts, wanted, sampling):
        for made in super().stream_some(prompts, wanted, sampling):
            if self.left == 0:
                raise Killed
            self.left -= 1
            yield made


def teach(entry, folder, data: Data, model, **setting) -> Data:
    """The method with what is no setting; every model of it is this one."""
    known = methods("verifiers")
    supplied = {
        "ctx": Context(folder), "verifier": ready(known["exact"]), "critic": ready(known["arithmetic"]),
        **{name: model for name, each in entry.params.items() if each.annotation.startswith("Model")},
    }  # fmt: skip
    given = {name: value for name, value in supplied.items() if name in entry.params}
    return ready(entry, **given, **setting)(data)


CASES = [case for case in with_options(ASKING) if case.values[1].get("by", "lines") == "lines"]


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_traces_are_added_and_nothing_is_taken_away(entry, setting, tmp_path):
    data = taught(entry)
    before = deepcopy(to_builtins([data.problems, data.traces, data.pairs]))
    made = teach(entry, tmp_path, data, Scripted(REPLIES), **setting)
    assert to_builtins([data.problems, data.traces, data.pairs]) == before, "the input is as it was"
    assert [problem.id for problem in made.problems] == [problem.id for problem in data.problems]
    assert [trace.id for trace in made.traces[: len(data.traces)]] == [trace.id for trace in data.traces]
    assert len({trace.id for trace in made.traces}) == len(made.traces)
    marked = {problem.id for problem in data.problems if problem.marks}
    for trace in made.traces[len(data.traces) :]:
        assert trace.problem_id not in marked, "a marked problem is not asked"
        assert trace.model
        assert trace.finish == "stop" or UNFINISHED in trace.marks
    if entry.shelf == "write":
        asked = {trace.problem_id for trace in made.traces[len(data.traces) :]}
        assert asked == {problem.id for problem in data.problems} - marked


@pytest.mark.parametrize("entry", ASKING)
def test_a_kill_loses_nothing_and_doubles_nothing(entry, tmp_path):
    """What a journal holds is not asked again, and the end is that of a run that nobody disturbed."""
    whole_model = Scripted(REPLIES)
    whole = teach(entry, tmp_path, taught(entry), Journal(whole_model, tmp_path / "whole.jsonl"))
    path = tmp_path / "killed.jsonl"
    kill = whole_model.asked // 2
    if not kill:
        pytest.skip("samples nothing")
    with pytest.raises(Killed):
        teach(entry, tmp_path, taught(entry), Journal(Mortal(REPLIES, kill), path))
    rest = Scripted(REPLIES)
    resumed = teach(entry, tmp_path, taught(entry), Journal(rest, path))
    assert to_builtins(resumed.traces) == to_builtins(whole.traces)
    assert rest.asked < whole_model.asked


@pytest.mark.parametrize("entry", WRITING)
def test_a_failed_request_is_marked_and_all_failing_is_an_error(entry, tmp_path):
    made = teach(entry, tmp_path, taught(entry), Scripted(REPLIES, fail_every=5))
    failed = [trace for trace in made.traces if trace.finish == "error"]
    assert all(trace.marks for trace in failed)
    with pytest.raises(LimbeckError, match="failed"):
        teach(entry, tmp_path, taught(entry), Scripted(REPLIES, fail_every=1))


@pytest.mark.parametrize("entry", WRITING)
def test_what_was_cut_off_is_marked_and_no_negative(entry, tmp_path):
    cut = Scripted({"*": {"text": "and so on and on", "finish": "length"}})
    made = teach(entry, tmp_path, taught(entry), cut)
    new = made.traces[len(taught(entry).traces) :]
    assert all({"truncated", UNFINISHED} & {*trace.marks} for trace in new if trace.finish == "length")
    assert not any(trace.outcome == "wrong" for trace in new if trace.finish == "length")


@pytest.mark.parametrize("entry", ASKING)
@pytest.mark.parametrize(
    "bad", [{"max_tokens": 0}, {"temperature": -1.0}, {"top_p": 0.0}, {"template": "no field"}]
)
def test_settings_that_give_no_trace_are_refused(entry, bad, tmp_path):
    if not bad.keys() <= entry.params.keys():
        pytest.skip("has no such setting")
    with pytest.raises(LimbeckError, match=r"max_tokens|temperature|top_p|question"):
        teach(entry, tmp_path, taught(entry), Scripted(REPLIES), **bad)


@pytest.mark.parametrize("entry", ASKING)
def test_no_problem_is_no_trace(entry, tmp_path):
    assert teach(entry, tmp_path, Data(), Scripted(REPLIES)) == Data()


@pytest.mark.parametrize("entry", READING)
def test_teachers_that_read_leave_their_input_as_it_was(entry, tmp_path):
    pytest.importorskip("torch", reason="reading with a network needs the extra limbeck[train]")
    data = small_world.world(6)
    path = small_world.student(tmp_path / "model", data, layers=2)
    before = deepcopy(to_builtins([data.problems, data.traces]))
    given = {name: path for name, each in entry.params.items() if each.annotation == "Checkpoint"}
    if "verifier" in entry.params:
        given["verifier"] = ready(methods("verifiers")["exact"])
    made = ready(entry, **given, ctx=Context(tmp_path))(MemoryShards([data]))
    if not isinstance(made, str):
        made = Data.join(made)
        assert [trace.id for trace in made.traces] == [trace.id for trace in data.traces]
    assert to_builtins([data.problems, data.traces]) == before
