"""System-2 procedures: what is asked first, what then, and what each sample took."""

from __future__ import annotations

import pytest

from limbeck.decoding.prompt.attended import attended
from limbeck.decoding.prompt.branch_solve_merge import Compared, branch_solve_merge
from limbeck.decoding.prompt.control_fields import control_fields
from limbeck.decoding.prompt.rephrased import estimate, rephrased
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.scripted import Scripted
from limbeck.texts.control import ATTRIBUTES, level_of

SYSTEM = {"role": "system", "content": "Be brief."}


def asked(model, *questions: str, **sampling) -> list[list[Completion]]:
    chats = [[SYSTEM, {"role": "user", "content": question}] for question in questions]
    return model.generate(chats, Sampling(**sampling))


def test_a_question_is_said_anew_and_then_answered():
    heard: list = []

    def reply(messages, number):
        heard.append((messages[0], messages[-1]["content"], number))
        text = messages[-1]["content"]
        return f" how {number}? " if text.startswith("again") else Completion(text="4", tokens=1)

    made = rephrased(model=Scripted(reply), ask="again {question}", answer="{question}/{rephrased}")
    replies = asked(made, "what?", n=2)[0]
    assert [(text, number) for _, text, number in heard] == [
        ("again what?", 0), ("again what?", 1), ("what?/how 0?", 0), ("what?/how 1?", 1)
    ]  # fmt: skip
    assert all(first == SYSTEM for first, _, _ in heard)
    assert [(each.text, each.tokens, each.scores) for each in replies] == [("4", 5, {"calls": 2})] * 2


def test_a_rephrasing_that_was_cut_off_is_no_answer():
    def reply(messages, number):
        return "one two three four"

    cut = asked(rephrased(model=Scripted(reply), max_rephrased=2), "what?")[0][0]
    assert (cut.text, cut.finish, cut.tokens) == ("", "length", 2)


def test_what_sways_is_taken_out_and_not_seen_again():
    heard: list = []

    def reply(messages, number):
        heard.append(messages[-1]["content"])
        return "<think>he thinks 5</think>2+2?" if "5" in heard[-1] else "4"

    made = asked(attended(model=Scripted(reply)), "I think it is 5. 2+2?")[0][0]
    assert made.text == "4"
    assert heard[1] == "2+2?"
    with pytest.raises(LimbeckError, match="kept"):
        attended(model=Scripted([""]), answer="{question}")
    with pytest.raises(LimbeckError, match="rephrased"):
        rephrased(model=Scripted([""]), answer="{question}")


COMPARED = Compared(shape=r"(?P<first>\w+)\|(?P<second>\w+)")


def judge(heard: list):
    """Likes what is longer, by length, and what stands first, by taste."""

    def reply(messages, number):
        text = messages[-1]["content"]
        heard.append(text)
        if text.startswith("by what"):
            return "1. length\n2. taste\n3. colour"
        criterion, _, pair = text.partition(": ")
        first, second = pair.split("|")
        if criterion == "length":
            return f"Well.\n{len(first)} against {len(second)}"
        return "Both.\n5 and 4" if criterion == "taste" else "none"

    return Scripted(reply)


def test_an_order_that_is_liked_cancels_out():
    heard: list = []
    made = branch_solve_merge(
        model=judge(heard), branch="by what {question}", solve="{criterion}: {question}", k=2,
        compared=COMPARED,
    )  # fmt: skip
    longer, equal = (row[0] for row in asked(made, "ab|abcd", "ab|cd"))
    assert heard[2:6] == ["length: ab|abcd", "length: abcd|ab", "taste: ab|abcd", "taste: abcd|ab"]
    # 2 + 5 against 4 + 4 as they stand, 2 + 4 against 4 + 5 turned around.
    assert (longer.text, longer.scores) == ("2", {"calls": 5, "consistent": 1})
    # The place alone decides in either order: neither, and not twice the same.
    assert (equal.text, equal.scores["consistent"]) == ("tie", 0)
    with pytest.raises(LimbeckError, match="has not the shape"):
        asked(made, "ab")


def test_a_shape_without_its_groups_is_refused():
    for shape in ("(?P<first>a)", "("):
        with pytest.raises(LimbeckError, match="shape="):
            branch_solve_merge(model=Scripted([""]), compared=Compared(shape=shape))
    plain = "Q?\n[Answer 1]\nyes\n[Answer 2]\nno"
    assert Compared().swapped(plain) == "Q?\n[Answer 1]\nno\n[Answer 2]\nyes"


def test_levels_stand_behind_the_question_and_before_what_was_begun():
    heard: list = []

    def reply(messages, number):
        heard.append([turn["content"] for turn in messages])
        return "4"

    made = control_fields(model=Scripted(reply), levels={"search_depth": 8, "efficiency": 2})
    chat = [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "<think>"}]
    made.generate([chat], Sampling())
    told = "2+2?\n<control> search_depth: 8; efficiency: 2 <control/>"
    assert heard == [[told, "<think>"]]
    highest = control_fields(model=Scripted(reply))
    asked(highest, "q")
    assert heard[-1][-1].count(": 9") == len(ATTRIBUTES) == 11
    for bad in ({"depth": 10}, {"depth": -1}):
        with pytest.raises(LimbeckError, match="from 0 to 9"):
            control_fields(model=Scripted([""]), levels=bad)


def test_levels_are_told_between_two_values():
    # 9 * 1/6 = 1.5 is rounded up; turned around, less of the number is more of the level.
    assert [level_of(value, 0, 6) for value in (-1, 0, 1, 2, 6, 7)] == [0, 0, 2, 3, 9, 9]
    assert [level_of(value, 2, 0) for value in (2, 1, 0)] == [0, 5, 9]


def test_a_dry_run_counts_both_requests():
    made = estimate({"samples": 4, "max_tokens": 40}, {"ask": "", "max_rephrased": 10})
    assert made == {"samples": 8, "max_tokens": 80}
