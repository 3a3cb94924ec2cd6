"""Files of vectors by trace, and what is measured of sets of vectors: how spread out, which clusters."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.pipeline.atomic import write_atomic

Array = np.ndarray[Any, Any]
ROUNDS = 100


@dataclass(frozen=True)
class Vectors:
    """Vectors of length 1, a row each, by the id of what they belong to.

    Attributes:
        rows: which row, by id.
        values_ND: ``[N, D]``.
    """

    rows: dict[str, int]
    values_ND: Array

    @classmethod
    def read(cls, folder: str) -> Vectors:
        """All shards of a folder, in order; of an id that comes twice the first counts.

        Raises:
            LimbeckError: no vectors are there, or shards are of different widths.
        """
        files = sorted(Path(folder).glob("*.npz"))
        parts = [np.load(file) for file in files]
        widths = {part["values"].shape[1] for part in parts if len(part["values"])}
        if len(widths) != 1:
            raise LimbeckError(f"{folder} holds {'vectors of different widths' if widths else 'no vectors'}")
        values_ND = np.concatenate([part["values"] for part in parts if len(part["values"])])
        rows: dict[str, int] = {}
        for row, name in enumerate(name for part in parts for name in part["ids"].tolist()):
            rows.setdefault(name, row)
        return cls(rows, values_ND)

    def of(self, ids: list[str]) -> Array:
        """The vectors of those ids that have one, in order."""
        return self.values_ND[[self.rows[name] for name in ids if name in self.rows]]


def write(folder: Path, shard: int, ids: list[str], values_ND: Array) -> None:
    """Write a shard, each row brought to length 1; a row of zeros stays."""
    lengths_N1 = np.linalg.norm(values_ND, axis=1, keepdims=True)
    unit_ND = values_ND / np.where(lengths_N1 > 0, lengths_N1, 1)
    buffer = io.BytesIO()
    np.savez(buffer, ids=np.array(ids, dtype=np.str_), values=unit_ND.astype(np.float32))
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / f"{shard:05d}.npz", buffer.getvalue())


def vendi(values_ND: Array) -> float:
    """The Vendi score of vectors of length 1: ``exp`` of the entropy of the eigenvalues of ``X X^T / N``.

    1 where all are alike, N where all are at right angles (Friedman and Dieng, arXiv 2210.02410; over
    gradients it is G-Vendi, 2505.20161). 0 for no vectors.
    """
    if not len(values_ND):
        return 0.0
    x_ND = values_ND.astype(np.float64)
    # X X^T and X^T X have the same eigenvalues but for zeros.
    gram = x_ND @ x_ND.T if len(x_ND) <= x_ND.shape[1] else x_ND.T @ x_ND
    shares = np.clip(np.linalg.eigvalsh(gram / len(x_ND)), 0, None)
    shares = shares[shares > 1e-12]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def clusters(values_ND: Array, count: int, seed: int = 0) -> Array:
    """Centres ``[count, D]`` of spherical k-means: k-means++ by cosine, then Lloyd's rounds until none
    moves."""
    rng = np.random.default_rng(seed)
    count = min(count, len(values_ND))
    centres_KD = values_ND[rng.integers(len(values_ND))][None]
    while len(centres_KD) < count:
        far_N = np.clip(1 - (values_ND @ centres_KD.T).max(1), 0, None) ** 2
        if not far_N.sum():
            break
        centres_KD = np.vstack([centres_KD, values_ND[rng.choice(len(values_ND), p=far_N / far_N.sum())]])
    for _ in range(ROUNDS):
        of_N = nearest(values_ND, centres_KD)
        sums_KD = np.stack([values_ND[of_N == at].sum(0) for at in range(len(centres_KD))])
        lengths_K1 = np.linalg.norm(sums_KD, axis=1, keepdims=True)
        moved_KD = np.where(lengths_K1 > 0, sums_KD / np.where(lengths_K1 > 0, lengths_K1, 1), centres_KD)
        if np.allclose(moved_KD, centres_KD, atol=1e-7):
            break
        centres_KD = moved_KD
    return np.asarray(centres_KD)


def nearest(values_ND: Array, centres_KD: Array) -> Array:
    """The centre that each vector is most like."""
    return np.asarray((values_ND @ centres_KD.T).argmax(1))
