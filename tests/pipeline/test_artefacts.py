"""What stages make besides data: one table, and what it says is what happens."""

from __future__ import annotations

import pytest
from methods_of_ones_own import House

from limbeck import records, types
from limbeck.errors import LimbeckError
from limbeck.pipeline import artefacts, runner
from limbeck.pipeline.store import read_data

MAKER = '''
from limbeck.records import Data
from limbeck.pipeline.context import Context
from limbeck.types import {kind}

def make_{name}(data: Data, *, text: str = "kept", folder: str = "{folder}", ctx: Context) -> {kind}:
    """Write a folder."""
    (ctx.dir / folder).mkdir(parents=True)
    (ctx.dir / folder / "text").write_text(text)
    return {kind}(str(ctx.dir / folder))
'''
READER = """    from pathlib import Path
    data.traces[0].marks = [(Path(given) / "text").read_text()]
    return data"""
KINDS = list(artefacts.GIVEN)


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path / "house"))
    house = House(tmp_path)
    for kind, each in artefacts.GIVEN.items():
        house.write(
            f"teachers/make_{each.kind}.py", MAKER.format(kind=kind, name=each.kind, folder=each.folder)
        )
        above = f"from limbeck.types import {kind}"
        house.curation(f"read_{each.kind}", f", *, given: {kind}", READER, above)
        house.curation(
            f"read_many_{each.kind}",
            f", *, given: list[{kind}]",
            READER.replace("given)", "given[-1])"),
            above,
        )
    return house


def stages(maker, reader, **settings):
    return {
        "made": {"use": f"teachers/make_{maker}", "from": "digits", **settings},
        "x": {"use": f"curation/read_{reader}", "from": "digits", "given": "made"},
    }


def test_every_kind_has_an_annotation_that_can_be_imported():
    for each in artefacts.ALL:
        assert hasattr(types, each.annotation) or hasattr(records, each.annotation)
    assert (
        len({each.kind for each in artefacts.ALL})
        == len({each.folder for each in artefacts.GIVEN.values()}) + 2
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_artefact_goes_from_the_stage_that_makes_it_to_the_one_that_names_it(kind, house):
    each = artefacts.GIVEN[kind]
    made = runner.run(house.plan(stages(each.kind, each.kind)), jobs=1)
    assert (made.folders["made"] / each.folder / "text").is_file()
    assert made.manifests["made"]["kind"] == each.kind
    assert made.manifests["made"]["counts"] == {}
    assert read_data(made.folders["x"]).all().traces[0].marks == ["kept"]
    other = house.plan(stages(each.kind, each.kind, text="new")).steps["x"]
    assert other.key != made.plan.steps["x"].key, "another artefact is another input"


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_no_other_and_none_is_data(kind, house):
    each, other = artefacts.GIVEN[kind], artefacts.GIVEN[KINDS[KINDS.index(kind) - 1]]
    with pytest.raises(
        LimbeckError, match=f"stage 'x' uses 'made' as {other.called}, but that makes {each.called}"
    ):
        house.plan(stages(each.kind, other.kind))
    with pytest.raises(LimbeckError, match=f"stage 'y' reads data from 'made', which makes {each.called}"):
        house.plan({**stages(each.kind, each.kind), "y": {"use": "curation/reject", "from": "made"}})
    raw = stages(each.kind, each.kind)
    raw["x"]["given"] = "mode"
    with pytest.raises(LimbeckError, match=r"unknown model or stage 'mode'.*did you mean 'made'"):
        house.plan(raw)


def test_a_stage_that_writes_no_such_folder_is_named(house):
    with pytest.raises(
        LimbeckError, match=r"it wrote no folder 'index': an index belongs into ctx\.dir / 'index'"
    ):
        runner.run(house.plan(stages("index", "index", folder="elsewhere")), jobs=1)


def test_several_may_be_named(house):
    raw = stages("part", "many_part")
    raw["again"] = {**raw["made"], "text": "other"}
    raw["x"]["given"] = ["made", "again"]
    made = runner.run(house.plan(raw), jobs=1)
    assert read_data(made.folders["x"]).all().traces[0].marks == ["other"]
    assert made.plan.steps["x"].after == {"digits", "made", "again"}
