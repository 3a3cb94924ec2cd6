"""What was made and paid for under an earlier form of a stage's key is found under the present one."""

from __future__ import annotations

import json

import pytest
from loopback import reply, serving

from limbeck.errors import Failed
from limbeck.pipeline import earlier, knobs, store
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.runner import Runner, run


@pytest.fixture
def made(tmp_path):
    """Four questions asked of an endpoint, the answers verified: ``made(server)`` runs it."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"q": "{number}?", "a": "4"}}\n' for number in range(4)))
    page = {
        "title": "sums",
        "stages": {
            "rows": {"use": "problems/rows", "path": str(rows), "question": "q", "answer": "a"},
            "traces": {"use": "teachers/sample", "from": "rows", "model": "t", "k": 1, "max_tokens": 64},
            "checked": {"use": "verifiers/number", "from": "traces"},
        },
    }

    def make(server) -> Runner:
        model = {"use": "models/openai", "model": "m", "url": server.url, "concurrency": 1, "retries": 0}
        (tmp_path / "page.yaml").write_text(json.dumps({**page, "models": {"t": model}}))
        plan = planning.make(recipes.load(str(tmp_path / "page.yaml")), tmp_path / "out")
        return run(plan, jobs=1, quiet=True)

    return make


def under_addresses(monkeypatch) -> None:
    """Keys as they were when an endpoint's address was part of them."""
    monkeypatch.setattr(knobs, "REACHED_BY", knobs.REACHED_BY - {"url"})
    monkeypatch.setattr(earlier, "FORMS", ())


def test_a_finished_stage_is_read_where_it_lies(made):
    with serving(lambda it: it.answer()) as server:
        with pytest.MonkeyPatch.context() as before:
            under_addresses(before)
            first = made(server)
        again = made(server)
        assert again.folders == first.folders
        assert len(server.bodies) == 4


def test_of_a_stage_that_was_killed_only_what_is_missing_is_asked(made):
    def behave(it) -> None:
        it.answer(402, {}) if it.question == "2?" and len(it.server.bodies) < 4 else it.answer(200, reply())

    with serving(behave) as server:
        with pytest.MonkeyPatch.context() as before:
            under_addresses(before)
            with pytest.raises(Failed, match="402"):
                made(server)
        assert len(server.bodies) == 3
        again = made(server)
        assert len(server.bodies) == 3 + 2
        assert len(store.read_data(again.folders["checked"]).all().traces) == 4
