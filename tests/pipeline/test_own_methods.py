"""Methods of one's own: helpers beside them, several folders, files that are not what they should be."""

from __future__ import annotations

import os
import sys

import pytest
from methods_of_ones_own import House

from limbeck.cli.browsing import show
from limbeck.cli.listing import list_methods
from limbeck.errors import LimbeckError
from limbeck.pipeline import runner
from limbeck.pipeline.parameters import ready
from limbeck.pipeline.registry import ROOMS, method, methods, summaries
from limbeck.pipeline.store import read_data
from limbeck.records import Data, Problem, Trace

METHOD = '''from limbeck.records import Data

def {name}(data: Data) -> Data:
    """Something."""
    return data
'''


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path / "house"))
    before = set(sys.modules)
    yield House(tmp_path)
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


@pytest.mark.parametrize(
    "line",
    [
        "from ._helper import WORD",
        "from _helper import WORD",
        "from . import _helper\nWORD = _helper.WORD",
        "import _helper\nWORD = _helper.WORD",
    ],
)
@pytest.mark.parametrize("shelf", ["", "mark/"])
def test_a_helper_beside_a_method_can_be_imported(house, line, shelf):
    house.write(f"curation/{shelf}_helper.py", "from _deeper import WORD\n")
    house.write(f"curation/{shelf}_deeper.py", "WORD = 'deep'\n")
    house.curation("told", above=line, body="    data.traces[0].marks = [WORD]\n    return data")
    if shelf:
        (house.methods / "curation/mark/told.py").write_text((house.methods / "curation/told.py").read_text())
        (house.methods / "curation/told.py").unlink()
        house.write("curation/unrelated.py", "")
    made = runner.run(house.plan({"x": {"use": "curation/told", "from": "digits"}}), jobs=1)
    assert read_data(made.folders["x"]).all().traces[0].marks == ["deep"]
    digest = method("curation/told").source
    house.write(f"curation/{shelf}_deeper.py", "WORD = 'deeper'\n")
    assert method("curation/told").source != digest, "a helper's text belongs to the method's"


def test_helpers_of_two_rooms_may_have_one_name_behind_a_dot_but_not_without(house):
    for room, word in (("curation", "a"), ("teachers", "b")):
        house.write(f"{room}/helper.py", f"WORD = {word!r}\n")
        text = METHOD.format(name="told").replace("return data", "data.traces = [WORD]\n    return data")
        house.write(f"{room}/told.py", f"from .helper import WORD\n{text}")
    assert [ready(f"{room}/told")(Data()).traces for room in ("curation", "teachers")] == [["a"], ["b"]]
    for room in ("curation", "teachers"):
        house.write(f"{room}/bare.py", "from helper import WORD\n" + METHOD.format(name="bare"))
    ready("curation/bare")
    with pytest.raises(
        LimbeckError, match=r"two helper files are called helper: .*write `from \.helper import"
    ):
        ready("teachers/bare")


def test_a_file_named_like_an_installed_module_is_no_helper(house):
    house.write("curation/json.py", "x = 1\n")
    house.curation("told", above="import json", body="    data.traces = [json.dumps(1)]\n    return data")
    assert ready("curation/told")(Data()).traces == ["1"]


def test_files_of_one_name_in_two_folders_are_two_modules(house, tmp_path, monkeypatch):
    for folder, word in (("first", "a"), ("second", "b")):
        place = tmp_path / folder / "curation"
        place.mkdir(parents=True)
        (place / "told.py").write_text(METHOD.format(name="told").replace("return data", f"return {word!r}"))
        monkeypatch.setenv("LIMBECK_PATH", str(tmp_path / folder))
        assert ready("curation/told")(Data()) == word


def listed(capsys):
    list_methods("")
    return capsys.readouterr().out


def test_two_files_of_one_name_on_two_shelves_stop_only_who_asks_for_them(house, capsys):
    for shelf in ("mark", "score"):
        house.write(f"curation/{shelf}/twice.py", METHOD.format(name="twice"))
    house.curation("other")
    message = r"two methods are called curation/twice: .*mark/twice\.py and .*score/twice\.py; rename one"
    for act in (lambda: house.plan_of("curation/twice"), lambda: show("curation/twice")):
        with pytest.raises(LimbeckError, match=message):
            act()
    assert house.plan_of("curation/other").key
    assert show("curation/other") is None
    assert "two methods are called curation/twice" in " ".join(listed(capsys).split())


