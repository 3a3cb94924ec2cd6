"""Marks within numbers, and asterisks, where they can be read in one way only; cost is linear in the text.

1.234.567; 1.234,5; 1 234,5; 1'234; 0{,}125; ١٢٣٫٥; thousands in tuples; ``**`` as a power and as Markdown.
"""

from __future__ import annotations

import re
import unicodedata

_ARABIC = str.maketrans({"٬": ",", "٫": ".", "،": ",", "؛": ";", "、": ", ", "，": ", ", "；": "; "})
_LATEX_COMMA = re.compile(r"(?<![\d.,])(\d{1,40}(?:\{,\}\d{1,40})+)(?![\d,]|\{,\})")
_THIN = re.compile(r"(?<![\d.,])(\d{1,3}(?:(?:\\[,;:!]|\\ |~|\u00a0|\u202f|\u2009)\d{3}){1,12})(?!\d)")
_UNDERSCORES = re.compile(r"(?<![\w.,])(\d{1,3}(?:_\d{3}){1,12})(?![\w])")
_APOSTROPHE = re.compile(r"(?<![\d.,'’])(\d{1,3}(?:['’]\d{3}){1,12})(?![\d'’])")
_SPACED = re.compile(r"([-+]?\$?\d{1,3}(?: \d{3}){1,12})((?:[.,]\d+)?(?: ?[^\W\d_][^\d]*| ?%)?)")
_DOTS = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3}){2,12})(?![\d.])")
_DOTS_COMMA = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3}){1,12}),(\d{1,40})(?![\d.,])")
_COMMA = re.compile(r"(?<=\d),(?=\d)")
_GROUPS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3}){1,6}(?!\d|,\d)")
_RUN = re.compile(r"\d{1,40}(?:,\d{1,40})+")
_ZEROS = re.compile(r"[1-9]\d{0,2}(?:,0\d\d){1,6}(?!\d)")
_ONE = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")
_INNER = re.compile(r"[^()\[\]{}]+")
_BOLD = re.compile(r"(?<![\w)\]}*])\*\*(?=[^\s*])([^*\n]{1,300})(?<!\s)\*\*(?![\w(\\{*])")
_POWER = re.compile(
    r"(?<=[\w)\]}|])(?:\*\*| \*\* )([-+]?(?:\d+(?:\.\d+)?|\\?[A-Za-z]+|\([^()]{1,60}\)|\{[^{}]{1,60}\})"
    r"(?:\^\{[^{}]{1,60}\})?)(?!\*\*)"
)


def plain_marks(text: str) -> str:
    """A text whose numbers bear the marks of English, where no other reading of them is possible."""
    if not text.isascii():
        text = "".join(_digit(char) for char in text).translate(_ARABIC)
    if "**" in text:
        text = powers(text)
    if "{,}" in text:
        text = _LATEX_COMMA.sub(_latex_comma, text)
    if "\\" in text or "~" in text or not text.isascii():
        text = _THIN.sub(lambda number: re.sub(r"[^\d]", "", number[1]), text)
    if "'" in text or "’" in text:
        text = _APOSTROPHE.sub(lambda number: re.sub(r"[^\d]", "", number[1]), text)
    if "_" in text:
        text = _UNDERSCORES.sub(lambda number: number[1].replace("_", ""), text)
    if "." in text:
        text = _DOTS.sub(lambda number: number[1].replace(".", ""), text)
        if "," in text and not re.search(r"[(\[{]", text):
            text = _DOTS_COMMA.sub(lambda number: f"{number[1].replace('.', '')}.{number[2]}", text)
    return text


def listed_marks(text: str) -> str:
    """Thousands and decimal commas within tuples, sets and lists, told by what separates their parts.

    ``(1,000, 2,000)`` is (1000, 2000), ``(1,5; 2,5)`` is (1.5, 2.5), ``(1,000,2,000)`` too has no part 000.
    ``1 234,5`` and ``1 234 kg`` are one number each.
    """
    if " " in text and (spaced := _SPACED.fullmatch(text)):
        return spaced[1].replace(" ", "") + spaced[2].replace(",", ".", 1)
    return _INNER.sub(_separated, text) if "," in text else text


def unbold(text: str) -> str:
    """``**131**`` without its asterisks; those of ``x**2`` stay."""
    return _BOLD.sub(r"\1", text) if "**" in text else text


def powers(text: str) -> str:
    """``2**3`` as a power; ``**131**`` without its asterisks."""
    text = unbold(text)
    for _ in range(4):  # from the right: 2**3**2 is 2**(3**2)
        text, count = _POWER.subn(r"^{\1}", text)
        if not count:
            break
    return text


def _digit(char: str) -> str:
    """A decimal digit of any script as the plain one."""
    return str(unicodedata.decimal(char, 0)) if char > "\x7f" and unicodedata.category(char) == "Nd" else char


def _latex_comma(number: re.Match[str]) -> str:
    first, *groups = number[1].split("{,}")
    thousands = all(len(group) == 3 for group in groups) and 0 < len(first) < 4 and first[0] != "0"
    return number[1].replace("{,}", "," if thousands or len(groups) > 1 else ".")


def _separated(inner: re.Match[str]) -> str:
    """A stretch without brackets, its commas within numbers told from those between parts."""
    text = inner[0]
    if "," not in text:
        return text
    if ";" in text and ", " not in text:
        return _COMMA.sub(".", _GROUPS.sub(lambda number: number[0].replace(",", ""), text))
    if ", " in text or " and " in text or " or " in text:
        return _GROUPS.sub(lambda number: number[0].replace(",", ""), text)
    return _RUN.sub(_rejoined, text) if ",0" in text else text


def _rejoined(run: re.Match[str]) -> str:
    """``1,000,2,000`` as 1000,2000; a whole number stays."""
    if _ONE.fullmatch(run[0]):
        return run[0]
    return _ZEROS.sub(lambda number: number[0].replace(",", ""), run[0])
