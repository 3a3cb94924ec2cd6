"""Records show numbers, not contents."""

from __future__ import annotations

from limbeck.records import Data, Pair, Problem, Result, Results, Trace, Verdict


def data() -> Data:
    verdicts = [[Verdict("math", "correct")], [Verdict("math", "wrong")], []]
    traces = [Trace(id=str(i), problem_id="p", verdicts=each) for i, each in enumerate(verdicts)]
    traces[1].marks = ["wrong", "too_long"]
    problem = Problem(id="p", question="a secret", marks=["too_long"])
    return Data([problem], traces, [Pair(problem_id="p", chosen="0", rejected="1")])


def test_data_is_shown_in_one_line_of_counts():
    assert repr(data()) == (
        "Data: 1 problem, 3 traces (1 correct, 1 wrong, 1 unjudged), 1 pair; marks: too_long 2, wrong 1"
    )
    assert repr(Data()) == "Data: 0 problems, 0 traces, 0 pairs"


def test_results_are_a_table_with_intervals():
    rows = [
        Result(
            model="a<b>", benchmark="sums", metric="pass@1", value=0.5, low=0.25, high=0.75, n=1200,
            samples=2400, unit="share", setting={"temperature": 0.6},
        ),
        Result(model="a<b>", benchmark="sums", metric="loss", value=1.25, n=3, unit="nats"),
    ]  # fmt: skip
    assert repr(Results(rows, data())).splitlines() == [
        "model  benchmark  T    metric  value [95% interval]  problems  samples",
        "a<b>   sums       0.6  pass@1  50.0 % [25.0, 75.0]   1,200     2,400",
        "a<b>   sums       –    loss    1.250 nats            3         0",
    ]
    assert "<td>a&lt;b&gt;</td><td>sums</td><td>0.6</td>" in Results(rows)._repr_html_()
