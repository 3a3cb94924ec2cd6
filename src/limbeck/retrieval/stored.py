"""Indexes of passages as folders: written by `knowledge/`, opened by whoever looks something up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from limbeck.embedding import embedder
from limbeck.errors import LimbeckError
from limbeck.pipeline.atomic import write_atomic
from limbeck.retrieval.corpus import Corpus, Passage
from limbeck.retrieval.words import Array, WordIndex

Hits = list[tuple[int, float]]
"""Places of passages with their scores, the best first."""
_ABOUT = "about.json"
_ARRAYS = ("start_W", "place_P", "worth_P", "most_W")
_TOGETHER = 64
"""Queries whose cosines with all passages are computed at a time."""


class Searched(Protocol):
    """What can be searched: by words or by vectors."""

    def search_all(self, queries: Sequence[str], hits: int) -> list[Hits]:
        """For each query the best passages, at most ``hits``; of equals the first."""


class ByWords:
    """BM25 over arrays mapped from a folder."""

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        listed = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
        row_of = {word: row for row, word in enumerate(listed)}
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
        self.index = WordIndex(row_of, size=about["size"], language=about["language"], **arrays)

    def search_all(self, queries: Sequence[str], hits: int) -> list[Hits]:
        """BM25's scores; a passage that shares no word is no hit."""
        return [self.index.search(query, hits) for query in queries]


class ByVectors:
    """Cosines with vectors mapped from a folder, every one of them: exact."""

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        self.vectors = about["vectors"]
        self.values_ND = np.load(folder / "values_ND.npy", mmap_mode="r")

    def search_all(self, queries: Sequence[str], hits: int) -> list[Hits]:
        """Cosines; a passage of which nothing is known has 0."""
        best: list[Hits] = []
        for start in range(0, len(queries), _TOGETHER):
            asked_QD = embedder(self.vectors)(list(queries[start : start + _TOGETHER]))
            best += [_best(score_N, hits) for score_N in asked_QD @ self.values_ND.T]
        return best


def _best(score_N: Array, hits: int) -> Hits:
    hits = min(hits, len(score_N))
    least = np.partition(score_N, len(score_N) - hits)[len(score_N) - hits]
    # All that tie with the last are looked at, so that of equals the first is taken.
    place_C = np.flatnonzero(score_N >= least)
    chosen_C = place_C[np.argsort(-score_N[place_C], kind="stable")[:hits]]
    return list(zip(chosen_C.tolist(), score_N[chosen_C].tolist(), strict=True))


KINDS: dict[str, type[ByWords] | type[ByVectors]] = {"words": ByWords, "vectors": ByVectors}


class StoredIndex:
    """One folder: passages, and how they are looked up.

    Attributes:
        corpus: the passages.
        digest: of them: indexes of the same passages have the same.
        kind: ``words`` or ``vectors``.
    """

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        self.corpus, self.digest, self.kind = Corpus(folder), about["digest"], about["kind"]
        self.searched: Searched = KINDS[about["kind"]](folder, about)


def open_index(folder: str) -> StoredIndex:
    """Open an index that `knowledge/word_index` or `knowledge/vector_index` wrote.

    Raises:
        LimbeckError: there is none: what else is looked up (gradients, say) is an index too.
    """
    path = Path(folder)
    if not (path / _ABOUT).is_file():
        raise LimbeckError(f"{folder} is no index of passages; make one by knowledge/word_index")
    about = json.loads((path / _ABOUT).read_text(encoding="utf-8"))
    return StoredIndex(path, about)


def open_all(folders: Sequence[str]) -> list[StoredIndex]:
    """Open indexes that are searched together.

    Raises:
        LimbeckError: none is given, or they are of different passages.
    """
    opened = [open_index(folder) for folder in folders]
    if not opened:
        raise LimbeckError("no index is given to look passages up in")
    for folder, each in zip(folders, opened, strict=True):
        if each.digest != opened[0].digest:
            raise LimbeckError(f"{folder} and {folders[0]} are indexes of different passages")
    return opened


RANK_CONSTANT = 60
"""Of reciprocal rank fusion, as in its paper."""


def search(indexes: Sequence[StoredIndex], queries: Sequence[str], hits: int, depth: int = 100) -> list[Hits]:
    """The best passages for each query; of several indexes fused by their ranks.

    A passage scores the sum over indexes of ``1 / (60 + rank)``, rank from 1 (Cormack et al. 2009, Reciprocal
    rank fusion); one index keeps its own scores.

    Args:
        depth: how far down each index is read where there are several, at least ``hits``.
    """
    if len(indexes) == 1:
        return indexes[0].searched.search_all(queries, hits)
    told = [each.searched.search_all(queries, max(depth, hits)) for each in indexes]
    return [fused([listed[at] for listed in told], hits) for at in range(len(queries))]


def fused(ranked: Sequence[Hits], hits: int) -> Hits:
    """Rankings of one query as one, by reciprocal ranks; of equals the first passage."""
    scores: dict[int, float] = {}
    for listed in ranked:
        for rank, (place, _) in enumerate(listed, 1):
            scores[place] = scores.get(place, 0.0) + 1 / (RANK_CONSTANT + rank)
    return sorted(scores.items(), key=lambda each: (-each[1], each[0]))[:hits]


def lookup(
    indexes: Sequence[StoredIndex], queries: Sequence[str], k: int
) -> list[list[tuple[Passage, float]]]:
    """The ``k`` best passages of each query with their scores."""
    corpus, told = indexes[0].corpus, search(indexes, queries, k)
    passages = iter(corpus.at([place for hits in told for place, _ in hits]))
    return [[(next(passages), score) for _, score in hits] for hits in told]


def write_words(folder: Path, index: WordIndex, digest: str) -> None:
    """Write what BM25 needs beside its passages."""
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(index, name))
    write_atomic(folder / "vocabulary.txt", "\n".join(index.row_of).encode("utf-8", "surrogatepass"))
    _about(folder, kind="words", digest=digest, size=index.size, language=index.language)


def write_vectors(folder: Path, values_ND: Array, vectors: str, digest: str) -> None:
    """Write vectors beside their passages."""
    np.save(folder / "values_ND.npy", values_ND)
    _about(folder, kind="vectors", digest=digest, size=len(values_ND), vectors=vectors)


def _about(folder: Path, **about: Any) -> None:
    # Last, so that a folder without it is no index.
    write_atomic(folder / _ABOUT, json.dumps(about).encode())
