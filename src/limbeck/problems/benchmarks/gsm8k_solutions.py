"""Solutions of four GPT-3 models to 900 GSM8K test problems, with published labels (Cobbe et al., arXiv
2110.14168)."""

from __future__ import annotations

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, rows_of, text_of
from limbeck.records import Data, Outcome, Problem, Trace, Verdict
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import problem_id
from limbeck.types import InputFile

LAST_LINE = "A: "


def gsm8k_solutions(*, path: InputFile, published: bool = True, ctx: Context | None = None) -> Data:
    """Real right and wrong traces: 900 GSM8K problems, four models, 3,600 solutions ending in ``A: n``.

    The format is ``plain``: reasoning up to and including ``A: ``, the answer behind it, together the model's
    text. A solution that never comes to ``A: `` was cut off and has ``finish="length"``.

    Args:
        path: ``model_solutions.jsonl`` of github.com/openai/grade-school-math.
        published: begin each trace's verdicts with the published ``is_correct`` (verifier ``published``); the
            label is in ``scores["published"]`` (1 right, 0 wrong) in any case. A cut-off solution is
            ``unparsed``, not wrong. A verdict given later counts instead.

    Returns:
        Problems with the ids that `gsm8k` and `zeroeval` give them, so traces of all sources join.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    bad, data = BadRows(), Data()

    def build(number: int, row: Row) -> tuple[Problem, list[Trace]]:
        question = text_of(row, "question")
        solution, mark, answer = text_of(row, "ground_truth").rpartition(LAST_LINE)
        if not mark:
            raise ValueError("the ground truth has no last line 'A: n'")
        problem = Problem(
            id=problem_id(question),
            question=question,
            answer=answer.strip(),
            verifier="math",
            source="gsm8k",
            split="test",
            meta={"solution": solution.strip()},
        )
        answers = [(name, value) for name, value in row.items() if isinstance(value, dict)]
        answers = [(name, value) for name, value in answers if "solution" in value]
        return problem, [_trace(problem, name, value, published) for name, value in answers]

    for problem, traces in convert(rows_of(path, "", bad), ["question", "ground_truth"], build, path, bad):
        data.problems.append(problem)
        data.traces += traces
    if not data.traces:
        raise LimbeckError(f"{path}: no column holds a model's {{solution, is_correct}}")
    report_bad(bad, ctx)
    return data


def _trace(problem: Problem, model: str, value: Row, published: bool) -> Trace:
    text, correct = str(value["solution"]), value.get("is_correct")
    reasoning, mark, answer = text.rpartition(LAST_LINE)
    finished = bool(mark)
    verdicts = []
    if published and isinstance(correct, bool):
        outcome: Outcome = "correct" if correct else "wrong" if finished else "unparsed"
        reason = "published label" if finished else "cut off"
        verdicts = [Verdict("published", outcome, answer or None, reason)]
    return Trace(
        id=f"{problem.id}#{model}-0",
        problem_id=problem.id,
        reasoning=reasoning + mark if finished else text,
        answer=answer if finished else "",
        format="plain",
        model=model,
        finish="stop" if finished else "length",
        verdicts=verdicts,
        scores={"published": float(correct)} if isinstance(correct, bool) else {},
    )
