"""Texts that differ in a few words only."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from limbeck.curation.ops import marked, normalise
from limbeck.errors import LimbeckError, missing_extra
from limbeck.records import Data, Problem, Trace
from limbeck.texts.words import words
from limbeck.types import Shards

VERSION = 2  # languages without blanks are compared by characters
BANDS, ROWS = 16, 4
"""Signatures of 64 hashes in 16 bands of 4: texts of similarity 0.8 meet in a band with probability
0.9998."""

CHARACTERS = 0.6
"""Characters for a word of an n-gram, in a text of a language without blanks. Of MGSM's 250
problems less one character, 244 in Chinese and all in Japanese and Thai are noticed with 3-grams, 202, 238
and 247 with 5-grams; different problems are never taken for the same."""
Item = tuple[str, str, str]
"""Record id, the group it is compared within, text."""


def near_duplicates(
    shards: Shards,
    *,
    compare: Literal["problems", "traces"] = "problems",
    threshold: float = 0.8,
    n: int = 5,
    seed: int = 1,
) -> Iterator[Data]:
    """Mark all but the first of records that say nearly the same ``near_duplicate``, over the whole set.

    Problems are compared by their questions, over the whole set; traces by their text, within their problem.
    Similarity is the estimated Jaccard similarity of the sets of word n-grams: MinHash (Broder 1997) with 64
    hashes, candidates by banding, clusters by union-find. Records that bear a mark are left out, but a trace
    may be marked with its outcome; right and wrong traces of a problem are never duplicates of each other.

    Args:
        compare: records of which kind.
        threshold: least estimated similarity, 0 to 1.
        n: words in an n-gram, six characters for ten words in a language without blanks; a shorter text is
            one n-gram of its own.
        seed: of the hash functions.

    Raises:
        LimbeckError: daft is not installed (extra ``data``), or a threshold outside of 0 to 1.
    """
    if not 0 < threshold <= 1:
        raise LimbeckError(f"threshold={threshold}: a similarity lies between 0 and 1")
    names: list[str] = []
    groups: list[str] = []
    parts: list[np.ndarray] = []
    for data in shards:
        if items := [item for item in _items(data, compare) if item[2]]:
            names += [item[0] for item in items]
            groups += [item[1] for item in items]
            parts.append(_signatures([item[2] for item in items], n, seed))
    again = _later_ones(names, groups, np.concatenate(parts), threshold) if parts else set()

    def checked(record: Any) -> Any:
        return marked(record, "near_duplicate") if record.id in again else record

    for data in shards:
        problems = [checked(problem) for problem in data.problems] if compare == "problems" else data.problems
        traces = [checked(trace) for trace in data.traces] if compare == "traces" else data.traces
        yield Data(problems, traces, data.pairs)


def _items(data: Data, of: str) -> Iterator[Item]:
    records: list[Problem] | list[Trace] = data.problems if of == "problems" else data.traces
    for record in records:
        if isinstance(record, Problem) and not record.marks:
            yield record.id, "", normalise(record.question)
        elif isinstance(record, Trace) and set(record.marks) <= {record.outcome}:
            text = normalise(f"{record.reasoning} {record.answer}")
            yield record.id, f"{record.problem_id} {record.outcome}", text


def _signatures(texts: list[str], n: int, seed: int) -> np.ndarray:
    """MinHash signatures, ``[texts, 64]`` of unsigned 32-bit integers."""
    parted = [words(text) for text in texts]
    without_blanks = np.array(
        [len(each) > 2 * len(text.split()) for each, text in zip(parted, texts, strict=True)]
    )
    signatures = np.empty((len(texts), BANDS * ROWS), dtype=np.uint32)
    for rows, length in ((~without_blanks, n), (without_blanks, math.ceil(n * CHARACTERS))):
        some = [" ".join(parted[row]) for row in np.flatnonzero(rows)]
        if some:
            signatures[rows] = _minhash(some, length, seed)
    return signatures


def _minhash(texts: list[str], n: int, seed: int) -> np.ndarray:
    """Signatures of texts of n-grams of what stands between blanks."""
    try:
        import daft
        from daft.functions import minhash
    except ImportError:
        raise missing_extra("daft", "data", "curation/near_duplicates") from None
    frame = daft.from_pydict({"text": texts})
    hashed = minhash(daft.col("text"), num_hashes=BANDS * ROWS, ngram_size=n, seed=seed)
    column = frame.select(hashed.alias("hash")).to_arrow().column("hash").combine_chunks()
    return np.asarray(column.flatten(), dtype=np.uint32).reshape(len(texts), BANDS * ROWS)


def _later_ones(names: list[str], groups: list[str], signatures: np.ndarray, threshold: float) -> set[str]:
    """Ids of all but the first record of each cluster."""
    parent = list(range(len(names)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for band in range(BANDS):
        keys = signatures[:, band * ROWS : (band + 1) * ROWS]
        buckets: dict[tuple[str, bytes], list[int]] = defaultdict(list)
        for index, (group, key) in enumerate(zip(groups, keys, strict=True)):
            buckets[group, key.tobytes()].append(index)
        for bucket in buckets.values():
            # Comparing with the bucket's first alone keeps a large bucket linear; other bands bring other
            # firsts.
            for index in bucket[1:]:
                first, second = root(bucket[0]), root(index)
                if first != second and (signatures[bucket[0]] == signatures[index]).mean() >= threshold:
                    parent[max(first, second)] = min(first, second)
    return {names[index] for index in range(len(names)) if root(index) != index}
