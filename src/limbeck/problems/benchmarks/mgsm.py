"""The same 250 grade-school problems in eleven languages (Shi et al., arXiv 2210.03057)."""

from __future__ import annotations

from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks._asked import Asked, asked
from limbeck.problems.ops import plain_answer, text_of
from limbeck.records import Data
from limbeck.tables import Row
from limbeck.types import InputFile

LANGUAGES = ("bn", "de", "en", "es", "fr", "ja", "ru", "sw", "te", "th", "zh")


def mgsm(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    language: str = "",
    split: str = "test",
    ctx: Context | None = None,
) -> Data:
    """MGSM: 250 word problems in each of eleven languages; answers are whole numbers.

    Args:
        path: rows with ``lang``, ``question`` and ``answer``; empty reads ``juletxara/mgsm`` from the Hub, a
            language at a time.
        language: its code, such as ``sw``; empty takes all that the file has.

    Returns:
        Problems of verifier ``math`` with ``meta["language"]``; ``benchmark: "mgsm {language}"`` gives each
        a row of its own.

    Raises:
        LimbeckError: an unknown language, none where the Hub is read, or one that the file lacks; the file or
            a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    if language not in ("", *LANGUAGES):
        raise unknown("language", language, LANGUAGES, "problems/mgsm")
    if not path and not language:
        raise LimbeckError("problems/mgsm: language is empty, and the Hub gives one language at a time")

    def make(row: Row) -> Asked:
        answer = row["answer_number"] if row.get("answer_number") is not None else row.get("answer")
        reference, _ = plain_answer(answer)
        question = text_of(row, "question").strip()
        return Asked(question, reference.replace(",", ""), {"language": row.get("lang") or language})

    # Rows of the Hub keep a worked answer beside the number; a file has the number alone.
    data = asked(
        "mgsm",
        path,
        ["question", "lang", "answer"] if path else ["question", "answer_number"],
        make,
        verifier="math",
        split=split,
        ctx=ctx,
        hub="juletxara/mgsm",
        config=language,
    )
    chosen = [problem for problem in data.problems if language in ("", problem.meta["language"])]
    if not chosen:
        raise LimbeckError(f"problems/mgsm: {path} has no row of language {language!r}")
    return Data(chosen)
