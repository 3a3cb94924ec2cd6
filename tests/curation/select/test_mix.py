"""curation/mix, fill_gaps and per_problem: which rows of several sets go on, by hand."""

from __future__ import annotations

import pytest

from limbeck.curation.select.fill_gaps import fill_gaps
from limbeck.curation.select.mix import mix, precheck
from limbeck.curation.select.per_problem import per_problem
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Pair, Problem, Trace


def rows(writer: str, problems: str, *, each: int = 1, marked: str = "", **more) -> Data:
    """Traces ``a-long0`` of the problems named by letters; ``marked`` ones are dropped in this set."""
    asked = [Problem(id=name, question=name, marks=["out"] * (name in marked)) for name in problems]
    traces = [
        Trace(id=f"{name}-{writer}{number}", problem_id=name, answer=writer, model=writer, **more)
        for name in problems
        for number in range(each)
    ]
    return Data(asked, traces)


@pytest.fixture
def ctx(tmp_path):
    said: list[str] = []
    made = Context(tmp_path, report=lambda event: said.append(event["message"]))
    made.said = said  # type: ignore[attr-defined]
    return made


def kept(data: Data) -> dict[str, int]:
    counts: dict[str, int] = {}
    for trace in data.kept():
        counts[trace.model] = counts.get(trace.model, 0) + 1
    return counts


def test_shares_are_parts_of_a_fixed_count(ctx):
    long, short = rows("long", "abcdefghij"), rows("short", "klmnopqrst")
    assert kept(mix(long, short, shares=(1, 4), n=10, ctx=ctx)) == {"long": 2, "short": 8}
    assert kept(mix(long, short, n=6, ctx=ctx)) == {"long": 3, "short": 3}
    assert kept(mix(long, short, shares=(0, 1), n=5, ctx=ctx)) == {"short": 5}
    # 2.8 and 1.2 of 4 rows: the larger remainder gets the row that is left.
    assert kept(mix(long, short, shares=(0.7, 0.3), n=4, ctx=ctx)) == {"long": 3, "short": 1}
    assert ctx.said[0] == "10 rows on 10 problems; set by set: 2 of 10, 8 of 10"


def test_without_a_count_it_is_as_many_as_the_shares_allow(ctx):
    long, short = rows("long", "abc"), rows("short", "klmnopqrst")
    assert kept(mix(long, short, shares=(1, 3), ctx=ctx)) == {"long": 3, "short": 9}
    assert kept(mix(long, short, shares=(1, 4), ctx=ctx)) == {"long": 2, "short": 10}


def test_nothing_is_deleted_and_what_is_not_drawn_says_so(ctx):
    long, short = rows("long", "ab"), rows("short", "ab")
    made = mix(long, short, n=2, ctx=ctx)
    assert [trace.id for trace in made.traces] == ["a-long0", "a-short0", "b-long0", "b-short0"]
    assert sorted(mark for trace in made.traces for mark in trace.marks) == ["not_drawn"] * 2


def test_sets_of_the_same_questions_share_them(ctx):
    letters = "abcdefghijklmnopqrstuvwxyz"
    for seed in range(5):
        made = mix(rows("long", letters), rows("short", letters), shares=(1, 4), n=25, seed=seed, ctx=ctx)
        assert kept(made) == {"long": 5, "short": 20}
        assert len({trace.problem_id for trace in made.kept()}) == 25
    # Only when all are served does one come again.
    made = mix(rows("long", "ab"), rows("short", "ab"), shares=(1, 2), n=3, ctx=ctx)
    assert kept(made) == {"long": 1, "short": 2}


def test_another_seed_is_another_draw_and_shards_do_not_matter(ctx):
    long = rows("long", "abcdefghijklmnop")

    def drawn(data: Data, seed: int) -> list[str]:
        return sorted(trace.id for trace in mix(data, n=5, seed=seed, ctx=ctx).kept())

    turned = Data(long.problems[::-1], long.traces[::-1])
    assert drawn(long, 0) == drawn(turned, 0)
    assert drawn(long, 0) != drawn(long, 1)


def test_a_problem_that_one_set_dropped_is_kept_where_another_keeps_it(ctx):
    """Sets that were cut from one stage by marks on its problems: the easy ones and the hard ones."""
    easy, hard = rows("teacher", "abcd", marked="cd"), rows("teacher", "abcd", marked="ab")
    made = mix(easy, hard, shares=(1, 1), n=4, ctx=ctx)
    assert len(made.traces) == 4
    assert {trace.problem_id for trace in made.kept()} == {*"abcd"}
    gone = mix(easy, rows("teacher", "abcd", marked="abcd"), shares=(1, 0), n=2, ctx=ctx)
    assert {trace.problem_id for trace in gone.kept()} == {*"ab"}
    assert [problem.marks for problem in gone.problems] == [[], [], ["out"], ["out"]]
    # The other set's trace of a problem that it dropped stays out, with that set's reason.
    other = mix(easy, rows("student", "abcd", marked="ab"), shares=(1, 1), n=4, ctx=ctx)
    assert {trace.id: trace.marks for trace in other.traces if trace.marks} == {
        "a-student0": ["out"], "b-student0": ["out"], "c-teacher0": ["out"], "d-teacher0": ["out"],
    }  # fmt: skip


