"""A method's file against its room's contract: names nearly right, values of a wrong kind, signatures."""

from __future__ import annotations

import ast

import pytest
from methods_of_ones_own import House
from paths import REPO

from limbeck.errors import LimbeckError
from limbeck.pipeline import contracts
from limbeck.pipeline.parameters import check_annotations, ready
from limbeck.pipeline.registry import ROOMS, method, methods
from limbeck.pipeline.rooms import CONTRACTS, EVERYWHERE, HOOK, ROOM_OF, folder, options
from limbeck.pipeline.signature import PACKAGE

OBJECTIVE = '''{above}
from limbeck.objectives.ops import Loss

def mine(batch, policy, signal, *, alpha: float = 1.0) -> Loss:
    """Something."""
'''


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path / "house"))
    return House(tmp_path)


@pytest.mark.parametrize("room", ROOMS)
def test_every_method_of_the_house_meets_its_contract(room):
    for entry in methods(room).values():
        entry.check()
        check_annotations(entry)


@pytest.mark.parametrize(
    ("above", "written", "meant"),
    [
        ("NEED = ('pairs',)", "NEED", "NEEDS"),
        ("Needs = ('pairs',)", "Needs", "NEEDS"),
        ("NEEDED = 1\nNEEDS_ = ('pairs',)", "NEEDS_", "NEEDS"),
        ("Version = 2", "Version", "VERSION"),
        ("VERISON = 2", "VERISON", "VERSION"),
        ("START_ = {}", "START_", "START"),
        ("Value = {}", "Value", "VALUES"),
        ("def need(**settings): ...", "need", "needs"),
        ("def Build(student, teacher): ...", "Build", "build"),
        ("def pre_check(given): ...", "pre_check", "precheck"),
        ("MODEL_WANT: tuple = ()", "MODEL_WANT", "MODEL_WANTS"),
    ],
)
def test_a_name_nearly_right_is_answered_with_the_right_one(house, above, written, meant):
    house.write("objectives/mine.py", OBJECTIVE.format(above=above))
    raw = {"use": "training/fit", "from": "digits", "student": "base", "objective": "mine"}
    with pytest.raises(
        LimbeckError, match=rf"'{written}' in .*mine\.py means nothing to objectives/.*'{meant}'"
    ):
        house.plan({"x": raw}, models={"base": {"path": "asset:haste/base"}})
    with pytest.raises(LimbeckError, match=f"did you mean '{meant}'"):
        method("objectives/mine").load()


@pytest.mark.parametrize(
    "above", ["_NEED = 1", "LABELS = ()", "def _needed(): ...", "WANTED = 1", "class Needs: ..."]
)
def test_other_names_are_the_files_own(house, above):
    house.write("objectives/mine.py", OBJECTIVE.format(above=above))
    method("objectives/mine").check()


@pytest.mark.parametrize(
    ("room", "above", "message"),
    [
        ("objectives", "NEEDS = 'traces'", r"NEEDS is written NEEDS = \(\"traces\",\), not 'traces'"),
        ("objectives", "NEEDS = ('traces', 2)", "NEEDS is written"),
        ("objectives", "PART = 'traces'\nNEEDS = PART", "NEEDS is written .*, not 'traces'"),
        ("objectives", "VALUES = ('reward',)", "VALUES is written VALUES = {"),
        ("objectives", "START = {'mean': 'zero'}", "START is written"),
        ("objectives", "needs = ('traces',)", r"needs is a function, def needs\(\*\*settings\)"),
        ("objectives", "VERSION = 'two'", "VERSION is written VERSION = 2, not 'two'"),
        ("objectives", "VERSION = 0", "VERSION is written"),
        ("objectives", "VERSION = True", "VERSION is written"),
        ("objectives", "VERSION = len('ab')", "VERSION is written out, not computed"),
        ("objectives", "WAS = 'older'", "WAS is written"),
        ("objectives", "WAS = ('objectives/older', 3)", "WAS is written"),
        ("objectives", "estimate = 7", "estimate is a function"),
        ("rollouts", "DRAWS = 'pairs'", "DRAWS is written DRAWS = \"traces\", not 'pairs'"),
        ("metrics", "UNIT = 3", 'UNIT is written UNIT = "share", not 3'),
        ("models", "GIVES = 'logits'", "GIVES is written"),
    ],
)
def test_a_value_of_a_wrong_kind_is_named(house, room, above, message):
    house.write(f"{folder(room)}/mine.py", f'{above}\ndef mine():\n    """Something."""\n')
    assert contracts.unfit(room, {}) == ""
    entry = methods(room)["mine"]
    file = rf".*{room}/mine: in .*mine\.py, {message}"
    with pytest.raises(LimbeckError, match=message if entry.flaw else "takes|" + file):
        entry.check()
    wrong = entry.flaw or contracts.unfit(room, _values(entry.path))
    assert wrong
    with pytest.raises(LimbeckError, match=message):
        raise LimbeckError(wrong)


