"""Accuracy from sampling to numbers, and comparisons of what it saved."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from concurrent.futures import Future

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation import comparison, samples
from limbeck.evaluation.comparison_table import table
from limbeck.evaluation.measures.accuracy import Draws, accuracy, estimate
from limbeck.generation import Completion, Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import methods
from limbeck.pipeline.signature import gathered
from limbeck.pipeline.store import read_results, write_results
from limbeck.records import Data, Problem, Trace, Verdict


class Dice(Model):
    """Answers problem ``i`` rightly in ``skill`` of its samples, the last samples first."""

    def __init__(self, skill: dict[str, list[str]]):
        self.name, self.skill, self.asked = "dice", skill, []

    def stream(self, prompts, sampling) -> Iterator[tuple[int, int, Completion]]:
        self.asked.append((prompts, sampling))
        for i in reversed(range(len(prompts))):
            answers = self.skill[prompts[i][-1]["content"]]
            for j in reversed(range(sampling.n)):
                text = answers[j % len(answers)]
                finish = {"cut": "length", "down": "error"}.get(text, "stop")
                error = "no route" if finish == "error" else ""
                yield i, j, Completion(text=text, finish=finish, tokens=10 + j, error=error)


def exact(problem: Problem, trace: Trace) -> Verdict:
    if trace.answer == "boom":
        raise ZeroDivisionError("the verifier fell over")
    if trace.answer == "?":
        return Verdict("exact", "unparsed", reason="no answer")
    return Verdict("exact", "correct" if trace.answer == problem.answer else "wrong", trace.answer)


def later(problem: Problem, trace: Trace) -> Verdict | Future[Verdict]:
    """Every other verdict comes from a worker; some workers die."""
    if trace.params["sample"] % 2:
        return exact(problem, trace)
    future: Future[Verdict] = Future()
    try:
        future.set_result(exact(problem, trace))
    except ZeroDivisionError as error:
        future.set_exception(error)
    return future


def problems(*specs: tuple[str, str, str]) -> Data:
    return Data(
        [Problem(id=q, question=q, answer="1", source=source, split=split) for q, source, split in specs]
    )


def run(model: Model, data: Data, tmp_path, verifier=exact, **settings):
    """Settings as a recipe gives them: each under its own name."""
    settings = {"n": 4, "format": "plain", "max_tokens": 8, **settings}
    more = gathered(methods("evaluation")["accuracy"], settings)
    return accuracy(data, model=model, verifier=verifier, ctx=Context(tmp_path), **more)


WORLD = {"a": ["1", "1", "2", "1"], "b": ["2", "?", "1", "2"], "c": ["2", "2", "cut", "3"]}
DATA = [("a", "toy", "test"), ("b", "toy", "test"), ("c", "toy", "hard")]


@pytest.mark.parametrize("verifier", [exact, later])
def test_numbers_are_those_of_the_samples(tmp_path, verifier):
    outcome = run(Dice(WORLD), problems(*DATA), tmp_path, verifier, temperature=(0.6,), k=(1, 2))
    value = {(row.benchmark, row.metric): row.value for row in outcome.results}
    assert value["toy", "pass@1"] == pytest.approx((0.75 + 0.25) / 2)
    assert value["toy", "pass@2"] == pytest.approx((1 + 0.5) / 2)
    assert value["toy", "maj@4"] == pytest.approx((1 + 0) / 2)
    assert value["toy", "unparsed"] == pytest.approx(1 / 8)
    assert value["toy", "mean_tokens"] == pytest.approx(11.5)
    assert value["toy/hard", "pass@1"] == 0
    assert value["toy/hard", "truncated"] == 0.25
    assert value["toy/hard", "unparsed"] == 0
    for row in outcome.results:
        assert row.low <= row.value <= row.high
        assert row.setting == {"temperature": 0.6, "top_p": 0.95, "max_tokens": 8, "n": 4}
    assert {row.n: row.samples for row in outcome.results} == {2: 8, 1: 4}


def test_every_sample_is_kept_in_order_and_survives_the_store(tmp_path):
    outcome = run(Dice(WORLD), problems(*DATA), tmp_path, temperature=(0, 1.0))
    assert [trace.params["sample"] for trace in outcome.data.traces] == [0] * 3 + [0, 1, 2, 3] * 3
    assert len({trace.id for trace in outcome.data.traces}) == 15
    cut = next(trace for trace in outcome.data.traces if trace.finish == "length")
    assert (cut.outcome, cut.marks, cut.verdicts[0].reason) == ("unparsed", ["truncated"], "truncated")
    write_results(tmp_path / "results", outcome)
    stored = read_results(tmp_path / "results")
    assert samples.per_problem(samples.find(stored.data, "toy", 1.0)) == {"a": 0.75, "b": 0.25}
    assert samples.per_problem(samples.find(stored.data, "toy", 0), "pass@1") == {"a": 1, "b": 0}


def test_greedy_is_sampled_once_and_prompts_follow_the_template(tmp_path):
    model = Dice({"Q: a\\boxed{}": ["1"]})
    run(
        model,
        problems(DATA[0]),
        tmp_path,
        temperature=(0.0, 0.5),
        template="Q: {question}\\boxed{}",
        system="be brief",
    )
    assert [sampling.n for _, sampling in model.asked] == [1, 4]
    assert model.asked[0][0] == [
        [{"role": "system", "content": "be brief"}, {"role": "user", "content": "Q: a\\boxed{}"}]
    ]


def test_a_fallen_verifier_and_a_failed_request_cost_their_trace_only(tmp_path):
    notes = []
    context = Context(tmp_path, report=notes.append)
    world = {"a": ["1", "boom", "1", "down"], "b": ["down"]}
    outcome = accuracy(
        problems(*DATA[:2]), model=Dice(world), verifier=later, draws=Draws(n=4), format="plain", ctx=context
    )
    value = {row.metric: row for row in outcome.results}
    assert value["pass@1"].value == pytest.approx(2 / 3)
    assert value["pass@1"].n == 1
    assert value["unverified"].value == pytest.approx(1 / 3)
    reasons = {trace.answer: trace.verdicts[0].reason for trace in outcome.data.traces}
    assert reasons["boom"] == "ZeroDivisionError: the verifier fell over"
    logs = [event["message"] for event in notes if event["kind"] == "log"]
    assert logs == ["5 of 8 requests failed and are left out; the first: no route"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"format": "plian"}, "did you mean 'plain'"),
        ({"template": "solve"}, "no {question}"),
        ({"k": (8,)}, "pass@8 needs 1 <= k <= n, and n is 4"),
        ({"n": 0}, "n is 0"),
        ({"temperature": (-1.0,)}, "negative"),
    ],
)
def test_mistakes_are_named(tmp_path, settings, message):
    with pytest.raises(LimbeckError, match=message.replace("{", "\\{")):
        run(Dice(WORLD), problems(*DATA), tmp_path, **settings)


def test_nothing_to_evaluate_and_everything_failing_are_errors(tmp_path):
    marked = problems(DATA[0])
    marked.problems[0].marks.append("contaminated")
    with pytest.raises(LimbeckError, match="none of 1 problems"):
        run(Dice(WORLD), marked, tmp_path)
    with pytest.raises(LimbeckError, match="all 4 requests failed; the first: no route"):
        run(Dice({"a": ["down"]}), problems(DATA[0]), tmp_path)


def test_the_room_lists_one_method_with_its_estimate():
    assert "accuracy" in methods("evaluation")
    assert not {"ops", "samples", "comparison"} & methods("evaluation").keys()
    params = {"n": 16, "temperature": [0, 0.6], "max_tokens": 100, "template": "{question}", "system": ""}
    assert estimate({"problems": 10}, params) == {"samples": 170, "max_tokens": 17_000}


def evaluated(rates: np.ndarray, seed: int, n: int = 8, prefix: str = "") -> Data:
    """What accuracy would have saved: problem ``i`` solved in about ``rates[i]`` of ``n`` samples."""
    rng = np.random.default_rng(seed)
    data = Data()
    for i, rate in enumerate(rates):
        data.problems.append(Problem(id=f"{prefix}p{i}", question="?", source="toy", split="test"))
        for j, right in enumerate(rng.random(n) < rate):
            verdict = Verdict("exact", "correct" if right else "wrong", "1" if right else "2")
            data.traces.append(
                Trace(
                    id=f"{prefix}p{i}-{j}", problem_id=f"{prefix}p{i}", verdicts=[verdict], finish="stop",
                    tokens=5,
                    params={"temperature": 0.6, "sample": j},
                )
            )  # fmt: skip
    return data


BASE = np.random.default_rng(5).random(120) * 0.7


def test_verdicts_follow_the_interval():
    weak = [evaluated(BASE, seed) for seed in range(5)]
    strong = [evaluated(BASE + 0.15, seed + 100) for seed in range(5)]
    same = [evaluated(BASE, seed + 200) for seed in range(5)]
    holds = comparison.compare(strong, weak, names=("new", "old"))
    assert (holds.verdict, holds.seeds, holds.problems, holds.samples) == ("holds", 5, 120, 2 * 5 * 120 * 8)
    assert holds.diff == pytest.approx(holds.value - holds.other)
    assert 0 < holds.low < holds.diff < holds.high
    assert holds.t_low < holds.diff < holds.t_high
    assert holds.flip_p == 2 / 32
    assert comparison.compare(weak, strong).verdict == "reversed"
    assert comparison.compare(same, weak).verdict == "not shown"
    adjusted = comparison.holm([holds, comparison.compare(same, weak)])
    assert adjusted[0].p_holm == pytest.approx(2 * holds.p)
    assert json.loads(json.dumps(comparison.as_dicts(adjusted)))[0]["verdict"] == "holds"


def test_pairing_by_problem_narrows_the_interval():
    weak, strong = evaluated(BASE, 1, n=64), evaluated(BASE + 0.05, 2, n=64)
    paired = comparison.compare([strong], [weak])
    spread = samples.per_problem(samples.find(weak))
    unpaired_error = np.std(list(spread.values()), ddof=1) * (2 / 120) ** 0.5
    assert (paired.high - paired.low) / (2 * 1.96) < unpaired_error / 2
    assert (paired.design, paired.t_low, paired.flip_p) == ("problems", None, None)


def test_order_of_problems_does_not_matter_and_fresh_problems_are_nested():
    first, second = evaluated(BASE, 1), evaluated(BASE + 0.1, 2)
    shuffled = Data(second.problems[::-1], second.traces[::-1])
    assert comparison.compare([second], [first]).per_seed == comparison.compare([shuffled], [first]).per_seed
    fresh = (
        [evaluated(BASE + 0.1, s, prefix=f"{s}/") for s in range(3)],
        [evaluated(BASE, s + 9, prefix=f"{s}/") for s in range(3)],
    )
    nested = comparison.compare(*fresh)
    assert (nested.design, nested.problems) == ("seeds, problems within", 360)


def test_what_cannot_be_paired_is_an_error_but_a_failed_request_is_counted():
    one, other = evaluated(BASE, 1), evaluated(BASE, 2)
    for trace in other.traces[:8]:
        trace.finish = "error"
    assert comparison.compare([one], [other]).unpaired == 1
    with pytest.raises(LimbeckError, match="1 are in one only, such as 'p0'"):
        comparison.compare([one], [Data(other.problems, other.traces[8:])])
    with pytest.raises(LimbeckError, match="got 2 and 1"):
        comparison.compare([one, one], [other])
    with pytest.raises(LimbeckError, match="did you mean 'toy'"):
        comparison.compare([one], [other], benchmark="tyo")
    with pytest.raises(LimbeckError, match="did you mean 'mean_tokens'"):
        comparison.compare([one], [other], metric="mean_token")
    with pytest.raises(LimbeckError, match="needs 9 samples"):
        comparison.compare([one], [other], metric="pass@9")


def test_the_terminal_table_shows_brackets_and_verdict():
    from rich.console import Console

    drawn = table([comparison.compare([evaluated(BASE + 0.3, 3)], [evaluated(BASE, 1)], names=("a", "b"))])
    console = Console(width=220, record=True, file=io.StringIO())
    console.print(drawn)
    text = console.export_text()
    assert "a − b" in text
    assert "holds" in text
    assert "[+" in text


def test_reliability_is_exact_in_the_mean():
    """BARREL's ``ans * Truth + (1 - ans) * Acc`` over all samples."""

    def trace(pid: str, number: int, outcome: str) -> Trace:
        params = {"temperature": 1.0, "sample": number, "benchmark": "toy"}
        return Trace(
            id=f"{pid}{number}",
            problem_id=pid,
            params=params,
            finish="stop",
            verdicts=[Verdict("v", outcome)],
        )

    told = {
        "a": ["correct", "unknown"],
        "b": ["wrong", "unknown"],
        "c": ["unknown", "unknown"],
        "d": ["correct", "correct"],
    }
    data = Data([Problem(id=pid, question=pid) for pid in told])
    data.traces = [
        trace(pid, i, outcome) for pid, outcomes in told.items() for i, outcome in enumerate(outcomes)
    ]
    got = samples.per_problem(samples.find(data, "toy"), "reliability")
    right, refused = 3 / 8, 4 / 8
    assert np.mean(list(got.values())) == pytest.approx((1 - refused) * (right + refused) + refused * right)
