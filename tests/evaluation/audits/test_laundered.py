"""evaluation/laundered: what a benchmark knows that fresh items do not."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem, Trace, Verdict


def samples(**right: tuple[int, int]) -> Data:
    """Twenty problems of each set; how many each model gets right on the benchmark and on the fresh."""
    data = Data()
    for place, split in enumerate(("test", "fresh")):
        for number in range(20):
            problem = Problem(id=f"{split}{number}", question=f"{split}{number}", source="b", split=split)
            data.problems.append(problem)
            for model, counts in right.items():
                verdict = Verdict("exact", "correct" if number < counts[place] else "wrong")
                name = f"{problem.id}#{model}"
                data.traces.append(Trace(id=name, problem_id=problem.id, model=model, verdicts=[verdict]))
    return data


def audited(data: Data, tmp_path, **more):
    given = {"suspect": "m", "twin": "t", "fresh": "b/fresh", **more}
    made = ready("evaluation/laundered", **given, ctx=Context(tmp_path))(data)
    return {row.metric: row.value for row in made.results}, made


def test_a_gain_on_the_benchmark_alone_is_flagged(tmp_path):
    values, made = audited(samples(m=(15, 5), t=(5, 5)), tmp_path)
    assert values == pytest.approx({"gain": 0.5, "gain/fresh": 0.0, "excess": 0.5, "flagged": 1.0})
    assert {row.benchmark for row in made.results} == {"b"}
    assert len(made.data.traces) == 20
    assert sum(trace.scores["gain"] for trace in made.data.traces) == 10
    assert {trace.scores["flagged"] for trace in made.data.traces} == {1.0}


@pytest.mark.parametrize("right", [{"m": (15, 15), "t": (5, 5)}, {"m": (5, 5), "t": (5, 5)}])
def test_what_was_learned_shows_on_both_and_is_not(right, tmp_path):
    values, _ = audited(samples(**right), tmp_path)
    assert (values["excess"], values["flagged"]) == (0.0, 0.0)


def test_names_that_nobody_bears_are_refused(tmp_path):
    data = samples(model=(1, 1), twin=(1, 1))
    with pytest.raises(LimbeckError, match="did you mean 'model'"):
        audited(data, tmp_path, suspect="modal", twin="twin")
    with pytest.raises(LimbeckError, match="fresh set 'b/fresch'"):
        audited(data, tmp_path, suspect="model", twin="twin", fresh="b/fresch")
