"""Every shipped metric by hand, and what is said of one that is none."""

from __future__ import annotations

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import find, measured, per_problem
from limbeck.pipeline import metrics
from limbeck.records import Data, Problem, Result, Results, Trace, Verdict

PROBLEM = Problem(id="p", question="?", answer="abcde", source="toy", split="test", meta={"rare": [1, 3]})


def trace(number: int, answer: str = "", outcome: str = "wrong", pid: str = "p", **more) -> Trace:
    verdict = Verdict("exact", outcome, answer or None)
    params = {"temperature": 0.6, "sample": number}
    return Trace(
        id=f"{pid}#{number}", problem_id=pid, answer=answer, verdicts=[verdict], params=params, **more
    )


def value(metric, *traces: Trace, problem: Problem = PROBLEM) -> float | None:
    return metrics.read(metric).function(problem, list(traces))


RIGHT = [trace(i, "abcde", "correct") for i in range(2)]
WRONG = [trace(2, "x"), trace(3, "x"), trace(4, "y"), trace(5, "", "unparsed")]


@pytest.mark.parametrize(
    ("metric", "wanted"),
    [
        ("pass@1", 2 / 6),
        ("pass@2", 1 - (4 / 6) * (3 / 5)),
        ({"pass_at": {"k": 6}}, 1.0),
        ("maj@6", 0.5),
        ("unparsed", 1 / 6),
        ("truncated", 0.0),
        ("unverified", 0.0),
        ("items_right", 2 / 6),
        ("items@rare", 2 / 6),
        ("verified@exact", 2 / 6),
        ({"verified_at": {"verifier": {"pattern": {"regex": "[xy]"}}}}, 3 / 6),
        ("mean_tokens", None),
        # abcde twice, x twice and y are one step each, an empty text is none.
        ("mean_steps", 5 / 6),
        ({"mean_steps": {"separator": "[bd]"}}, (2 * 3 + 3) / 6),
        ("score@loss", None),
        ("loss", None),
        ("entropy", None),
    ],
)
def test_a_metric_is_one_number_per_problem(metric, wanted):
    got = value(metric, *RIGHT, *WRONG)
    assert got is None if wanted is None else got == pytest.approx(wanted)


def test_lengths_and_scores_are_means_over_those_that_have_them():
    first = trace(0, tokens=4, scores={"loss": 2.0, "entropy": 0.2})
    traces = [first, trace(1, tokens=7), trace(2, scores={"loss": 1.0})]
    assert value("mean_tokens", *traces) == 5.5
    assert value("loss", *traces) == value("score@loss", *traces) == 1.5
    assert value("entropy", *traces) == 0.2


def test_a_cut_off_sample_is_truncated_and_not_unparsed():
    traces = [trace(0, "", "unparsed", finish="length"), trace(1, "", "timeout"), trace(2, "", "unknown")]
    assert value("truncated", *traces) == 1 / 3
    assert value("unparsed", *traces) == 0
    assert value("unverified", *traces) == 2 / 3


@pytest.mark.parametrize(
    ("given", "reference", "separator", "wanted"),
    [
        ("dabb", "dacb", "", 0.75),
        (" dacb ", "dacb", "", 1.0),
        ("T cell | B Cell", "t cell|b cell", "|", 1.0),
        ("t cell|mast", "t cell|b cell", "|", 0.5),
        ("dac", "dacb", "", 0.0),
        ("", "dacb", "", 0.0),
        ("dacb", None, "", None),
    ],
)
def test_items_right_is_the_share_of_right_labels(given, reference, separator, wanted):
    problem = Problem(id="p", question="?", answer=reference)
    assert value({"items_right": {"separator": separator}}, trace(0, given), problem=problem) == wanted


@pytest.mark.parametrize(
    ("given", "places", "others", "wanted"),
    [
        ("xbxdx", [1, 3], False, 1.0),
        ("xbxdx", [1, 3], True, 0.0),
        ("xbxxx", [1, 3], False, 0.5),
        ("ab", [3], False, 0.0),
        ("ab", [1, 3], False, 0.5),
        ("abcde", [], False, None),
        ("abcde", [0, 1, 2, 3, 4], True, None),
    ],
)
def test_items_at_is_the_share_of_right_characters_at_listed_places(given, places, others, wanted):
    problem = Problem(id="p", question="?", answer="abcde", meta={"rare": places})
    metric = {"items_at": {"places": "rare", "others": others}}
    assert value(metric, trace(0, given), problem=problem) == wanted


@pytest.mark.parametrize(
    ("metric", "label", "unit"),
    [
        ("pass@8", "pass@8", "share"),
        ("pass_at", "pass@1", "share"),
        ({"maj_at": {"k": 4}}, "maj@4", "share"),
        ("metrics/mean_tokens", "mean_tokens", "tokens"),
        ({"score_at": {"name": "loss"}}, "score@loss", "score"),
        ({"items_at": {"places": "rare", "others": True}}, "items@rare(others=True)", "share"),
        ("loss", "loss", "nats"),
        ("entropy", "entropy", "nats"),
        ("verified@choice", "verified@choice", "share"),
    ],
)
def test_a_metric_has_a_name_and_a_unit(metric, label, unit):
    read = metrics.read(metric)
    assert (read.label, read.unit) == (label, unit)
    assert metrics.read(read) is read


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("mean_token", "unknown metric 'mean_token' in here; did you mean 'mean_tokens'"),
        ("pas@1", "unknown metric 'pas@1' in here; did you mean 'pass@K'"),
        ("pass@", "unknown metric 'pass@'"),
        ("mean_tokens@3", "unknown metric 'mean_tokens@3'"),
        ("pass@many", "parameter 'k' is a int, got 'many'"),
        ({"items_at": {"place": "rare"}}, "no parameter 'place'; did you mean 'places'"),
        ("maj_at", "needs 'k'"),
        (3, "one metrics method is wanted"),
        ({"verified_at": {"verifier": {"judge": {"model": "m"}}}}, "metrics read stored samples alone"),
    ],
)
def test_a_metric_that_is_not_there_is_one_error(metric, message):
    with pytest.raises(LimbeckError) as error:
        metrics.read(metric, "here")
    assert message in str(error.value)


