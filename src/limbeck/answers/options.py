"""The options of a multiple-choice problem, and which of them a reply names."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from msgspec.structs import replace

from limbeck.answers.normal import quantity, tidy
from limbeck.records import Problem

_LABEL = re.compile(r"\s*\(?([A-Za-z])[).:]\s*")
_LINE_LABEL = re.compile(r"(?m)^\s*\(?([A-Z])[).:]\s*(.*?)\s*$")
_ROW_LABEL = re.compile(r"(?<![\w(])\(?([A-Z])[).:]\s*")
_DRESS = re.compile(
    r"\\(?:text|textbf|mathrm|mathbf|textrm|mbox|boxed|fbox)(?![a-zA-Z])\s*|[{}$*`\"]|__|\\[()\[\],;! ]"
)
_BRACKETED = r"(?<![\w)])[(\[]([A-Za-z])[)\]]"
"""A letter in brackets of its own: ``(C)``."""
_CALLED = (
    r"\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer|[Ll]etter)s?:?\s+(?:is:?\s+)?"
    r"(?:([A-Z])(?![\w'+#°/-])|([a-z])(?=\W*$))"
)
"""A letter that is called an option: ``the answer is C``."""
_LETTER = re.compile(
    rf"{_BRACKETED}"
    r"|(?<![\w'.(])([A-Z])[).:](?=\s|$)|^([a-z])[).:](?=\s|$)"
    rf"|{_CALLED}"
    r"|(?<![\w'.°-])(?P<bare>[A-Z])(?![\w'+#°])(?!\.\w)"
)
"""Whatever may be an option's letter."""
_CHOSEN = re.compile(
    rf"{_BRACKETED}"
    r"|(?<![\w'.(°/-])([A-Z])\)(?=\s|$)|(?:^|[\n.,;!?]\s*)([A-Z]):(?=\s|$)|^([A-Za-z])[).:](?=\s|$)"
    rf"|{_CALLED}"
    r"|\b(?:is|be|choose|chose|pick|select|go with):?\s+(?P<bare>[A-Z])(?![\w'+#°/-])(?!\.\w)"
    r"|(?:^|[.,;:!?]\s+|\b(?:[Ss]o|thus|therefore|hence|that)\s+)([A-Z])"
    r"(?=\s+is\s+(?:the\s+)?(?:right|correct|best|answer))"
    r"|^([A-Z])(?=\s*(?:[,;\n(–—]|-\s|because\b|since\b))"
    r"|\b(?:[Ss]o|[Tt]hus|[Tt]herefore|[Hh]ence),?\s+([A-Z])$"
    r"|(?:[是为為选選择は]|이|은|는|هي|هو|\b(?:ist|lautet|est|es|è|é|это|[Оо]твет|[Rr]éponse|[Rr]espuesta|[Aa]ntwort))"
    r"\s*:?\s*([A-Z])(?![\w'+#°/-])"
)
"""A letter that stands where only an option's letter does: the C of "Vitamin C" and "5°C" is not chosen."""
_DENIED = re.compile(
    r"(?:\b(?:not|never|neither|nor|cannot|exclud\w*|eliminat\w*|rul\w+\s+out)\b|n['’]t\b)"
    r"(?:(?!\b(?:so|thus|therefore|hence)\b)[^.;,!?\n]){0,40}$"
    r"|\b(?:but|except|besides)(?:\s+(?:for|option|choice))*\W*$",
    re.I,
)
_REJECTED = re.compile(
    r"[)\]:.]?\s*(?:(?:is|are|was|must be|seems?|looks)\s+(?:\w+ly\s+|also\s+)?"
    r"(?:not|wrong|incorrect|false|out|impossible|eliminated|excluded|ruled)\b"
    r"|(?:is|was|ca|does|could|wo|would)n['’]t\b|(?:cannot|can not|could not|does not)\b)",
    re.I,
)
_EAST = re.compile(
    "(?<=[A-Z])(?=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])|(?<=[\u3001-\u30ff\u3400-\u9fff\uac00-\ud7af])(?=[A-Z])"
)
"""Where a letter touches a script without spaces."""
_DENIED_ABROAD = re.compile(
    r"(?:(?<!\w)(?:non|pas|no|ni|nicht|kein|não|не|ни)\s[^.;,!?\n]{0,20}|(?:不是|不选|不能|并非|排除|没有)[^。.;,!?\n]{0,12})$",
    re.I,
)
_LETTERS = dict.fromkeys(string.ascii_uppercase[:10], "")
_LONGEST = 4000


