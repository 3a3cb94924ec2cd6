"""The pairs of bench/agreement_peers.py: labels follow from mathematics, and no verdict contradicts them."""

from __future__ import annotations

import sys

import pytest
from paths import REPO

sys.path.append(str(REPO / "bench"))

import agreement_peers as peers
from peers.witness import holds


@pytest.mark.parametrize(
    ("witness", "true"),
    [
        ("sqrt(x**2) ≡ abs(x)", True),
        ("sqrt(x**2) ≡ x", False),
        ("log(a*b) ≡ log(a)+log(b)", True),
        ("log(a+b) ≡ log(a)+log(b)", False),
        ("(x>3) ≠ (x>=3)", True),
        ("(2*x>2) ≡ (x>1)", True),
        ("[4*k+1 for k in Z] ≡ [k for k in Z if k % 4 == 1]", True),
        ("[k*pi for k in Z] ≡ [2*k*pi for k in Z]", False),
        ("{1,2} ≡ {2,1,2}", True),
        ("(1,2) ≡ (2,1)", False),
        ("{fs({1}),fs({2})} ≡ {1,2}", False),
        ("1/3 ≡ 0.333", False),
        ("1/3 ≈ 0.333", True),
        ("1/3 ≈ 0.4", False),
        ("-3 ≡ root(-27,3)", True),
        ("2**200 ≡ 2**200+1", False),
    ],
)
def test_a_witness_is_checked(witness, true):
    assert holds(witness) is true


def test_what_proves_nothing_is_refused():
    with pytest.raises(ValueError, match="points lie in both domains"):
        holds("sqrt(-1-x**2) ≡ log(-1-x**2)")


@pytest.fixture(scope="module")
def every() -> list[peers.Pair]:
    return peers.pairs()  # ends with every label that its witness contradicts


def test_the_suite_is_as_large_as_it_says(every):
    assert len(every) >= 1500
    assert sum("drawn" not in pair.kind for pair in every) >= 500
    assert len({pair.id for pair in every}) == len(every)


def test_no_pair_is_accepted_falsely_and_no_negative_poisoned(every):
    rows = zip(every, peers.limbeck(every), strict=True)
    told = [f"{peers.judged(pair, verdict.outcome)}: {pair.id} {verdict.reason}" for pair, verdict in rows]
    assert [each for each in told if each.startswith(("false", "poisoned"))] == []