def _values(path):
    from limbeck.pipeline.source import stated

    return stated(path)


def test_a_value_that_only_running_tells_is_looked_at_when_the_method_is_loaded(house):
    house.write("objectives/mine.py", OBJECTIVE.format(above="NEEDS = ' '.join(['traces'])"))
    method("objectives/mine").check()
    with pytest.raises(LimbeckError, match=r"NEEDS is written .*, not 'traces'"):
        method("objectives/mine").load()


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        (
            "verifiers/odd.py",
            "def odd(trace) -> Verdict: ...",
            r"verifiers/odd takes \(trace\) .*`def NAME\(problem",
        ),
        (
            "verifiers/odd.py",
            "def odd(problem, trace) -> bool: ...",
            "returns bool; a method of verifiers/ is",
        ),
        ("verifiers/odd.py", "def odd(problem, trace): ...", "says not what it returns"),
        ("evaluation/odd.py", "def odd(data: Data) -> Data: ...", r"returns Data.*-> Results`"),
        ("objectives/odd.py", "def odd(batch, policy) -> Loss: ...", r"takes \(batch, policy\)"),
        ("rewards/odd.py", "def odd(groups): ...", r"takes \(groups\)"),
        ("models/odd.py", "def odd(path) -> Model: ...", r"takes \(path\).*`def NAME\(\*, …\) -> Model`"),
        ("evaluation/metrics/odd.py", "def odd(traces) -> float: ...", r"takes \(traces\)"),
    ],
)
def test_a_signature_that_is_not_the_rooms_is_named(house, path, text, message):
    house.write(path, text)
    with pytest.raises(LimbeckError, match=message):
        ready(f"{'metrics' if 'metrics' in path else path.split('/')[0]}/odd")


def test_everything_that_is_read_of_a_methods_file_is_in_the_table():
    """What the house asks a method's module for is in the table, and the function that goes before it."""
    tables = {name for room in ROOMS for name in options(room)}
    asked = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        for call in (call for call in calls if isinstance(call.func, ast.Name) and len(call.args) >= 2):
            where, name = call.args[:2]
            if not isinstance(name, ast.Constant):
                continue
            if call.func.id == "declared":
                asked |= {name.value, name.value.lower()}
            elif call.func.id in ("getattr", "hasattr") and getattr(where, "attr", "") == "module":
                asked.add(name.value)
    assert {"NEEDS", "asks", "START", "VALUES", "DRAWS", "build", "after", "WHOLE_STEP"} <= asked
    assert asked <= tables


def test_rooms_and_their_annotations_are_each_others():
    assert set(ROOM_OF.values()) <= set(ROOMS)
    assert len(ROOM_OF) == len(set(ROOM_OF.values()))
    for room, contract in CONTRACTS.items():
        assert (PACKAGE / folder(room)).is_dir(), room
        assert not contract.options.keys() & EVERYWHERE.keys()
        for name, option in options(room).items():
            assert name in option.example
            assert (
                contracts.unfit(room, {name: (lambda: None) if option.type == HOOK else _written(option)})
                == ""
            )


def _written(option):
    return ast.literal_eval(option.example.partition("= ")[2])


def test_show_prints_a_rooms_contract(capsys):
    from limbeck.cli.browsing import show

    for room in ROOMS:
        show(room)
        text = capsys.readouterr().out
        assert CONTRACTS[room].forms[0].signature in text.replace("\n", "")
        assert all(option.example.split(" ")[0] in text for option in options(room).values())


def test_the_documented_signatures_are_those_of_the_table():
    text = (REPO / "docs" / "concepts.md").read_text(encoding="utf-8")
    for room in ROOMS:
        assert f"`{folder(room)}/`" in text, room


@pytest.mark.parametrize(("written", "meant"), [("UNTI", "UNIT"), ("UINT", "UNIT"), ("combnie", "combine")])
def test_letters_that_changed_places_are_noticed(written, meant):
    assert contracts.misnamed("metrics", [written]) == (written, meant)
    assert contracts.misnamed("metrics", ["LIMIT", "SUITE", "_UNTI"]) is None
