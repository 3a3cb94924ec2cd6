"""Words and n-grams where a language sets blanks between words, and where it sets none."""

from __future__ import annotations

import pytest

from limbeck.texts.words import grams, words


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("two red apples.", ["two", "red", "apples."]),
        ("他有32个苹果", ["他", "有", "32", "个", "苹", "果"]),
        ("リンゴが3つ", ["リ", "ン", "ゴ", "が", "3", "つ"]),
        ("ที่นี่", ["ที่", "นี่"]),  # a vowel and a tone stay with their consonant
        ("사과 두 개", ["사과", "두", "개"]),  # Korean has blanks
        ("три яблока", ["три", "яблока"]),
    ],
)
def test_words_are_parted_by_blanks_or_are_characters(text, parts):
    assert words(text) == parts


def test_a_gram_has_n_words():
    assert list(grams("He said: (no more), then left.", 3)) == [
        "He said no", "said no more", "no more then", "more then left",
    ]  # fmt: skip
    assert list(grams("two words", 3)) == []


def test_two_characters_of_chinese_count_as_a_word_and_five_of_thai_as_two():
    assert list(grams("甲乙丙丁戊", 2)) == ["甲 乙 丙 丁", "乙 丙 丁 戊"]
    assert list(grams("甲，乙。丙丁", 2)) == ["甲 乙 丙 丁"]
    assert list(grams("กขคงจฉ", 2)) == ["ก ข ค ง จ", "ข ค ง จ ฉ"]
    # A number is a word: 5 + 5 + 10, then 5 + 10 + 5.
    assert list(grams("甲乙32丙", 2)) == ["甲 乙 32", "乙 32 丙"]
