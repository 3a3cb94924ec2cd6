"""teachers/by_difficulty: one reply names a level and rewrites; both are held against budgets."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.rehearsal.editor import editor
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.drafts import Detours, drafts
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.texts.traces import full_text

by_difficulty = flat("teachers/by_difficulty")
LONG = "We add 2 and 3.\n\nThat is 5.\n\nLet me check: 3 and 2 are 5, too. Yes.\n\n"


def data(n: int = 1) -> Data:
    traces = [
        Trace(
            id=f"t{at}", problem_id="p", reasoning=LONG, answer="The answer is 5.", format="think",
            verdicts=[Verdict("math", "correct", "5")],
        )
        for at in range(n)
    ]  # fmt: skip
    return Data([Problem(id="p", question="2+3?", answer="5")], traces)


def rewritten(*replies, **more) -> list[Trace]:
    left = iter(replies)
    made = by_difficulty(
        data(len(replies)), model=Scripted(lambda m, n: next(left)), ctx=Context(Path(".")), **more
    )
    return made.traces[len(replies) :]


@pytest.mark.parametrize(
    "head",
    [
        "Difficulty: easy\n",
        "**Difficulty:** Easy\n\n",
        "difficulty - easy.\n",
        "<think>Hard? No.</think>\nDifficulty: easy\n",
    ],
)
def test_the_level_is_read_and_is_no_part_of_the_text(head):
    (short,) = rewritten(head + "2+3=5. The answer is 5.")
    assert (short.params["difficulty"], full_text(short)) == ("easy", "2+3=5. The answer is 5.")
    assert (short.id, short.parents, short.verdicts, short.marks) == ("t0/rewritten", ["t0"], [], [])


def test_a_rewriting_in_a_format_is_split_by_it():
    (short,) = rewritten("Difficulty: hard\n<think>2+3=5</think>5", format="think")
    assert (short.reasoning, short.answer, short.params["difficulty"]) == ("2+3=5", "5", "hard")


def test_what_does_not_serve_is_marked_with_why():
    out = rewritten(
        "2+3=5", "Difficulty: grave\n5", "Difficulty: easy\n" + LONG * 2,
        "Difficulty: easy\n2+3=5, as all know",
        Completion(text="Difficulty: easy\n2+", finish="length"), budgets={"easy": 6},
    )  # fmt: skip
    assert [trace.marks for trace in out] == [
        ["unlabelled"], ["unlabelled"], ["not_shorter", "over_budget"], ["over_budget"], ["truncated"],
    ]  # fmt: skip


def test_the_teacher_sees_all_levels_and_the_source_is_marked():
    shown: list[str] = []
    model = Scripted(lambda messages, number: shown.append(messages[-1]["content"]) or "Difficulty: easy\n5")
    out = by_difficulty(data(), model=model, levels={"low": "short", "top": "long"}, ctx=Context(Path(".")))
    assert "- low: short\n- top: long\n" in shown[0]
    assert "one of low, top;" in shown[0]
    assert LONG + "</think>The answer is 5." in shown[0]
    assert [trace.marks for trace in out.traces] == [["full"], ["unlabelled"]]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"template": "{question}"}, r"\{trace\}"),
        ({"levels": {"very hard": "x"}}, "one word"),
        ({"budgets": {"esy": 9}}, "esy: 9.*easy"),
        ({"budgets": {"easy": 0}}, "easy: 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong, said):
    with pytest.raises(LimbeckError, match=said):
        by_difficulty(data(), model=Scripted({"*": "x"}), ctx=Context(Path(".")), **wrong)


def test_the_rehearsed_editor_writes_longer_where_there_is_more_to_do():
    world = drafts(n=120, detours=Detours(checks=0.6, restated=1.0, again=0.9), solve="steps")
    template = "shorten {question}: {trace}"
    made = by_difficulty(
        world, model=editor(wrong=0.0), template=template, format="lines", ctx=Context(Path("."))
    )
    golds = made.problem_by_id()
    short = [trace for trace in made.traces if trace.parents]
    assert all(trace.answer == golds[trace.problem_id].answer for trace in short)
    lengths = {
        level: {len(full_text(trace)) for trace in short if trace.params["difficulty"] == level}
        for level in ("easy", "medium", "hard")
    }
    # Two additions: two steps and the answer; three: also the question; four: also a check of each.
    assert lengths == {"easy": {2 * 7 + 3}, "medium": {13 + 3 * 7 + 4}, "hard": {17 + 4 * 14 + 5}}
