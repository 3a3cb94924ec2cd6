"""Questions that speak of a text which their reader does not see."""

from __future__ import annotations

import re

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem

_TEXT = (
    r"(?:passage|text|document|article|excerpt|paragraph|abstract|paper|essay|chapter|section|snippet|"
    r"transcript)"
)
_OF = (
    r"(?:according to|based on|from|in|by|per|"
    r"as (?:described|discussed|mentioned|stated|shown|reported|explained|given) (?:in|by))"
)
_PHRASES = re.compile(
    rf"\b{_OF} (?:the|this|that|these|our) (?:(?:given|above|provided|preceding|present|original|source) "
    rf")?{_TEXT}s?\b|"
    rf"\b(?:the|this) (?:given|above|provided|preceding|source) "
    rf"(?:{_TEXT}|information|data|context|material|example)\b|"
    rf"\b(?:the|this) (?:passage|document|article|excerpt|text)(?:'s)? "
    rf"(?!of\b|messages?\b|editors?\b|files?\b|box\b)"
    r"(?:\w+ly "
    r")?(?:says?|states?|mentions?|describes?|discuss\w*|argues?|claims?|suggests?|provides?|gives?|presents?)\b|"
    r"\bthe (?:author|authors|narrator|writer|speaker)(?:'s?)?\b|"
    r"\b(?:according to|as|in|from|see|per|using|of) (?:the "
    r")?(?:figure|fig\.|table|exhibit|appendix|eq\.|equation|note) "
    r"\(?[0-9ivxA-Z]+\b|"
    r"\b(?:mentioned|described|discussed|shown|given|listed|defined|stated|as) "
    r"(?:above|below|earlier|previously)\b|"
    # Chinese, German, French, Spanish.
    r"根据(?:上文|上述|本文|文章|材料|文中|该文|短文|段落|原文)|(?:文中|上文|文章中|本文中|原文中)|作者(?:认为|指出|提到)|"
    r"\b(?:laut|gemäß|nach|im|aus dem) (?:dem |diesem |obigen |vorliegenden "
    r")?(?:text|artikel|dokument|abschnitt)\b|"
    r"\b(?:selon|d'après|dans) (?:le|ce|l')\s?(?:texte|document|article|passage)\b|"
    r"\b(?:según|de acuerdo con|en) (?:el|este) (?:texto|documento|artículo|pasaje)\b",
    re.I,
)


def needs_document(data: Data, *, pattern: str = "") -> Data:
    """Mark questions ``needs_document`` that speak of a text, a table or an author whom their reader does
    not see.

    Words alone decide, in English, Chinese, German, French and Spanish: "according to the passage", "the
    author", "Table 2", "as mentioned above". What needs its document and does not say so is for a model to
    notice (`curation/well_posed` with the stage ``self_contained``). A question that quotes its passage in
    full is marked too: use this where questions are meant to stand alone.

    Args:
        pattern: a regular expression of further phrases.

    Returns:
        The data; only problems that bear no mark are looked at.

    Raises:
        LimbeckError: ``pattern`` is no regular expression.
    """
    further = _compiled(pattern)

    def looked(problem: Problem) -> Problem:
        speaks = _PHRASES.search(problem.question) or (further and further.search(problem.question))
        return marked(problem, "needs_document") if speaks and not problem.marks else problem

    return Data([looked(problem) for problem in data.problems], data.traces, data.pairs)


def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern, re.I) if pattern else None
    except re.error as error:
        raise LimbeckError(
            f"curation/needs_document: pattern={pattern!r} is no regular expression: {error}"
        ) from None


def precheck(given: dict[str, object]) -> None:
    """Called when a run is planned."""
    _compiled(str(given["pattern"]))
