"""Chains of made-up kinds (Saparov and He, arXiv 2210.01240), in the file of Logic-LM."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks._deduced import deduced
from limbeck.records import Data
from limbeck.types import InputFile


def prontoqa(*, path: InputFile, split: str = "dev", ctx: Context | None = None) -> Data:
    """ProntoQA: 500 questions whether something follows from facts and rules on made-up kinds, true or false.

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
    return deduced("prontoqa", path, split, ctx)
