"""Ways in which a store is damaged, each with what must be seen of it: an error that names a file, or all of
the data. Never less of it.

A folder that they are tried on holds three shards, each with problems, traces and pairs, and a manifest.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.pipeline import counting, store
from limbeck.records import Data, Pair, Problem, Trace

RIGHT = ""
"""What must be seen is all of the data: nothing that is read was damaged."""


@dataclass(frozen=True)
class Way:
    """A damage by name.

    Attributes:
        does: what it does to a folder.
        seen: the file that an error must name; empty where all data must be read as if nothing had happened.
        told: whether ``limbeck check`` has something to say of it.
    """

    name: str
    does: Callable[[Path], Any]
    seen: str
    told: bool = True


def _without(*names: str) -> Callable[[Path], None]:
    def remove(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return remove


def _bytes(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        path = folder / name
        path.write_bytes(change(path.read_bytes()))

    return write


def _flipped(name: str, place: float) -> Callable[[Path], None]:
    """A bit the other way round, at a share of the file or, below 0, so many bytes before its end."""

    def flip(content: bytes) -> bytes:
        at = int(place * len(content)) if place >= 0 else len(content) + int(place)
        return content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :]

    return _bytes(name, flip)


def _swapped(*pairs: tuple[str, str]) -> Callable[[Path], None]:
    def swap(folder: Path) -> None:
        for left, right in pairs:
            (folder / left).rename(folder / "between")
            (folder / right).rename(folder / left)
            (folder / "between").rename(folder / right)

    return swap


def _copied(source: str, target: str) -> Callable[[Path], None]:
    return lambda folder: shutil.copyfile(folder / source, folder / target)


def _table(name: str, change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """A table written anew, sound in itself."""
    return lambda folder: pq.write_table(change(pq.read_table(folder / name)), folder / name)


def _answered(table: pa.Table) -> pa.Table:
    answers = pa.array(["99"] * table.num_rows)
    return table.set_column(table.column_names.index("answer"), "answer", answers)


def _manifest(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "manifest.json"
        page = json.loads(path.read_text())
        path.write_text(json.dumps(change(page) or page))

    return edit


def _folder_in_place(folder: Path) -> None:
    (folder / "00001.traces.parquet").unlink()
    (folder / "00001.traces.parquet").mkdir()


def _link_to_nothing(folder: Path) -> None:
    (folder / "00001.pairs.parquet").unlink()
    os.symlink(folder / "gone", folder / "00001.pairs.parquet")


def _unlisted(page: dict[str, Any]) -> None:
    for name in ("problems", "traces", "pairs"):
        del page["files"][f"00002.{name}.parquet"]


def _fewer(page: dict[str, Any]) -> None:
    page["files"]["00001.traces.parquet"]["rows"] -= 1
    page["counts"]["traces"] -= 1


def _miscounted(page: dict[str, Any]) -> None:
    page["counts"]["problems"] = 1


def _one_more(folder: Path) -> None:
    for name in _WHOLE[0]:
        _copied(name, name.replace("00000", "00003"))(folder)


def _notes(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def _half_written(folder: Path) -> None:
    (folder / ".00001.traces.parquet.7").write_bytes(b"PAR1")


def _elsewhere(page: dict[str, Any]) -> None:
    page["files"]["../x.parquet"] = {"bytes": 1}


_SHARD = ("problems", "traces", "pairs")
_WHOLE = [[f"{index:05d}.{name}.parquet" for name in _SHARD] for index in range(3)]
_T0, _T1, _P2 = "00000.traces.parquet", "00001.traces.parquet", "00002.problems.parquet"
_PROBLEMS = [whole[0] for whole in _WHOLE]
_JSON = "manifest.json"

WAYS = (
    Way("a table is missing", _without(_T1), _T1),
    Way("the last shard's problems are missing", _without(_P2), _P2),
    Way("the last shard is missing", _without(*_WHOLE[2]), "00002."),
    Way("a shard in the middle is missing", _without(*_WHOLE[1]), "00001."),
    Way("the first shard is missing", _without(*_WHOLE[0]), "00000."),
    Way("all problems are missing", _without(*_PROBLEMS), "00000.problems.parquet"),
    Way("two shards' traces are swapped", _swapped((_T0, _T1)), _T0),
    Way("two shards are swapped", _swapped(*zip(*_WHOLE[:2], strict=True)), "00000."),
    Way("a shard is another one's copy", _copied(_T0, _T1), _T1),
    Way("problems stand where traces should", _copied("00001.problems.parquet", _T1), _T1),
    Way("a table is cut in half", _bytes(_T1, lambda old: old[: len(old) // 2]), _T1),
    Way("a table lacks its last byte", _bytes(_T1, lambda old: old[:-1]), _T1),
    Way("a table has one byte more", _bytes(_T1, lambda old: old + b"\0"), _T1),
    Way("a table is empty", _bytes(_T1, lambda old: b""), _T1),
    Way("a table is zeros", _bytes(_T1, lambda old: bytes(len(old))), _T1),
    Way("a bit of its data is flipped", _flipped(_T1, 0.02), _T1),
    Way("a bit in its middle is flipped", _flipped(_T1, 0.5), _T1),
    Way("a bit of its footer is flipped", _flipped(_T1, -40), _T1),
    Way("a bit of its last word is flipped", _flipped(_T1, -2), _T1),
    Way("a table lost its rows", _table(_T1, lambda table: table.slice(0, 0)), _T1),
    Way("a table lost its last row", _table(_T1, lambda table: table.slice(0, table.num_rows - 1)), _T1),
    Way("a table was written with other answers", _table(_T1, _answered), _T1),
    Way("a table lacks a column", _table(_T1, lambda table: table.drop_columns(["model"])), _T1),
    Way("a folder has a table's name", _folder_in_place, _T1),
    Way("a link leads to nothing", _link_to_nothing, "00001.pairs.parquet"),
    Way("a shard too many", _one_more, RIGHT),
    Way("a file of somebody else's", _notes, RIGHT, told=False),
    Way("a table half written", _half_written, RIGHT, told=False),
    Way("the manifest is missing", _without(_JSON), _JSON),
    Way("the manifest is cut", _bytes(_JSON, lambda old: old[:-20]), _JSON),
    Way("the manifest is empty", _bytes(_JSON, lambda old: b""), _JSON),
    Way("the manifest is a list", _bytes(_JSON, lambda old: b"[]"), _JSON),
    Way("the manifest lists other rows", _manifest(_fewer), _T1),
    Way("the manifest lists one shard less", _manifest(_unlisted), _JSON),
    Way("the manifest lists a file elsewhere", _manifest(_elsewhere), _JSON),
    Way("the manifest's list is none", _manifest(lambda page: page.update(files=[1])), _JSON),
    Way("the manifest counts other problems", _manifest(_miscounted), _JSON),
)  # fmt: skip


# --- of a run: what a folder `stage`, one of those in its `stages`, or the run's page suffers


def _unfinished(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """A stage that was killed before its manifest, and suffers more."""

    def damage(stage: Path) -> None:
        (stage / _JSON).unlink()
        change(stage)

    return damage


def _page(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda stage: _bytes("run.json", change)(stage.parent.parent)


def _no_log(stage: Path) -> None:
    for name in ("log.txt", ".lock"):
        (stage / name).unlink(missing_ok=True)


RUN_WAYS = (
    Way("the stage is gone", shutil.rmtree, RIGHT),
    Way("its manifest is gone", _without(_JSON), RIGHT),
    Way("its log and lock are gone", _no_log, RIGHT),
    Way("the run's page is gone", lambda stage: (stage.parent.parent / "run.json").unlink(), RIGHT),
    Way("the run's page is cut", _page(lambda old: old[: len(old) // 2]), RIGHT),
    Way("unfinished, without a table", _unfinished(_without(_T1)), RIGHT),
    Way("unfinished, without its last shard", _unfinished(_without(*_WHOLE[2])), RIGHT),
    Way("unfinished, without a shard before others", _unfinished(_without(*_WHOLE[1])), RIGHT),
    Way("unfinished, a table half written beside it", _unfinished(_half_written), RIGHT),
    Way("unfinished, a table is cut", _unfinished(_bytes(_T1, lambda old: old[:-9])), _T1),
    Way("unfinished, a table is empty", _unfinished(_bytes(_T1, lambda old: b"")), _T1),
    Way("unfinished, a table is zeros", _unfinished(_bytes(_T1, lambda old: bytes(len(old)))), _T1),
)
"""Ways in which a run is damaged: the next run makes all of it right by itself, or names the file and does so
after a repair."""


def shard(index: int, problems: int = 4) -> Data:
    names = [f"{index}-{number}" for number in range(problems)]
    return Data(
        [Problem(id=name, question=f"{name}?", answer=str(index)) for name in names],
        [Trace(id=f"{n}{k}", problem_id=n, reasoning=f"so {n} " * 20, answer=k) for n in names for k in "ab"],
        [Pair(problem_id=name, chosen=f"{name}a", rejected=f"{name}b") for name in names],
    )


def made(folder: Path) -> list[Data]:
    """Three shards with a manifest, as a stage leaves them."""
    shards = [shard(index) for index in range(3)]
    store.write_data(folder, iter(shards))
    counts = counting.counts(store.read_data(folder))
    store.write_manifest(folder, {"name": "it", "key": "abc", "kind": "data", "counts": counts})
    return shards
