"""curation/verbosity and matched_verbosity: ratings read strictly, and traces chosen by them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace

verbosity, matched_verbosity = flat("curation/verbosity"), flat("curation/matched_verbosity")


def data(*scores: dict[str, float], problem: str = "p") -> Data:
    traces = [
        Trace(id=f"{problem}{at}", problem_id=problem, reasoning="x" * at, answer="5", scores=each)
        for at, each in enumerate(scores)
    ]
    return Data([Problem(id=problem, question="2+3", answer="5")], traces)


def rated(reply) -> Trace:
    return verbosity(data({"old": 1.0}), model=Scripted({"*": reply}), ctx=Context(Path("."))).traces[0]


def test_both_ratings_become_scores():
    trace = rated('I think so.\n```json\n{"difficulty": 3, "verbosity": 0}\n```')
    assert (trace.scores, trace.marks) == ({"old": 1.0, "verbosity": 0.0, "difficulty": 3.0}, [])


@pytest.mark.parametrize(
    "reply",
    [
        '{"verbosity": 4}', '{"verbosity": 4, "difficulty": 10}', '{"verbosity": -1, "difficulty": 1}',
        '{"verbosity": true, "difficulty": 1}', '{"verbosity": "4", "difficulty": 1}', "4 and 1",
        Completion(text='{"verbosity": 4, "difficulty": 1}', finish="length"),
    ],
)  # fmt: skip
def test_ratings_in_another_form_are_marked(reply):
    trace = rated(reply)
    assert (trace.scores, trace.marks) == ({"old": 1.0}, ["unrated"])


def test_the_judge_sees_a_fenced_text_and_failures_alone_are_an_error():
    shown: list[str] = []
    model = Scripted(lambda messages, number: shown.append(messages[-1]["content"]) or "{}")
    verbosity(data({}), model=model, ctx=Context(Path(".")))
    assert shown[0].count("<reasoning-") == shown[0].count("</reasoning-") == 1
    failed = Scripted({"*": Completion(text="", finish="error", error="busy")})
    with pytest.raises(LimbeckError, match="all 2 requests failed; the first: busy"):
        verbosity(data({}, {}), model=failed, ctx=Context(Path(".")))
    with pytest.raises(LimbeckError, match=r"\{trace\}"):
        verbosity(data({}), model=model, template="{question}", ctx=Context(Path(".")))


def scores(*pairs: tuple[float, float]) -> list[dict[str, float]]:
    return [{"verbosity": rv, "difficulty": cd} for rv, cd in pairs]


def kept(given: Data, **more) -> list[str]:
    return [trace.id for trace in matched_verbosity(given, **more).kept()]


@pytest.mark.parametrize(("difficulty", "best"), [(0, 0), (2.9, 0), (3, 1), (5, 1), (6, 2), (9, 2)])
def test_the_verbosity_that_is_wanted_rises_with_difficulty(difficulty, best):
    given = data(*scores((2, difficulty), (5, difficulty), (8, difficulty)))
    assert kept(given) == [f"p{best}"]
    # Elsewhere one verbosity is wanted whatever the difficulty.
    assert [kept(given, target=name) for name in ("low", "medium", "high")] == [["p0"], ["p1"], ["p2"]]


def test_controls_take_as_many_rows():
    given = data(*scores((2, 1), (5, 1), (8, 1)))
    assert kept(given, target="longest") == ["p2"]
    drawn = {kept(given, target="random", seed=seed)[0] for seed in range(30)}
    assert drawn == {"p0", "p1", "p2"}
    assert len(kept(given, per_problem=2)) == 2
    assert len(kept(given, per_problem=0)) == 3


def test_what_is_too_hard_or_not_rated_is_marked_so():
    given = data(*scores((5, 7), (5, 4), (float("nan"), 4)), {"verbosity": 1.0})
    out = matched_verbosity(given, hardest=6)
    assert [trace.marks for trace in out.traces] == [["too_hard"], [], ["unrated"], ["unrated"]]
    with pytest.raises(LimbeckError, match="must rise"):
        matched_verbosity(given, bins=(6.0, 3.0))


def test_the_rehearsed_judge_knows_padding_and_length():
    from limbeck.models.rehearsal.editor import editor
    from limbeck.problems.worlds.drafts import Detours, drafts

    world = drafts(n=80, detours=Detours(checks=0.9, uneven=True), solve="steps")
    made = verbosity(
        world, model=editor(noise=0.0), template="rate {question}: {trace}", ctx=Context(Path("."))
    )
    problems = made.problem_by_id()
    for trace in made.traces:
        assert trace.scores["difficulty"] == 2 * problems[trace.problem_id].meta["additions"] - 2
        assert abs(trace.scores["verbosity"] - 2 - 3 * trace.params["padding"]) <= 0.5
    assert json.dumps(made.traces[0].params["planted"])
