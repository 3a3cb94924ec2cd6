"""Vendi scores and clusters, against values worked by hand and a direct computation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from limbeck import vectors
from limbeck.errors import LimbeckError


def unit(values) -> np.ndarray:
    rows = np.array(values, float)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_vendi_counts_what_is_different():
    assert vectors.vendi(unit([[1, 0, 0]] * 5)) == pytest.approx(1)
    assert vectors.vendi(np.eye(4)) == pytest.approx(4)
    # Two kinds, one twice as often: exp of the entropy of (2/3, 1/3).
    wanted = math.exp(-(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3)))
    assert vectors.vendi(unit([[1, 0], [1, 0], [0, 1]])) == pytest.approx(wanted)
    # Two at 60 degrees: eigenvalues (1 ± 1/2) / 2.
    wanted = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert vectors.vendi(unit([[1, 0], [0.5, 3**0.5 / 2]])) == pytest.approx(wanted)
    assert vectors.vendi(np.zeros((0, 3))) == 0


@pytest.mark.parametrize("shape", [(7, 30), (30, 7)])
def test_vendi_is_the_entropy_of_the_kernels_spectrum(shape):
    x = unit(np.random.default_rng(0).normal(size=shape))
    shares = np.linalg.eigvals(x @ x.T / len(x)).real
    shares = shares[shares > 1e-12]
    assert vectors.vendi(x) == pytest.approx(math.exp(-sum(share * math.log(share) for share in shares)))


def test_clusters_are_the_bundles_that_there_are():
    rng = np.random.default_rng(1)
    bundles = [np.eye(6)[at] + 0.05 * rng.normal(size=(count, 6)) for at, count in ((0, 40), (1, 10), (2, 3))]
    x = unit(np.vstack(bundles))
    of = vectors.nearest(x, vectors.clusters(x, 3, seed=0))
    parts = [set(of[:40]), set(of[40:50]), set(of[50:])]
    assert all(len(part) == 1 for part in parts)
    assert len(set.union(*parts)) == 3
    assert len(vectors.clusters(unit([[1, 0]] * 4), 3)) == 1


def test_a_file_comes_back_with_rows_of_length_one(tmp_path):
    vectors.write(tmp_path / "index", 0, ["a", "b"], np.array([[3.0, 4.0], [0.0, 0.0]]))
    vectors.write(tmp_path / "index", 1, ["a", "c"], np.array([[1.0, 0.0], [0.0, 2.0]]))
    read = vectors.Vectors.read(str(tmp_path / "index"))
    assert read.of(["c", "nobody", "a", "b"]).tolist() == [
        [0, 1],
        [pytest.approx(0.6), pytest.approx(0.8)],
        [0, 0],
    ]
    with pytest.raises(LimbeckError, match="no vectors"):
        vectors.Vectors.read(str(tmp_path))
    vectors.write(tmp_path / "index", 2, ["d"], np.ones((1, 3)))
    with pytest.raises(LimbeckError, match="different widths"):
        vectors.Vectors.read(str(tmp_path / "index"))
