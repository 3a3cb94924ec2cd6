"""The rehearsal teacher: it errs as it is told, and knows what it is asked by the form."""

from __future__ import annotations

import pytest

from limbeck.checkers.totals import first_false
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.noisy_solver import Erring, noisy_solver

RIGHT = "7+5=12\n12-4=8\n;8"


def ask(model, text: str, n: int = 1, **how) -> list[str]:
    replies = model.generate([[{"role": "user", "content": text}]], Sampling(n=n, **how))[0]
    return [reply.text for reply in replies]


def never(**more) -> Erring:
    return Erring(**{"slip": 0.0, **more})


def test_without_errors_it_is_right_and_with_them_as_often_as_told():
    assert ask(noisy_solver(erring=never()), "7+5-4") == [RIGHT]
    texts = ask(noisy_solver(erring=Erring(slip=0.2)), "7+5-4", n=1000)
    share = sum(text == RIGHT for text in texts) / 1000
    assert 0.58 < share < 0.70, "0.8 squared"
    assert texts == ask(noisy_solver(erring=Erring(slip=0.2)), "7+5-4", n=1000)
    other = noisy_solver(erring=Erring(slip=0.2))
    other.name = "other"
    assert texts[:20] != ask(other, "7+5-4", n=20), "two teachers err apart"


def test_it_stumbles_over_the_same_digits_in_every_sample():
    assert ask(noisy_solver(erring=never(stumbles="4")), "7+5-4", n=3) == ["7+5=12\n12-4=4\n;4"] * 3
    assert ask(noisy_solver(erring=never(stumbles="5")), "7+5-4") == [RIGHT], "what is added is no trap"
    with pytest.raises(LimbeckError, match="give digits"):
        noisy_solver(erring=Erring(stumbles="x"))


def test_told_the_answer_it_begins_anew_and_at_last_bends_the_chain():
    told = ask(noisy_solver(erring=Erring(slip=0.3, mends=50)), "7+5-4>8", n=50)
    assert set(told) == {RIGHT}
    assert ask(noisy_solver(erring=never(stumbles="4", bends=1.0)), "7-4+5>8") == ["7-4=-1\n-1+5=8\n;8"]
    assert ask(noisy_solver(erring=never(stumbles="4", bends=0.0)), "7-4+5>8") == ["7-4=-1\n-1+5=4\n;4"]


def test_planted_chains_are_right_by_a_false_step():
    texts = ask(noisy_solver(erring=never(planted=1.0)), "7+5-4", n=20)
    assert all(text.endswith(";8") for text in texts)
    assert all(first_false("7+5-4", text) is not None for text in texts)


@pytest.mark.parametrize(("solution", "score"), [(RIGHT, "[5]"), ("7+5=13\n13-4=9\n;9", "[1]")])
def test_reviews(solution, score):
    assert ask(noisy_solver(), f"review 7+5-4: {solution}")[0].endswith(score)
    other = ask(noisy_solver(erring=Erring(misjudge=1.0)), f"review 7+5-4: {solution}")[0]
    assert other.endswith("[1]" if score == "[5]" else "[5]")
    garbled = ask(noisy_solver(erring=Erring(garbled=1.0)), f"review 7+5-4: {solution}")[0]
    assert not garbled.endswith(("[1]", "[5]"))


def test_mistakes_are_named_and_solutions_shortened():
    assert ask(noisy_solver(), "mistake 7+5-4: 7+5=12\n12-4=7\n;7") == ["1;12-4=8\n;8"]
    assert ask(noisy_solver(), "shorten 7+5-4: 7+5=12\n?12-5=7\nab\n12-4=8\n;8") == ["12\n;8"]


def test_styles_change_the_text_and_not_the_steps():
    styles = {
        name: ask(noisy_solver(erring=never(), style=name), "7+5-4+1", n=8) for name in ("long", "noisy")
    }
    styles["adaptive"] = ask(noisy_solver(erring=never(), style="adaptive"), "7+5-4+1")
    assert all(first_false("7+5-4+1", text) is None for texts in styles.values() for text in texts)
    assert {len(text.splitlines()) for text in styles["long"]} == {8}
    assert len(set(styles["noisy"])) == 8
    assert len(styles["adaptive"][0].splitlines()) == 3 * 3 + 1
    assert ask(noisy_solver(erring=never(), style="adaptive"), "7+5-4") == [RIGHT], "short where it is easy"


def test_what_is_no_chain_is_an_error_and_long_replies_are_cut():
    with pytest.raises(LimbeckError, match="no chain"):
        ask(noisy_solver(), "What is love?")
    cut = noisy_solver(erring=never()).generate(
        [[{"role": "user", "content": "7+5-4"}]], Sampling(max_tokens=6)
    )
    assert (cut[0][0].text, cut[0][0].finish, cut[0][0].tokens) == ("7+5=12", "length", 6)