class Naming(NamedTuple):
    """The option a reply names, or None and why."""

    letter: str | None
    reason: str


def options(problem: Problem) -> dict[str, str]:
    """Texts by letter, in order; empty where neither ``meta`` nor the question lists options."""
    given = problem.meta.get("options") or problem.meta.get("choices")
    if isinstance(given, dict):
        return {str(letter).strip("(). ").upper(): str(text) for letter, text in given.items()}
    if isinstance(given, list) and 1 < len(given) <= 26:
        return _labelled(tuple(str(text) for text in given))
    return _asked(problem.question)


def reordered(problem: Problem, order: Sequence[str]) -> Problem:
    """The same problem with its options in another order, which names their letters now: ``BAC`` puts the
    second one first. Letters stand where they stood; the id stays, for it asks the same.

    Raises:
        ValueError: no options, or ``order`` is none of theirs, or the question does not list them in lines.
    """
    texts = options(problem)
    if not texts or sorted(order) != sorted(texts):
        raise ValueError(f"options {''.join(texts)} cannot be put in the order {''.join(order)}")
    moved: dict[str, str] = dict(zip(texts, (texts[letter] for letter in order), strict=True))
    lines = {label.start(): label for label in _LINE_LABEL.finditer(problem.question)}
    shown = [label for label in lines.values() if label[2] == texts.get(label[1])][-len(texts) :]
    if [label[1] for label in shown] != list(texts):
        raise ValueError("the question does not list its options, a line each")
    question = problem.question
    for label in reversed(shown):
        question = f"{question[: label.start(2)]}{moved[label[1]]}{question[label.end(2) :]}"
    now: dict[str, str] = dict(zip(order, texts, strict=True))
    right = (problem.answer or "").strip("() .")
    listing = [key for key in ("options", "choices") if key in problem.meta]
    meta: dict[str, Any] = {**problem.meta, **{key: [*moved.values()] for key in listing}}
    return replace(problem, question=question, answer=now.get(right, problem.answer), meta=meta)


def _labelled(given: tuple[str, ...]) -> dict[str, str]:
    """Listed texts by letter; ``A) 12`` loses its label where every text bears its own."""
    letters = string.ascii_uppercase[: len(given)]
    labels = [_LABEL.match(text) for text in given]
    if all(label and label[1].upper() == letter for label, letter in zip(labels, letters, strict=True)):
        given = tuple(text[label.end() :] for label, text in zip(labels, given, strict=True) if label)
    return {letter: text.strip() for letter, text in zip(letters, given, strict=True)}


@lru_cache(maxsize=4096)
def _asked(question: str) -> dict[str, str]:
    """Options as the question lists them last, labelled A, B, … without a gap, on lines or in one row."""
    lines = _run([(label[1], label[2]) for label in _LINE_LABEL.finditer(question)])
    cuts = list(_ROW_LABEL.finditer(question))
    ends = [*(cut.start() for cut in cuts[1:]), len(question)]
    return lines or _run(
        [(cut[1], question[cut.end() : end].strip(" ,;\n")) for cut, end in zip(cuts, ends, strict=False)]
    )


def _run(labels: list[tuple[str, str]]) -> dict[str, str]:
    """The last texts labelled A, B, C and so on; empty where there are not two."""
    start = next((index for index in reversed(range(len(labels))) if labels[index][0] == "A"), len(labels))
    run: dict[str, str] = {}
    for letter, (label, text) in zip(string.ascii_uppercase, labels[start:], strict=False):
        if label != letter:
            break
        run[letter] = text
    return run if len(run) > 1 else {}


