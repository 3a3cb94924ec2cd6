"""Words of a text that are in another language than its question: 随后，他看到2只 tadpole hide under a rock.

Languages are told by the scripts of their letters, those of Latin letters by their commonest words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from typing import NamedTuple

STOP_WORDS = {
    "English": (
        "the of and to is in that it for we so this are with be from have has had as was were on "
        "by but not or which then let there each if at an also per plus come her his she he him "
        "me they them their do does did done no all any some one two can could will would should "
        "more most than into over out up how many what when where why who now only just my your "
        "our its been being these those because about after before again die den hat van war men "
        "son ten pan sum fin sure pro main note ate act must"
    ),
    "German": (
        "der die das und ist zu den ein eine nicht wir mit auf für von dass sich auch es wie wird "
        "sind wenn dann haben insgesamt hat jeder jede aber oder bei nach einem einer"
    ),
    "French": (
        "le la les des et est un une que pour dans nous qui pas sur avec donc du il elle ce au "
        "sont combien fait chaque mais vous cette nombre ont ses sa leur elles ils après aussi jour fois "
        "deux trois"
    ),
    "Spanish": (
        "el la los las de que es un una en por para con se del como son entonces cada más si "
        "cuántos tiene su al pero cuánto ella le"
    ),
    "Portuguese": (
        "os as de que é em um uma por para com se da não são então cada mais ele ela quantos tem "
        "seu ao dos mas isso no na"
    ),
    "Italian": (
        "il lo la gli le di che è un una in per con non si del della sono quindi ogni più ha "
        "quanti suo al dei ma questo anche"
    ),
    "Dutch": (
        "de het een en van dat niet we zijn met voor op te die er dus als elke heeft hoeveel ook "
        "naar om aan hij maar deze wordt"
    ),
    "Swahili": "na ya wa kwa ni la katika za kila yake alikuwa cha hii ngapi jumla ili vya huku lakini",
    "Indonesian": (
        "yang di adalah untuk dengan ini itu dari pada kita tidak jadi setiap akan berapa dalam "
        "maka jumlah juga"
    ),
    "Vietnamese": "là của và có một cho không được trong các những với này số mỗi bao nhiêu người đã thì",
    "Turkish": "ve bir bu için ile olarak da de kadar ne kaç çok daha olan sonra toplam ise ama her",
    "Polish": "na do że się nie jest to jak ile po co każdy ma są więc dla przez ale tym",
}
"""Commonest words of languages in Latin letters, none of one letter, which formulas are full of. English
lists what others spell alike too, such as hat and die: such a word tells for both."""

_SPOKEN_IN: dict[str, list[str]] = {}
for _language_name, _words in STOP_WORDS.items():
    for _word in _words.split():
        _SPOKEN_IN.setdefault(_word, []).append(_language_name)

LEAD = 2
"""So many more different words of these must a sentence have of another language than of its question's, and
a question of its own than of any other."""

_SENTENCE = re.compile(r"[^.!?\n。！？]+[.!?\n。！？]*")
_QUOTED = re.compile(r"\"[^\"\n]{1,80}\"|“[^”\n]{1,80}”|「[^」\n]{1,80}」|《[^》\n]{1,80}》")
"""What is spoken of and not spoken: ``in Chinese, "peach" (桃子) is``, but for the brackets."""
_WORD = re.compile(r"[^\W\d_]+")
_NO_BLANKS = {"Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar"}
"""Scripts without blanks between words: two letters count as a word."""
_ASKS_FOR_IT = re.compile(
    r"\btransl\w+|\blanguages?\b|翻译|翻譯|翻訳|\b(?:in|into|from|to) (?:English|German|French|Spanish|"
    r"Portuguese|Italian|Dutch|Swahili|Indonesian|Vietnamese|Turkish|Polish|Chinese|Mandarin|Japanese|Korean|"
    r"Russian|Thai|Arabic|Hindi|Bengali|Telugu|Hebrew|Greek|Latin)\b",
    re.I,
)


_NAMED = (
    "THAI LAO KHMER MYANMAR HANGUL CYRILLIC ARABIC HEBREW ARMENIAN GEORGIAN ETHIOPIC DEVANAGARI BENGALI "
    "TELUGU TAMIL KANNADA MALAYALAM SINHALA GUJARATI GURMUKHI ORIYA TIBETAN MONGOLIAN"
)
_SCRIPTS = {"CJK": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana"}
_SCRIPTS |= {name: name.capitalize() for name in _NAMED.split()}
"""Scripts by the first word of their letters' Unicode names. Others are Latin or a formula's (ℝ, ℵ, α)."""


@cache
def script(letter: str) -> str:
    """A letter's script; empty for Latin and Greek, and for what is no letter."""
    name = unicodedata.name(letter, "").removeprefix("HALFWIDTH ")
    return _SCRIPTS.get(name.partition(" ")[0], "") if letter.isalpha() else ""


