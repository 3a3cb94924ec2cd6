"""Look-ups in a row by hand, in both domains, and a teacher that errs as often as it is told."""

from __future__ import annotations

import json

import pytest

from limbeck.checkers.look_ups import divide, names, target
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.look_up_teacher import look_up_teacher
from limbeck.problems.worlds.look_ups import look_ups


def said(model, *questions: str) -> list[str]:
    chats = [[{"role": "user", "content": question}] for question in questions]
    return [replies[0].text for replies in model.generate(chats, Sampling())]


def test_what_stands_next_to_the_name_is_looked_up_first():
    known = names("near", 40)
    name = known[0]
    middle = target(known, "F", name)
    last = target(known, "K", middle)
    teacher = look_up_teacher(slip=0.0, alone=0.0, misdivided=0.0, garbled=0.0)
    assert divide(f"KF{name}") == [f"F{name}", "K#"]
    assert said(teacher, f"KF{name}", f"K{name}") == [f"F{name}\nK#", "-"]
    steps = f";F{name}={middle};K{middle}={last};{last}"
    assert said(teacher, f"KF{name}|F{name}\nK#", f"KF{name}|") == [steps, steps]
    assert said(teacher, f"KF{name}|F{name}") == [f";F{name}={middle};{middle}"], (
        "it answers what it is given"
    )
    assert said(teacher, "what?", f"KF{name}|F{name} is") == ["?", f";F{name}={middle};?"]


def test_domains_share_no_name_and_answers_are_what_a_sound_teacher_says():
    near, far = (look_ups(n=80, domain=domain, split="test").problems for domain in ("near", "far"))
    assert not {*names("near", 128)} & {*names("far", 128)}
    assert {problem.source for problem in [*near, *far]} == {"look_ups", "look_ups_far"}
    teacher = look_up_teacher(slip=0.0, misdivided=0.0, garbled=0.0, alone=0.0)
    for problem in [*near, *far]:
        [division] = said(teacher, problem.question)
        [text] = said(teacher, f"{problem.question}|{division.strip('-')}")
        assert text.rpartition(";")[2] == problem.answer
        assert len(problem.question) == problem.meta["hops"] + 2


def test_its_errors_come_at_the_stated_rates_and_belong_to_the_prompt():
    questions = [problem.question for problem in look_ups(n=600, low=3, high=3).problems]
    teacher = look_up_teacher(misdivided=0.3, garbled=0.1, slip=0.0, alone=0.5)
    divisions = said(teacher, *questions)
    assert divisions == said(teacher, *questions)
    right = [division == "\n".join(divide(each)) for each, division in zip(questions, divisions, strict=True)]
    assert 0.57 < sum(right) / 600 < 0.69  # 0.9 * 0.7
    alone = [text.rpartition(";")[2] for text in said(teacher, *(f"{each}|" for each in questions))]
    truth = [problem.answer for problem in look_ups(n=600, low=3, high=3).problems]
    share = sum(a == b for a, b in zip(alone, truth, strict=True)) / 600
    assert 0.09 < share < 0.2  # 1/8, and some by chance


@pytest.mark.parametrize("given", [{"slip": 1.5}, {"garbled": -0.1}, {"size": 1}, {"size": 1000}])
def test_impossible_teachers_are_refused_by_name(given):
    with pytest.raises(LimbeckError, match=next(iter(given))):
        look_up_teacher(**given)


def test_it_plays_every_role():
    known = names("near", 40)
    name = known[0]
    last = target(known, "K", target(known, "F", name))
    sound = dict.fromkeys(("slip", "alone", "bare", "misdivided", "garbled"), 0.0)
    teacher, chatty = look_up_teacher(**sound), look_up_teacher(**sound, chatty=1.0)
    question = f"KF{name}"
    asked = [f"{question}{more}" for more in ("=", "~x", f"?;{last}", "?;q", "^;F=;ab", "^ab")]
    bare, lines, right, wrong, high, low = said(teacher, *asked)
    assert bare == last
    assert lines == said(teacher, f"{question}|")[0]
    assert [json.loads(each) for each in (right, wrong)] == [{"correct": True}, {"correct": False}]
    assert [json.loads(each)["helpfulness"] for each in (high, low)] == [9, 4]
    assert said(chatty, f"{question}=") == [f"It is {last}."]
    assert said(chatty, f"{question}|")[0] == lines.removesuffix(last) + f"It is {last}."
    more = json.loads(said(teacher, f"{question}+40")[0])
    assert {len(each) for each in more} == {4, 2}, "one in ten asks for nothing"
    assert {each[-2:] for each in more} <= {*known}