def named_option(reply: str, texts: dict[str, str]) -> Naming:
    """Which one option a reply names, by letter or by its whole text."""
    reply = _EAST.sub(" ", _DRESS.sub(" ", _one_form(reply[:_LONGEST]))).strip(" .,;。")
    if len(reply) == 1:
        return Naming(reply.upper(), "") if reply.upper() in texts else _by_text(reply, texts)
    by_text = _by_text(reply, texts)
    label = _LABEL.match(reply) or re.match(r"\s*\(?([A-Z])\)?\s+", reply)
    if label and label[1].upper() in texts and (rest := reply[label.end() :]):
        letter, quoted = label[1].upper(), _by_text(rest, texts)
        if texts[letter] and _same(rest, texts[letter]) and by_text.letter in (None, letter):
            return Naming(letter, "")
        if quoted.letter and not by_text.letter:
            return Naming(None, f"the letter is {letter} and the text that of {quoted.letter}")
    if by_text.letter:  # letters in an option's own text choose nothing: "Vitamin C", "A and B are false"
        return by_text
    reply = _without_texts(reply, texts)
    letters: set[str] = set()
    for match in _LETTER.finditer(reply):
        if letter := _mention(match, reply, texts):
            letters.add(letter)
            start, end = match.span(match.lastindex or 0)
            if _DENIED.search(reply[:start]) or _REJECTED.match(reply[end:]):
                return Naming(None, f"{letter} is named to be denied")
    if len(letters) > 1:
        return Naming(None, f"several options are named: {', '.join(sorted(letters))}")
    return Naming(next((letter for letter in letters if letter in chosen(reply, texts)), None), "")


def _one_form(text: str) -> str:
    """Letters and digits of other forms, Ⓐ or １, as plain ones; 3² is not 32, and ½ stays."""
    if text.isascii():
        return text
    kept = ("<super>", "<sub>", "<fraction>")
    forms = [unicodedata.decomposition(char).startswith(kept) for char in text]
    chars = zip(text, forms, strict=True)
    return "".join(char if stays else unicodedata.normalize("NFKC", char) for char, stays in chars)


def chosen(reply: str, texts: dict[str, str]) -> set[str]:
    """The letters that stand where a choice is made."""
    return {letter for match in _CHOSEN.finditer(reply) if (letter := _mention(match, reply, texts))}


def affirmed(reply: str) -> set[str]:
    """The letters from A to J that a sentence in any language names without denying them."""
    reply = _EAST.sub(" ", _DRESS.sub(" ", _one_form(reply[:_LONGEST])))
    letters = set()
    for match in _LETTER.finditer(reply):
        start, end = match.span(match.lastindex or 0)
        denial = (
            _DENIED.search(reply[:start])
            or _DENIED_ABROAD.search(reply[:start])
            or _REJECTED.match(reply[end:])
        )
        if not denial and (letter := _mention(match, reply, _LETTERS)):
            letters.add(letter)
    return letters


def denied(reply: str) -> bool:
    """Whether what follows a text is denied by its last words: ``I don't think the answer is``."""
    return bool(_DENIED.search(reply[-200:]))


def _without_texts(reply: str, texts: dict[str, str]) -> str:
    """A reply in which the texts of options that hold a capital of their own stand as dots."""
    for text in texts.values():
        text = _DRESS.sub(" ", text).strip(" .,;")
        if len(text) > 2 and re.search(r"(?<!\w)[A-Z](?!\w)", text):
            reply = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "…", reply, flags=re.I)
    return reply


def _mention(match: re.Match[str], reply: str, texts: dict[str, str]) -> str | None:
    """The letter a match names, unless it is an article, a pronoun, in other brackets or no option."""
    letter = next(group for group in match.groups() if group)
    before, end = reply[: match.start()], match.end()
    open_to = match["bare"] or not re.match(r"[(\[]|\w[).:]", match[0])
    if open_to and letter in "AI" and re.match(r"\s+[a-z]", reply[end:]):
        rest = reply[end:].split()[0].lower()
        return letter if letter in texts and rest in ("or", "and", "but", "is", "because", "since") else None
    if match[0].endswith(")") and "(" not in match[0] and before.count("(") > before.count(")"):
        return None  # "(Plan B)"
    return letter.upper() if letter.upper() in texts else None


def _by_text(reply: str, texts: dict[str, str]) -> Naming:
    matching = [letter for letter, text in texts.items() if text and _same(reply, text)]
    return Naming(matching[0], "") if len(matching) == 1 else Naming(None, "")


@lru_cache(maxsize=16384)
def _same(reply: str, text: str) -> bool:
    """The same words, or the same number with the same unit."""
    if _plain(reply) == _plain(text):
        return bool(_plain(text))
    if len(reply) > 100 or len(text) > 100:
        return False
    left, right = quantity(tidy(reply)), quantity(tidy(text))
    if left is None or right is None:
        return False
    return (
        left.value == right.value
        and left.percent == right.percent
        and (left.unit == right.unit or not left.unit)
    )


@lru_cache(maxsize=16384)
def _plain(text: str) -> str:
    return re.sub(r"[\s.,;:'\"]+", " ", _DRESS.sub(" ", text)).strip().casefold()
