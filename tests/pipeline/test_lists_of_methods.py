"""A method may be given a list of another room's methods, models or stages."""

from __future__ import annotations

import pytest
from methods_of_ones_own import House

from limbeck.errors import LimbeckError
from limbeck.pipeline import runner
from limbeck.pipeline.registry import methods
from limbeck.pipeline.store import read_data

SAME = '''
from limbeck.generation import Model
from limbeck.records import Problem, Trace, Verdict

def same(problem: Problem, trace: Trace, *, add: int = 0, asked: Model | None = None) -> Verdict:
    """Equal, so much added."""
    right = int(trace.answer) + add == int(problem.answer)
    return Verdict("same", "correct" if right else "wrong", asked.name if asked else "")
'''
PANEL = """    problems = data.problem_by_id()
    for trace in data.traces:
        verdicts = [each(problems[trace.problem_id], trace) for each in verifiers]
        trace.marks = [f"{each.outcome} {each.extracted}".strip() for each in verdicts]
    return data"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path / "house"))
    house = House(tmp_path)
    house.write("verifiers/same.py", SAME)
    house.curation("panel", ", *, verifiers: list[Verifier]", PANEL, "from limbeck.types import Verifier")
    return house


def marks(house, verifiers, **more):
    stages = {"x": {"use": "curation/panel", "from": "digits", "verifiers": verifiers}}
    made = runner.run(house.plan(stages, **more), jobs=1)
    return [trace.marks for trace in read_data(made.folders["x"]).all().traces]


def test_a_list_of_names_and_settings_arrives_as_bound_methods(house):
    assert marks(house, ["same", {"same": {"add": 1}}, "exact"]) == [["correct", "wrong", "correct 0"],
        ["correct", "wrong", "correct 1"], ["correct", "wrong", "correct 2"]]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ("same", [{"same": {"add": 0, "asked": None}}]),
        ({"same": {"add": 2}}, [{"same": {"add": 2, "asked": None}}]),
        (
            {"same": {"add": 2}, "exact": None},
            [{"same": {"add": 2, "asked": None}}, {"exact": {"collapse": True}}],
        ),
        ([], []),
    ],
)
def test_one_alone_and_a_mapping_are_lists_too(house, given, settings):
    checked = house.plan_of("curation/panel", verifiers=given).params["verifiers"]
    names = [list(each) for each in checked]
    assert names == [list(each) for each in settings]
    assert [each["same"] for each in checked if "same" in each] == [
        each["same"] for each in settings if "same" in each
    ]


def test_their_models_are_opened_each_in_its_place(house):
    models = {name: {"use": "models/scripted", "replies": ["x"]} for name in ("one", "two")}
    verifiers = [{"same": {"asked": "one"}}, "same", {"same": {"asked": "two"}}]
    assert marks(house, verifiers, models=models)[0] == ["correct one", "correct", "correct two"]
    with pytest.raises(LimbeckError, match="unknown model or stage 'three'"):
        marks(house, [{"same": {"asked": "three"}}], models=models)


def test_the_key_counts_order_settings_versions_and_models(house):
    models = {name: {"use": "models/scripted", "replies": [name]} for name in ("one", "two")}

    def key(verifiers, **more):
        stages = {"x": {"use": "curation/panel", "from": "digits", "verifiers": verifiers}}
        return house.plan(stages, models={**models, **more}).steps["x"].key

    both = ["same", {"same": {"add": 1}}]
    keys = [key(both), key(both[::-1]), key(["same"]), key(["same", {"same": {"asked": "one"}}])]
    keys.append(key(["same", {"same": {"asked": "two"}}]))
    keys.append(
        key(["same", {"same": {"asked": "two"}}], two={"use": "models/scripted", "replies": ["other"]})
    )
    assert len(set(keys)) == len(keys)
    house.write("verifiers/same.py", "VERSION = 2\n" + SAME)
    assert key(both) not in keys
    house.write("verifiers/alike.py", "WAS = 'verifiers/same'\n" + SAME.replace("def same(", "def alike("))
    (house.methods / "verifiers/same.py").unlink()
    house.write("verifiers/unrelated.py", "")
    assert key(["alike", {"alike": {"add": 1}}]) == keys[0], "a new name makes nothing anew"


def test_mistakes_in_a_list_are_named(house):
    for given, message in [
        (["smae"], "unknown method in verifiers/ 'smae'.*did you mean 'same'"),
        ([{"same": {"ad": 1}}], "verifiers/same has no parameter 'ad'; did you mean 'add'"),
        ([3], "one verifiers method is wanted.*not 3"),
        (["curation/panel"], "a method of verifiers/ is wanted, got curation/panel"),
    ]:
        with pytest.raises(LimbeckError, match=message):
            house.plan_of("curation/panel", verifiers=given)


def test_a_format_arrives_as_its_two_functions(house):
    body = '    data.traces[0].marks = [form.render(*form.parse("a;b"))]\n    return data'
    house.curation("told", ", *, form: Format = 'lines'", body, "from limbeck.types import Format")
    made = runner.run(house.plan({"x": {"use": "curation/told", "from": "digits"}}), jobs=1)
    assert read_data(made.folders["x"]).all().traces[0].marks == ["a;b"]
    assert "lines" in methods("formats")
