"""What a teacher says of a student's mistakes, as questions of their own."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.records import Data, Problem, Trace
from limbeck.texts.messages import asked_id, context_of
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import full_text

TEMPLATE = (
    "{question}\n\nA solution that is wrong:\n\n{wrong}\n\nWhat is its first mistake, and what is right?"
)


def feedback_tasks(data: Data, *, template: str = TEMPLATE) -> Data:
    """Problems that show a question and a wrong solution, each with what a teacher said of it (MAPD).

    Learning from mistakes by instruction tuning (Li et al., arXiv 2410.03663, section 3): trained beside
    rationales (`curation/merge`), the student learns to say what is wrong with its own solutions.

    Args:
        data: with the traces of `teachers/tailored` and the wrong ones that they answer.
        template: of the new question, with ``{question}`` and ``{wrong}``.

    Returns:
        The new problems, without an answer, and one trace for each text without a mark. Those whose wrong
        trace is not in the data are left out.

    Raises:
        LimbeckError: a template without its fields.
    """
    check_fields(template, ("question", "wrong"), "curation/feedback_tasks")
    problems, traces = data.problem_by_id(), data.trace_by_id()
    made = dict[str, Problem]()
    told = list[Trace]()
    for trace in data.kept():
        wrong = traces.get(trace.params.get("tailored_to", ""))
        if wrong is None:
            continue
        before = problems[trace.problem_id]
        question = fill(template, question=before.question, wrong=full_text(wrong))
        context = context_of(before)
        problem_id = asked_id(question, context)
        meta = {**context, "mistake_of": before.id}
        fields = {"id": problem_id, "question": question, "answer": None, "meta": meta}
        made.setdefault(problem_id, replace(before, **fields))
        told.append(replace(trace, id=f"{trace.id}/feedback", problem_id=problem_id, parents=[trace.id]))
    return Data(list(made.values()), told)
