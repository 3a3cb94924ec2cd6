"""Whether a text says that something is not given: of a question without an answer, or one with a premise
missing."""

from __future__ import annotations

import re
from collections.abc import Sequence

_INFORMATION = r"(?:information|data|details?|context|facts)"
_SAYS = r"(?:say|state|specif|provide|mention|tell|give|include|contain)\w*"
LACKS = re.compile(
    rf"(?:not|n't|never) (?:\w+ ){{0,2}}(?:enough|sufficient|any|the necessary) {_INFORMATION}|"
    rf"(?:insufficient|incomplete|missing|lacks?|lacking|no|without (?:more|additional|further|that|this)) "
    rf"(?:\w+ ){{0,2}}{_INFORMATION}|"
    rf"(?:need|requires?|provide) (?:\w+ ){{0,2}}(?:more|additional|further) {_INFORMATION}|"
    r"(?:cannot|can't|can not|could not|couldn't|impossible to|not possible to|unable to) (?:be )?(?:\w+ly )?"
    r"(?:determin|answer|calculat|solv|comput|giv|provid|assess)\w*|"
    rf"(?:problem|question|statement|it|text) (?:does not|doesn't|did not|didn't|never) (?:\w+ly )?{_SAYS}|"
    rf"no (?:mention|{_INFORMATION}) (?:of|about|on|regarding)|"
    r"not (?:\w+ly )?(?:specified|provided|given|stated|mentioned|determinable)\b|"
    r"\b(?:undetermined|unanswerable|unspecified|indeterminate|ill-posed|underspecified)\b",
    re.I,
)
"""Words that say so in English."""


def first_suspicion(paragraphs: Sequence[str]) -> int | None:
    """Number of the first paragraph, from 0, that says something is not given; None where none does (arXiv
    2504.06514, section 4.2, whose judge is a model)."""
    return next((place for place, text in enumerate(paragraphs) if LACKS.search(text)), None)
