"""The surface of the package: what is there, what it costs to import, and that its page tells the truth."""

from __future__ import annotations

import re
import subprocess
import sys

import api_cases
import pytest
from paths import REPO
from test_house import HEAVY

import limbeck as lb

PAGE = (REPO / "docs/python.md").read_text(encoding="utf-8")


def told_by(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_imports_nothing_else():
    code = "import sys; before = {*sys.modules}; import limbeck; print(*sorted({*sys.modules} - before))"
    brought = told_by(code).split()
    assert "limbeck" in brought
    assert not [name for name in brought if name.startswith(("limbeck.", "pyarrow", "numpy", "msgspec"))]


def test_reading_verifying_and_curating_import_nothing_heavy(tmp_path):
    path = str(api_cases.file(tmp_path))
    code = (
        "import sys, limbeck as lb\n"
        f"data = lb.pair(lb.curate(lb.verify(lb.read({path!r}), 'number'), 'reject'))\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert told_by(code).strip() == "[]"


def test_every_name_is_there_and_documented():
    for name in lb.__all__:
        assert getattr(lb, name).__doc__, name
        assert name in dir(lb)
    assert {*lb.__all__} >= set(re.findall(r"\blb\.(\w+)", PAGE))


def test_the_table_of_functions_names_them_all():
    table = PAGE.partition("| function |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)\(", table))
    functions = {name for name in lb.__all__ if name[0].islower()}
    assert named == functions


def test_a_name_that_is_nearly_right_is_told():
    with pytest.raises(AttributeError, match="no attribute 'currate'; did you mean 'curate'"):
        lb.currate  # noqa: B018


def test_the_script_of_the_page_runs_and_again_reads_what_it_made(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch")
    pytest.importorskip("datasets")
    monkeypatch.chdir(tmp_path)
    api_cases.file(tmp_path, 25)
    (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    scope: dict = {}
    exec(compile(script, "docs/python.md", "exec"), scope)
    shown = capsys.readouterr().out
    assert "Data: 25 problems, 50 traces (50 unjudged), 0 pairs\n" in shown
    assert "50 traces (25 correct, 25 wrong), 20 pairs; marks: wrong 25, split 5\n" in shown
    assert re.search(r"pass@1 on test: redi \S+, sft \S+; difference .*, 5 problems, 1 seed: \w", shown)
    assert "Data: 20 problems, 20 traces (20 correct), 0 pairs\n" in shown
    assert len(scope["again"].traces) == 50 + 20
    made = (tmp_path / "runs/sft/model/model.safetensors").stat().st_mtime_ns
    exec(compile(script, "docs/python.md", "exec"), {})
    assert (tmp_path / "runs/sft/model/model.safetensors").stat().st_mtime_ns == made
