"""limbeck.texts.banding: clusters of signatures, against all pairs in memory."""

import numpy as np
import pytest

from limbeck.texts.banding import BANDS, HASHES, ROWS, Bands, _roots, _unite


def signatures(rng: np.random.Generator, clusters: int, size: int, changed: int) -> np.ndarray:
    """Clusters whose members differ from the one before in some hashes: the ends of a chain are far apart."""
    rows = []
    for _ in range(clusters):
        row = rng.integers(0, 2**32, HASHES, dtype=np.uint32)
        for _ in range(size):
            rows.append(row.copy())
            row[rng.choice(HASHES, changed, replace=False)] = rng.integers(0, 2**32, changed, dtype=np.uint32)
    return np.array(rows)[rng.permutation(len(rows))]


def by_hand(signature_NH: np.ndarray, group_N: np.ndarray, threshold: float) -> set[int]:
    """All but the first of each cluster: buckets as dictionaries, clusters as sets."""
    clusters = [{index} for index in range(len(signature_NH))]
    for band in range(BANDS):
        buckets: dict[tuple, list[int]] = {}
        for index, row in enumerate(signature_NH[:, band * ROWS : (band + 1) * ROWS]):
            buckets.setdefault((group_N[index], *row.tolist()), []).append(index)
        for first, *others in buckets.values():
            for other in others:
                if (signature_NH[first] == signature_NH[other]).mean() >= threshold:
                    both = clusters[first] | clusters[other]
                    for index in both:
                        clusters[index] = both
    return {index for index, cluster in enumerate(clusters) if index != min(cluster)}


def later(folder, signature_NH, group_N, threshold=0.8, at_a_time=1 << 20, cut=17) -> set[int]:
    bands = Bands(folder, at_a_time)
    for start in range(0, len(signature_NH), cut):
        bands.add(signature_NH[start : start + cut], group_N[start : start + cut])
    return {index for index, first in enumerate(bands.earlier(threshold)) if index != first}


@pytest.mark.parametrize("at_a_time", [1 << 20, 64, 7])
def test_clusters_are_those_of_all_pairs_in_parts_of_any_size(tmp_path, at_a_time):
    rng = np.random.default_rng(3)
    signature_NH = signatures(rng, 60, 6, 8)
    group_N = rng.integers(0, 2, len(signature_NH))
    for place, threshold in enumerate((0.7, 0.8, 0.9)):
        folder = tmp_path / str(place)
        folder.mkdir()
        expected = by_hand(signature_NH, group_N, threshold)
        assert later(folder, signature_NH, group_N, threshold, at_a_time) == expected
        assert place == 2 or 0 < len(expected) < 300


def test_a_chain_is_one_cluster_and_groups_stay_apart(tmp_path):
    rng = np.random.default_rng(5)
    chain = signatures(rng, 1, 400, 4)  # its ends have no hash in common
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    assert later(one, chain, np.zeros(400, np.int64), at_a_time=50) == {*range(1, 400)}
    same = np.tile(chain[:1], (300, 1))
    group_N = np.arange(300) % 3
    assert later(two, same, group_N, at_a_time=50) == {*range(3, 300)}


def test_no_signatures(tmp_path):
    assert len(Bands(tmp_path).earlier(0.8)) == 0


def test_clusters_that_meet_in_one_signature_are_united_under_the_first():
    parent_N = np.arange(6)
    _unite(parent_N, np.array([1, 2, 4]), np.array([5, 5, 5]))
    assert _roots(parent_N, np.arange(6)).tolist() == [0, 1, 1, 3, 1, 1]
