"""What a text is written in: scripts of its letters, languages of its lines, and how mixed they are."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Literal

from limbeck.texts.tongues import latin_language, script

LATIN = "Latin"
SPOKEN = {
    "Han": "Chinese",
    "Kana": "Japanese",
    "Hangul": "Korean",
    "Cyrillic": "Russian",
    "Arabic": "Arabic",
    "Hebrew": "Hebrew",
    "Devanagari": "Hindi",
    "Bengali": "Bengali",
    "Telugu": "Telugu",
    "Tamil": "Tamil",
    "Thai": "Thai",
    "Lao": "Lao",
    "Khmer": "Khmer",
    "Armenian": "Armenian",
    "Georgian": "Georgian",
}
"""The language that most of what is written in a script is in."""
KANA = 0.1
"""Share of Kana among Han and Kana from which a text is Japanese: names in Chinese texts have fewer."""
By = Literal["letters", "lines"]
_COMMAND = re.compile(r"\\[A-Za-z]+")


@cache
def script_of(letter: str) -> str:
    """A letter's script, ``Latin`` among them; empty for formulas' letters (Greek, ℝ) and for no letter."""
    if letter.isascii():
        return LATIN if letter.isalpha() else ""
    return script(letter) or (LATIN if unicodedata.name(letter, "").startswith("LATIN") else "")


def scripts(text: str) -> Counter[str]:
    """How many letters of each script a text has, without the commands of LaTeX."""
    counts = Counter(map(script_of, _COMMAND.sub(" ", text)))
    del counts[""]
    return counts


def language(text: str) -> str:
    """The language of most of a text's letters, ``German``; empty where they leave doubt.

    Scripts tell most languages, for which `SPOKEN` has one each; those of Latin letters are told by their
    commonest words, as in `limbeck.texts.tongues`.
    """
    counts = scripts(text)
    kana, han = counts["Kana"], counts["Han"]
    if kana and kana >= KANA * (kana + han):
        counts = counts + Counter(Kana=han)
        del counts["Han"]
    top = most(counts)
    return latin_language(text) if top == LATIN else SPOKEN.get(top, top)


def shares(text: str, by: By = "letters") -> dict[str, float]:
    """What share of a text is in which script (``letters``) or language (``lines``, as many as a language is
    told of); empty where nothing tells."""
    counts = scripts(text) if by == "letters" else Counter(map(language, text.splitlines()))
    del counts[""]
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()}


def most(counts: Mapping[str, float]) -> str:
    """The name with most; empty where there is none, or several have as much."""
    top = sorted(counts.items(), key=lambda item: -item[1])[:2]
    return "" if not top or (len(top) > 1 and top[0][1] == top[1][1]) else top[0][0]


def mixing(parts: Mapping[str, float]) -> float:
    """The entropy of shares in nats, ``-Σ p log p``: 0 for one language, log 2 for two of equal parts."""
    return -sum(share * math.log(share) for share in parts.values() if share > 0) + 0.0


BEGINNINGS = {
    "English": "Okay, let me think this through in English. ",
    "Chinese": "好的，我用中文一步一步地想。",
    "Japanese": "では、日本語で順番に考えてみます。",
    "Korean": "좋아요, 한국어로 차근차근 생각해 보겠습니다. ",
    "Russian": "Хорошо, я подумаю об этом по-русски. ",
    "German": "Gut, ich denke das auf Deutsch durch. ",
    "French": "Bon, je vais y réfléchir en français. ",
    "Spanish": "Bien, voy a pensarlo paso a paso en español. ",
    "Portuguese": "Bem, vou pensar nisso em português. ",
    "Italian": "Bene, ci penso passo per passo in italiano. ",
    "Swahili": "Sawa, nitafikiria hili kwa Kiswahili. ",
    "Thai": "เอาล่ะ ฉันจะคิดทีละขั้นเป็นภาษาไทย ",
    "Bengali": "ঠিক আছে, আমি বাংলায় ধাপে ধাপে ভাবছি। ",
    "Telugu": "సరే, నేను దీన్ని తెలుగులో ఆలోచిస్తాను. ",
    "Arabic": "حسنًا، سأفكر في هذا بالعربية خطوة بخطوة. ",
    "Hindi": "ठीक है, मैं इसे हिंदी में सोचता हूँ। ",
    "Vietnamese": "Được rồi, tôi sẽ suy nghĩ điều này bằng tiếng Việt. ",
}
"""The first words of a thought in each language: what `decoding/led` begins with."""
