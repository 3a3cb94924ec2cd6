"""`curation/restyled` and `curation/wrong_answers`: the form changes, or the answer, and nothing else."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Problem, Trace, Verdict

STEPS = ";8-0+3:8-0+3;8+3"


def data() -> Data:
    made = Data([Problem(id=name, question=name, answer=name) for name in "134"])
    for name in "134":
        verdict = Verdict("exact", "correct", name)
        made.traces.append(
            Trace(id=f"{name}#t", problem_id=name, reasoning=STEPS, answer=name, format="lines", tokens=9,
                  verdicts=[verdict], weights=[(0, 1, 0.5)])
        )  # fmt: skip
    made.traces[2].marks = ["wrong"]
    return made


def test_pivots_go_with_what_they_open():
    made = ready("curation/restyled", drop=":[^;:]*", insert=())(data())
    told = {trace.id: trace for trace in made.traces}
    assert told["1#t/restyled"].reasoning == ";8-0+3;8+3"
    assert told["1#t/restyled"].outcome == "correct"
    assert told["1#t/restyled"].tokens is None
    assert told["1#t/restyled"].weights == []
    assert told["1#t/restyled"].parents == ["1#t"]
    assert told["1#t"].marks == ["restyled"]
    assert "4#t/restyled" not in told
    assert len(made.kept()) == 2


def test_pivots_are_put_behind_every_step_but_the_last():
    made = ready("curation/restyled", drop=":[^;:]*", insert=("!",), rate=1.0, separator="[;]")(data())
    assert made.kept()[0].reasoning == ";8-0+3!;8+3"
    none = ready("curation/restyled", drop=":[^;:]*", insert=("!",), rate=0.0, separator="[;]")(data())
    assert none.kept()[0].reasoning == ";8-0+3;8+3"


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(LimbeckError, match="neither drop nor insert"):
        ready("curation/restyled", insert=())(data())
    with pytest.raises(LimbeckError, match="no regular expression"):
        ready("curation/restyled", drop="(")(data())


def ending_wrong(given: Data) -> Data:
    return Data.join(ready("curation/wrong_answers")(MemoryShards([given]), ctx=Context(None)))


def test_answers_are_another_traces_and_never_the_right_one():
    made = ending_wrong(data())
    told = {trace.id: trace for trace in made.traces}
    assert told["1#t/wrong"].answer == "3"
    assert told["3#t/wrong"].answer == "1"
    assert told["1#t/wrong"].reasoning == STEPS
    assert told["1#t/wrong"].outcome == "wrong"
    assert told["1#t"].marks == ["answer_replaced"]
    assert told["4#t"].marks == ["wrong"]


def test_where_all_answers_are_the_same_none_is_put_in():
    alone = Data(data().problems[:1], data().traces[:1])
    made = ending_wrong(alone)
    assert [trace.id for trace in made.traces] == ["1#t"]
    assert made.traces[0].marks == []