def test_different_traces_of_one_id_both_stay_with_their_pairs(ctx):
    few = Data([Problem(id="p", question="q")], [Trace(id="p#m-0", problem_id="p", answer="short")])
    zero = Data(
        [Problem(id="p", question="q")],
        [Trace(id="p#m-0", problem_id="p", answer="longer"), Trace(id="x", problem_id="p", answer="x",
         parents=["p#m-0"])],
        [Pair(problem_id="p", chosen="x", rejected="p#m-0")],
    )  # fmt: skip
    made = mix(few, zero, few, zero, ctx=ctx, shares=(1, 2, 0, 0), n=3)
    assert {trace.id: trace.answer for trace in made.traces} == {
        "p#m-0": "short", "p#m-0@2": "longer", "x": "x",
    }  # fmt: skip
    assert made.trace_by_id()["x"].parents == ["p#m-0@2"]
    assert [pair.rejected for pair in made.pairs] == ["p#m-0@2"]
    again = mix(made, Data(zero.problems, [Trace(id="p#m-0", problem_id="p", answer="third")]), ctx=ctx)
    assert again.traces[-1].id == "p#m-0@3"


def test_answers_in_conflict_keep_a_problem_out(ctx):
    one, two = (Data([Problem(id="p", question="q", answer=a)], [Trace(id=a, problem_id="p")]) for a in "12")
    made = mix(one, two, ctx=ctx)
    assert made.problems[0].marks == ["answer_conflict"]
    assert made.kept() == []


def test_a_set_with_too_few_rows_says_what_would_do(ctx):
    long, short = rows("long", "ab"), rows("short", "klmnopqrst")
    with pytest.raises(LimbeckError, match=r"n=20: set 1 of 2 is to give 4 rows and keeps 2; n=10 would do"):
        mix(long, short, shares=(1, 4), n=20, ctx=ctx)
    assert kept(mix(long, short, shares=(1, 4), n=10, ctx=ctx)) == {"long": 2, "short": 8}
    with pytest.raises(LimbeckError, match="3 of them for 2 data sets"):
        mix(long, short, shares=(1, 1, 1), ctx=ctx)
    for refuse in (lambda: mix(long, short, shares=(0, 0), ctx=ctx), lambda: precheck({"shares": (0, 0)})):
        with pytest.raises(LimbeckError, match="at least one must be above 0"):
            refuse()
    precheck({"shares": ()})


def test_gaps_are_filled_from_the_next_set(ctx):
    few, zero, last = rows("few", "ab", each=2), rows("zero", "abc"), rows("last", "cd")
    made = fill_gaps(few, zero, last, ctx=ctx)
    assert kept(made) == {"few": 4, "zero": 1, "last": 1}
    assert {trace.problem_id for trace in made.kept()} == {*"abcd"}
    assert {trace.id for trace in made.traces if trace.marks} == {"a-zero0", "b-zero0", "c-last0"}
    assert ctx.said == ["problems served, set by set: 2, 1, 1"]


def test_shortest_longest_and_drawn():
    problem = Problem(id="p", question="q")
    lengths = {"t0": 9, "t1": 4, "t2": 30, "t3": 4}
    traces = [Trace(id=key, problem_id="p", answer="y", tokens=many) for key, many in lengths.items()]
    traces.append(Trace(id="wrong", problem_id="p", tokens=1, marks=["wrong"]))
    data = Data([problem], traces)

    def left(**settings) -> list[str]:
        made = per_problem(data, **settings)
        assert [trace.id for trace in made.traces] == [trace.id for trace in traces]
        assert made.traces[-1].marks == ["wrong"], "what bears a mark is neither chosen nor marked again"
        return [trace.id for trace in made.kept()]

    assert left(choose="shortest") == ["t1"], "of equals the first"
    assert left(choose="shortest", n=3) == ["t0", "t1", "t3"]
    assert left(choose="longest") == ["t2"]
    assert {left(seed=seed)[0] for seed in range(30)} == {*lengths}, "a draw takes any of them"
    assert {*left(n=1)} < {*left(n=2)} < {*left(n=3)}


def test_characters_count_where_a_length_in_tokens_is_missing():
    data = Data(
        [Problem(id="p", question="q")],
        [
            Trace(id="a", problem_id="p", reasoning="x" * 9, answer="y", tokens=2),
            Trace(id="b", problem_id="p", reasoning="x", answer="y"),
        ],
    )
    assert [trace.id for trace in per_problem(data, choose="shortest").kept()] == ["b"]
