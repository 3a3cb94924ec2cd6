"""A stage with failed requests is partial: the next run asks for what is missing, and for nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loopback import reply, serving

from limbeck.errors import Failed, LimbeckError
from limbeck.pipeline import partial, store
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.runner import Runner, run


class Server:
    """Answers sums; ``refuses`` says to which questions it gives ``status`` instead."""

    def __init__(self) -> None:
        self.refuses, self.status = lambda question: False, 500

    def __call__(self, it) -> None:
        if self.refuses(it.question):
            it.answer(self.status, {"error": {"message": "not that one"}})
        else:
            a, b = it.question.removeprefix("Add ").removesuffix(".").split(" and ")
            it.answer(200, reply(f"The answer is {int(a) + int(b)}."))


@pytest.fixture
def server():
    behave = Server()
    with serving(behave) as loopback:
        behave.loopback = loopback
        yield behave


def runs(folder: Path, url: str, name: str = "run") -> Runner:
    """Six sums asked of the endpoint, the answers verified."""
    rows = folder / "sums.jsonl"
    rows.write_text("".join(f'{{"q": "Add 1 and {i}.", "a": "{1 + i}"}}\n' for i in range(1, 7)))
    page = {
        "title": "sums",
        "models": {"t": {"use": "models/openai", "model": "m", "url": url, "concurrency": 1, "retries": 0}},
        "stages": {
            "sums": {"use": "problems/rows", "path": str(rows), "question": "q", "answer": "a"},
            "traces": {"use": "teachers/sample", "from": "sums", "model": "t", "k": 1, "max_tokens": 64},
            "checked": {"use": "verifiers/number", "from": "traces"},
        },
    }
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(page))
    return run(planning.make(recipes.load(str(path)), folder / name), jobs=1, quiet=True)


def finished(runner: Runner, stage: str = "checked") -> list[str]:
    traces = store.read_data(runner.folders[stage]).all().traces
    return sorted(trace.answer for trace in traces if trace.finish != "error")


def made(runner: Runner) -> dict[str, dict]:
    """The manifests, but for what only those read from disk have."""
    return {name: {**manifest, "schema": 0} for name, manifest in runner.manifests.items()}


def test_no_money_half_way_stops_the_stage_and_keeps_what_was_paid(server, tmp_path):
    server.status, server.refuses = 402, lambda question: question > "Add 1 and 3."
    with pytest.raises(Failed, match=r"traces.*wants to be paid: HTTP 402.*not that one.*is kept"):
        runs(tmp_path, server.loopback.url)
    assert len(server.loopback.bodies) == 4, "the first refusal ends it"
    server.refuses = lambda question: False
    runner = runs(tmp_path, server.loopback.url)
    assert len(server.loopback.bodies) == 4 + 3
    assert len(finished(runner)) == 6


def test_the_next_run_asks_for_what_failed_and_makes_anew_what_was_made_of_it(server, tmp_path):
    server.refuses = lambda question: question in ("Add 1 and 2.", "Add 1 and 5.")
    first = runs(tmp_path, server.loopback.url)
    assert first.manifests["traces"]["missing"] == 2
    assert first.manifests["checked"]["missing_before"] == {"traces": 2}
    assert any("2 requests failed and may be answered" in note for note in first.manifests["traces"]["notes"])
    assert len(finished(first)) == 4

    server.refuses = lambda question: False
    second = runs(tmp_path, server.loopback.url)
    assert len(server.loopback.bodies) == 6 + 2, "only the two that failed are asked again"
    assert second.cached == {"sums"}
    assert len(finished(second)) == 6
    assert "missing" not in second.manifests["traces"]
    assert second.manifests["traces"]["usage"]["t"]["requests"] == 6

    third = runs(tmp_path, server.loopback.url)
    assert len(server.loopback.bodies) == 6 + 2
    assert third.cached == {"sums", "traces", "checked"}
    assert not list(tmp_path.rglob(partial.ASIDE))


def test_what_fails_again_makes_nothing_anew(server, tmp_path):
    server.refuses = lambda question: question == "Add 1 and 2."
    first = runs(tmp_path, server.loopback.url)
    second = runs(tmp_path, server.loopback.url)
    assert len(server.loopback.bodies) == 6 + 1
    assert made(second) == made(first)
    assert second.cached == {"sums", "traces", "checked"}
    assert len(finished(second)) == 5


def test_a_prompt_that_is_refused_for_good_leaves_no_stage_partial(server, tmp_path):
    server.status, server.refuses = 400, lambda question: question == "Add 1 and 2."
    runs(tmp_path, server.loopback.url)
    again = runs(tmp_path, server.loopback.url)
    assert len(server.loopback.bodies) == 6
    assert again.cached == {"sums", "traces", "checked"}


def test_a_server_that_is_gone_costs_nothing_that_is_there(server, tmp_path):
    server.refuses = lambda question: question == "Add 1 and 2."
    first = runs(tmp_path, server.loopback.url)
    gone = runs(tmp_path, "http://127.0.0.1:9/v1")
    assert made(gone) == made(first)
    assert len(finished(gone)) == 5


def test_a_served_model_on_another_port_is_the_same_model(server, tmp_path):
    first = runs(tmp_path, server.loopback.url)
    with serving(server) as moved:
        second = runs(tmp_path, moved.url)
        assert not moved.bodies
    assert made(second) == made(first)
    assert f"'m' was asked at {server.loopback.url}" in first.manifests["traces"]["notes"]


def test_a_kill_while_a_stage_is_made_again(server, tmp_path):
    server.refuses = lambda question: question == "Add 1 and 2."
    first = runs(tmp_path, server.loopback.url)
    folder = first.folders["traces"]
    making = partial.anew(folder, first.manifests["traces"], lambda event: None)
    making.__enter__()
    (folder / "00000.problems.parquet").write_bytes(b"half made")
    assert store.read_manifest(folder) is None
    # Killed here: nothing is brought back by the process itself.
    server.refuses = lambda question: False
    second = runs(tmp_path, server.loopback.url)
    assert len(server.loopback.bodies) == 6 + 1
    assert len(finished(second)) == 6


def test_a_shard_with_failures_of_a_stage_that_was_killed_is_made_again(server, tmp_path):
    server.refuses = lambda question: question == "Add 1 and 2."
    first = runs(tmp_path, server.loopback.url)
    folder = first.folders["traces"]
    assert not list(folder.glob(".?????.partial")), "the manifest says it"
    # As a kill leaves it between the shard and the manifest.
    (folder / "manifest.json").unlink()
    partial.mark_shard(folder, 0)
    server.refuses = lambda question: False
    second = runs(tmp_path, server.loopback.url)
    assert len(server.loopback.bodies) == 6 + 1
    assert len(finished(second)) == 6


def test_a_mistake_brings_back_what_was_put_aside(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "journal.model.jsonl").write_text("")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_text("old")

    def made_again() -> None:
        with partial.anew(tmp_path, {"missing_before": {"traces": 1}}, lambda event: None):
            assert not (tmp_path / "model").exists()
            assert (tmp_path / "journal.model.jsonl").exists()
            (tmp_path / "model").mkdir()
            raise LimbeckError("out of memory")

    with pytest.raises(LimbeckError, match="out of memory"):
        made_again()
    assert (tmp_path / "model" / "weights").read_text() == "old"
    assert (tmp_path / "manifest.json").exists()
    assert not (tmp_path / partial.ASIDE).exists()
