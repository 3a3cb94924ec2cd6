"""Scripts and languages of texts, and how mixed they are."""

from __future__ import annotations

import math

import pytest

from limbeck.texts import languages
from limbeck.texts.alphabets import LETTERS, in_digits, spelt


def test_letters_count_by_script_and_formulas_do_not():
    assert languages.scripts(r"ab бв 一 \frac{1}{2} α ℝ 3 + é") == {"Latin": 3, "Cyrillic": 2, "Han": 1}
    assert languages.shares("ab бб") == {"Latin": 0.5, "Cyrillic": 0.5}
    assert languages.shares("1 + 2 = 3") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Das ist nicht gut, und wir haben noch eine Stunde", "German"),
        ("We have to add the two numbers, and then we divide", "English"),
        ("随后，他看到2只", "Chinese"),
        ("これは漢字です", "Japanese"),
        ("Сколько яблок?", "Russian"),
        ("b+c=d", ""),
        ("", ""),
    ],
)
def test_languages_are_told_by_script_and_commonest_words(text, told):
    assert languages.language(text) == told


def test_lines_have_languages_of_their_own():
    text = "We have to add the two numbers, and then\n所以答案是五\n7 + 5\nSo that is what we want to do"
    assert languages.shares(text, "lines") == {"English": 2 / 3, "Chinese": 1 / 3}


def test_mixing_is_an_entropy_in_nats():
    assert languages.mixing({"Han": 1.0}) == 0
    assert languages.mixing({}) == 0
    assert languages.mixing({"Han": 0.5, "Latin": 0.5}) == pytest.approx(math.log(2))
    assert languages.mixing({"Han": 0.25, "Latin": 0.75}) == pytest.approx(0.5623351)
    assert languages.most({"Han": 1, "Latin": 1}) == ""


def test_every_beginning_is_in_its_language():
    for name, words in languages.BEGINNINGS.items():
        assert languages.language(words) in (name, ""), name


def test_digits_are_spelt_and_read_back():
    assert spelt("1+2=3", "Latin") == "b+c=d"
    assert spelt("1+2=3", "Han") == "一+二=三"
    assert all(in_digits(spelt("0123456789+", name)) == "0123456789+" for name in LETTERS)
    assert len({letter for each in LETTERS.values() for letter in each}) == 40
    assert all({languages.script_of(letter) for letter in each} == {name} for name, each in LETTERS.items())
