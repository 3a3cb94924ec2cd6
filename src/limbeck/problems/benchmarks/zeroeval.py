"""Answers of eight modern models to GSM8K, written as JSON with reasoning and answer (WildEval/ZeroEval)."""

from __future__ import annotations

import json
import re

from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, rows_of, text_of
from limbeck.records import Data, Finish, Problem, Trace
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import problem_id
from limbeck.types import InputFile

# The last "answer" of a text: a string, or a bare value up to the closing brace.
_ANSWER = re.compile(r'"answer"\s*:\s*("(?:[^"\\]|\\.)*"|[^"\s,}][^,}\n]*)')
_OPENING = re.compile(r'\s*(?:```(?:json)?\s*)?\{?\s*"reasoning"\s*:\s*"')


def zeroeval(*, path: InputFile, raw: bool = False, ctx: Context | None = None) -> Data:
    """Real traces of eight models on 1,319 GSM8K test problems, rewritten from JSON to text that ends in
    ``A: n``.

    Models were asked for ``{"reasoning": …, "answer": …}``. A student should learn to reckon, not to escape
    quotes, so the two are taken out of the JSON (also out of a broken one) and joined by a line ``A: ``, as
    `gsm8k_solutions` ends. The JSON's own text is kept by ``raw``.

    Args:
        path: the GSM8K answers of github.com/WildEval/ZeroEval as rows with ``question``, ``gold``
            (``# 18``), ``model`` and ``output``; gzip allowed.
        raw: keep the exact output as the trace's answer instead (format ``plain``).

    Returns:
        Problems with the ids that `gsm8k` gives them. An output that stops before its answer has
        ``finish="length"``.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    bad, problems = BadRows(), dict[str, Problem]()
    traces: dict[str, Trace] = {}

    def build(number: int, row: Row) -> Trace:
        question, model = text_of(row, "question"), text_of(row, "model")
        problem = Problem(
            id=problem_id(question),
            question=question,
            answer=text_of(row, "gold").lstrip("# ").strip(),
            verifier="math",
            source="gsm8k",
            split="test",
            meta={"zeroeval_id": row.get("id")},
        )
        output = row.get("output")
        output = output[0] if isinstance(output, list) and output else output
        trace = _trace(problem, model, text_of({"output": output}, "output"), raw)
        if trace.id in traces:
            raise ValueError(f"a second answer of {model} to the same question")
        problems.setdefault(problem.id, problem)
        traces[trace.id] = trace
        return trace

    for _ in convert(rows_of(path, "", bad), ["question", "gold", "model", "output"], build, path, bad):
        pass
    report_bad(bad, ctx)
    return Data(list(problems.values()), list(traces.values()))


def _trace(problem: Problem, model: str, output: str, raw: bool) -> Trace:
    reasoning, answer, finish = read_output(output)
    if raw:
        reasoning, answer = "", output
    elif answer:
        reasoning = f"{reasoning.rstrip()}\nA: "
    return Trace(
        id=f"{problem.id}#{model}-0",
        problem_id=problem.id,
        reasoning=reasoning,
        answer=answer,
        format="plain",
        model=model,
        finish=finish,
    )


def read_output(output: str) -> tuple[str, str, Finish]:
    """Reasoning, answer and how an output ended: ``stop`` with an answer, ``length`` when it breaks off
    before one."""
    start, end = output.find("{"), output.rfind("}")
    try:
        # Models write raw line breaks inside JSON strings; only strict parsers mind.
        fields = json.loads(output[start : end + 1], strict=False) if 0 <= start < end else None
    except (ValueError, RecursionError):
        fields = None
    if isinstance(fields, dict) and fields.get("answer") not in (None, ""):
        return str(fields.get("reasoning") or ""), str(fields["answer"]).strip(), "stop"
    matches = list(_ANSWER.finditer(output))
    before = _unescape(_OPENING.sub("", output[: matches[-1].start()] if matches else output))
    if matches:
        return before.rstrip(' \t\r\n,"'), _unescape(matches[-1][1].strip().strip('"')), "stop"
    return before, "", "stop" if output.rstrip().endswith(("}", "```")) else "length"


def _unescape(text: str) -> str:
    return text.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
