"""Source texts or concepts as requests for a problem and its solution."""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec.structs import replace

from limbeck.errors import unknown
from limbeck.pipeline.estimates import Counts
from limbeck.records import Data, Problem
from limbeck.texts.messages import asked_id, context_of
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Count

TEMPLATE = (
    "You write mathematics problems {stage}.\n\nBelow stands a text. Take what it is about, its ideas, "
    "methods or facts, and make one problem of it: complete in itself, so that whoever has not seen the text "
    "can solve it, with one answer that can be checked, and as hard as such problems are. Then solve it step "
    "by step and put the final answer in \\boxed{}. Do not copy the text.\n\n"
    "Reply with\n[Problem]\nthe problem\n[Solution]\nthe solution\nand nothing else.\n\nText:\n{text}"
)
STAGES = {
    "grade": "for grade school: word problems of a few steps with the four operations",
    "middle": "for middle school: ratios, percentages, simple equations, areas and angles",
    "high": "for high school: algebra, functions, trigonometry, probability",
    "college": "for college: calculus, linear algebra, discrete mathematics, statistics",
    "amc8": "in the style of the AMC 8: short, with a trick that a bright twelve-year-old finds",
    "amc10": "in the style of the AMC 10: counting, number theory and geometry up to tenth grade",
    "amc12": "in the style of the AMC 12: all of school mathematics, several ideas in one problem",
    "aime": "in the style of the AIME: hard, with a whole number from 0 to 999 as the answer",
}
"""What a writer is told of each stage of education; our words for JiuZhang3.0's eight."""


def synthesis_tasks(
    data: Data,
    *,
    stages: tuple[str, ...] = ("grade", "middle", "high", "college", "amc8", "amc10", "amc12", "aime"),
    each: Count = 1,
    template: str = "",
    seed: int = 0,
) -> Data:
    """Ask for a problem and its solution from each unmarked text (JiuZhang3.0, arXiv 2405.14365).

    What is asked is a problem like any other: `teachers/sample` asks a teacher, or a small writer that
    `training/fit` made of the teacher's replies, and `curation/written` reads both.

    Args:
        data: problems whose questions are source texts, or lists of concepts.
        stages: of education; a digest of seed and id deals each text its own.
        each: requests for each text, of different stages, at most as many as there are.
        template: with ``{text}``, and perhaps ``{stage}``, what is said of a stage; empty takes ``TEMPLATE``.

    Returns:
        The requests alone; ``meta`` has ``text_id`` and ``stage``.

    Raises:
        LimbeckError: an unknown stage, or a template without ``{text}``.
    """
    _check(stages, template or TEMPLATE)
    requests: dict[str, Problem] = {}
    for text in data.problems:
        if text.marks:
            continue
        digest = hashlib.blake2b(f"{seed}/{text.id}".encode(), digest_size=8).digest()
        first = int.from_bytes(digest, "big") % len(stages)
        for place in range(min(each, len(stages))):
            stage = stages[(first + place) % len(stages)]
            question = fill(template or TEMPLATE, text=text.question, stage=STAGES[stage])
            meta = {**context_of(text), "text_id": text.id, "stage": stage}
            name = asked_id(question, context_of(text))
            requests.setdefault(name, replace(text, id=name, question=question, answer=None, meta=meta))
    return Data(list(requests.values()))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    _check(given["stages"], given["template"] or TEMPLATE)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: so many requests for each text; nobody is asked yet."""
    requests = counts["problems"] * min(params["each"], len(params["stages"]))
    return {"problems": requests, "traces": 0}


def _check(stages: tuple[str, ...], template: str) -> None:
    check_fields(template, ("text",), "curation/synthesis_tasks")
    for stage in stages or ("",):
        if stage not in STAGES:
            raise unknown("stage", stage, STAGES, "curation/synthesis_tasks")
