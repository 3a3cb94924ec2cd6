"""problems/functions and skills: list programs, their rules and their examples."""

from __future__ import annotations

from collections import Counter

from limbeck.checkers.list_programs import apply, family, solution, words
from limbeck.problems.worlds.functions import fits, functions
from limbeck.problems.worlds.skills import skills


def texts(data):
    asked = data.problem_by_id()
    return [(asked[trace.problem_id], trace.reasoning + trace.answer, trace) for trace in data.traces]


def test_list_programs_run_word_by_word():
    assert apply("rs+3", "9140") == ["0419", "0149", "3472"]
    assert apply("dx+9", "1205") == ["11205", "11205", "00194"]
    assert solution("r+3", "120") == ";+3:021;354"
    short = [apply(word, "470")[-1] for word in ("t", "i", "o", "x", "d", "+9")]
    assert short == ["70", "47", "704", "740", "4470", "369"]
    assert "rr" not in family(2)
    assert ("+3r" in family(2), "r+3" in family(2)) == (False, True)


def test_demonstrations_fit_one_rule_and_longer_rules_of_the_test_are_new():
    used = {}
    for split in ("train", "test"):
        data = functions(n=150, split=split)
        for problem in data.problems:
            demos = [pair.split(">") for pair in problem.question[:-1].split()]
            assert (
                [rule for rule in family(2) if fits(rule, demos)]
                == [problem.answer]
                == [problem.meta["rule"]]
            )
            assert problem.meta["demos"] == demos
        used[split] = {problem.answer for problem in data.problems if family(2)[problem.answer] == 2}
    assert len(used["test"]) > 5
    assert not used["train"] & used["test"]


def test_rules_are_applied_with_a_line_a_word_or_at_once():
    for problem, text, _ in texts(functions(n=60, task="apply", solve="careful", low=2)):
        rule, given = problem.question.split(":")
        first, last = apply(rule, given)
        assert text == f";{words(rule)[1]}:{first};{last}"
    for problem, text, _ in texts(functions(n=60, task="direct", solve="careful")):
        assert text == f";{apply(problem.meta['rule'], problem.question.split(':')[1])[-1]}"


def test_both_skills_write_a_line_an_operation():
    data = skills(n=300, solve="careful")
    assert set(Counter(problem.meta["skill"] for problem in data.problems)) == {"sums", "lists"}
    for problem, text, _ in texts(data):
        assert text.count(";") == problem.meta["operations"]
        if problem.meta["skill"] == "sums":
            assert all(
                eval(line) % 10 == int(problem.answer) for line in [problem.question, *text[1:].split(";")]
            )
        else:
            assert problem.answer == apply(*problem.question.split(":"))[-1] != ""
            assert text == solution(*problem.question.split(":"))
    assert {problem.meta["skill"] for problem in skills(n=30, skill="lists").problems} == {"lists"}
    assert skills(n=1, skill="sums", low=1, high=1).problems[0].meta["operations"] == 1


def test_slips_change_a_digit_of_the_last_list_and_nothing_else():
    settings = {"n": 400, "task": "apply", "low": 1, "high": 1, "length": 5, "solve": "careful"}
    plain, slipped = functions(**settings), functions(**settings, slip=0.5)
    assert [each.question for each in slipped.problems] == [each.question for each in plain.problems]
    changed = 0
    for before, after in zip(plain.traces, slipped.traces, strict=True):
        assert after.reasoning == before.reasoning
        apart = sum(a != b for a, b in zip(before.answer, after.answer, strict=True))
        assert after.outcome == ("wrong" if apart else "correct")
        assert apart <= 1
        changed += apart
    assert 0.4 < changed / 400 < 0.6
