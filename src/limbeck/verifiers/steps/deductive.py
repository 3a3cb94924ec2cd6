"""Chains in Natural Program form, checked step by step, each step with what it cites and nothing else."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from limbeck.drawing import Drawing
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model
from limbeck.judging.asking import Ask, ask
from limbeck.judging.replies import Said, Words
from limbeck.judging.weighing import reader
from limbeck.pipeline.estimates import STEPS, Counts
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.natural_program import Statement, statements
from limbeck.texts.templates import check_fields, fill

TEMPLATE = (
    "Here is some information:\n{premises}\n\nBased on it, here is a step of reasoning:\n{statement}\n\nDoes "
    "the step follow from the information alone, and is every calculation in it right? Check it, briefly, "
    "then end with one line: yes or no."
)


def deductive(
    problem: Problem,
    trace: Trace,
    *,
    model: Model,
    template: str = "",
    votes: int = 3,
    drawing: Drawing = Drawing(temperature=0.7, top_p=1.0, max_tokens=2048),
) -> Verdict | Future[Verdict]:
    """Ask a model of each step of a Natural Program whether it follows from what it cites, by majority.

    Deductive verification (arXiv 2306.03872): a chain is correct when all steps pass; the first that fails
    ends the check. The model sees the cited statements and the step, never the question or the rest. Premises
    are taken as given. A tie, or a step that cites what does not stand above it, leaves the trace
    ``unknown``.

    Args:
        template: the question with ``{premises}`` and ``{statement}``; empty for one like the paper's.
        votes: replies per step; those that end with neither *yes* nor *no* count for neither side.

    Returns:
        ``extracted`` is the first wrong statement's place among all numbered ones, premises too, counted from
        0, and empty where none is wrong; a trace without a step that cites something is ``unparsed``.

    Raises:
        LimbeckError: a template without ``{premises}`` or ``{statement}``, or no vote.
    """
    template = template or TEMPLATE
    check_fields(template, ("premises", "statement"), "verifiers/deductive")
    if votes < 1:
        raise LimbeckError(f"verifiers/deductive: votes={votes}: at least one vote per step")
    chain = statements(trace.reasoning or trace.answer)
    if not any(statement.cites for statement in chain):
        return Verdict("deductive", "unparsed", reason="no numbered step cites anything")
    if fault := _fault(chain):
        return Verdict("deductive", "unknown", reason=fault)
    todo = [place for place, statement in enumerate(chain) if statement.cites is not None]
    known = {statement.number: statement for statement in chain}
    sampling = drawing.sampling(votes)
    reads = reader(Words(r"(?:^|[\n:.!*\"])", "yes", "no"), plain=False)

    def question(turn: int) -> Ask:
        step = chain[todo[turn]]
        premises = "\n".join(str(known[number]) for number in dict.fromkeys(step.cites or ())) or "(none)"
        shown = fill(template, premises=premises, statement=str(step))

        def then(replies: list[Completion]) -> Verdict | Ask:
            failed = _failed([reads.read(reply) for reply in replies], step, todo[turn])
            if failed is not None:
                return failed
            if turn + 1 < len(todo):
                return question(turn + 1)
            return Verdict("deductive", "correct", "", f"all {len(todo)} steps pass")

        return Ask([{"role": "user", "content": shown}], sampling, then)

    return ask(model, question(0))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: ``votes`` questions for each step up to the first wrong one."""
    return {"unknown": STEPS}


def _failed(replies: list[Said], step: Statement, place: int) -> Verdict | None:
    """The verdict on a step that did not get the majority of all votes; None where it passed."""
    verdicts = [reply.verdict for reply in replies]
    yes, no = verdicts.count(True), verdicts.count(False)
    told = f"step #{step.number}: {yes} of {len(replies)} say yes, {no} no"
    if max(yes, no) * 2 <= len(replies):
        why = next((reply.why for reply in replies if reply.verdict is None), "no majority")
        return Verdict("deductive", "unknown", reason=f"{told}; {why}"[:300])
    return Verdict("deductive", "wrong", str(place), told) if no > yes else None


def _fault(chain: list[Statement]) -> str:
    """What makes a chain no Natural Program; empty where nothing does."""
    above: set[int] = set()
    for statement in chain:
        if statement.number in above:
            return f"two statements are numbered #{statement.number}"
        if missing := [number for number in statement.cites or () if number not in above]:
            return f"step #{statement.number} cites #{missing[0]}, which does not stand above it"
        above.add(statement.number)
    return ""
