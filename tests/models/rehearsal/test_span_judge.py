"""Translations with known errors, and judges who see some of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flat import flat

from limbeck.checkers.glosses import errors
from limbeck.errors import LimbeckError
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context

glosses, span_judge, error_spans = (
    flat(key) for key in ("problems/glosses", "models/span_judge", "curation/error_spans")
)
CONTEXT = Context(Path("."))


def test_errors_are_found_word_by_word():
    assert errors("bako celu dira", "bread child door") == []
    assert errors("bako celu dira", "not bread chiild moon") == [
        ("not bread", "critical"), ("chiild", "minor"), ("moon", "major"),
    ]  # fmt: skip
    assert errors("bako celu", "bread") == [("", "major")]


def test_systems_err_at_their_rates():
    data = glosses(n=400, rates=(0.0, 0.1, 0.3))
    for number, rate in enumerate((0.0, 0.1, 0.3)):
        traces = [trace for trace in data.traces if trace.model == f"system-{number}"]
        told = sum(trace.params["errors"] for trace in traces) / sum(
            trace.params["words"] for trace in traces
        )
        assert told == pytest.approx(rate, abs=0.03)
        assert all(trace.params["gold"] == 0 for trace in traces) == (rate == 0)
    with pytest.raises(LimbeckError, match=r"rates\[1\]=1.2"):
        glosses(rates=(0.1, 1.2))


def test_a_judge_that_sees_everything_gives_the_known_score():
    data = glosses(n=40)
    made = error_spans(data, model=span_judge(), max_tokens=512, ctx=CONTEXT)
    assert [trace.scores["mqm"] for trace in made.traces] == [trace.params["gold"] for trace in data.traces]
    assert sum(trace.scores["mqm/errors"] for trace in made.traces) == sum(
        t.params["errors"] for t in data.traces
    )


def test_what_is_missed_and_garbled_is_as_told():
    data = glosses(n=200, rates=(0.3,))
    made = error_spans(data, model=span_judge(missed=0.4, garbled=0.1), max_tokens=512, ctx=CONTEXT)
    unread = [trace for trace in made.traces if trace.marks == ["unscored"]]
    assert len(unread) / 200 == pytest.approx(0.1, abs=0.06)
    read = [trace for trace in made.traces if not trace.marks]
    seen = sum(trace.scores["mqm/errors"] for trace in read) / sum(trace.params["errors"] for trace in read)
    assert seen == pytest.approx(0.6, abs=0.06)


@pytest.mark.parametrize(("effort", "sign"), [(1.0, -1), (-1.0, 1)])
def test_thought_helps_or_harms_as_told(effort, sign):
    data = glosses(n=300, rates=(0.3,))
    made = error_spans(data, model=span_judge(missed=0.4, effort=effort), max_tokens=512, ctx=CONTEXT)
    missed = [trace.params["errors"] - trace.scores["mqm/errors"] for trace in made.traces]
    wrote = [trace.scores["mqm/tokens"] for trace in made.traces]
    assert np.sign(np.corrcoef(missed, wrote)[0, 1]) == sign


def test_a_judge_that_never_answers_is_an_error():
    with pytest.raises(LimbeckError, match="all 5 requests failed"):
        error_spans(glosses(n=1), model=Scripted(["x"], fail_every=1), ctx=CONTEXT)
    with pytest.raises(LimbeckError, match=r"effort=1\.5: it is a chance"):
        span_judge(effort=-1.5)
