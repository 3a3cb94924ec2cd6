"""problems/alphabets: the same sums in several scripts, steps in the question's or in the first one's."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.texts.alphabets import in_digits
from limbeck.texts.languages import scripts

alphabets = flat("problems/alphabets")


def test_steps_add_up_and_are_in_one_script_each():
    data = alphabets(n=300, switch=0.5, solve="steps")
    asked, switched = data.problem_by_id(), Counter()
    for trace in data.traces:
        problem = asked[trace.problem_id]
        language = problem.meta["language"]
        assert scripts(problem.question).keys() == {language}
        assert int(problem.answer) == eval(in_digits(problem.question)) % 10 == int(trace.answer)
        assert trace.outcome == "correct"
        for line in trace.reasoning.split(";")[1:-1]:
            (script,) = scripts(line)
            assert script in (language, "Latin")
            left, total = in_digits(line).split("=")
            assert eval(left) % 10 == int(total)
            switched[language, script] += 1
    assert ("Latin", "Han") not in switched
    share = switched["Han", "Latin"] / (switched["Han", "Latin"] + switched["Han", "Han"])
    assert share == pytest.approx(0.5, abs=0.1)


def test_worlds_of_one_language_ask_the_same_sums():
    latin, han = (alphabets(n=50, languages=(name,), split="test") for name in ("Latin", "Han"))
    assert [each.id for each in latin.problems] == [each.id for each in han.problems]
    assert [in_digits(each.question) for each in latin.problems] == [
        in_digits(each.question) for each in han.problems
    ]


def test_shares_thoughts_and_reversion():
    data = alphabets(n=1200, languages=("Latin", "Han"), shares=(10, 1))
    assert Counter(each.meta["language"] for each in data.problems)["Han"] == pytest.approx(109, abs=35)
    held = alphabets(n=50, languages=("Latin",), think="Han", solve="steps")
    assert all(scripts(trace.reasoning).keys() == {"Han"} for trace in held.traces)
    fled = alphabets(n=400, languages=("Latin", "Han"), shares=(0, 1), revert=0.8, solve="steps")
    whole = [len(scripts(trace.reasoning)) == 1 for trace in fled.traces]
    assert all(whole)
    latin = sum("Latin" in scripts(trace.reasoning) for trace in fled.traces)
    assert latin / 400 == pytest.approx(0.8, abs=0.07)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"languages": ("Lation",)}, "unknown language 'Lation'; did you mean 'Latin'"),
        ({"think": "Hangull"}, "Hangul"),
        ({"shares": (1, 2)}, "one number for each of"),
        ({"shares": (0, 0, 0)}, "one number for each of"),
        ({"switch": 2.0}, "switch=2.0"),
    ],
)
def test_what_cannot_be_is_said(given, told):
    with pytest.raises(LimbeckError, match=re.escape(told)):
        alphabets(**given)
