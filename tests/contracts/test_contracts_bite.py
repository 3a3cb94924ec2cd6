"""A contract that cannot fail protects nobody: of methods of one's own the sound ones pass, the others not.

The methods lie in a fresh folder outside the package, as a user's do, and a second pytest looks at them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from paths import REPO, TESTS

pytest.importorskip("torch", reason="objectives need the extra limbeck[train]")

OBJECTIVE = """
NEEDS = ("traces",)
def {name}(batch, policy, signal):
    from limbeck.objectives.ops import Loss
    total = -(batch.weight_B * policy.logp_B).sum()
    return {loss}
"""
VERIFIER = """
from limbeck.records import Problem, Trace, Verdict
def {name}(problem: Problem, trace: Trace) -> Verdict:
    return Verdict("{name}", {outcome})
"""
CURATION = """
from msgspec.structs import replace
from limbeck.records import Data
def {name}(data: Data) -> Data:
    {body}
"""
FORMAT = '''
"""A format."""
def parse(text):
    return ("", {answer})
def render(reasoning, answer):
    return reasoning + answer
'''
GRADED = '"unknown" if not (problem.answer and trace.answer) else "correct" if {same} else "wrong"'
SAME = "trace.answer == problem.answer"
MARKED = '[replace(each, marks=sorted({*each.marks, "long"})) for each in data.traces]'
METHODS = {
    "objectives/sound_sum": OBJECTIVE.format(name="sound_sum", loss="Loss(total, batch.weight_B.sum())"),
    "objectives/broken_mean": OBJECTIVE.format(
        name="broken_mean", loss="Loss(total / batch.weight_B.sum(), batch.weight_B.sum() * 0 + 1)"
    ),
    "verifiers/sound_equal": VERIFIER.format(name="sound_equal", outcome=GRADED.format(same=SAME)),
    "verifiers/broken_nod": VERIFIER.format(name="broken_nod", outcome='"correct"'),
    "verifiers/broken_lost": "def broken_lost(problem, trace, *, strength: float) -> 'Verdict':\n    pass",
    "curation/sound_mark": CURATION.format(
        name="sound_mark", body=f"return Data(data.problems, {MARKED}, data.pairs)"
    ),
    "curation/broken_delete": CURATION.format(
        name="broken_delete", body="return Data(data.problems, data.traces[1:], data.pairs)"
    ),
    "curation/broken_touch": CURATION.format(
        name="broken_touch", body='[each.marks.append("x") for each in data.traces]; return data'
    ),
    "formats/sound_plain": FORMAT.format(answer="text"),
    "formats/broken_strip": FORMAT.format(answer="text.strip()"),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, set[str]]:
    """Which contracts' tests passed and failed, by method."""
    folder = tmp_path_factory.mktemp("methods")
    for key, text in METHODS.items():
        (folder / key).parent.mkdir(exist_ok=True)
        (folder / f"{key}.py").write_text(text, encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("LIMBECK_PATH", "")]))
    rooms = sorted({key.split("/")[0] for key in METHODS})
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=line", "-rA",
        "-k", "sound or broken", *(str(TESTS / "contracts" / f"test_{room}.py") for room in rooms),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=REPO, env={**os.environ, "LIMBECK_PATH": path}
    )
    told: dict[str, set[str]] = {"PASSED": set(), "FAILED": set(), "output": {done.stdout}}
    for line in done.stdout.splitlines():
        if match := re.match(r"(PASSED|FAILED) .*\[(\w+)", line):
            told[match[1]].add(match[2])
    return told


@pytest.mark.parametrize("key", [key for key in METHODS if "/sound" in key])
def test_a_sound_method_of_ones_own_passes(key, outcomes):
    name = key.split("/")[1]
    assert name in outcomes["PASSED"], outcomes["output"]
    assert name not in outcomes["FAILED"], outcomes["output"]


@pytest.mark.parametrize("key", [key for key in METHODS if "/broken" in key])
def test_a_broken_one_is_found_out(key, outcomes):
    assert key.split("/")[1] in outcomes["FAILED"], outcomes["output"]


def test_a_setting_without_a_default_is_asked_for_by_name(outcomes):
    (output,) = outcomes["output"]
    assert "'strength' has no default" in output
    assert "ARGUMENTS in tests/contract_cases.py" in output
