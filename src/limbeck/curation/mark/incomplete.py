"""Traces of which a part is missing: the thought, its end, the answer."""

from __future__ import annotations

import re

from limbeck.curation.ops import by_rule
from limbeck.records import Data, Problem, Trace

TAGS = r"</?(?:think|thinking|reasoning|thought|answer)>"


def incomplete(data: Data, *, tags: str = TAGS, mark: str = "incomplete") -> Data:
    """Mark traces ``incomplete`` that lack a thought or an answer, or in which a tag of one stands alone.

    AM-DeepSeek-R1-Distilled-1.4M (arXiv 2503.19633, section 2) wants complete blocks of both. An import tells
    both apart by their tags; where one was missing, all of the text is on one side, and the tag that was
    there stands in it.

    Args:
        tags: a regular expression of tags that must not stand within either part; empty for none.
    """
    stray = re.compile(tags, re.IGNORECASE) if tags else None

    def rule(_: Problem | None, trace: Trace) -> str:
        both = trace.reasoning.strip() and trace.answer.strip()
        tagged = stray and any(stray.search(part) for part in (trace.reasoning, trace.answer))
        return mark if not both or tagged else ""

    return by_rule(data, rule)
