"""Completion in a real bash, and what it costs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_house import HEAVY

BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="there is no bash here")
DRIVER = """
source <(limbeck --show-completion)
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
_limbeck_completion limbeck
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which ``limbeck`` is this checkout's."""
    command = tmp_path / "limbeck"
    command.write_text(f"#!{sys.executable}\nfrom limbeck.cli import main\n\nmain()\n")
    command.chmod(0o755)
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("words", "offered", "absent"),
    [
        (["do"], ["doctor"], []),
        (["run", "redi-g"], ["redi-gsm8k"], ["redi"]),
        (["run", "redi", "--until", "redi_"], ["redi_05", "redi_08", "redi_10"], []),
        (["list", "veri"], ["verifiers"], []),
        (["show", "curation/rej"], ["curation/reject"], ["curation/pairs"]),
        (["show", "objectives"], ["objectives", "objectives/redi"], []),
        (["verify", "x.jsonl", "--verifier", "unit"], ["unit_tests"], ["math"]),
        (["eval", "m", "--benchmark", "math5"], ["math500"], []),
        (["import", "x.jsonl", "--shape", "share"], ["sharegpt"], []),
        (["papers", "--standing", "h"], ["holds"], []),
        (["run", "nothing-is-called-so"], [""], []),
    ],
)
def test_bash_completes(words: list[str], offered: list[str], absent: list[str], path: str, tmp_path: Path):
    done = subprocess.run(
        [BASH, "-c", DRIVER, "bash", "limbeck", *words],
        env={**os.environ, "PATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.split("\n")
    assert set(offered) <= set(lines), done.stdout + done.stderr
    assert not set(absent) & set(lines)


def test_completing_imports_nothing_heavy():
    code = (
        "import sys; from limbeck.cli import completing\n"
        "completing.recipes(), completing.shown('curation'), completing.shapes(), completing.rooms()\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
