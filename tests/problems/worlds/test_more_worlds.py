"""What the small worlds with searches, lists, checks, programs and proofs promise."""

from __future__ import annotations

import re
from collections import Counter
from itertools import permutations, product

import pytest

from limbeck.checkers.list_programs import apply, family, solution, words
from limbeck.problems.worlds._sums import additions
from limbeck.problems.worlds.cipher import COMMON, RARE, cipher
from limbeck.problems.worlds.countdown import countdown
from limbeck.problems.worlds.functions import fits, functions
from limbeck.problems.worlds.judged import judged
from limbeck.problems.worlds.knights import knights, verify
from limbeck.problems.worlds.modes import modes
from limbeck.problems.worlds.padded import padded
from limbeck.problems.worlds.programs import programs
from limbeck.problems.worlds.proofs import proofs
from limbeck.problems.worlds.skills import skills


def texts(data):
    asked = data.problem_by_id()
    return [(asked[trace.problem_id], trace.reasoning + trace.answer, trace) for trace in data.traces]


def test_a_cipher_is_a_table_with_exceptions_at_known_places():
    becomes: dict[tuple[str, str], set[str]] = {}
    data = cipher(n=1500, rare=0.1)
    for problem in data.problems:
        assert problem.meta["rare"] == [at for at, sign in enumerate(problem.question) if sign in RARE]
        before = "a"
        for sign, other in zip(problem.question, problem.answer, strict=True):
            becomes.setdefault((sign, before if sign in RARE else ""), set()).add(other)
            before = before if sign in RARE else sign
    assert all(len(others) == 1 for others in becomes.values())
    assert len({next(iter(becomes[letter, ""])) for letter in COMMON}) == len(COMMON)
    assert len(becomes) == 12 + 6 * 12
    share = sum(len(problem.meta["rare"]) for problem in data.problems) / 15000
    assert 0.09 < share < 0.11
    assert cipher(n=5, table=1).problems[0].answer != cipher(n=5).problems[0].answer


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


@pytest.mark.parametrize(("numbers", "backtracks"), [(3, 0), (3, 1), (3, 5), (4, 0), (4, 3), (4, 5)])
def test_a_search_turns_back_exactly_as_often_as_asked(numbers, backtracks):
    for problem, text, trace in texts(
        countdown(n=40, numbers=numbers, backtracks=backtracks, solve="search")
    ):
        path, _, answer = text.rpartition(";")
        assert path.count("!") == backtracks
        lines = re.split("[;!]", path)[1:]
        assert all(eval(line.replace("=", "==")) for line in lines)
        assert len(set(lines)) >= len(lines) - backtracks // 2
        missed = [step.split("=")[1] for step in re.findall(r"[^;!]+(?=!)", path)]
        assert str(problem.meta["target"]) not in missed
        assert eval(answer) == eval(problem.answer) == problem.meta["target"]
        assert trace.outcome == "correct"


def test_arms_share_their_problems_and_spoilt_ones_their_form():
    plain = countdown(n=200, backtracks=1, solve="search")
    asked = {problem.question for problem in plain.problems}
    assert len(asked & {problem.question for problem in countdown(n=200).problems}) > 120
    wrong = countdown(n=200, backtracks=1, solve="search", corrupt="wrong")
    for problem, text, trace in texts(wrong):
        path, _, answer = text.rpartition(";")
        assert (path.count("!"), trace.outcome) == (1, "wrong")
        assert all(eval(line.replace("=", "==")) for line in re.split("[;!]", path)[1:])
        assert eval(answer) != problem.meta["target"]
        assert sorted(map(int, re.findall(r"\d", answer))) == sorted(problem.meta["numbers"])
    shuffled = texts(countdown(n=200, backtracks=1, solve="search", corrupt="shuffled"))
    strange = 0
    for problem, text, _ in shuffled:
        path, _, answer = text.rpartition(";")
        assert (path.count("!"), eval(answer)) == (1, problem.meta["target"])
        first = re.split("[;!]", path)[1]
        strange += not {int(number) for number in re.split(r"\D", first)[:2]} <= set(problem.meta["numbers"])
    assert strange > 100


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


def adds_up(line: str) -> bool:
    left, total = line.split("=")
    return eval(left) % 10 == int(total)


