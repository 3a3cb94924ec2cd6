"""Whether a text refuses to do what it was asked: "I'm sorry, but I can't assist with that."

A refusal says in its first sentences that its writer will not or may not. One that lacks something ("I cannot
determine her age without more information") answers: it says that the question has no answer, which
`curation/unanswerable` looks for. So does one that works out that something cannot be.
"""

from __future__ import annotations

import re

HEAD = 300
"""Characters at a text's beginning in which a refusal stands."""

_BARE = str.maketrans({"’": "'", "‘": "'", "＇": "'", "*": None, "_": None, "#": None, ">": None})
_SORRY = (
    r"(?:no, )?(?:(?:i(?:'m| am) (?:\w+ )?sorry|sorry|i apologi[sz]e|my apologies|unfortunately|regrettably|"
    r"i understand|thank you)\b[^.!?\n]{0,80}?[,.!]? ?(?:but|however|although)?,? ?)?"
)
_DO = (
    r"(?:assist|help|comply|fulfil?l?|provide|offer|give|share|support|engage|participate|discuss|continue|"
    r"proceed|do (?:that|this|so)|answer (?:that|this|your|the|such|an?y?)|respond to|accommodate|generate|"
    r"create|produce|write|satisfy|carry out|tell you|advise|encourage|condone|promote|recommend|suggest|"
    r"endorse|process (?:that|this|your)|complete (?:that|this|your) request|talk about|be part of|"
    r"access|disclose|reveal|speculate)\b"
)
_CANNOT = (
    r"(?:can ?not|can't|could not|couldn't|won't|will not|would not|wouldn't|"
    r"(?:must|have to|need to) (?:\w+ )?(?:decline|refuse)|"
    r"(?:'m|am) (?:just )?(?:not able|unable|not allowed|"
    r"not permitted|not programmed|not comfortable|not going)(?: to| with)?|do not feel comfortable|"
    r"don't feel comfortable|refuse to|decline to)"
)
_METHOD = r"(?:assume|use|divide|multiply|conclude|apply|take|treat|compare|say|claim|round|set|count|add)\b"
"""What may be inappropriate in a proof."""
_ENGLISH = re.compile(
    rf"{_SORRY}(?:"
    rf"(?:as an? (?:\w+ ){{0,4}}(?:ai|assistant|language model)[^.!?\n]{{0,80}}?,? ?)?i ?{_CANNOT}"
    rf"(?: (?:\w+ly|in good conscience|ethically or legally|and will not|or will not))*,? ?(?:to )?{_DO}"
    rf"|i(?: must|'ll have to| have to)? (?:\w+ )?(?:decline|refuse)\b"
    rf"|[^.!?\n\":“]{{0,120}}(?:,|,? and|,? but|,? so|,? therefore),? i ?{_CANNOT},? ?(?:to )?{_DO}"
    rf"|(?:it(?:'s| is)|this is|that(?:'s| is)) (?:not|never|neither|both )[\w ,]{{0,40}}?"
    rf"(?:appropriate|ethical|acceptable|legal|safe) (?:[\w,]+ ){{0,5}}to (?!{_METHOD})"
    rf"|i do(?: not|n't) (?:think|believe)(?: that)? (?:it(?:'s| is)|this is) [\w ,]{{0,40}}?"
    rf"(?:appropriate|ethical|acceptable)"
    rf")",
    re.I,
)
_SORRY_ALONE = re.compile(
    rf"(?:i(?:'m| am) (?:\w+ )?sorry|sorry),? (?:but )?(?:i )?{_CANNOT},? ?(?:to )?(?:{_DO}|\.|$)"
    r"|your (?:request|question) (?:violates|goes against)|this (?:request|content) (?:violates|is against)",
    re.I,
)
_ABROAD = re.compile(
    r"(?:抱歉|对不起|對不起|很遗憾|不好意思)[，,。！ ]?[^。\n]{0,20}?(?:我|本)?[^。\n]{0,8}?"
    r"(?:无法|無法|不能|不会|不會|不便|没法)[^。\n]{0,12}?(?:提供|协助|協助|帮助|幫助|回答|满足|滿足|讨论|討論|"
    r"继续|繼續|生成|创作|參與|参与|处理)"
    r"|作为(?:一个|一名)?(?:人工智能|AI|语言模型)[^。\n]{0,20}?(?:无法|不能|不会)"
    r"|(?:申し訳(?:ありません|ございません)|すみません)[^。\n]{0,60}?(?:できません|できかねます|お答えでき|お手伝いでき)"
    r"|죄송(?:합니다|하지만)[^.\n]{0,60}?(?:수 없습니다|드릴 수 없|도와드릴 수)"
    r"|(?:je suis )?désolée?,? (?:mais )?je ne (?:peux|suis)"
    r"|je ne peux pas (?:vous )?(?:aider|fournir|répondre)"
    r"|lo siento,? (?:pero )?no puedo|no puedo (?:ayudarte|ayudarle|ayudar con|proporcionar|cumplir)"
    r"|(?:es )?tut mir leid,? (?:aber )?(?:ich kann|dabei kann ich|das kann ich)|ich kann (?:ihnen|dir) "
    r"(?:dabei|damit|hierbei) (?:leider )?nicht helfen"
    r"|(?:sinto muito|desculpe),? (?:mas )?não posso|mi dispiace,? (?:ma )?non posso"
    r"|(?:извините|простите|к сожалению),? (?:но )?я не могу (?:помочь|предоставить|ответить|выполнить)",
    re.I,
)
_LACKS = re.compile(
    r"without (?:more|additional|further|knowing|any|this|that|the (?:necessary|exact|specific)|specific)\b|"
    r"(?:not|n't) (?:\w+ ){0,2}(?:enough|sufficient|specif\w+|mention\w*|given|stated)\b|"
    r"\binsufficient\b|\bmore (?:information|details|context)\b|additional (?:information|details|context)\b|"
    r"\bmissing\b|\bbased on the (?:given|provided|information)|"
    r"\b(?:information|data|details) (?:\w+ )?(?:provided|given)\b",
    re.I,
)
_ANSWERS = re.compile(r"\\boxed|####|\b(?:final )?answer(?: is|:)", re.I)


def refuses(text: str) -> bool:
    """Whether a text, such as an answer behind its thought, is a refusal.

    It must begin with one, and name no answer. What lacks information is none.
    """
    head = " ".join(text.lstrip()[:HEAD].translate(_BARE).split())
    if not (_begins(head) or _ABROAD.match(head)):
        return False
    return not (_ANSWERS.search(text) or _LACKS.search(head))


def _begins(head: str) -> bool:
    """Whether the first sentence, or the second behind a greeting or a sorrow, refuses."""
    starts = [0, *(match.end() for match in re.finditer(r"[.!?] (?=[A-Z])", head))][:2]
    return any(_ENGLISH.match(head, start) or _SORRY_ALONE.match(head, start) for start in starts)
