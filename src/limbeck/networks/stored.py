"""A teacher's distributions on disk and in memory: a compact, compressed record for each trace.

The likeliest tokens of a position are kept in order of their ids: gaps between ids compress far better than
ids, and a log-probability takes one byte. With ``exact``, or where all words are kept, log-probabilities are
float32.
"""

from __future__ import annotations

import itertools
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from limbeck.errors import LimbeckError
from limbeck.pipeline import inventory
from limbeck.pipeline.atomic import write_atomic
from limbeck.pipeline.store import write_table

DEEPEST = 24.0
"""Log-probabilities below minus this are stored as this."""
LEVELS = (-DEEPEST * (np.arange(256) / 255) ** 2).astype(np.float32)
"""What the 256 codes mean: steps grow with the distance from 0, from 0.0004 nats to 0.19."""


class About(msgspec.Struct):
    """What all records of a folder have in common. ``k`` 0 is the whole vocabulary."""

    k: int
    temperature: float
    model: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """One trace's columns, compressed; ``size`` trained tokens of ``width`` entries each."""

    data: bytes
    size: int
    width: int
    exact: bool
    k: int

    def unpack(self) -> dict[str, np.ndarray]:
        """``top_logp``, with ``top_ids`` and ``top_rest`` unless it has all words; ``teacher_logp`` of tokens
        taken."""
        planes = _decompress(self.data)
        columns = {"teacher_logp": np.frombuffer(planes[0], np.float32).copy()}
        shape = (self.width, self.size)
        if self.k:
            columns["top_rest"] = np.frombuffer(planes[1], np.float32).copy()
            low, middle, high = (np.frombuffer(plane, np.uint8).astype(np.int32) for plane in planes[2:5])
            gaps = (low | middle << 8 | high << 16).reshape(shape).T
            columns["top_ids"] = gaps.cumsum(1, dtype=np.int32)
        if self.exact:
            columns["top_logp"] = np.frombuffer(planes[-1], np.float32).reshape(shape).T.copy()
        else:
            columns["top_logp"] = LEVELS[np.frombuffer(planes[-1], np.uint8).reshape(shape).T]
        return columns


def _compress(plane: np.ndarray) -> bytes:
    """The smaller of two encodings: bytes that repeat, or bytes of which some are merely frequent."""
    raw = np.ascontiguousarray(plane).tobytes()
    frequent = zlib.compressobj(9, strategy=zlib.Z_HUFFMAN_ONLY)
    return min(zlib.compress(raw, 6), frequent.compress(raw) + frequent.flush(), key=len)


def _decompress(data: bytes) -> list[bytes]:
    """All planes of a record, which lie one after the other."""
    planes = []
    while data:
        stream = zlib.decompressobj()
        planes.append(stream.decompress(data))
        data = stream.unused_data
    return planes


def pack(
    logp_nK: np.ndarray,
    ids_nK: np.ndarray | None,
    rest_n: np.ndarray | None,
    taken_n: np.ndarray,
    exact: bool,
) -> Packed:
    """Compress what a teacher says of one trace.

    Args:
        logp_nK: log-probabilities, of the whole vocabulary where there are no ids.
        ids_nK: the tokens they belong to, any order, or None; ``rest_n`` is that of all others together.
        taken_n: the teacher's log-probability of each trained token.
    """
    size, width = logp_nK.shape
    planes = [taken_n.astype(np.float32)]
    if ids_nK is not None:
        assert rest_n is not None, "what is not kept has a probability too"
        planes.append(rest_n.astype(np.float32))
        order = ids_nK.argsort(1)
        ids_nK, logp_nK = np.take_along_axis(ids_nK, order, 1), np.take_along_axis(logp_nK, order, 1)
        gaps = np.diff(ids_nK, axis=1, prepend=0).T.astype(np.uint32)
        # Bytes of one rank lie together: the high ones are nearly all zero.
        planes += [(gaps >> shift & 255).astype(np.uint8) for shift in (0, 8, 16)]
    if exact:
        planes.append(logp_nK.T.astype(np.float32))
    else:
        planes.append(np.rint(255 * np.sqrt(np.clip(-logp_nK.T, 0, DEEPEST) / DEEPEST)).astype(np.uint8))
    data = b"".join(_compress(plane) for plane in planes)
    return Packed(data, size, width, exact, 0 if ids_nK is None else width)


def digest(ids: np.ndarray) -> int:
    """What a trace's trained tokens are recognised by."""
    return zlib.crc32(np.ascontiguousarray(ids, dtype=np.int64).tobytes())


def write_part(folder: Path, index: int, names: list[str], digests: list[int], packed: list[Packed]) -> None:
    """Write one file of records."""
    columns: dict[str, Any] = {
        "trace": names, "digest": pa.array(digests, pa.uint32()), "size": [each.size for each in packed],
        "width": [each.width for each in packed],
        "data": pa.array([each.data for each in packed], pa.binary()),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / f"{index:05d}.parquet", pa.table(columns))


def write_about(folder: Path, about: About) -> None:
    write_atomic(folder / "about.json", msgspec.json.encode(about))


def read(folder: str | Path) -> tuple[About, dict[str, tuple[int, Packed]]]:
    """All records of a folder by trace id, each with the digest of the tokens it is about.

    Raises:
        LimbeckError: nothing readable there, or not what was written.
    """
    folder = Path(folder)
    try:
        about = msgspec.json.decode((folder / "about.json").read_bytes(), type=About)
    except (OSError, msgspec.MsgspecError) as error:
        raise LimbeckError(f"cannot read a stored signal in {folder}: {error}") from error
    there = sorted(path.name for path in folder.glob("?????.parquet"))
    files = inventory.listed(folder) or dict.fromkeys(there)
    tables = [name for name in files if name.endswith(".parquet")]
    parts = [inventory.table(folder / name, files[name]).to_pylist() for name in tables]
    records = {}
    for row in itertools.chain(*parts):
        packed = Packed(row["data"], row["size"], row["width"], about.exact, about.k)
        records[row["trace"]] = (row["digest"], packed)
    return about, records