def test_checks_pad_a_sum_and_change_nothing():
    assert additions("3+8+5") == [(3, 8, 1), (1, 5, 6)]
    assert additions("3+8+5", slip=0, error=9) == [(3, 8, 0), (0, 5, 5)]
    plain = {problem.question: text for problem, text, _ in texts(padded(n=300, redundant=0, solve="steps"))}
    longer = texts(padded(n=300, redundant=1, checks=2, solve="steps"))
    for problem, text, trace in longer:
        assert trace.params["checks"] == text.count("!") == 2 * problem.meta["additions"]
        assert re.sub("![^;!]*", "", text) == plain[problem.question]
        assert int(problem.answer) == eval(problem.question) % 10
        assert all(adds_up(line) for line in re.split("[;!]", text)[1:-1])
    checks = [
        trace.params["checks"] / problem.meta["additions"]
        for problem, _, trace in texts(padded(solve="steps"))
    ]
    assert sum(checks) / len(checks) == pytest.approx(0.7 + 0.49, abs=0.05)


def test_solutions_to_judge_are_right_or_err_once():
    data = judged(n=400, solve="verdict")
    for problem, text, _ in texts(data):
        shown = problem.question.split("?")[1]
        false = [not adds_up(line) for line in shown.split(";")]
        assert problem.answer == ("wrong" if any(false) else "right")
        assert sum(false) == (problem.meta["slip"] >= 0)
        assert problem.meta["slip"] == (false.index(True) if any(false) else -1)
        assert text == f";{problem.answer}"
    assert 150 < sum(problem.answer == "wrong" for problem in data.problems) < 250
    dealt = judged(n=400, shuffled=True)
    assert Counter(p.answer for p in dealt.problems) == Counter(p.answer for p in data.problems)
    assert (
        120
        < sum(one.answer == two.answer for one, two in zip(dealt.problems, data.problems, strict=True))
        < 280
    )


def test_both_modes_are_right_and_only_thinking_is_long():
    data = modes(n=400, solve="mixed", k=2)
    for problem, text, trace in texts(data):
        question = problem.question
        assert problem.answer == (question[-1] if problem.meta["easy"] else str(eval(question) % 10))
        assert text.startswith(">") == trace.params["think"]
        assert text.count(";") == (problem.meta["operations"] if trace.params["think"] else 1)
    kinds = Counter((data.problem_by_id()[t.problem_id].meta["easy"], t.params["think"]) for t in data.traces)
    assert len(kinds) == 4
    assert all(130 < count < 270 for count in kinds.values())
    assert not any(trace.params["think"] for trace in modes(n=30, solve="mixed", think=0).traces)


def test_programs_come_in_every_valid_order():
    wanted = "((3+4)*2)-(5+1)"
    data = programs(n=400, solve="any", k=4, high=4)
    assert any(problem.meta["orders"] == 3 for problem in data.problems)
    for problem, text, trace in texts(data):
        lines = problem.answer.split(";")
        valid = sum(
            all(
                order.index(name) < order.index(line[0])
                for line in lines
                for name in re.findall("[a-d]", line[2:])
            )
            for order in permutations([line[0] for line in lines])
        )
        assert problem.meta["orders"] == valid
        assert problem.meta["value"] == eval(problem.question)
        scope: dict[str, int] = {}
        exec(text, scope)
        assert scope[text.split(";")[-1][0]] == problem.meta["value"]
        assert (trace.format, trace.outcome) == ("plain", "correct")
    assert max(len({t.answer for t in traces}) for traces in data.by_problem().values()) == 4
    assert eval(wanted) == 8


def test_proofs_are_thought_backwards_in_the_steps_they_use():
    data = proofs(n=300, solve="careful")
    for problem, text, trace in texts(data):
        thought, _, proof = text.partition(";")
        assert thought.startswith(f"?{problem.question.split(':')[1]}[")
        snippets = [step for block in re.findall(r"\[(.*?)\]", thought) for step in block.split(",")]
        assert sorted(snippets) == sorted(proof.split(","))
        assert (trace.answer, len(snippets)) == (proof, problem.meta["steps"])
    assert set(Counter(problem.meta["steps"] for problem in data.problems)) == {2, 3, 4}
