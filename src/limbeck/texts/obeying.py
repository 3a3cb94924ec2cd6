"""An answer rewritten so that it follows instructions of `limbeck.texts.instructions`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from limbeck.texts.instructions import Instruction, met

ANSWERED = {
    "German": "Das ist die Antwort, und wir sind damit auch fertig:",
    "French": "Nous avons donc la réponse, elle est pour vous:",
    "Spanish": "Entonces, la respuesta que tiene cada uno es:",
    "Chinese": "好，答案是这个数字：",
    "Russian": "Итак, ответ на этот вопрос такой:",
}
_ORDER = ("language", "exclude", "include", "count", "sections", "bullets", "highlights", "length")
_LAST = ("no_commas", "start", "end", "quotes", "repeat", "upper", "lower")


def obeying(text: str, instructions: Sequence[Instruction], question: str) -> str:
    """The least that makes an answer follow all instructions; what it follows already is left alone."""
    ranked = sorted(instructions, key=lambda each: (*_ORDER, *_LAST).index(each["kind"]))
    for each in ranked:
        if not met([each], text, question)[0]:
            text = _followed(text.strip(), each, question)
    return text


def _followed(text: str, asked: Instruction, question: str) -> str:
    kind = asked["kind"]
    if kind in ("include", "count"):
        return f"{text} {' '.join([asked['keyword']] * asked.get('times', 1))}"
    if kind == "exclude":
        return re.sub(rf"(?<!\w){re.escape(asked['keyword'])}(?!\w)", "", text, flags=re.I)
    if kind in ("sections", "bullets", "highlights"):
        line = {"sections": "Section {}", "bullets": "* {}", "highlights": "*{}*"}[kind]
        return "\n".join([text, *map(line.format, range(1, asked["times"] + 1))])
    if kind == "length":
        words = re.findall(r"\S+\s*", text)
        more = max(asked["least"] - len(re.findall(r"\w+", text)), 0)
        return text + " so" * more if more else "".join(words[: asked["most"]])
    if kind == "language":
        numbers = re.findall(r"-?\d+(?:\.\d+)?", text)
        return f"{ANSWERED[asked['language']]} {numbers[-1] if numbers else ''}"
    return _finished(text, asked, question)


def _finished(text: str, asked: Instruction, question: str) -> str:
    """Case, commas, and what stands at the ends."""
    kind, phrase = asked["kind"], asked.get("phrase", "")
    gap = " " if phrase[-1:].isalnum() or phrase[:1].isalnum() else ""
    changed = {
        "upper": lambda: text.upper(),
        "lower": lambda: text.lower(),
        "no_commas": lambda: re.sub("[,，、]", "", text),
        "start": lambda: f"{phrase}{gap}{text}",
        "end": lambda: f"{text}{gap}{phrase}",
        "quotes": lambda: f'"{text}"',
        "repeat": lambda: f"{question}\n{text}",
    }
    return changed[kind]()
