"""Texts that differ in a few words only."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from limbeck.curation.ops import Record, marked, normalise
from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Data
from limbeck.texts.banding import HASHES, Bands, Indices
from limbeck.texts.words import words
from limbeck.types import Shards

VERSION = 2  # languages without blanks are compared by characters
MARK = "near_duplicate"

CHARACTERS = 0.6
"""Characters for a word of an n-gram, in a text of a language without blanks. Of MGSM's 250
problems less one character, 244 in Chinese and all in Japanese and Thai are noticed with 3-grams, 202, 238
and 247 with 5-grams; different problems are never taken for the same."""
AT_A_TIME = 16 << 20
"""Characters of text that are hashed at a time."""
Hashes = npt.NDArray[np.uint32]


def near_duplicates(
    shards: Shards,
    *,
    compare: Literal["problems", "traces"] = "problems",
    threshold: float = 0.8,
    n: int = 5,
    seed: int = 1,
    ctx: Context | None = None,
) -> Iterator[Data]:
    """Mark all but the first of records that say nearly the same ``near_duplicate``, over the whole set.

    Problems are compared by their questions, over the whole set; traces by their text, within their problem.
    Similarity is the estimated Jaccard similarity of the sets of word n-grams: MinHash (Broder 1997) with 64
    hashes, candidates by banding, clusters by union-find. Records that bear a mark are left out, but a trace
    may be marked with its outcome; right and wrong traces of a problem are never duplicates of each other.
    Signatures wait in the stage's folder, 400 bytes a problem, until the stage is done.

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
    compared = _traces if compare == "traces" else _questions
    # All traces of a problem are in one shard: there is nothing to compare over several.
    for part in ([data] for data in shards) if compare == "traces" else [shards]:
        with tempfile.TemporaryDirectory(dir=ctx.dir if ctx else None, prefix=".near-") as place:
            bands, places, counts = Bands(Path(place)), Path(place) / "places", []
            with places.open("wb") as file:
                for data in part:
                    at_N, texts, group_N = compared(data)
                    _add(bands, texts, group_N, n, seed)
                    at_N.tofile(file)
                    counts.append(len(at_N))
            earlier_N, start = bands.earlier(threshold), 0
            for data, count in zip(part, counts, strict=True):
                later_N = earlier_N[start : start + count] != np.arange(start, start + count)
                at_N = np.fromfile(places, np.int64, count, offset=8 * start)[later_N]
                yield _marked(data, compare, {*at_N.tolist()})
                start += count


def _marked(data: Data, kind: str, places: set[int]) -> Data:
    """The data with the traces or problems in these places marked."""

    def looked(records: list[Record]) -> list[Record]:
        return [marked(each, MARK) if at in places else each for at, each in enumerate(records)]

    if kind == "traces":
        return Data(data.problems, looked(data.traces), data.pairs)
    return Data(looked(data.problems), data.traces, data.pairs)


def _questions(data: Data) -> tuple[Indices, list[str], Indices]:
    """Which problems are compared, by what text, and the group that each is compared within."""
    texts = [(at, normalise(each.question)) for at, each in enumerate(data.problems) if not each.marks]
    at = [at for at, text in texts if text]
    return np.array(at, np.int64), [text for _, text in texts if text], np.zeros(len(at), np.int64)


def _traces(data: Data) -> tuple[Indices, list[str], Indices]:
    """The same of traces. One that is alone in its group has nothing to be compared with."""
    groups = [(each.problem_id, each.outcome) for each in data.traces]
    sizes = Counter(groups)
    numbers = {group: number for number, group in enumerate(sizes)}
    compared = []
    for at, (trace, group) in enumerate(zip(data.traces, groups, strict=True)):
        if sizes[group] > 1 and {*trace.marks} <= {trace.outcome}:
            text = normalise(f"{trace.reasoning} {trace.answer}")
            compared += [(at, text, numbers[group])] if text else []
    at_N, group_N = (np.array([each[part] for each in compared], np.int64) for part in (0, 2))
    return at_N, [text for _, text, _ in compared], group_N


def _add(bands: Bands, texts: list[str], group_N: Indices, n: int, seed: int) -> None:
    """Signatures of texts, so many at a time that their words need little memory."""
    start = size = 0
    for end, text in enumerate(texts, 1):
        size += len(text)
        if size >= AT_A_TIME or end == len(texts):
            bands.add(_signatures(texts[start:end], n, seed), group_N[start:end])
            start, size = end, 0


def _signatures(texts: list[str], n: int, seed: int) -> Hashes:
    """MinHash signatures, ``[texts, 64]`` of unsigned 32-bit integers, of normalised texts."""
    parted = [text if text.isascii() else " ".join(words(text)) for text in texts]
    without_blanks = np.array(
        [each.count(" ") > 2 * text.count(" ") + 1 for each, text in zip(parted, texts, strict=True)]
    )
    signatures = np.empty((len(texts), HASHES), dtype=np.uint32)
    for rows, length in ((~without_blanks, n), (without_blanks, math.ceil(n * CHARACTERS))):
        some = [parted[row] for row in np.flatnonzero(rows)]
        if some:
            signatures[rows] = _minhash(some, length, seed)
    return signatures


def _minhash(texts: list[str], n: int, seed: int) -> Hashes:
    """Signatures of texts of n-grams of what stands between blanks."""
    try:
        import daft
        from daft.functions import minhash
    except ImportError:
        raise missing_extra("daft", "data", "curation/near_duplicates") from None
    frame = daft.from_pydict({"text": texts})
    hashed = minhash(daft.col("text"), num_hashes=HASHES, ngram_size=n, seed=seed)
    column = frame.select(hashed.alias("hash")).to_arrow().column("hash").combine_chunks()
    return np.asarray(column.flatten(), dtype=np.uint32).reshape(len(texts), HASHES)
