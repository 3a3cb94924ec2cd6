"""decoding/thought_buffer and teachers/thought_templates: what is looked up, kept and asked."""

from __future__ import annotations

import pytest

from limbeck.decoding.prompt.thought_buffer import estimate, thought_buffer
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.rehearsal.template_user import template_user
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards
from limbeck.problems.worlds.word_tasks import word_tasks
from limbeck.records import Data
from limbeck.teachers.write.thought_templates import thought_templates
from limbeck.texts.thought_templates import GENERIC, Looking, ThoughtBuffer, ThoughtTemplate

SORTING = ThoughtTemplate(description="sort given words", category="text", schema="Compare them.")
SUMS = ThoughtTemplate(description="add up two numbers", category="maths", schema="Add them.")
LOOKING = Looking(distil="distil {question}", instantiate="{question} by {schema} with {distilled}")


def filled(folder) -> str:
    ThoughtBuffer(LOOKING, [SORTING, SUMS]).write(folder)
    return str(folder)


def chats(*questions: str) -> list:
    return [[{"role": "user", "content": question}] for question in questions]


def test_a_question_is_solved_by_the_template_of_its_kind(tmp_path):
    heard: list[tuple[str, int]] = []

    def reply(messages, number):
        asked = messages[-1]["content"]
        heard.append((asked, number))
        if asked.startswith("distil"):
            kind = "add up two numbers" if "1" in asked else "a riddle of which nobody knows"
            return Completion(text=f"x=1\nTask: {kind}\nCategory: Maths", tokens=4)
        return Completion(text="so", tokens=3)

    made = thought_buffer(model=Scripted(reply), index=filled(tmp_path), looking=LOOKING)
    known, new = made.generate(chats("1 2", "who?"), Sampling(n=2, temperature=0.5))
    asked = dict(heard)
    told = "with x=1\nTask: {kind}\nCategory: Maths"
    assert f"1 2 by Add them. {told.replace('{kind}', 'add up two numbers')}" in asked
    riddle = told.replace("{kind}", "a riddle of which nobody knows")
    assert f"who? by {GENERIC['procedure']} {riddle}" in asked
    assert [each.tokens for each in known + new] == [7] * 4
    assert known[0].scores == {"calls": 2, "retrieved": 1, "similarity": pytest.approx(1), "templates": 2}
    assert new[0].scores["retrieved"] == 0
    assert new[0].scores["similarity"] < 0.6
    # Both samples share what was distilled.
    assert sum(text.startswith("distil") for text, _ in heard) == 2


def test_a_sample_is_the_same_alone_and_a_failed_distillation_fails_its_samples(tmp_path):
    def reply(messages, number):
        asked = messages[-1]["content"]
        if asked == "distil bad":
            return Completion(text="", finish="error", error="busy")
        return f"{asked[:9]}{number}"

    made = thought_buffer(model=Scripted(reply), index=filled(tmp_path), looking=LOOKING)
    whole = made.generate(chats("bad", "good"), Sampling(n=2))
    assert [(each.finish, each.error) for each in whole[0]] == [("error", "busy")] * 2
    alone = list(made.stream_some(chats("good"), [[1]], Sampling()))
    assert alone == [(0, 1, whole[1][1])]


def buffer_of(data: Data, folder, **settings) -> list[ThoughtTemplate]:
    looking = Looking(least=0.5)
    model = template_user(vague=settings.pop("vague", 0.0))
    made = thought_templates(
        MemoryShards([data]), model=model, looking=looking, ctx=Context(folder), **settings
    )
    return ThoughtBuffer.open(made, looking).templates


def test_the_first_of_each_kind_adds_one_template_and_the_others_none(tmp_path):
    data = word_tasks(n=80, seed=7)
    templates = buffer_of(data, tmp_path / "a")
    firsts: dict[str, str] = {}
    for problem in data.problems:
        firsts.setdefault(problem.meta["kind"], problem.id)
    assert [each.origin for each in templates] == list(firsts.values())
    later = word_tasks(n=80, seed=8)
    assert buffer_of(later, tmp_path / "b", before=str(tmp_path / "a/index")) == templates
    for problem in data.problems:
        problem.marks.append("wrong")
    with pytest.raises(LimbeckError, match="no problem is free of marks"):
        buffer_of(data, tmp_path / "c")


def test_replies_in_another_form_become_no_template(tmp_path):
    data = Data(word_tasks(n=3, seed=7).problems)
    shards = MemoryShards([data])
    with pytest.raises(LimbeckError, match="no reply of 'scripted' became a template"):
        thought_templates(shards, model=Scripted({"*": "Well."}), ctx=Context(tmp_path))
    cut = Completion(text="Description: a\nCategory: b\nSchema:\nc", finish="length")
    assert ThoughtTemplate.read(cut) is None
    cut.finish = "stop"
    assert ThoughtTemplate.read(cut, "p") == ThoughtTemplate(
        description="a", category="b", schema="c", origin="p"
    )


def test_what_cannot_work_is_refused(tmp_path):
    with pytest.raises(LimbeckError, match="holds no templates of thought"):
        thought_buffer(model=Scripted([""]), index=str(tmp_path / "none"))
    with pytest.raises(LimbeckError, match=r"vectors='leters'.*'letters'"):
        thought_buffer(model=Scripted([""]), index=filled(tmp_path), looking=Looking(vectors="leters"))
    with pytest.raises(LimbeckError, match="schema"):
        Looking(instantiate="{question}").check("here")


def test_a_dry_run_counts_both_parts():
    counts = {"samples": 10, "max_tokens": 640}
    made = estimate(counts, {"max_distilled": 100, "distil": "", "instantiate": ""})
    assert (made["samples"], made["max_tokens"]) == (20, 1640)
