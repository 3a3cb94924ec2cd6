"""What tests of logic share."""

from __future__ import annotations

import sys

import pytest
from lean_cases import FAKE


@pytest.fixture(scope="module")
def binary(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("lean") / "lean"
    path.parent.chmod(0o755)
    path.write_text(FAKE.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)
