"""Copies with a defect beside their originals, and what instruments make of scores on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Problem, Trace

corrupted, step_checks = flat("curation/corrupted"), flat("curation/step_checks")
step_criteria, drops = flat("evaluation/step_criteria"), flat("evaluation/drops")
CONTEXT = Context(Path("."))


def worked() -> Data:
    questions = ["12 and 3 and 9, then 2 times?", "20 and 4 and 8, then 3 times?"]
    texts = ["12 + 3 = 15\n15 + 9 = 24\n24 * 2 = 48\n", "20 + 4 = 24\n24 + 8 = 32\n32 * 3 = 96\n"]
    data = Data()
    for at, (question, text) in enumerate(zip(questions, texts, strict=True)):
        data.problems.append(Problem(id=f"p{at}", question=question, source="s", answer=text[-3:-1]))
        data.traces.append(Trace(id=f"t{at}", problem_id=f"p{at}", reasoning=text, answer=text[-3:-1]))
    return data


def test_every_kind_has_a_copy_and_the_trace_stays_as_it_was():
    [made] = corrupted(MemoryShards([worked()]), ctx=CONTEXT)
    first = [trace for trace in made.traces if trace.problem_id == "p0"]
    assert [trace.params["defect"] for trace in first] == [
        "", "operand", "sum", "order", "useless", "shuffled", "contradicting", "repeated", "foreign",
    ]  # fmt: skip
    assert first[0].reasoning == worked().traces[0].reasoning
    assert {trace.parents[0] for trace in first[1:]} == {"t0"}
    foreign = first[-1]
    assert (foreign.reasoning, foreign.answer) == (worked().traces[1].reasoning, "96")
    assert all(trace.reasoning.endswith("\n") for trace in first)


def test_a_kind_that_is_none_is_named():
    with pytest.raises(LimbeckError, match=r"kind of defect 'shufled'.*did you mean 'shuffled'"):
        list(corrupted(MemoryShards([worked()]), kinds=("shufled",), ctx=CONTEXT))


@pytest.mark.parametrize(
    ("check", "seen"),
    [("grounded", "operand"), ("valid", "sum"), ("coherent", "order"), ("useful", "useless")],
)
def test_each_check_sees_its_own_defect_and_no_other(check, seen):
    kinds = ("operand", "sum", "order", "useless")
    [made] = corrupted(MemoryShards([worked()]), kinds=kinds, ctx=CONTEXT)
    results = step_criteria(step_checks(made, check=check), target=seen, ctx=CONTEXT)
    values = {row.metric: row.value for row in results.results}
    assert {kind: values[f"auc/{kind}"] for kind in kinds} == {
        kind: 1.0 if kind == seen else 0.5 for kind in kinds
    }
    assert values[f"located/{seen}"] == 1.0
    assert values["margin"] == 0.5
    # Equals are drawn evenly: three steps, four where one is put in.
    other = "sum" if seen != "sum" else "operand"
    assert values[f"located/{other}"] == pytest.approx(1 / 3)


def test_the_auc_of_steps_is_that_of_all_pairs():
    [made] = corrupted(MemoryShards([worked()]), kinds=("sum",), ctx=CONTEXT)
    rng = np.random.default_rng(0)
    for trace in made.traces:
        trace.scores = {f"fault/{at}": float(rng.integers(4)) for at in range(3)}
    bad = [
        trace.scores[f"fault/{trace.params['defect_step']}"]
        for trace in made.traces
        if trace.params["defect"]
    ]
    good = [value for trace in made.traces if not trace.params["defect"] for value in trace.scores.values()]
    wins = np.mean([(a > b) + (a == b) / 2 for a in bad for b in good])
    row = step_criteria(made, ctx=CONTEXT).results[0]
    assert (row.metric, row.value) == ("auc/sum", pytest.approx(wins))


def test_what_a_score_falls_by_is_told_defect_by_defect():
    [made] = corrupted(MemoryShards([worked()]), kinds=("sum", "order"), ctx=CONTEXT)
    falls = {"": [9, 8], "sum": [4, 5], "order": [9, 6]}
    for trace in made.traces:
        trace.scores = {"rating": float(falls[trace.params["defect"]][int(trace.problem_id[1])])}
    results = drops(made, score="rating", target="sum", ctx=CONTEXT)
    values = {row.metric: row.value for row in results.results}
    assert values == {"drop/sum": 4.0, "drop/order": 1.0, "unscored": 0.0}
    # Of two numbers 5 and 3: 12.706 standard errors of 1.
    row = next(row for row in results.results if row.metric == "drop/sum")
    assert row.high - row.value == pytest.approx(12.706, abs=0.01)
    noted = [trace.scores for trace in results.data.traces if trace.params["defect"] == "sum"]
    assert [each["margin"] for each in noted] == [5.0, 1.0]
    assert [each["half"] for each in noted] == pytest.approx([12.706] * 2, abs=0.01)


def test_bad_input_is_named():
    with pytest.raises(LimbeckError, match=r"no trace has scores\['ratin'\]"):
        drops(worked(), score="ratin", ctx=CONTEXT)
    with pytest.raises(LimbeckError, match=r"no trace says params\['defect'\]"):
        step_criteria(worked(), ctx=CONTEXT)
    [made] = corrupted(MemoryShards([worked()]), kinds=("sum",), ctx=CONTEXT)
    with pytest.raises(LimbeckError, match="target='sun' is no planted defect; did you mean 'sum'"):
        step_criteria(step_checks(made), target="sun", ctx=CONTEXT)
