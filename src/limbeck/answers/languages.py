"""Statements of an answer in other languages: 答案是7, 정답은 42입니다, Ответ: 42, Die Antwort ist 3,5 kg."""

from __future__ import annotations

import re

from limbeck.answers.statements import MARKUP, clause

_EAST = (
    r"(?:最终|最終|正确|正確)?(?:答案|结果|結果|正解|答え|解答|回答)\s*(?:应该|應該|应|應|就)?"
    r"(?:是|为|為|选|選|等于|等於|は|が)?\s*[:：]?"
    r"|(?<!\w)答\s*[:：]|(?:故|应|應|所以|因此)[，,]?\s*(?:本题|本題)?(?:应|應)?[选選]\s*(?:择|擇)?(?:项|項)?\s*[:：]?"
    r"|(?:정답|최종 답|해답|답|결과)\s*(?:은|는|이|가|:)\s*:?"
)
_WEST = (
    r"\bответ\w*\s*(?:[:：=—–-]|равен|равна|будет|это)\s*:?|\bответ(?=\s+\d)"
    r"|\b(?:antwort|endergebnis|ergebnis|lösung)\s*(?:ist|lautet|beträgt|wäre|:)\s*:?"
    r"|\b(?:réponse|reponse|résultat|solution)(?: finale?| correcte?| exacte?)?\s*(?:est|vaut|:)\s*:?"
    r"|\b(?:respuesta|resultado|solución)(?: final| correcta?)?\s*(?:es|é|:)\s*:?"
    r"|\bresposta(?: final| correta)?\s*(?:é|e|:)\s*:?"
    r"|\b(?:risposta|risultato|soluzione)(?: finale| corretta| esatta)?\s*(?:è|e'|:)\s*:?"
    r"|\b(?:antwoord is|svaret är|odpowiedź to|jibu ni|jawabannya adalah|cevap)\s*:?|\bодговор\s*:"
    r"|\bđáp (?:án|số)(?: là)?\s*:?"
)
_SOUTH = (
    r"(?:الجواب|الإجابة|الاجابة|الناتج)(?: النهائي| النهائية| الصحيح| الصحيحة)?\s*(?:هو|هي)?\s*[:=]?"
    r"|उत्तर\s*(?:है|:|-)?|উত্তর\s*(?:হল|হলো|:)?|คำตอบ\s*(?:คือ|:)?|సమాధానం\s*:?"
)
_STATED = re.compile(f"{_WEST}|{_EAST}|{_SOUTH}", re.I)
_WORDS = re.compile(
    "ntwort|rgebnis|espuesta|esposta|isposta|esultado|isultato|eponse|olution|jibu|cevap|antwoord", re.I
)
"""Parts of these words within ASCII."""
_SUFFIX = re.compile(r"\s*(?:입니다|이다|이에요|예요|となります|になります|である|です|だ|है|।|。)[.\s]*$")
_RATHER = re.compile(
    r"(?:不是|并非|nicht|pas|no es|no|не)\s?[^,\s]{1,20}(?:,\s*|\s+)(?:而是|sondern|mais|sino|а)"
    r"\s?(?=[-\d$\\(*A-H])"
)
"""What is denied before what is stated: ``不是24，而是42``."""
_ASIDE = re.compile(r"[,;](?=\s*(?:[^\W\d_]{2}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]))")
_STOPS = str.maketrans({"。": ". ", "！": "! ", "？": "? ", "，": ",", "；": "; ", "：": ":", "।": ". "})
_TAIL = 20_000
_LONGEST = 2000
_SHORT = 80


def stated_abroad(text: str) -> str | None:
    """The last answer a text states in another language than English, None where it states none."""
    text = text[-_TAIL:]
    if text.isascii() and not _WORDS.search(text):
        return None
    for stated in reversed([match.end() for match in _STATED.finditer(text)][-4:]):
        rest = text[stated : stated + _LONGEST].translate(_STOPS).lstrip(MARKUP + ":")
        if rather := _RATHER.match(rest):
            rest = rest[rather.end() :]
        value = clause(rest)
        value = _SUFFIX.sub("", value[: aside.start()] if (aside := _ASIDE.search(value)) else value)
        # "Lösung: Wir rechnen …" heads what follows it.
        if len(value) <= _SHORT and re.search(r"\d|\\|^\W*[A-Z]\W*$", value):
            return value
    return None
