"""A damaged store: an error that names the file, or all of the data; never less of it in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
import store_damage

from limbeck import api
from limbeck.errors import LimbeckError
from limbeck.pipeline import counting, store
from limbeck.records import Data, Pair, Problem, Result, Results, Trace


def shard(index: int, problems: int = 4) -> Data:
    names = [f"{index}-{number}" for number in range(problems)]
    return Data(
        [Problem(id=name, question=f"{name}?", answer=str(index)) for name in names],
        [Trace(id=f"{n}{k}", problem_id=n, reasoning=f"so {n} " * 20, answer=k) for n in names for k in "ab"],
        [Pair(problem_id=name, chosen=f"{name}a", rejected=f"{name}b") for name in names],
    )


def made(folder: Path, results: bool = False) -> list[Data]:
    """Three shards with a manifest, as a stage leaves them."""
    shards = [shard(index) for index in range(3)]
    store.write_data(folder, iter(shards))
    if results:
        store.write_table(folder / "results.parquet", store.to_table([Result("m", "b", "pass@1", 0.5)], Result))
    counts = counting.counts(store.read_data(folder))
    kind = "results" if results else "data"
    store.write_manifest(folder, {"name": "it", "key": "abc", "kind": kind, "counts": counts})
    return shards


@pytest.mark.parametrize("way", store_damage.WAYS, ids=lambda way: way.name)
def test_damage_is_named_or_nothing_is_lost(way: store_damage.Way, tmp_path: Path):
    shards = made(tmp_path / "it")
    way.does(tmp_path / "it")
    if way.seen:
        with pytest.raises(LimbeckError) as caught:
            api.load(tmp_path / "it")
        assert way.seen in str(caught.value)
        assert "delete" not in str(caught.value)
    else:
        assert api.load(tmp_path / "it") == Data.join(shards)
