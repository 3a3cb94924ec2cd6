"""Grade-school word problems (Cobbe et al., arXiv 2110.14168)."""

from __future__ import annotations

from typing import Any, Literal

from limbeck.pipeline.context import Context
from limbeck.problems.ops import benchmark
from limbeck.records import Data
from limbeck.types import InputFile


def gsm8k(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    split: Literal["train", "test"] = "test",
    ctx: Context | None = None,
) -> Data:
    """GSM8K: 1,319 test or 7,473 training problems with an integer answer.

    Args:
        path: a local file with ``question`` and a worked ``answer`` that ends in ``#### n``; empty reads
            ``openai/gsm8k`` from the Hub.
        split: which Hub split to read, and what the problems' split is called.

    Returns:
        Problems whose answer is the number behind ``####``; the worked solution is in ``meta["solution"]``.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    return benchmark(
        "gsm8k",
        path,
        "openai/gsm8k",
        config="main",
        split=split,
        labelled=split,
        columns=("question", "answer"),
        clean=last_line,
        ctx=ctx,
    )


def last_line(value: Any) -> tuple[str, dict[str, Any]]:
    """``(number, {"solution": worked answer})``; ValueError without a ``####``."""
    solution, mark, number = str(value).rpartition("####")
    if not mark or not number.strip():
        raise ValueError(f"no '#### n' at the end of the answer {str(value)[-40:]!r}")
    return number.strip(), {"solution": solution.strip()}
