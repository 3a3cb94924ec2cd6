"""``limbeck doctor`` on this machine and on machines where something is amiss."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from limbeck.cli import doctor

WANTS = [
    "alpha<2,>=1",
    "beta>=3",
    'gamma>=1; extra == "more"',
    'delta; python_version < "3" and extra == "more"',
    'limbeck[more]; extra == "all"',
]
THERE = {"alpha": "1.5", "beta": "2.9"}


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alpha as wanted, beta too old, gamma absent."""

    def version(name: str) -> str:
        if name not in THERE:
            raise PackageNotFoundError(name)
        return THERE[name]

    monkeypatch.setattr(doctor, "requires", lambda name: WANTS)
    monkeypatch.setattr(doctor, "version", version)


@pytest.mark.usefixtures("packages")
def test_versions_are_held_against_the_packages_own_pins():
    assert doctor.flawed(None) == {"beta": ("warning", "2.9 is installed; wants beta>=3")}
    assert doctor.flawed("more") == {"gamma": ("missing", "not installed; wants gamma>=1")}
    assert doctor.flawed("all") == doctor.flawed("more")


def test_a_look_that_fails_is_a_line():
    def broken():
        yield doctor.Item("first", "ok", "")
        raise OSError("no such thing")

    first, second = doctor._looked(broken)
    assert first.state == "ok"
    assert (second.name, second.state) == ("broken", "warning")
    assert "OSError: no such thing" in second.text


def package(folder: Path, name: str, code: str) -> None:
    """A package that is installed in a folder as far as anybody can tell."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(code)
    info = folder / f"{name}-9.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.0\n")


def examined(folder: Path, **environment: str) -> tuple[int, dict[str, dict]]:
    """Exit code and items by name of a process that finds the folder's packages first."""
    path = os.pathsep.join([str(folder), *sys.path])
    done = subprocess.run(
        [sys.executable, "-m", "limbeck", "doctor", "--json"],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
    )
    assert done.stdout, done.stderr
    return done.returncode, {item["name"]: item for item in json.loads(done.stdout)["items"]}


def test_a_torchvision_for_another_torch_is_told_and_the_core_still_works(tmp_path: Path):
    package(tmp_path, "torchvision", "raise RuntimeError('operator torchvision::nms does not exist')")
    package(tmp_path, "transformers", "import torchvision\nAutoModelForCausalLM = None")
    package(tmp_path, "torch", "class version: cuda = hip = None\nclass cuda: device_count = lambda: 0")
    code, items = examined(tmp_path, HF_HUB_OFFLINE="1", LIMBECK_SANDBOX="off")
    assert code == 0
    assert "nms does not exist" in items["torchvision"]["text"]
    assert items["transformers"]["state"] == "missing"
    assert items["transformers"]["advice"] == "pip uninstall torchvision"
    assert items["torch"]["text"].startswith("9.0, CPU build")
    assert items["hub"]["state"] == "warning"
    assert items["sandbox"]["state"] == "missing"


def test_a_core_that_cannot_be_imported_fails(tmp_path: Path):
    package(tmp_path, "pyarrow", "raise ImportError('libarrow.so: not there')")
    package(tmp_path, "torch", "raise ImportError('libtorch.so: not there')")
    package(tmp_path, "transformers", "AutoModelForCausalLM = None")
    code, items = examined(tmp_path, LIMBECK_SANDBOX="sandcastle")
    assert code == 1
    assert "libarrow.so: not there" in items["core"]["text"]
    assert "libtorch.so: not there" in items["torch"]["text"]
    assert "unknown sandbox 'sandcastle'" in items["sandbox"]["text"]
