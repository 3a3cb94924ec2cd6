"""OpenR1-Math-Raw: problems with several DeepSeek-R1 traces and two correctness labels for each."""

from __future__ import annotations

from collections.abc import Iterator

from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, rows_of
from limbeck.records import Data, Finish, Problem, Trace
from limbeck.tables import BadRows, Row
from limbeck.texts.traces import split_text
from limbeck.types import InputFile

VERSION = 2  # a generation whose thought came to no end is cut off
SHARD = 5_000
"""Problems held in memory at a time."""


def openr1(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    hub: str = "open-r1/OpenR1-Math-Raw",
    format: str = "think",
    verifier: str = "math",
    ctx: Context | None = None,
) -> Iterator[Data]:
    """Rows in the shape of OpenR1-Math-Raw, streamed; the source of REDI's data (arXiv 2505.24850, section
    3).

    The row's number is kept as ``meta["original_index"]`` and is the problem's id, so a problem text that
    comes twice stays two problems, as in the paper. Label lists (``correctness.llama_verification`` and its
    like, or ``correctness_math_verify`` of OpenR1-Math-220k) are kept in ``meta`` for `curation/labels`. A
    row with an empty problem or without generations is kept too: `curation/labels` marks it. Generations are
    numbered as in the row (``params["index"]``).

    Args:
        path: JSONL or Parquet (a glob for many files), gzip allowed; empty reads the Hub.
        hub: the data set on the Hub.
        format: how a generation's reasoning and answer are told apart (a file of `limbeck.formats`).
        verifier: what should check the traces again, kept with the problem.

    Returns:
        Shards of problems and their traces.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    bad, shard = BadRows(), Data()
    rows = rows_of(path, hub, bad)
    where = path or hub
    for problem, traces in convert(
        rows, ["problem", "generations"], lambda i, row: from_row(i, row, format, verifier), where, bad
    ):
        shard.problems.append(problem)
        shard.traces += traces
        if len(shard.problems) == SHARD:
            yield shard
            shard = Data()
    yield shard
    report_bad(bad, ctx)


def from_row(index: int, row: Row, format: str, verifier: str = "math") -> tuple[Problem, list[Trace]]:
    """A row's problem and traces; the row's number is used unless it brings an ``original_index``.

    Raises:
        ValueError: the generations are neither null nor a list.
    """
    texts = row["generations"] if row["generations"] is not None else []
    if not isinstance(texts, list):
        raise ValueError(f"generations are a list, not {texts!r:.60}")
    labels = row.get("correctness")
    read = ("problem", "generations", "correctness", "answer")
    meta = {key: value for key, value in row.items() if key not in read}
    meta.update(labels if isinstance(labels, dict) else {})
    if not isinstance(meta.get("original_index"), int):
        meta["original_index"] = index
    question, answer = row["problem"], row.get("answer")
    problem = Problem(
        id=f"openr1-{meta['original_index']:06d}",
        question=question if isinstance(question, str) else "",
        answer=str(answer) if answer is not None else None,
        verifier=verifier,
        source=str(row.get("source") or ""),
        split="train",
        meta=meta,
    )
    ends = meta.get("finish_reasons") or _ends(meta.get("is_reasoning_complete"))
    finishes = ends if isinstance(ends, list) and len(ends) == len(texts) else [None] * len(texts)
    return problem, [_trace(problem, i, text, finishes[i], format) for i, text in enumerate(texts)]


def _ends(whole: object) -> object:
    """Endings of OpenR1-Math-220k, which says of each generation whether its thought came to an end."""
    return [{False: "length"}.get(it) for it in whole] if isinstance(whole, list) else None


def _trace(problem: Problem, index: int, text: object, ending: object, format: str) -> Trace:
    reasoning, answer = split_text(text, format) if isinstance(text, str) else ("", "")
    finish: Finish = "length" if ending == "length" else "stop" if ending == "stop" else "unknown"
    return Trace(
        id=f"{problem.id}#r1-{index}",
        problem_id=problem.id,
        reasoning=reasoning,
        answer=answer,
        format=format,
        model="deepseek-r1",
        params={"index": index},
        finish=finish,
        marks=[] if isinstance(text, str) else ["no_text"],
    )
