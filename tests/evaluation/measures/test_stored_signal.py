"""evaluation/stored_signal: what is kept of a teacher's distribution, and its size on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="signals need the extra limbeck[train]")
import small_world

from limbeck.errors import LimbeckError
from limbeck.evaluation.measures.stored_signal import stored_signal
from limbeck.networks import stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace


def measured(folder: Path, signal: str, data: Data, **more):
    return stored_signal(data, signal=signal, ctx=Context(folder), **more)


def test_mass_and_bytes_are_those_of_the_folder(tmp_path):
    data = small_world.judged(6)
    values = {}
    for k in (3, 0):
        path = small_world.signal(tmp_path / f"k{k}", data, k=k)
        results = measured(tmp_path, path, data).results
        values[k] = {row.metric: row.value for row in results}
        assert {row.model for row in results} == {"top 3" if k else "all"}
    assert values[0]["score@covered"] == 1.0
    # By another way: what three words of the whole distribution add up to, at most.
    _, whole = stored.read(str(tmp_path / "k0/signal"))
    tops = {
        name: np.exp(np.sort(packed.unpack()["top_logp"], 1)[:, -3:]).sum(1).mean()
        for name, (_, packed) in whole.items()
    }
    kept = [np.mean([tops[t.id] for t in data.kept() if t.problem_id == p.id]) for p in data.problems]
    assert values[3]["score@covered"] == pytest.approx(np.mean(kept), abs=1e-4)
    folder = tmp_path / "k3/signal"
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    tokens = sum(packed.size for _, packed in stored.read(folder)[1].values())
    assert values[3]["score@bytes"] == pytest.approx(size / tokens)


def test_a_signal_of_other_traces_and_one_that_is_none_are_refused(tmp_path):
    data = small_world.judged(3)
    path = small_world.signal(tmp_path / "s", data, k=2)
    other = Data(data.problems, [Trace(id="else", problem_id="p0", answer="4")])
    with pytest.raises(LimbeckError, match="holds none of 1 traces"):
        measured(tmp_path, path, other)
    with pytest.raises(LimbeckError, match="nowhere"):
        measured(tmp_path, str(tmp_path / "nowhere"), data)
