r"""What a text without any statement ends with: a bare number, a formula, ``… = 18 dollars.``"""

from __future__ import annotations

import re

from limbeck.answers.normal import quantity, tidy
from limbeck.answers.parts import PROSE
from limbeck.answers.statements import marked

_LONGEST = 2000
_DISPLAY = re.compile(r"(?:\$\$|\\\[)\s*((?:(?!\$\$|\\\]|\\\[).){1,1500}?)[\s.,;]*(?:\$\$|\\\])\s*$", re.S)
_MATRIX = re.compile(r"\\begin\{(\w{1,10}\*?)\}(?:(?!\\begin).){1,1500}\\end\{\1\}[\s.]*$", re.S)
_EQUATION = re.compile(r"=\s*([^=\n]{1,60}?)[\s.*!]*$")
_CONCLUDES = re.compile(
    r"\b(?:therefore|thus|hence|altogether|in total|in conclusion|finally)\b|^\W*(?:so|it is|that is|this is)\b"
    r"|所以|因此|因而|故|总共|一共|したがって|よって|따라서|그러므로|\b(?:итак|следовательно|значит|таким образом)\b"
    r"|\b(?:also|daher|somit|folglich|insgesamt|donc|ainsi|por lo tanto|por tanto|entonces|portanto|logo|quindi|dunque)\b",
    re.I,
)
_SPAN = re.compile(r"(?<!\\)\$(?=\S)([^$\n]{1,300}?[^\s\\$]|[^\s$])\$(?!\d)|\\\((.{1,300}?)\\\)|\\\[(.{1,300}?)\\\]")
_SAYS = re.compile(
    r"(?:\b(?:is|are|was|be|equals?|gives?|yields?|get|gets|have|has|find|obtain|becomes|namely|approximately|to|by)|[:=]"
    r"|是|为|為|は|得|равно|равен|равна|ist|est|es|é|è)\s*$",
    re.I,
)
_AND = re.compile(r"\s*(?:,|,?\s*\b(?:and|or|und|et|y|и)\b|和|、)\s*")
_NEGATED = re.compile(r"\b(?:not|never|cannot|no|except|without|unless|if|when|less|more|least|most)\b|n['’]t\b", re.I)


def ending(text: str) -> str | None:
    """The value the last line of a text without a statement comes to, None where it comes to none."""
    text = text[-2 * _LONGEST :].rstrip()
    if block := (_DISPLAY.search(text) or _MATRIX.search(text)):
        return block[1] if block.re is _DISPLAY else block[0].rstrip(" .\n")
    last = text.rsplit("\n", 1)[-1].strip()
    if not last or len(last) > _LONGEST:
        return None
    plain = last.strip("*_ .=>")
    if quantity(tidy(plain)) or (re.search(r"\d", last) and not PROSE.search(tidy(plain)) and _bare(plain)):
        return plain
    if value := formula(last):
        return value
    if (equation := _EQUATION.search(last)) and quantity(tidy(equation[1].strip("*$ "))):
        return equation[1]
    return marked(last) or last if _CONCLUDES.search(last) else None


def formula(line: str) -> str | None:
    """The mathematics a sentence ends with, ``The derivative is $2x$.``, or the only one in it."""
    spans = list(_SPAN.finditer(line)) if "$" in line or "\\(" in line or "\\[" in line else []
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
    alone = len(last) == len(spans) and not re.search(r"\d", before) and re.search(r"\d|\\[a-z]|[=^+]", content)
    return content if alone or _SAYS.search(before) else None


def _bare(line: str) -> bool:
    """Whether a line is mathematics and no item of a list, heading or picture."""
    return not re.match(r"(?:\d+[.)]\s|#|[-*|>]\s|!\[)", line) and not re.search(r"[?#|]", line)
