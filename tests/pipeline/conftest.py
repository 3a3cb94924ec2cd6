"""A house of a user's own methods for every test of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from house_cases import METHODS


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in METHODS.items():
        (tmp_path / "house" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "house" / name).write_text(text)
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path / "house"))
    return tmp_path
