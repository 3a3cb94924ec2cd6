"""evaluation/text_loss: the loss of a model on stored text."""

from __future__ import annotations

import pytest
import small_world

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    pytest.importorskip("torch", reason="training needs the extra limbeck[train]")
    folder = tmp_path_factory.mktemp("two")
    return small_world.student(folder / "a"), small_world.student(folder / "b", width=32, seed=1)


def text_loss(folder, path, data=None, **more):
    from limbeck.evaluation.measures.text_loss import text_loss

    return text_loss(data or small_world.judged(), model=path, ctx=Context(folder), **more)


def test_the_loss_on_stored_text_is_of_kept_traces_and_falls_by_training(tmp_path, models):
    start = text_loss(tmp_path, models[0], benchmark="told")
    (row,) = start.results
    assert (row.metric, row.benchmark, row.n, row.samples) == ("loss", "told", 12, 12)
    assert row.low < row.value < row.high
    assert row.value == pytest.approx(sum(trace.scores["loss"] for trace in start.data.traces) / 12)
    trained = small_world.train(tmp_path / "fit", models[0], data=small_world.judged(), steps=20)
    assert text_loss(tmp_path, trained).results[0].value < row.value - 0.5


def test_weights_of_a_trace_do_not_change_its_loss_and_nothing_to_predict_is_said(tmp_path, models):
    weighed = small_world.judged()
    for trace in weighed.traces:
        trace.weights = [(0, 3, 0.0)]
    values = [
        text_loss(tmp_path, models[0], data).results[0].value for data in (small_world.judged(), weighed)
    ]
    assert values[0] == pytest.approx(values[1])
    for trace in weighed.traces:
        trace.marks = ["wrong"]
    with pytest.raises(LimbeckError, match="no text to predict"):
        text_loss(tmp_path, models[0], weighed)


def test_a_claim_compares_losses_by_their_score(tmp_path, models):
    from limbeck.evaluation.comparison import compare
    from limbeck.units import bare, shown

    trained = small_world.train(tmp_path / "fit", models[0], data=small_world.judged(), steps=20)
    before, after = (text_loss(tmp_path, path).data for path in (models[0], trained))
    found = compare([after], [before], names=("after", "before"), metric="loss", fewer=True)
    assert found.verdict == "holds"
    assert found.diff == pytest.approx(found.value - found.other)
    assert (found.unit, found.temperature) == ("nats", None)
    assert bare(found.diff, found.unit, "+").startswith("-")
    assert shown(0.5, "share") == "50.0 %"
    assert compare([after], [before], metric="score@loss").diff == found.diff
    with pytest.raises(
        LimbeckError, match=r"score@los has no number for any problem of .*; did you mean 'loss'"
    ):
        compare([after], [before], names=("a", "b"), metric="score@los")
    with pytest.raises(LimbeckError, match="temperature: null` for what was not sampled"):
        compare([after], [before], metric="loss", temperature=0.6)
