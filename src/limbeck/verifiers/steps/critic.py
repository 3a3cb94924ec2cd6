"""A model that reads a solution step by step and says where it goes wrong."""

from __future__ import annotations

import re
from concurrent.futures import Future
from typing import Any

from limbeck.drawing import Drawing
from limbeck.generation import Completion, Model
from limbeck.judging.asking import Ask, ask
from limbeck.pipeline.estimates import STEPS, Counts
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.steps import Cutting, steps_of
from limbeck.texts.templates import check_fields, fill

TEMPLATE = (
    "Problem:\n{question}\n\nSolution so far:\n{prefix}\n\nNext step:\n{step}\n\n"
    "Check the next step alone. Explain briefly, then end with one word: right or wrong."
)


def critic(
    problem: Problem,
    trace: Trace,
    *,
    model: Model,
    template: str = TEMPLATE,
    right: str = "right",
    wrong: str = "wrong",
    cutting: Cutting = Cutting(),
    drawing: Drawing = Drawing(temperature=0.0, top_p=1.0, max_tokens=1024),
) -> Verdict | Future[Verdict]:
    """Ask a model of one step after the other whether it is right, up to the first that it calls wrong (SPC).

    ArXiv 2504.19162. Steps before ``trace.params["checked"]`` are taken as right. The last of the two words
    in a reply counts; a reply without either, cut off or failed, leaves the trace ``unknown``, never wrong.

    Args:
        template: the critic's question with ``{question}``, ``{prefix}`` (all before the step) and
            ``{step}``.

    Returns:
        ``extracted`` is the first wrong step, counted from 0, and empty where none is; a trace without steps
        is ``unparsed``.

    Raises:
        LimbeckError: a template without ``{step}``, an unknown ``by``, no regular expression.
    """
    check_fields(template, ("step",), "verifiers/critic")
    text, ends = steps_of(trace, cutting)
    if not ends:
        return Verdict("critic", "unparsed", reason="the trace has no steps")

    def question(step: int) -> Ask:
        begin = ends[step - 1] if step else 0
        shown = fill(template, question=problem.question, prefix=text[:begin], step=text[begin : ends[step]])

        def then(replies: list[Completion]) -> Verdict | Ask:
            reply = replies[0]
            word = last_word(reply.text, right, wrong) if reply.finish == "stop" else ""
            if not word:
                why = reply.error or (
                    "cut off" if reply.finish == "length" else f"no verdict in {reply.text[-80:]!r}"
                )
                return Verdict("critic", "unknown", reason=f"step {step}: {why}")
            if word == wrong:
                return Verdict("critic", "wrong", str(step), f"step {step} is called {wrong}")
            return question(step + 1) if step + 1 < len(ends) else found_right

        return Ask([{"role": "user", "content": shown}], drawing.sampling(), then)

    found_right = Verdict("critic", "correct", "", f"all {len(ends)} steps are called {right}")
    first = int(trace.params.get("checked", 0))
    return ask(model, question(first)) if first < len(ends) else found_right


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: one question for each step up to the first wrong one."""
    return {"unknown": STEPS}


def last_word(text: str, *words: str) -> str:
    """Which of the words comes last in the text, as a whole word, whatever its case; empty for none."""
    hits = re.findall(rf"(?<!\w)({'|'.join(map(re.escape, words))})(?!\w)", text, re.IGNORECASE)
    return next((word for word in words if hits and word.casefold() == hits[-1].casefold()), "")