def test_a_function_of_another_name_is_named(house, capsys):
    house.write("curation/shout.py", METHOD.format(name="shoot"))
    house.write("curation/helper.py", "def useful():\n    return 1\n")
    house.write("formats/odd.py", "def parse(text):\n    return '', text\n")
    for use, message in [
        ("curation/shout", r"shout\.py holds shoot; a method's file holds a function 'shout'"),
        ("curation/shoot", r"shout\.py holds shoot; a method's file holds a function 'shout'"),
        ("formats/odd", r"odd\.py holds parse; a method's file holds parse and render"),
        ("curation/nothing", "unknown method in curation/ 'nothing'"),
    ]:
        with pytest.raises(LimbeckError, match=message):
            method(use)
        with pytest.raises(LimbeckError, match=message):
            house.plan_of(use)
    assert not {"shout", "shoot", "helper"} & methods("curation").keys()
    assert "shout" not in listed(capsys)


def test_a_file_that_is_no_python_stops_only_who_asks_for_it(house, capsys):
    house.write("curation/broken.py", "def broken(data:\n")
    house.curation("other")
    with pytest.raises(LimbeckError, match=r"cannot read the method file .*broken\.py"):
        house.plan_of("curation/broken")
    assert house.plan_of("curation/other").key
    assert "cannot read the method file" in listed(capsys)
    assert all(methods(room) is not None for room in ROOMS)


def test_a_former_name_is_nobody_elses(house):
    house.curation("loud")
    house.write("curation/louder.py", "WAS = 'curation/loud'\n" + METHOD.format(name="louder"))
    message = (
        r"curation/loud is claimed by .*louder\.py and .*loud\.py.*: a name in WAS must be nobody else's"
    )
    with pytest.raises(LimbeckError, match=message):
        house.plan_of("curation/loud")
    house.write("curation/mine.py", "WAS = 'curation/mine'\n" + METHOD.format(name="mine"))
    assert method("curation/mine").name == "mine"
    for name in ("a", "b"):
        house.write(
            f"curation/{name}.py",
            "WAS = ('curation/before', 'curation/long_ago')\n" + METHOD.format(name=name),
        )
    with pytest.raises(LimbeckError, match=r"curation/long_ago is claimed by .*a\.py and .*b\.py"):
        house.plan_of("curation/long_ago")
    house.curation("only")
    with pytest.raises(LimbeckError, match=r"curation/only is claimed by .*keep_outcome\.py and .*only\.py"):
        method("curation/only")


def test_a_test_beside_a_method_is_no_method(house):
    house.write("curation/test_told.py", "def test_told(told):\n    assert told\n")
    assert "test_told" not in methods("curation")


def test_a_method_is_ready_to_be_called_from_python(house):
    os.environ["LIMBECK_PATH"] = str(house.methods)
    house.curation("told", ", *, words: list[str] = ('a',), n: int = 2 * 3", "    return words, n")
    assert ready("curation/told")(Data()) == (["a"], 6)
    assert ready("curation/told", n="7")(Data()) == (["a"], 7)
    with pytest.raises(LimbeckError, match="curation/told has no parameter 'word'; did you mean 'words'"):
        ready("curation/told", word=1)


def test_a_method_given_to_a_method_given_to_a_method_is_ready_too():
    reward = ready("rewards/verified", verifier={"grounded": {"verifier": "exact", "coverage": 0.5}})
    problem = Problem(id="p", question="?", answer="a,b")
    shown = Trace(id="t", problem_id="p", reasoning="[a] and [b]", answer="a,b")
    assert reward.params["verifier"](problem, shown).outcome == "correct"


def test_a_method_in_place_of_a_built_in_one_is_named_once(house, caplog):
    own = house.write("verifiers/number.py", SAME.format(name="number"))
    house.write("verifiers/alike.py", SAME.format(name="alike"))
    method("verifiers/alike")
    method("verifiers/choice")
    assert not caplog.messages
    for _ in range(2):
        method("verifiers/number")
    assert caplog.messages == [f"verifiers/number is {own}, in place of the built-in one"]


SAME = '''from limbeck.records import Problem, Trace, Verdict

def {name}(problem: Problem, trace: Trace) -> Verdict:
    """Something."""
    return Verdict("{name}", "correct", "")
'''


@pytest.mark.parametrize("room", ROOMS)
def test_a_listing_says_of_each_method_what_its_description_says(room):
    described = {name: " ".join(entry.summary.split()) for name, entry in methods(room).items()}
    assert summaries(room) == described


def test_a_listing_has_ones_own_methods_and_says_what_is_wrong_with_their_files(house):
    shout = 'def shout(data, *, longest: int = 3):\n    """Shorten\n    it.\n\n    More."""\n'
    house.write("curation/shout.py", shout)
    house.write("curation/broken.py", "def broken(:\n")
    listed = summaries("curation")
    assert listed["shout"] == "Shorten it."
    assert "cannot read the method file" in listed["broken"]
    assert listed["reject"] == methods("curation")["reject"].summary
