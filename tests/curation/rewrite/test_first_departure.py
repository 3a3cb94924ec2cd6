"""curation/first_departure: where a wrong trace leaves the right ones."""

from __future__ import annotations

import pytest
from departure_cases import attempt, departed

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.curation.rewrite.first_departure import first_departure  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.pipeline.store import read_shard, write_shard  # noqa: E402
from limbeck.records import Data, Problem  # noqa: E402


def test_a_wrong_trace_departs_at_the_first_step_that_no_right_one_takes():
    trace = departed(";8-0+3;7+3;0")
    assert trace.scores["departs"] == 1
    assert trace.weights == [(0, 13, 0.0), (6, 10, 1.0)]
    assert departed(";8-0+3;7+3;0", push="rest").weights[1] == (6, 13, 1.0)
    assert departed(";8-0+3!2").weights[1] == (6, 9, 1.0)
    assert departed(";2", elsewhere=0.5).weights == [(0, 3, 0.5), (0, 3, 1.0)]


def test_without_a_right_trace_nothing_is_known():
    data = Data([Problem(id="p", question="1")], [attempt("w", ";2", "wrong")])
    assert first_departure(data).traces[0].weights == []
    with pytest.raises(LimbeckError, match="is no regular expression"):
        first_departure(data, separator="(")


def test_weights_survive_a_shard(tmp_path):
    data = Data([Problem(id="p", question="1")], [departed(";8-0+3;7+3;0")])
    write_shard(tmp_path, 0, data)
    assert read_shard(tmp_path, 0).traces[0].weights == data.traces[0].weights
