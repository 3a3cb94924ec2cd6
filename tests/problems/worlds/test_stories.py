"""Stories, corpora, ledgers and data sets: what is told is read again, and what is planted is there."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from flat import flat

from limbeck.checkers.ledgers import ASPECTS, flaws
from limbeck.checkers.stories import Story, read, whole, worked
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.ledger_judge import ledger_judge
from limbeck.models.rehearsal.story_teacher import story_teacher
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.corpus import corpus
from limbeck.problems.worlds.datasets import datasets
from limbeck.problems.worlds.ledgers import ledgers
from limbeck.problems.worlds.stories import stories
from limbeck.texts.traces import full_text

MILL = Story("mill", 3, (("come", "5"), ("go", "2")))


def said(model, text: str, seed: int = 0) -> str:
    return model.generate([[{"role": "user", "content": text}]], Sampling(seed=seed))[0][0].text


def test_a_story_is_told_in_three_ways_and_read_again():
    assert MILL.question() == "The mill has 3 sacks. 5 come. 2 go. How many sacks are in the mill now?"
    assert MILL.short() == "3 sacks, 5 come, 2 go, how many now?"
    assert MILL.told()[1:] == ["5 sacks came.", "2 sacks went."]
    assert worked(MILL) == "3+5=8;8-2=6;6"
    lost = Story("mill", 3, (("come", "some"), ("go", "table")), "today")
    for story in (MILL, lost):
        assert read(story.question()) == story
        assert read(story.document(7, random.Random(0))) == story
        assert whole(story) == (story is MILL)
    assert read(MILL.short()) == MILL
    assert read("The moon has 3 sacks. 5 come. How many sacks are in the moon now?") is None


def test_a_defect_of_a_page_is_one_of_the_question_about_it():
    test = {problem.question for problem in stories(n=30, split="test").problems}
    pages = stories(n=300, form="documents", planted=0.4, held=30).problems
    asked = [read(page.question) for page in pages]
    before: set[str] = set()
    for page, story in zip(pages, asked, strict=True):
        defect = page.meta["defect"]
        assert page.meta["valid"] == (not defect)
        assert (defect == "unanswerable") == ("Some" in story.question())
        assert (defect == "document") == ("table 2" in story.question())
        assert (defect == "leak") == (story.question() in test)
        assert (defect == "duplicate") == (
            story.question().replace("today", "now") in before and defect != "leak"
        )
        if not defect:
            before.add(story.question())
    assert set(Counter(page.meta["defect"] for page in pages)) == {
        "", "unanswerable", "document", "duplicate", "leak",
    }  # fmt: skip


def test_garbage_of_a_corpus_has_the_words_and_not_their_order():
    pages = corpus(n=200, tables=0.5, garbage=0.5).problems
    kinds = Counter((page.source, page.meta["valid"]) for page in pages)
    assert len(kinds) == 4
    assert min(kinds.values()) > 30
    for page in pages:
        if page.source == "notes":
            assert (read(page.question) is not None) == page.meta["valid"]
        else:
            assert page.question.replace(" ", "").replace("\n", "").isdecimal() == page.meta["valid"]
    texts = corpus(n=20, solve="text")
    assert {problem.question for problem in texts.problems} == {""}
    assert all(trace.answer for trace in texts.traces)


def test_each_flaw_of_a_ledger_is_read_from_its_text_and_leaves_the_answer():
    data = ledgers(n=600, flaws=0.7, solve="steps")
    seen = Counter()
    for problem, trace in zip(data.problems, data.traces, strict=True):
        flaw = trace.params["flaw"]
        seen[flaw] += 1
        poor = {"wrong": {"internal_consistency"}, "": set()}.get(flaw, {flaw})
        assert flaws(problem.question, full_text(trace)) == poor
        assert trace.outcome == ("wrong" if flaw == "wrong" else "correct")
    assert set(seen) == {*ASPECTS, "wrong", ""}
    first = ledgers(n=1, solve="steps", size=3, low=2, high=2).problems[0].question
    table = {name: int(value) for name, value in zip(first[:6:2], first[1:6:2], strict=True)}
    expression = "".join(str(table.get(sign, sign)) for sign in first[7:])
    assert str(eval(expression)) == ledgers(n=1, size=3, low=2, high=2).problems[0].answer


def test_one_data_set_of_four_asks_what_the_task_asks():
    store = datasets(n=200).problems
    assert {row.source for row in store if row.meta["valid"]} == {"stock"}
    assert len({row.source for row in store}) == 4
    task = datasets(part="task", n=20, solve="steps")
    assert all(trace.outcome == "correct" for trace in task.traces)
    assert all(read(problem.question).short() == problem.question for problem in task.problems)


def test_a_teacher_errs_as_often_as_it_is_told():
    question = MILL.question()
    assert said(story_teacher(), question) == "3+5=8;8-2=6;6"
    assert said(story_teacher(), "Who came?") == "?"
    wrong = sum(said(story_teacher(slip=0.5), question, seed) != "3+5=8;8-2=6;6" for seed in range(200))
    assert 70 < wrong < 130
    for make in (story_teacher, ledger_judge):
        with pytest.raises(LimbeckError, match=r"garbled=1\.5: it is a chance between 0 and 1"):
            make(garbled=1.5)


def test_a_judge_of_ledgers_rates_low_what_is_poor():
    rated = flat("curation/rated")
    data = ledgers(n=200, flaws=0.5, solve="steps")
    scales = tuple(f"{name}: {meaning}" for name, meaning in ASPECTS.items())
    settings = {
        "model": ledger_judge(misjudged=0.0, garbled=0.0),
        "scales": scales,
        "ctx": Context(Path(".")),
    }
    made = rated(data, floor=6.0, **settings)
    for trace in made.traces:
        assert bool(trace.params["flaw"]) == (trace.marks == ["low_rating"])
    # A mean of seven hides one that is poor.
    assert sum(bool(trace.marks) for trace in rated(data, least=6.0, **settings).traces) < 20
