"""First-order logic in natural language (Han et al., arXiv 2209.00840)."""

from __future__ import annotations

from typing import Any, Literal

from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks._asked import Asked, asked, lettered
from limbeck.problems.ops import text_of
from limbeck.records import Data
from limbeck.tables import Row
from limbeck.types import InputFile

LABELS = ["True", "False", "Uncertain"]


def folio(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    verifier: Literal["choice", "fol"] = "choice",
    split: Literal["train", "validation"] = "validation",
    ctx: Context | None = None,
) -> Data:
    """FOLIO: is a conclusion true, false or uncertain, given some premises? 204 problems for validation.

    Args:
        path: a local file with ``premises`` (a list, or one a line), ``conclusion`` and ``label``; empty
            reads ``yale-nlp/FOLIO`` from the Hub, which asks for a login.
        verifier: ``choice`` where the letter is asked for, ``fol`` where formulas are.
        split: which Hub split to read, and what the problems' split is called.

    Returns:
        Problems whose answer is a letter; ``meta`` holds the authors' formulas, ``premises-FOL`` and
        ``conclusion-FOL``, as lists and text, where the file has them.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """

    def make(row: Row) -> Asked:
        label = "Uncertain" if row["label"] == "Unknown" else row["label"]
        if label not in LABELS:
            raise ValueError(f"the label {row['label']!r:.40} is none of {', '.join(LABELS)}")
        lines, letter, options = lettered(LABELS, "ABC"[LABELS.index(label)])
        premises, conclusion = listed(row["premises"]), text_of(row, "conclusion").strip()
        asked_for = "Is this conclusion true, false, or uncertain?"
        question = "\n".join([*premises, "", f"{asked_for} {conclusion}", lines])
        formulas = {"premises-FOL": listed(row["premises-FOL"])} if "premises-FOL" in row else {}
        meta = {"options": options, "premises": premises, "conclusion": conclusion, **formulas}
        return Asked(question, letter, meta)

    columns = ["premises", "conclusion", "label"]
    hub = "yale-nlp/FOLIO"
    return asked("folio", path, columns, make, verifier=verifier, split=split, ctx=ctx, hub=hub)


def listed(value: Any) -> list[str]:
    """A list of texts, or the lines of one."""
    if not isinstance(value, str | list):
        raise ValueError(f"premises are a list, not {value!r:.40}")
    lines = value.splitlines() if isinstance(value, str) else [str(line) for line in value]
    return [line.strip() for line in lines if line.strip()]
