"""Which signatures are nearly alike: banding and union-find on disk, in memory that does not grow with them.

Of every signature each band is kept as a digest of 64 bits. Signatures with the same digest of a band are
held against the first of them, all hashes at once; those that are alike enough become one cluster. Should two
bands share a digest by chance, a pair more is compared.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

BANDS, ROWS = 16, 4
"""Signatures of 64 hashes in 16 bands of 4: texts of similarity 0.8 meet in a band with probability
0.9998."""
HASHES = BANDS * ROWS
SORTED = 1 << 20
"""Digests that are sorted at a time. A band of more is sorted in parts, for each of which it is read."""
COMPARED = 1 << 13
"""Pairs of signatures that are compared at a time: 4 MB of hashes."""
_MIX = np.uint64(0x9E3779B97F4A7C15)

Indices = npt.NDArray[np.int64]


class Bands:
    """Signatures in a folder, in the order in which they were added."""

    def __init__(self, folder: Path, sorted_at_a_time: int = SORTED) -> None:
        self.folder, self.sorted_at_a_time, self.count = folder, sorted_at_a_time, 0
        self._signatures = (folder / "signatures").open("wb")
        self._digests = [(folder / f"band-{band}").open("wb") for band in range(BANDS)]

    def add(self, signature_NH: npt.NDArray[np.uint32], group_N: Indices) -> None:
        """Append signatures.

        Args:
            signature_NH: ``[N, 64]`` hashes.
            group_N: only signatures of the same group are compared.
        """
        signature_NH.tofile(self._signatures)
        for band, file in enumerate(self._digests):
            digest_N = group_N.astype(np.uint64)
            for column in range(band * ROWS, (band + 1) * ROWS):
                digest_N = (digest_N ^ signature_NH[:, column]) * _MIX
                digest_N ^= digest_N >> np.uint64(32)
            digest_N.tofile(file)
        self.count += len(signature_NH)

    def earlier(self, threshold: float) -> Indices:
        """Of every signature the index of an earlier one in its cluster, its own where it is the first: an
        array on disk.

        Args:
            threshold: the least share of equal hashes.
        """
        for file in (self._signatures, *self._digests):
            file.close()
        if not self.count:
            return np.empty(0, np.int64)
        parent_N = np.memmap(self.folder / "parents", np.int64, "w+", shape=(self.count,))
        for start in range(0, self.count, self.sorted_at_a_time):
            end = min(start + self.sorted_at_a_time, self.count)
            parent_N[start:end] = np.arange(start, end)
        with (self.folder / "signatures").open("rb") as stored:
            for band in range(BANDS):
                for one_P, other_P in self._pairs(band):
                    apart_P = _roots(parent_N, one_P) != _roots(parent_N, other_P)
                    one_P, other_P = one_P[apart_P], other_P[apart_P]
                    same_PH = _signatures(stored, one_P) == _signatures(stored, other_P)
                    alike_P = same_PH.mean(axis=1) >= threshold
                    _unite(parent_N, one_P[alike_P], other_P[alike_P])
        return parent_N

    def _pairs(self, band: int) -> Iterator[tuple[Indices, Indices]]:
        """The first and each other signature of every bucket of a band. Comparing with the first alone keeps
        a large bucket linear; other bands bring other firsts."""
        parts = -(-self.count // self.sorted_at_a_time)
        for part in range(parts):
            digest_N, index_N = self._digests_in(band, part, parts)
            order_N = np.argsort(digest_N, kind="stable")  # the lowest index of a bucket stays first
            digest_N, index_N = digest_N[order_N], index_N[order_N]
            begins_N = np.ones(len(digest_N), np.bool_)
            begins_N[1:] = digest_N[1:] != digest_N[:-1]
            first_N = index_N[begins_N][np.cumsum(begins_N) - 1]
            one_P, other_P = first_N[~begins_N], index_N[~begins_N]
            for start in range(0, len(one_P), COMPARED):
                yield one_P[start : start + COMPARED], other_P[start : start + COMPARED]

    def _digests_in(self, band: int, part: int, parts: int) -> tuple[npt.NDArray[np.uint64], Indices]:
        """The digests of a band that fall to one part of several, and whose they are."""
        digests, indices = [], []
        for start in range(0, self.count, self.sorted_at_a_time):
            path = self.folder / f"band-{band}"
            digest_N = np.fromfile(path, np.uint64, self.sorted_at_a_time, offset=8 * start)
            here_N = np.flatnonzero(digest_N % np.uint64(parts) == part)
            digests.append(digest_N[here_N])
            indices.append(here_N + start)
        return np.concatenate(digests), np.concatenate(indices)


def _signatures(file: BinaryIO, index_P: Indices) -> npt.NDArray[np.uint32]:
    """Signatures of these indices. A mapped file would keep whatever is near them in memory, too."""
    size = 4 * HASHES
    read = b"".join(os.pread(file.fileno(), size, size * index) for index in index_P.tolist())
    return np.frombuffer(read, np.uint32).reshape(-1, HASHES)


def _roots(parent_N: Indices, index_P: Indices) -> Indices:
    """The first signature of each one's cluster, as far as it is known."""
    root_P = parent_N[index_P]
    while ((above_P := parent_N[root_P]) != root_P).any():
        root_P = above_P
    parent_N[index_P] = root_P
    return root_P


def _unite(parent_N: Indices, one_P: Indices, other_P: Indices) -> None:
    """Make one cluster of the clusters of every pair; the lower root becomes the root of both."""
    while len(one_P):
        one_P, other_P = _roots(parent_N, one_P), _roots(parent_N, other_P)
        apart_P = one_P != other_P
        one_P, other_P = one_P[apart_P], other_P[apart_P]
        # A root that several pairs would put under another one goes under the lowest; the rest come again.
        np.minimum.at(parent_N, np.maximum(one_P, other_P), np.minimum(one_P, other_P))
