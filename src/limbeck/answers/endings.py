r"""What a text without any statement ends with: a bare number, a formula, ``… = 18 dollars.``"""

from __future__ import annotations

import re

from limbeck.answers.normal import quantity, tidy
from limbeck.answers.parts import PROSE
from limbeck.answers.statements import marked, spoken

_LONGEST = 2000
_SHORT = 30
_SENTENCES = re.compile(
    r"(?:(?<=[.!?])|(?<=\$\$)|(?<=\\\]))\s+(?=[A-Z\u0400-\u042f\u0600-\u06ff])|(?<=[。।！？])\s*"
)
_CLOSING = re.compile(
    r"(?<=[\s.])(?:I hope (?:it|this|that) (?:is correct|helps?)[.!]?|Let me know[^\n.]{0,80}[.!]?)$"
)
_DISPLAY = re.compile(r"(?:\$\$|\\\[)\s*((?:(?!\$\$|\\\]|\\\[).){1,1500}?)[\s.,;]*(?:\$\$|\\\])\s*$", re.S)
_MATRIX = re.compile(r"\\begin\{(\w{1,10}\*?)\}(?:(?!\\begin).){1,1500}\\end\{\1\}[\s.]*$", re.S)
_EQUATION = re.compile(r"=\s*([^=\n]{1,60}?)[\s.*!]*$")
_CONCLUDES = re.compile(
    r"\b(?:therefore|thus|hence|altogether|in total|in conclusion|finally|итак|следовательно|значит"
    r"|таким образом"
    r"|daher|somit|folglich|insgesamt|donc|ainsi|en conclusion|por lo tanto|por tanto|entonces"
    r"|en conclusión|portanto"
    r"|quindi|dunque)\b|(?:^|\s)(?:So|so),?\s|^\W*(?:it is|that is|this is|also|logo)\b"
    r"|^\W*(?:total|result|final)\b[^:\n]{0,20}:"
    r"|所以|因此|因而|结论|总共|一共|したがって|よって|따라서|그러므로|इसलिए|लिए|لذا|إذن|وبالتالي",
    re.I,
)
_SPAN = re.compile(
    r"(?<!\\)\$(?=\S)([^$\n]{1,300}?[^\s\\$]|[^\s$])\$(?!\d)|\\\((.{1,300}?)\\\)|\\\[(.{1,300}?)\\\]"
    r"|(?<![\w)\]}*])\*\*(?=[^\s*])([^*\n]{1,200})(?<!\s)\*\*(?![\w(\\{*])|(?<!`)`([^`\n]{1,200})`(?!`)"
)
_MARKS = re.compile(r"[$`]|\\[(\[]|\*\*")
_SAYS = re.compile(
    r"(?:\b(?:is|are|was|be|equals?|gives?|yields?|makes?(?: it)?|get|gets|have|has|find|obtain"
    r"|becomes|namely|approximately|to|by)|[:=]"
    r"|是|为|為|は|得|равно|равен|равна|ist|est|es|é|è)\s*$",
    re.I,
)
_AND = re.compile(r"\s*(?:[,，;；]|,?\s*\b(?:and|or|und|et|y|и)\b|和|、)\s*")
_NEGATED = re.compile(
    r"\b(?:not|never|cannot|no|except|without|unless|if|when|less|more|least|most)\b|n['’]t\b", re.I
)


def ending(text: str) -> str | None:
    """The value the last line of a text without a statement comes to, None where it comes to none."""
    text = _CLOSING.sub("", spoken(text)[-2 * _LONGEST :].rstrip()).rstrip()
    if text.endswith("```") and text.count("```") > 1:
        return text[:-3].rsplit("```", 1)[-1].partition("\n")[2].strip().rsplit("\n", 1)[-1]
    if block := (_DISPLAY.search(text) or _MATRIX.search(text)):
        return _last_step(block[1] if block.re is _DISPLAY else block[0].rstrip(" .\n"))
    last = last_sentence(text.rsplit("\n", 1)[-1])
    if not last:
        return None
    plain = last.strip("*_ .=>")
    if quantity(tidy(plain)) or (re.search(r"\d", last) and not PROSE.search(tidy(plain)) and _bare(plain)):
        return plain
    if value := formula(last):
        return value
    if (equation := _EQUATION.search(last)) and quantity(tidy(equation[1].strip("*$ "))):
        return equation[1]
    return marked(last) or last if _CONCLUDES.search(last) else None


