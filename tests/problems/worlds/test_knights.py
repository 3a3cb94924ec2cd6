"""problems/knights: knights and knaves with one solution, and cases tried up to it."""

from __future__ import annotations

import re
from itertools import product

from limbeck.problems.worlds.knights import knights, verify


def texts(data):
    asked = data.problem_by_id()
    return [(asked[trace.problem_id], trace.reasoning + trace.answer, trace) for trace in data.traces]


def truth(claim: str, case: dict[str, bool]) -> bool:
    spelled = {"&": " and ", "|": " or ", "=": " == "}
    words = [f"({sign.lower()} is {sign.isupper()})" if sign.isalpha() else spelled[sign] for sign in claim]
    return eval("".join(words), {}, case)


def test_knights_have_one_solution_and_cases_are_tried_up_to_it():
    for problem, text, _ in texts(knights(n=300, solve="cases")):
        claims = list(zip("abc", problem.question.split(), strict=True))
        solutions = []
        for kinds in product("kn", repeat=3):
            case = {who: kind == "k" for who, kind in zip("abc", kinds, strict=True)}
            if all(truth(claim, case) == case[who] for who, claim in claims):
                solutions.append("".join(kinds))
        assert solutions == [problem.answer]
        cases = text[1:].split(";")[0].split("!")
        tried = ["".join(kinds) for kinds in product("kn", repeat=3)]
        assert [case[:3] for case in cases] == tried[: len(cases)]
        assert [case.endswith("-") for case in cases] == [True] * problem.meta["retries"] + [False]
        assert (cases[-1][:3], cases[-1].count("+")) == (problem.answer, 3)


def test_a_case_is_checked_up_to_the_first_claim_that_does_not_befit_its_speaker():
    claims = ["B|c", "a=C", "b&A"]
    assert [verify(case, claims) for case in ("kkk", "kkn", "nkk")] == ["tf+ft-", "tt+ff+ft+", "tf-"]


def test_filler_is_as_long_as_cases_and_says_nothing():
    cases, filler = texts(knights(n=50, solve="cases")), texts(knights(n=50, solve="filler"))
    for (problem, text, _), (same, dots, _) in zip(cases, filler, strict=True):
        assert problem == same
        assert dots == re.sub(r"[kntf+!-](?=.*;)", ".", text)
