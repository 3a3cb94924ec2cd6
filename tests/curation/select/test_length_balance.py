"""curation/length_balance: what is one too many of its length, and whether length still tells preference."""

from __future__ import annotations

from pathlib import Path

import pytest
import scipy.stats

from limbeck.curation.select.length_balance import MARK, length_balance, preference
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards, split
from limbeck.ranks import rank_correlation
from limbeck.records import Data, Pair, Problem, Trace


def data(lengths: list[tuple[int, int]]) -> Data:
    """A problem for each pair of lengths, the chosen trace's first."""
    made = Data()
    for at, pair in enumerate(lengths):
        made.problems.append(Problem(id=f"p{at}", question="?"))
        made.traces += [
            Trace(id=f"p{at}/{side}", problem_id=f"p{at}", answer="x" * length)
            for side, length in zip(("right", "wrong"), pair, strict=True)
        ]
        made.pairs.append(Pair(problem_id=f"p{at}", chosen=f"p{at}/right", rejected=f"p{at}/wrong"))
    return made


def balanced(lengths: list[tuple[int, int]], heard: list | None = None, **more) -> Data:
    ctx = Context(Path("."), report=heard.append if heard is not None else lambda event: None)
    settings = {"unit": "characters", "what": "pairs", **more}
    return Data.join(length_balance(MemoryShards([*split(data(lengths), 3)]), ctx=ctx, **settings))


LONGER_WINS = [(9, 4)] * 6 + [(4, 9)] * 2 + [(7, 6)] * 3 + [(5, 5)] * 2 + [(8, 2)] * 3


def kept(made: Data) -> list[tuple[int, int]]:
    length = {trace.id: len(trace.answer) for trace in made.traces}
    return [(length[pair.chosen], length[pair.rejected]) for pair in made.kept_pairs()]


def test_as_many_are_kept_where_the_chosen_is_longer_as_where_it_is_shorter():
    made = kept(balanced(LONGER_WINS))
    assert sorted(made) == sorted([(9, 4)] * 2 + [(4, 9)] * 2 + [(5, 5)] * 2)
    assert preference(LONGER_WINS) > 0.3
    assert preference(made) == pytest.approx(0, abs=1e-12)


def test_the_log_tells_the_correlation_before_and_after():
    heard: list = []
    balanced(LONGER_WINS, heard)
    (told,) = [event["message"] for event in heard]
    before = f"{preference(LONGER_WINS):+.3f}"
    assert told == f"6 of 16 pairs are kept; rho of length and preference {before}, of these +0.000"


def test_wider_bins_let_lengths_differ_within_them():
    assert len(kept(balanced([(9, 4), (4, 8)], width=5))) == 2
    assert len(kept(balanced([(9, 4), (4, 8)]))) == 0


def test_traces_keep_as_many_of_each_length_as_the_median_length_has():
    lengths = [(1, 1), (1, 1), (1, 2), (2, 3)]  # five of 1, two of 2, one of 3
    made = balanced(lengths, what="traces")
    marked = [trace for trace in made.traces if trace.marks]
    assert [trace.marks for trace in marked] == [[MARK]] * 3
    assert {len(trace.answer) for trace in marked} == {1}
    assert not any(pair.marks for pair in made.pairs)


def test_the_seed_draws_and_the_shards_do_not():
    one_way = balanced(LONGER_WINS, seed=1)
    assert [pair.marks for pair in one_way.pairs] == [
        pair.marks for pair in balanced(LONGER_WINS, seed=1).pairs
    ]
    assert [pair.marks for pair in one_way.pairs] != [
        pair.marks for pair in balanced(LONGER_WINS, seed=2).pairs
    ]


def test_rank_correlation_is_scipys_and_0_where_nothing_varies():
    left, right = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0], [2.0, 7.0, 1.0, 8.0, 2.0, 8.0]
    assert rank_correlation(left, right) == pytest.approx(scipy.stats.spearmanr(left, right).statistic)
    assert rank_correlation([1.0, 1.0], right[:2]) == 0.0
    assert rank_correlation([], []) == 0.0