def lines_joined(text: str) -> str | None:
    """Lines that are one formula each, ``$x=1$`` and ``$y=2$``, as one list; None where they are not."""
    lines = [line.strip(" $.,;") for line in text.split("\n") if line.strip(" $.,;")]
    named = {match[1] for line in lines if (match := re.match(r"([A-Za-z](?:_\w)?) ?= ?[^=]+$", line))}
    return ", ".join(lines) if 1 < len(named) == len(lines) < 9 else None


def _last_step(block: str) -> str:
    """The last line of aligned steps; any other formula as it is."""
    if not (
        steps := re.fullmatch(
            r"\\begin\{(?:aligned?|split|gather)\*?\}(.*)\\end\{\w+\*?\}", block.strip(), re.S
        )
    ):
        return block
    return [step for step in steps[1].split("\\\\") if step.strip()][-1].replace("&", "").strip(" =\n")


def last_sentence(line: str) -> str:
    """The last sentence of a line, from its last ``therefore`` on where it is a long one."""
    line = line.strip()
    if len(line) <= _SHORT:
        return line
    last = [part for part in _SENTENCES.split(line[-_LONGEST:]) if part.strip()][-1].strip()
    places = [match.start() for match in _CONCLUDES.finditer(last)] if len(last) > _SHORT else []
    return next((last[place:] for place in reversed(places) if re.search(r"\d", last[place:])), last)


def as_told(text: str, answer: str | None, limit: int) -> str | None:
    """What a text tells where what was extracted is nothing, too long, or a line of several sentences."""
    if answer is None or len(answer) > limit:
        return ending(text) or answer
    if len(answer) > _SHORT and PROSE.search(answer) and len(_SENTENCES.split(answer.strip())) > 1:
        return ending(answer) or answer
    if "\n" in answer:
        return lines_joined(answer) or answer
    if "\\begin" in answer and PROSE.search(answer) and (matrix := _MATRIX.search(answer)):
        return matrix[0].rstrip(" .")
    whole = "\n" not in text.strip() and len(text) < len(answer) + 20 and "boxed" not in text
    line = text.strip() if whole else answer
    return formula(line) or answer


def formula(line: str) -> str | None:
    """The mathematics a sentence ends with, ``The derivative is $2x$.``, or the only one in it."""
    if line.count("$") == 2:
        line = re.sub(r"\$\s*([^$]*?)\s*\$", r"$\1$", line)
    spans = list(_SPAN.finditer(line)) if _MARKS.search(line) else []
    if not spans:
        return None
    last = [spans[-1]]
    for span in reversed(spans[:-1]):
        if not _AND.fullmatch(line, span.end(), last[0].start()):
            break
        last.insert(0, span)
    before, after = line[: last[0].start()], line[spans[-1].end() :]
    content = ", ".join(next(group for group in span.groups() if group) for span in last)
    if _NEGATED.search(before) or re.search(r"\w", after) or not re.search(r"[\w)]", before):
        return None
    alone = (
        len(last) == len(spans) and not re.search(r"\d", before) and re.search(r"\d|\\[a-z]|[=^+]", content)
    )
    return content if alone or _SAYS.search(before) else None


def _bare(line: str) -> bool:
    """Whether a line is mathematics and no item of a list, heading or picture."""
    return not re.match(r"(?:\d+[.)]\s|#|[-*|>]\s|!\[)", line) and not re.search(r"[?#|]", line)