def data(**outcomes: list[str]) -> Data:
    problems = [Problem(id=pid, question=pid, answer="1", source="toy", split="test") for pid in outcomes]
    told = [(pid, each) for pid, every in outcomes.items() for each in enumerate(every)]
    return Data(problems, [trace(number, "", outcome, pid) for pid, (number, outcome) in told])


def test_reliability_is_exact_in_the_mean():
    """BARREL's ``ans * Truth + (1 - ans) * Acc`` over all samples."""
    told = data(
        a=["correct", "unknown"], b=["wrong", "unknown"], c=["unknown", "unknown"], d=["correct", "correct"]
    )
    got = per_problem(find(told, "toy"), "reliability")
    right, refused = 3 / 8, 4 / 8
    assert np.mean(list(got.values())) == pytest.approx((1 - refused) * (right + refused) + refused * right)


OWN = '''"""A metric of one's own."""
UNIT = {unit!r}

def mine(problem, traces, *, more: float = 0.0){returns}:
    """How long answers are."""
    return {gives}
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Writes a metric of the user's, each in a folder of methods of its own, and reads it."""

    def write(gives: str, unit: str = "characters", returns: str = "", name: str = "mine") -> metrics.Metric:
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        path = root / "evaluation/metrics" / f"{name}.py"
        path.parent.mkdir(parents=True)
        path.write_text(OWN.format(unit=unit, gives=gives, returns=returns).replace("mine", name))
        monkeypatch.setenv("LIMBECK_PATH", str(root))
        return metrics.read(name)

    return write


@pytest.mark.parametrize(
    ("gives", "unit", "message"),
    [
        ("'long'", "characters", "metric mine gives 'long' for problem 'a'"),
        ("[True, False]", "characters", "metric mine gives [True, False] for problem 'a'"),
        ("float('nan')", "characters", "metric mine gives nan for problem 'a'"),
        ("(1.0, 2.0)", "characters", "metric mine gives (1.0, 2.0) for problem 'a'"),
        ("74.7", "share", "metric mine gives 74.7 for problem 'a'; its unit is share"),
        ("1 / 0", "characters", "metric mine fails on problem 'a': ZeroDivisionError"),
    ],
)
def test_what_is_no_number_is_named_with_its_problem(own, gives, unit, message):
    with pytest.raises(LimbeckError) as error:
        per_problem(find(data(a=["correct"])), own(gives, unit))
    assert message in str(error.value)


def test_a_file_that_is_no_metric_is_refused_before_anything_runs(own):
    with pytest.raises(LimbeckError, match=r"returns str; a metric returns float \| None"):
        own("'long'", returns=" -> str")
    with pytest.raises(LimbeckError, match="has no UNIT such as 'share'"):
        own("1.0", unit="")


def test_a_metric_that_says_nothing_of_any_problem_is_an_error_and_of_some_leaves_them_out(own):
    group = find(data(a=["correct"], b=["wrong"]))
    with pytest.raises(LimbeckError, match="mine has no number for any problem of toy"):
        per_problem(group, own("None"))
    assert per_problem(group, own("3 if problem.id == 'a' else None")) == {"a": 3.0}
    assert per_problem(group, own("True", "share")) == {"a": 1.0, "b": 1.0}


def test_a_user_may_have_a_short_spelling_too(own):
    metric = own("more", name="within_at")
    assert metric.label == "within@0.0"
    assert metrics.read("within@2").function.params == {"more": 2.0}


def test_metrics_asked_for_stand_beside_what_an_evaluation_measures_itself(own):
    told = data(a=["correct", "wrong"], b=["wrong", "wrong"])
    there = Result(model="m", benchmark="toy", metric="pass@1", value=0.25, seeds=[3], unit="share")
    rows = measured(Results([there], told), [metrics.read("pass@1"), own("len(traces)", "samples")])
    assert [(row.metric, row.value, row.unit, row.model, row.seeds) for row in rows] == [
        ("pass@1", 0.25, "share", "m", [3]), ("mine", 2.0, "samples", "m", [3]),
    ]  # fmt: skip
    assert rows[1].setting["temperature"] == 0.6


def test_following_a_budget_is_a_correlation_over_problems():
    """Steps 1, 3, 2 for budgets 1, 2, 3: r is 1/2 by hand."""
    data = Data([Problem(id=name, question=name, source="toy", split="test") for name in "abc"])
    for number, (problem, steps) in enumerate(zip(data.problems, (1, 3, 2), strict=True)):
        params = {"budget": number + 1, "temperature": 0.6}
        data.traces.append(
            Trace(id=problem.id, problem_id=problem.id, reasoning=";x" * steps, answer="y", params=params)
        )
    metric = metrics.read({"follows_budget": {"separator": ";"}})

    def correlation() -> float:
        traces = data.by_problem()
        parts = [metric.function(problem, traces[problem.id]) for problem in data.problems]
        return sum(metric.combine(parts)) / 3

    assert correlation() == pytest.approx(0.5)
    data.traces[2].reasoning = ";x" * 5
    assert correlation() == pytest.approx(np.corrcoef([1, 2, 3], [1, 3, 5])[0, 1]) == pytest.approx(1.0)
    for trace in data.traces:
        trace.params.pop("budget")
    assert correlation() == 0, "nobody asked for a length"