def foreign_words(text: str, question: str) -> int:
    """Words of a text in other languages than its question's.

    0 where the question speaks of languages or translation, or has no letters. A word of another script
    counts wherever it stands, but in quotes; one of the same script where its whole sentence is in another
    language.
    """
    asked = _asked(question)
    if asked is None:
        return 0
    bare = _QUOTED.sub(" ", text) if not text.isascii() or '"' in text else text
    count = _of_other_scripts(bare, asked.scripts)
    known = asked.spoken or len(asked.scripts) > 1
    return count + (_of_other_sentences(bare, asked.spoken) if known else 0)


class _Asked(NamedTuple):
    """What a question's text allows for: scripts, and the language of Latin letters, empty where its words
    leave doubt."""

    scripts: frozenset[str]
    spoken: str


@lru_cache(256)  # a question's traces come one after another
def _asked(question: str) -> _Asked | None:
    """None where it speaks of languages, or has no letters."""
    if _ASKS_FOR_IT.search(question) or not any(map(str.isalpha, question)):
        return None
    scripts = {script(letter) for letter in set(question)} | {""}
    return _Asked(frozenset(scripts | {"Han"} if "Kana" in scripts else scripts), latin_language(question))


def _of_other_scripts(text: str, allowed: frozenset[str]) -> int:
    if text.isascii():
        return 0
    words = letters = 0
    for match in _WORD.finditer(text):
        if match[0].isascii():
            continue
        kinds = [kind for kind in map(script, match[0]) if kind not in allowed]
        letters += sum(kind in _NO_BLANKS for kind in kinds)
        words += bool(kinds) and kinds[0] not in _NO_BLANKS
    return words + (letters + 1) // 2


def _of_other_sentences(text: str, spoken: str) -> int:
    """Words of sentences in Latin letters that are in another language than the one spoken, which may be one
    of other letters."""
    count = 0
    if text.isascii() and not _may_tell(text, spoken):
        return 0
    for match in _SENTENCE.finditer(text):
        telling = _telling(match[0])
        if telling and max(telling.values()) - telling[spoken] >= LEAD:
            count += len(_WORD.findall(match[0]))
    return count


_LETTERS = {code: chr(code).lower() if chr(code).isalpha() else " " for code in range(128)}


def _may_tell(text: str, spoken: str) -> bool:
    """Whether a text has so many words of other languages than the one spoken that a sentence may be in one;
    most have not, and need not be looked at by sentences."""
    against = _against(spoken)
    return len(against.intersection(text.translate(_LETTERS).split())) >= LEAD


@cache
def _against(spoken: str) -> frozenset[str]:
    """Words that tell for another language and not for the one spoken."""
    return frozenset(word for word, languages in _SPOKEN_IN.items() if spoken not in languages)


def _telling(text: str) -> Counter[str]:
    """How many different words of each language a text has among the commonest ones."""
    words = {word.casefold() for word in _WORD.findall(text)}
    return Counter(language for word in words for language in _SPOKEN_IN.get(word, ()))


def latin_language(text: str) -> str:
    """The language of Latin letters that a text is in; empty where its words leave doubt."""
    (first, most), (_, second) = [*_telling(text).most_common(2), ("", 0), ("", 0)][:2]
    return first if most - second >= LEAD else ""
