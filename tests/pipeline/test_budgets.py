"""A budget stops a run cleanly, whatever was paid for is kept, and raised it asks nothing twice."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from loopback import reply, serving
from typer.testing import CliRunner

import limbeck
from limbeck import budget
from limbeck.budget import Amounts, Ledger
from limbeck.cli.output import app
from limbeck.errors import Failed, LimbeckError
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline import store
from limbeck.pipeline.runner import Runner, run

PRICES = {"price_in": 1_000.0, "price_out": 10_000.0}
"""A reply of `loopback.reply` has 7 prompt and 3 new tokens: 0.007 + 0.03 USD."""


@pytest.fixture
def server():
    with serving(lambda it: it.answer(200, reply("The answer is 2."))) as loopback:
        yield loopback


def written(folder: Path, url: str, problems: int = 6, **settings) -> str:
    """A recipe that asks so many sums of the endpoint and verifies the answers."""
    rows = folder / "sums.jsonl"
    rows.write_text("".join(f'{{"q": "Add 1 and {i}.", "a": "{1 + i}"}}\n' for i in range(1, problems + 1)))
    teacher = {"use": "models/openai", "model": "m", "url": url, "concurrency": 1, "retries": 0, **settings}
    page = {
        "title": "sums",
        "models": {"t": teacher},
        "stages": {
            "sums": {"use": "problems/rows", "path": str(rows), "question": "q", "answer": "a"},
            "traces": {"use": "teachers/sample", "from": "sums", "model": "t", "k": 1, "max_tokens": 64},
            "checked": {"use": "verifiers/number", "from": "traces"},
        },
    }
    path = folder / "run.yaml"
    path.write_text(json.dumps(page))
    return str(path)


def runs(folder: Path, url: str, cap: str | None = None, **settings) -> Runner:
    plan = planning.make(recipes.load(written(folder, url, **settings)), folder / "run")
    return run(plan, jobs=1, quiet=True, cap=budget.parse(cap))


def traces_of(folder: Path) -> list:
    [stage] = (folder / "run" / "stages").glob("traces-*")
    return store.read_data(stage).all().traces


CAPS = [
    ("requests=4", 4),  # exactly
    ("tokens=30", 3),  # 10 a reply
    ("tokens=31", 4),  # the reply that crosses it was under way
    ("usd=0.074", 2),  # 0.037 a reply
]


@pytest.mark.parametrize(("cap", "asked"), CAPS)
def test_a_run_stops_at_its_cap_and_goes_on_when_it_is_raised(server, tmp_path, cap, asked):
    with pytest.raises(Failed) as stopped:
        runs(tmp_path, server.url, cap, **PRICES)
    told = str(stopped.value)
    assert "\n" not in told
    assert f"{0.037 * asked:.4f}" in told
    assert f"stage 'traces' lacks {6 - asked} requests; not begun: checked" in told
    assert "raise the budget and run the same command" in told
    assert len(server.bodies) == asked
    kept = traces_of(tmp_path)
    assert sum(trace.finish == "stop" for trace in kept) == asked, "what was paid for is in the store"
    left = [trace for trace in kept if trace.finish == "error"]
    assert {trace.marks[0] for trace in left} == {"error"}
    assert all("not asked: the run's budget is spent" in trace.params["error"] for trace in left)
    [manifest] = (tmp_path / "run" / "stages").glob("traces-*/manifest.json")
    said = json.loads(manifest.read_text())
    assert said["missing"] == said["unasked"] == 6 - asked
    assert f"{6 - asked} requests were not asked: the budget was spent" in said["notes"]

    with pytest.raises(Failed, match="the budget is spent"):  # the same cap again asks nothing
        runs(tmp_path, server.url, cap, **PRICES)
    assert len(server.bodies) == asked

    whole = runs(tmp_path, server.url, "usd=100", **PRICES)
    assert len(server.bodies) == 6, "nothing is asked twice"
    assert whole.cached == {"sums"}
    assert whole.manifests["traces"]["usage"]["t"]["requests"] == 6
    assert "unasked" not in whole.manifests["traces"]
    assert {trace.finish for trace in traces_of(tmp_path)} == {"stop"}


def test_a_models_own_cap_counts_all_stages_and_starts_and_is_no_part_of_keys(server, tmp_path):
    first = planning.make(recipes.load(written(tmp_path, server.url)), tmp_path / "run")
    with pytest.raises(Failed, match=r"model 't': 4 of 4 requests, 40 tokens"):
        runs(tmp_path, server.url, budget={"requests": 4})
    with pytest.raises(Failed, match=r"model 't': 5 of 5 requests, 50 tokens"):
        runs(tmp_path, server.url, budget={"requests": 5})
    assert len(server.bodies) == 5
    whole = runs(tmp_path, server.url)
    assert len(server.bodies) == 6
    assert whole.folders == {name: step.folder for name, step in first.steps.items()}


def test_a_cap_of_requests_is_kept_exactly_with_many_at_once(tmp_path):
    """Of a server that answers when eight have come: sixteen are two rounds of eight, and nobody waits for a
    seventeenth."""
    gate = threading.Barrier(8)

    def behave(it) -> None:
        gate.wait(10)
        it.answer(200, reply("2"))

    with serving(behave) as loopback:
        with pytest.raises(Failed):
            runs(tmp_path, loopback.url, "requests=16", problems=40, concurrency=8)
        assert len(loopback.bodies) == 16


def test_requests_that_fail_cost_nothing_and_make_room(tmp_path):
    def behave(it) -> None:
        it.answer(500 if it.question == "Add 1 and 2." else 200, reply("2"))

    with serving(behave) as loopback:
        with pytest.raises(Failed, match=r"5 of 5 requests.*lacks 2 requests"):
            runs(tmp_path, loopback.url, "requests=5", problems=8, concurrency=4)
        assert len(loopback.bodies) == 6


def test_an_endpoint_that_counts_no_tokens_is_capped_by_its_characters(tmp_path):
    def behave(it) -> None:
        it.answer(200, {**reply("x" * 350), "usage": None})

    with serving(behave) as loopback:
        with pytest.raises(Failed, match="of 250 tokens"):
            runs(tmp_path, loopback.url, "tokens=250")
        assert len(loopback.bodies) == 2, "100 tokens of text each, and the prompt's"


def test_a_stage_that_could_ask_nothing_at_all_is_partial_too(server, tmp_path):
    ledger = Ledger(tmp_path / "run" / budget.FILE)
    ledger.add("t", Amounts(0.0, 500.0, 1.0))
    with pytest.raises(Failed, match=r"500 of 100 tokens.*lacks 6 requests"):
        runs(tmp_path, server.url, "tokens=100")
    assert not server.bodies
    assert len(traces_of(tmp_path)) == 6


def test_a_server_that_is_gone_when_the_budget_is_raised(server, tmp_path):
    with pytest.raises(Failed, match=r"^the budget is spent"):
        runs(tmp_path, server.url, "requests=4")
    with pytest.raises(Failed, match=r"^a budget that was spent left.*is kept: run the same"):
        runs(tmp_path, "http://127.0.0.1:9/v1", "requests=9")
    assert sum(trace.finish == "stop" for trace in traces_of(tmp_path)) == 4


def test_in_processes_of_their_own_stages_share_the_account(server, tmp_path):
    path = Path(written(tmp_path, server.url))
    page = json.loads(path.read_text())
    page["stages"]["more"] = {**page["stages"]["traces"], "seed": 7}
    path.write_text(json.dumps(page))
    plan = planning.make(recipes.load(str(path)), tmp_path / "run")
    with pytest.raises(Failed, match="the budget is spent"):
        run(plan, jobs=2, quiet=True, cap=budget.parse("requests=8"))
    # One request of each of the two stages may be under way when the other's reaches the cap.
    assert 8 <= len(server.bodies) <= 9
    assert Ledger(tmp_path / "run" / budget.FILE).spent("t").requests == len(server.bodies)


REFUSED = [
    ("usd=0", "usd cannot be 0.0; a number above 0"),
    ("tokens=-5", "tokens cannot be -5.0"),
    ("requests=nan", "requests cannot be nan"),
    ("usd=five", "usd cannot be 'five'"),
    ("usd", "usd cannot be ''"),
    ("dollars=5", "unknown unit 'dollars' in --budget; known: requests, tokens, usd"),
    ("token=5", "did you mean 'tokens'?"),
    (",", "names no cap"),
    ("", "names no cap"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_a_budget_of_nothing_is_refused(server, tmp_path, text, why):
    path = written(tmp_path, server.url, **PRICES)
    result = CliRunner().invoke(app, ["run", path, "--out", str(tmp_path / "run"), "--budget", text])
    assert isinstance(result.exception, LimbeckError)
    assert not isinstance(result.exception, Failed)
    assert why in str(result.exception)
    assert not server.bodies
    assert not (tmp_path / "run").exists()


MODELS = [
    ({"usd": 0}, "usd cannot be 0"),
    ({"usd": True}, "Expected `float`, got `bool`"),
    ({"tokens": float("nan")}, "tokens cannot be nan"),
    ({"usd": 5}, "usd counts nothing without price_in and price_out"),
    ({"request": 5}, "did you mean 'requests'?"),
]


@pytest.mark.parametrize(("given", "why"), MODELS)
def test_a_models_budget_of_nothing_is_refused_when_planned(server, tmp_path, given, why):
    with pytest.raises(LimbeckError) as refused:
        planning.make(recipes.load(written(tmp_path, server.url, budget=given)), tmp_path / "run")
    assert why in str(refused.value)
    assert "model 't'" in str(refused.value)


def test_a_cap_that_would_count_nothing_is_refused(server, tmp_path):
    with pytest.raises(LimbeckError, match=r"usd counts nothing without price_in .*\(t\)"):
        runs(tmp_path, server.url, "usd=5")
    page = json.loads(Path(written(tmp_path, server.url)).read_text())
    del page["stages"]["traces"], page["stages"]["checked"]
    (tmp_path / "run.yaml").write_text(json.dumps(page))
    plan = planning.make(recipes.load(str(tmp_path / "run.yaml")), tmp_path / "run")
    with pytest.raises(LimbeckError, match="no model is an endpoint"):
        run(plan, jobs=1, quiet=True, cap=budget.parse("requests=5"))


def test_a_dry_run_says_that_a_budget_may_not_last(server, tmp_path):
    path = written(tmp_path, server.url, budget={"tokens": 100}, **PRICES)
    asked = ["run", path, "--out", str(tmp_path / "run"), "--dry-run", "--budget"]
    result = CliRunner().invoke(app, [*asked, "usd=1,requests=3"])
    lines = [line for line in result.stderr.splitlines() if "may not last" in line]
    # 6 completions of 64 tokens at 10,000 USD a million are 3.84 USD, and the prompts.
    assert len(lines) == 2
    assert lines[0].startswith("the run's budget may not last: spent are 0.00 of 1 USD, 0 of 3 requests")
    assert lines[0].endswith("may come to 3.88 USD, 6 requests, 422 tokens")
    assert lines[1].startswith("the budget of model 't' may not last: spent are 0 of 100 tokens")
    assert "run's budget" not in CliRunner().invoke(app, [*asked, "usd=50"]).stderr
    with pytest.raises(Failed):
        runs(tmp_path, server.url, "requests=2", **PRICES)
    spent = "the run's budget is spent: 0.0740 USD, 2 of 2 requests, 20 tokens"
    assert spent in CliRunner().invoke(app, [*asked, "requests=2"]).stderr
    runs(tmp_path, server.url, **PRICES)
    assert "budget" not in CliRunner().invoke(app, [*asked, "requests=2"]).stderr, "nothing is left to ask"


def test_a_ledger_passes_over_a_line_that_is_none(tmp_path):
    first, second = Ledger(tmp_path / "a" / "spent"), Ledger(tmp_path / "a" / "spent")
    assert second.spent() == Amounts()
    first.add("t", Amounts(0.5, 10.0, 1.0))
    with (tmp_path / "a" / "spent").open("a") as file:
        file.write('{"model": "t"\n[1]\n')
    second.add("u", Amounts(0.25, 5.0, 1.0))
    assert first.spent("t") == Amounts(0.5, 10.0, 1.0)
    assert first.spent() == second.spent() == Amounts(0.75, 15.0, 2.0)


def test_amounts_in_words():
    assert budget.shown(Amounts(5.014, 2_345_678.0, 1_234.0), budget.parse("usd=5")) == (
        "5.01 of 5 USD, 1,234 requests, 2,345,678 tokens"
    )
    assert budget.shown(Amounts(), budget.parse("tokens=2e6")) == "0 of 2,000,000 tokens"


def test_no_more_than_what_is_under_way_goes_beyond_a_cap_of_tokens(tmp_path):
    """The first replies are taken to be short and are long: eight are under way when the cap is crossed."""
    gate = threading.Barrier(8)

    def behave(it) -> None:
        if len(it.server.bodies) <= 8:
            gate.wait(10)
        it.answer(200, {**reply("2"), "usage": {"prompt_tokens": 0, "completion_tokens": 1_000}})

    with serving(behave) as loopback:
        with pytest.raises(Failed, match=r"8,000 of 4,200 tokens"):
            runs(tmp_path, loopback.url, "tokens=4200", problems=40, concurrency=8)
        # From then on the mean is known: 4 more of 1,000 fit, and the fifth crosses the cap.
        with pytest.raises(Failed, match=r"13,000 of 12,500 tokens"):
            runs(tmp_path, loopback.url, "tokens=12500", problems=40, concurrency=8)
        assert len(loopback.bodies) == 13


def test_a_run_from_python_and_an_evaluation_take_a_budget(server, tmp_path):
    path = written(tmp_path, server.url)
    with pytest.raises(Failed, match="2 of 2 requests"):
        limbeck.run(path, out=tmp_path / "run", budget={"requests": 2})
    with pytest.raises(LimbeckError, match="tokens cannot be 0"):
        limbeck.run(path, out=tmp_path / "run", budget={"tokens": 0})
    rows = f"rows:path={tmp_path / 'sums.jsonl'},question=q,answer=a"
    asked = ["eval", f"openai:m@{server.url}", "--benchmark", rows, "--verifier", "number", "--n", "1"]
    before = len(server.bodies)
    result = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "eval"), "--budget", "requests=3"])
    assert "3 of 3 requests" in str(result.exception)
    assert len(server.bodies) == before + 3
