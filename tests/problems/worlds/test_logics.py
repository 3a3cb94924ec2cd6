"""Three kinds of reasoning under one template: read back, answered by hand, and counted kind by kind."""

from __future__ import annotations

import pytest

from limbeck.curation.select.repeated import repeated
from limbeck.errors import LimbeckError
from limbeck.evaluation.metrics.macro import combine, macro
from limbeck.problems.worlds.logics import NAMES, PATTERNS, logics
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.seq2seq import Asked, parsed, rendered


def halves(rule: str, pairs: bool) -> tuple[str, str]:
    """``ab`` or ``a>b``; of a pattern both sides have two letters."""
    bare = rule.replace(">", "")
    return bare[: 1 + pairs], bare[1 + pairs :]


@pytest.mark.parametrize("form", ["short", "text"])
def test_every_record_is_read_back_and_its_answer_follows(form):
    for problem in logics(n=300, form=form).problems:
        asked = parsed(problem.question, form == "short")
        assert asked is not None
        assert rendered(asked, form == "short") == problem.question
        assert list(asked.options) == problem.meta["options"]
        assert len({*asked.options}) == 2
        half = problem.meta["task"] == "inductive"
        rules = dict(halves(rule, half) for rule in asked.context.split(","))
        before, behind = halves(asked.question, half)
        task = problem.meta["task"]
        if task == "deductive":
            assert rules[before] == problem.answer
        elif task == "abductive":
            assert rules[problem.answer] == behind
        else:
            held = [each for each in PATTERNS.values() if all(each.format(*a) == b for a, b in rules.items())]
            assert [each.format(*before) for each in held] == [problem.answer]


def test_the_domains_share_no_name():
    assert not {*NAMES["in"]} & {*NAMES["out"]}
    spoken = {
        sign for problem in logics(n=60, names="out").problems for sign in problem.question.replace("q:", "")
    }
    assert not spoken & {*NAMES["in"]}


@pytest.mark.parametrize("short", [False, True])
def test_a_free_question_has_no_options_and_marks_of_the_template_are_refused(short):
    free = Asked("All is well.", "Is it?")
    assert parsed(rendered(free, short), short) == free
    assert parsed("Is it?", short) is None
    with pytest.raises(LimbeckError, match="reads back"):
        rendered(Asked("all q: well question: is", "is it?"), short)


def test_macro_accuracy_counts_kinds_alike():
    """Three of four right in one kind, none of one in the other: (0.75 + 0) / 2."""
    outcomes = [("a", "correct"), ("a", "correct"), ("a", "correct"), ("a", "wrong"), ("b", "wrong")]
    parts = []
    for kind, outcome in outcomes:
        trace = Trace(id="t", problem_id="p", verdicts=[Verdict("exact", outcome)])
        parts.append(macro(Problem(id="p", question="?", meta={"task": kind}), [trace], field="task"))
    shares = combine(parts)
    assert sum(shares) / len(shares) == pytest.approx(0.375)
    assert macro(Problem(id="p", question="?"), [], field="task") is None


def test_a_small_set_is_repeated_behind_itself():
    data = logics(n=3, solve="answer")
    data.traces[1].marks = ["too_long"]
    made = repeated(data, k=3)
    assert made.traces[:3] == data.traces
    assert [trace.parents for trace in made.traces[3:]] == [
        [data.traces[0].id], [data.traces[2].id], [data.traces[0].id], [data.traces[2].id]
    ]  # fmt: skip
    assert len({trace.id for trace in made.traces}) == 7
    assert len(repeated(data, k=1).traces) == 3


@pytest.mark.parametrize(
    ("settings", "message"), [({"tasks": ("deduktive",)}, "deductive"), ({"size": 9}, "size=9")]
)
def test_what_cannot_be_asked_is_refused(settings, message):
    with pytest.raises(LimbeckError, match=message):
        logics(n=2, **settings)


def test_a_rationale_says_the_rule_that_answers_first():
    data = logics(n=60, solve="rationale")
    problems = data.problem_by_id()
    for trace in data.traces:
        problem = problems[trace.problem_id]
        asked = parsed(problem.question, short=True)
        assert trace.outcome == "correct"
        assert trace.reasoning == f"{asked.question.replace('?', problem.answer)};"
        if problem.meta["task"] != "inductive":
            assert trace.reasoning.removesuffix(";") in asked.context.split(",")
