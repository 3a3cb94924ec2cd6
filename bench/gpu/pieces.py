"""Large files in pieces, for places that take no file beyond a size.

``python -m bench.gpu.pieces split FILE FOLDER`` writes ``FILE.000``, ``FILE.001`` … and ``FILE.sha256`` into
a folder; ``python -m bench.gpu.pieces join FOLDER FILE`` puts them together and compares the digest.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

SIZE = 50 * 2**20
BLOCK = 2**20


def split(file: Path, folder: Path, size: int = SIZE) -> list[Path]:
    """Pieces of at most ``size`` bytes; returns them, in order.

    Raises:
        SystemExit: the folder has pieces of it already, of which some might be left over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if left := sorted(folder.glob(f"{file.name}.*")):
        raise SystemExit(f"{left[0]} is there already; give another folder, or remove it")
    whole, written = hashlib.sha256(), []
    with file.open("rb") as source:
        while block := source.read(min(BLOCK, size)):
            written.append(folder / f"{file.name}.{len(written):03d}")
            with written[-1].open("wb") as target:
                room = size
                while block:
                    target.write(block)
                    whole.update(block)
                    room -= len(block)
                    block = source.read(min(BLOCK, room))
    (folder / f"{file.name}.sha256").write_text(f"{whole.hexdigest()}  {len(written)}\n")
    return written


def join(folder: Path, file: Path) -> Path:
    """The file whose pieces lie in a folder.

    Raises:
        SystemExit: there is not one set of pieces there, one is missing, or the digest is another.
    """
    sums = sorted(folder.glob("*.sha256"))
    if len(sums) != 1:
        raise SystemExit(f"{folder} holds {len(sums)} files *.sha256; the pieces of one file are wanted")
    digest, count = sums[0].read_text().split()
    pieces = [folder / f"{sums[0].stem}.{index:03d}" for index in range(int(count))]
    if missing := [piece for piece in pieces if not piece.exists()]:
        raise SystemExit(f"{len(missing)} of {count} pieces are missing, the first: {missing[0]}")
    whole, partial = hashlib.sha256(), file.with_name(f".{file.name}.partial")
    with partial.open("wb") as target:
        for piece in pieces:
            with piece.open("rb") as source:
                while block := source.read(BLOCK):
                    target.write(block)
                    whole.update(block)
    if whole.hexdigest() != digest:
        partial.unlink()
        raise SystemExit(
            f"the pieces in {folder} make another file: SHA-256 {whole.hexdigest()}, not {digest}"
        )
    partial.replace(file)
    return file


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("do", choices=("split", "join"))
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    given = parser.parse_args()
    if given.do == "split":
        print(*split(given.source, given.target), sep="\n")
    else:
        print(join(given.source, given.target))


if __name__ == "__main__":
    main()
