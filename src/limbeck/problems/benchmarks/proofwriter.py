"""Deduction over small theories (Tafjord et al., arXiv 2012.13048), in the file of Logic-LM."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks._deduced import deduced
from limbeck.records import Data
from limbeck.types import InputFile


def proofwriter(*, path: InputFile, split: str = "test", ctx: Context | None = None) -> Data:
    """ProofWriter: 600 questions whether something follows from facts and rules: true, false, or unknown.

    The text is read as facts and rules, and what they lead to is kept as ``meta["derived"]`` (empty where a
    sentence cannot be read); a problem of which the file says otherwise is marked ``not_derived``.

    Args:
        path: a file with ``context``, ``question``, ``options`` and ``answer``, as Logic-LM (arXiv
            2305.12295) publishes it.
        split: what the problems' split is called.

    Returns:
        Problems of verifier ``choice``; ``fol`` checks formulas that answer them.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    return deduced("proofwriter", path, split, ctx)
