"""What the watcher sees: estimates from counted items, and what libraries print in logs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from house_cases import RECIPE, plan, with_stage

from limbeck.errors import LimbeckError
from limbeck.pipeline import registry
from limbeck.pipeline.runner import run
from limbeck.pipeline.screen import Pace, clock, remaining

LOUD = '''
import os, subprocess, sys, warnings
from limbeck.errors import LimbeckError
from limbeck.records import Data

def loud(data: Data, *, fails: str = "") -> Data:
    """Talk."""
    print("from python")
    warnings.warn("generation flags are not valid")
    os.write(2, b"from C\\n")
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    if fails == "mistake":
        raise LimbeckError("it went wrong")
    if fails:
        raise TypeError("a bug")
    return data
'''


@pytest.mark.parametrize(
    ("done", "total", "seconds", "before", "left"),
    [
        (10, 40, 5.0, 0, 15.0),
        (30, 40, 5.0, 20, 5.0),
        (20, 40, 5.0, 20, None),
        (5, None, 5.0, 0, None),
        (5, 40, 0.0, 0, None),
        (40, 40, 5.0, 0, 0.0),
    ],
)
def test_what_remains_goes_by_what_this_run_has_done(done, total, seconds, before, left):
    assert remaining(done, total, seconds, before) == left


def test_a_clock_and_a_pace_are_read_out():
    assert [clock(each) for each in (None, 5, 65.4, 3_725)] == ["", "0:05", "1:05", "1:02:05"]
    assert Pace(begun=100.0, before=20).told(30, 40, now=105.0) == {"rate": "2.0/s", "eta": "eta 0:05"}
    assert Pace(begun=100.0, before=20).told(20, 40, now=105.0) == {"rate": "", "eta": ""}


@pytest.fixture
def loud(house) -> Path:
    (Path(os.environ["LIMBECK_PATH"]) / "curation/loud.py").write_text(LOUD)
    registry._methods.cache_clear()
    return house


def stage(house, **settings):
    return plan(house, with_stage("x", use="curation/loud", **{"from": "digits"}, **settings))


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_stage_prints_is_in_its_log_and_not_on_the_screen(loud, jobs, capfd):
    made = run(stage(loud), jobs=jobs)
    seen = "".join(capfd.readouterr())
    text = (made.folders["x"] / "log.txt").read_text()
    for line in ("from python", "from C", "from a child"):
        assert line in text
        assert line not in seen
    assert "curation/loud" in seen, "the line of the finished stage is"
    assert not (made.folders["digits"] / "log.txt").exists(), "nothing printed, no file"
    with pytest.raises(LimbeckError) as caught:
        run(plan(loud, with_stage("bad", use="curation/fail", **{"from": "digits"})), jobs=jobs)
    assert "log.txt" not in str(caught.value)
    assert not list((loud / "out").rglob("bad-*/log.txt"))


def test_warnings_of_a_stages_process_are_in_its_log(loud, capfd):
    made = run(stage(loud), jobs=2)  # in this process pytest itself collects them
    assert "generation flags are not valid" in (made.folders["x"] / "log.txt").read_text()
    assert "generation flags" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_stage_shows_the_end_of_its_log(loud, jobs):
    with pytest.raises(LimbeckError, match=r"(?s)it went wrong\nthe end of .*log\.txt:\n.*  from a child"):
        run(stage(loud, fails="mistake"), jobs=jobs)
    with pytest.raises((LimbeckError, TypeError)) as caught:
        run(stage(loud, fails="bug"), jobs=jobs)
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "a bug" in told
    assert "  from a child" in told


def test_quiet_shows_nothing(house, capfd):
    run(plan(house, RECIPE), jobs=1, quiet=True)
    assert "".join(capfd.readouterr()) == ""
