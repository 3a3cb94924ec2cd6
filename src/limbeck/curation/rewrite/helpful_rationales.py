"""Rationales mined from text: kept where they make what follows likelier."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked
from limbeck.records import Data, Problem, Trace
from limbeck.texts.messages import as_messages, asked_id, context_of
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import full_text

MODEL_WANTS = ("score",)


def helpful_rationales(
    data: Data,
    *,
    model: Model,
    discount: float = 0.9,
    margin: float = 0.0,
    faithful: float = 0.9,
    opens: str = "<BOT>",
    closes: str = "<EOT>",
    template: str = "{question}\n{prefix}",
    ctx: Context,
) -> Data:
    """Mine the rationales that a writer put into texts; mark those that do not help to predict.

    RATIONALYST (arXiv 2410.01044, section 3.2). With ``p_i`` the model's probability of the i-th token of all
    that follows, other rationales left out, a rationale's ``scores["gain"]`` is ``sum_i discount^i log p_i``
    behind it, less the same sum without it, in nats.

    Args:
        discount: of each further token; 1 counts all alike.
        margin: a rationale whose gain is not above it is marked ``unhelpful``.
        faithful: least similarity (0 to 1) of the text without its rationales to the trace it was made from,
            where ``parents`` names one in the data; rationales of other texts are marked ``text_changed``.
        opens, closes: what a rationale stands between.
        template: the question put to whoever is to write rationales, with ``{question}`` and ``{prefix}``,
            the text so far without rationales.

    Returns:
        The rationales alone: a problem for each context, a trace of format ``plain`` for each rationale, its
        text in ``parents``. Where a text's ``params["references"]`` lists the true rationales they are the
        answers.

    Raises:
        LimbeckError: a template without ``{prefix}``, a discount outside 0 to 1, empty marks, or no rationale
            found.
    """
    check_fields(template, ("prefix",), "curation/helpful_rationales")
    if not 0 <= discount <= 1 or not opens or not closes:
        told = f"discount={discount}, opens={opens!r}, closes={closes!r}"
        raise LimbeckError(f"curation/helpful_rationales: {told} cannot be")
    problems, known = data.problem_by_id(), data.trace_by_id()
    usable = [trace for trace in data.kept() if trace.problem_id in problems]
    rationales = [each for trace in usable for each in _inserted(trace, opens, closes)]
    if usable and not rationales:
        raise LimbeckError(f"no rationale between {opens!r} and {closes!r} in {len(usable):,} texts")
    gains = _gains(model, rationales, problems, discount)
    mined: dict[str, Problem] = {}
    traces = []
    for rationale, gain in zip(rationales, gains, strict=True):
        context = _context(rationale, problems[rationale.trace.problem_id], template)
        mined.setdefault(context.id, context)
        marks = [] if gain > margin else ["unhelpful"]
        if not _same_text(rationale.trace, known, opens, closes, faithful):
            marks.append("text_changed")
        traces.append(rationale.as_trace(context.id, gain, marks))
    kept = sum(not trace.marks for trace in traces)
    ctx.log(f"{kept:,} of {len(traces):,} rationales make what follows likelier")
    return Data(list(mined.values()), traces)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: texts are scored, nothing is sampled."""
    return asked(0, None, 0)


class _Rationale(NamedTuple):
    """One rationale in its place; ``prefix`` and ``rest`` are the text without any."""

    trace: Trace
    number: int
    text: str
    whole: str
    prefix: str
    rest: str
    reference: str | None

    def as_trace(self, problem_id: str, gain: float, marks: list[str]) -> Trace:
        """What was mined, as a trace of its context."""
        return Trace(
            id=f"{self.trace.id}/{self.number}",
            problem_id=problem_id,
            answer=self.text,
            format="plain",
            model=self.trace.model,
            finish="stop",
            parents=[self.trace.id],
            scores={"gain": gain},
            marks=marks,
        )


def _gains(
    model: Model, rationales: list[_Rationale], problems: dict[str, Problem], discount: float
) -> list[float]:
    """What each rationale adds to the discounted log-probability of what follows it."""
    asked = []
    for each in rationales:
        problem = problems[each.trace.problem_id]
        asked += [as_messages(problem, prefix=each.prefix + rationale) for rationale in (each.whole, "")]
    logps = model.score(asked, [each.rest for each in rationales for _ in range(2)])
    sums = [sum(discount**i * logp for i, logp in enumerate(token_logps)) for token_logps in logps]
    return [behind - without for behind, without in zip(sums[::2], sums[1::2], strict=True)]


def _context(rationale: _Rationale, source: Problem, template: str) -> Problem:
    question, context = fill(template, question=source.question, prefix=rationale.prefix), context_of(source)
    return Problem(
        id=asked_id(question, context),
        question=question,
        answer=rationale.reference,
        verifier="exact",
        source=source.source,
        split=source.split,
        meta={"problem": source.id, **context},
    )


def _pattern(opens: str, closes: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(opens)}(.*?){re.escape(closes)}", re.DOTALL)


def _inserted(trace: Trace, opens: str, closes: str) -> list[_Rationale]:
    """Rationales that something follows; ``references`` are those of all, in order."""
    text, pattern = full_text(trace), _pattern(opens, closes)
    references = trace.params.get("references", [])
    rationales = []
    for number, match in enumerate(pattern.finditer(text)):
        prefix, rest = pattern.sub("", text[: match.start()]), pattern.sub("", text[match.end() :])
        reference = references[number] if number < len(references) else None
        if rest:
            rationales.append(_Rationale(trace, number, match[1], match[0], prefix, rest, reference))
    return rationales


def _same_text(trace: Trace, known: dict[str, Trace], opens: str, closes: str, least: float) -> bool:
    originals = [known[name] for name in trace.parents if name in known]
    if not originals:
        return True
    bare = _pattern(opens, closes).sub("", full_text(trace))
    return SequenceMatcher(None, full_text(originals[0]), bare, autojunk=False).ratio() >= least
