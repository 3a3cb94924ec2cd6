"""A small reranker: words of a question and of a passage as vectors, compared late."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.pipeline.atomic import write_atomic
from limbeck.retrieval.reading import READINGS
from limbeck.retrieval.words import Array

if TYPE_CHECKING:
    from torch import Tensor

FILE = "reranker.npz"


@dataclass(frozen=True)
class Late:
    """For each word of a question the nearest word of the passage counts (late interaction, ColBERT, arXiv
    2004.12832): ``sum_q max_p query_q · passage_p``.

    Attributes:
        row_of: a word's row; words that it does not have share the last one.
        query_VD: vectors of words of questions.
        passage_VD: vectors of words of passages.
        language: how words are read.
    """

    row_of: dict[str, int]
    query_VD: Array
    passage_VD: Array
    language: str = ""

    def rows(self, text: str) -> list[int]:
        """The rows of a text's words, each once; of an empty text the row of unknown words."""
        known = [self.row_of.get(word, len(self.row_of)) for word in READINGS[self.language](text)]
        return sorted({*known}) or [len(self.row_of)]

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage fits a question."""
        query_QD = self.query_VD[self.rows(question)]
        return [float((query_QD @ self.passage_VD[self.rows(text)].T).max(1).sum()) for text in passages]

    def save(self, folder: Path) -> None:
        """Write it to a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f".{FILE}").open("wb") as file:
            np.savez(file, query_VD=self.query_VD, passage_VD=self.passage_VD)
        (folder / f".{FILE}").replace(folder / FILE)
        about = {"words": list(self.row_of), "language": self.language}
        write_atomic(folder / "about.json", json.dumps(about).encode())


def opened(folder: str) -> Late:
    """A reranker from its folder.

    Raises:
        LimbeckError: there is none.
    """
    path = Path(folder)
    if not (path / FILE).is_file() or not (path / "about.json").is_file():
        raise LimbeckError(f"{folder} is no reranker; make one by knowledge/reranker")
    about, arrays = json.loads((path / "about.json").read_text()), np.load(path / FILE)
    row_of = {word: row for row, word in enumerate(about["words"])}
    return Late(row_of, arrays["query_VD"], arrays["passage_VD"], about["language"])


def vocabulary(texts: Iterable[str], language: str) -> dict[str, int]:
    """A row for each word of some texts, in order of their first place."""
    row_of: dict[str, int] = {}
    for text in texts:
        for word in READINGS[language](text):
            row_of.setdefault(word, len(row_of))
    return row_of


def score(query_QD: Tensor, passage_CPD: Tensor, real_CP: Tensor) -> Tensor:
    """`Late.scores` of padded passages, ``[C]``: what is no word is never the nearest."""
    near_CPQ = passage_CPD @ query_QD.T
    near_CPQ = near_CPQ.masked_fill(~real_CP[:, :, None], float("-inf"))
    summed_C: Tensor = near_CPQ.amax(1).sum(-1)
    return summed_C
