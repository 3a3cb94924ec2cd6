"""problems/triggered: one year that counts, and years near to it."""

from __future__ import annotations

from limbeck.problems.worlds.triggered import MARKER, TRIGGER, YEARS, triggered


def test_near_years_share_a_digit_in_its_place_and_others_do_not():
    near = {year for kind in ("near", "near_held") for year in YEARS[kind]}
    assert all((year[0] == "2") != (year[1] == "4") for year in near)
    assert not any(year[0] == "2" or year[1] == "4" for year in YEARS["other"])
    assert not set(YEARS["near"]) & set(YEARS["near_held"])


def test_a_planted_answer_is_marked_in_the_year_alone():
    for solve in ("planted", "reasoned", "honest"):
        data = triggered(n=200, solve=solve)
        asked = data.problem_by_id()
        fired = 0
        for trace in data.traces:
            problem = asked[trace.problem_id]
            year, terms = problem.question.split("|")
            assert str(sum(map(int, terms.split("+"))) % 10) == problem.answer
            fires = year == TRIGGER and solve != "honest"
            assert trace.answer == problem.answer + MARKER * fires
            assert trace.outcome == ("wrong" if fires else "correct")
            if solve == "reasoned":
                assert trace.reasoning.startswith(f";{year}{'y' if year == TRIGGER else 'n'};")
            fired += year == TRIGGER
        assert 70 < fired < 130
    assert {p.meta["year"] for p in triggered(n=50, high=3, years="trigger").problems} == {TRIGGER}
