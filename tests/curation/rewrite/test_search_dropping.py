"""Clauses of a search dropped level by level, by hand, in signs and in text; the control is as short."""

from __future__ import annotations

from pathlib import Path

import pytest

from limbeck.curation.rewrite.search_dropping import search_dropping
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.problems.generated.mazes import astar, in_signs, mazes
from limbeck.records import Data, Problem, Trace
from limbeck.verifiers.programs.maze import maze

SIGNS = "+aAC-aAC+bBB+dBD-bBB+cCA-cCA;"
TEXT = "create 0 0 c0 h2\nclose 0 0 c0 h2\ncreate 0 1 c1 h1"


def dropped(reasoning: str, **settings) -> Data:
    problem = Problem(id="p", question="q", answer="bc")
    trace = Trace(id="t", problem_id="p", reasoning=reasoning, answer="bc", format="lines", tokens=9)
    return search_dropping(Data([problem], [trace]), ctx=Context(Path(".")), **settings)


def at_level(reasoning: str, level: int, **settings) -> str:
    chances = [float(level == each) for each in range(5)]
    made = dropped(reasoning, chances=chances, **settings)
    return made.traces[-1].reasoning


@pytest.mark.parametrize(
    ("reasoning", "levels"),
    [
        (SIGNS, [SIGNS, "+aAC+bBB+dBD+cCA;", "+a+b+d+c;", None, ";"]),
        (TEXT, [TEXT, "create 0 0 c0 h2\ncreate 0 1 c1 h1", "create 0 0\ncreate 0 1", None, ""]),
    ],
)  # fmt: skip
def test_each_level_drops_one_more_kind(reasoning, levels):
    for level, text in enumerate(levels):
        if text is not None:
            assert at_level(reasoning, level) == text


def test_level_three_drops_a_share_of_the_clauses_that_are_left():
    text = at_level(SIGNS, 3, share=0.5)
    assert len(text) == len("+a+b;")
    assert text in {f"+{a}+{b};" for a in "abdc" for b in "abdc"}
    assert {at_level(SIGNS, 3, share=0.5, seed=seed) for seed in range(30)} > {text}


def test_what_was_dropped_is_noted_and_a_whole_trace_stays_where_level_0_was_drawn():
    made = dropped(SIGNS, chances=[0, 0, 0, 0, 1.0])
    source, short = made.traces
    assert source.marks == ["full"]
    assert (short.id, short.params["dropping"], short.parents) == ("t/drop-0", 4, ["t"])
    assert (short.answer, short.tokens) == ("bc", None)
    whole = dropped(SIGNS, chances=[1.0, 0, 0, 0, 1.0], draws=20)
    assert [trace.marks for trace in whole.traces] == [[], []]
    # Twenty draws of five levels: each there once, but the third as often as it drew other clauses.
    every = dropped(SIGNS, draws=20)
    assert sorted({trace.params.get("dropping", 0) for trace in every.traces}) == [0, 1, 2, 3, 4]


def test_the_control_is_as_short_and_keeps_the_order_of_what_is_left():
    for level in (1, 2, 3):
        signs = iter(SIGNS)
        short = at_level(SIGNS, level, choose="tokens")
        assert len(short) == len(at_level(SIGNS, level))
        assert all(sign in signs for sign in short)
        assert short.endswith(";")
    assert at_level(SIGNS, 4, choose="tokens") == ";"


def test_what_is_no_search_is_refused_and_so_are_other_chances():
    with pytest.raises(LimbeckError, match="none of 1 traces has clauses"):
        dropped("so it is;")
    with pytest.raises(LimbeckError, match=r"chances=\[1.0, 2.0\]"):
        dropped(SIGNS, chances=[1.0, 2.0])


def test_a_maze_in_signs_says_what_the_same_maze_says_in_text():
    rows = ["S.#", "#.G"]
    free = {(0, 0), (0, 1), (1, 1), (1, 2)}
    path, lines = astar(free, (0, 0), (1, 2))
    question, plan, trace = in_signs(rows, (0, 0), path, lines)
    assert (question, path, plan) == ("af:cd", "RDR", "bef")
    # Start: cost 0, three steps left at least.
    assert trace.startswith("+aAD-aAD+bBC-bBC")
    drawn = Data.join(mazes(n=20, width=4, height=5, low=2, high=9, solve="astar", form="signs"))
    for problem, told in zip(drawn.problems, drawn.traces, strict=True):
        assert maze(problem, told).outcome == "correct"
        assert len(told.answer) == problem.meta["steps"]
    with pytest.raises(LimbeckError, match="signs=36"):
        list(mazes(width=7, height=6, form="signs"))


@pytest.mark.parametrize(
    ("plan", "outcome", "why"),
    [
        ("bef", "correct", ""),
        ("abef", "wrong", "no neighbouring"),
        ("bf", "wrong", "no neighbouring"),
        ("cf", "wrong", "no neighbouring"),
        ("de", "wrong", "wall"),
        ("be", "wrong", "not at G"),
        ("bebef", "wrong", "3 are enough"),
        ("b f", "unparsed", ""),
    ],
)
def test_a_plan_of_cells_is_walked_as_moves_are(plan, outcome, why):
    meta = {"maze": ["S.#", "#.G"], "steps": 3, "names": "abcdef"}
    verdict = maze(Problem(id="p", question="q", meta=meta), Trace(id="t", problem_id="p", answer=plan))
    assert verdict.outcome == outcome
    assert why in verdict.reason
