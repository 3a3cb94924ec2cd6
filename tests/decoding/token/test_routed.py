"""`decoding/routed` and the router that `teachers/token_router` makes for it."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch")

from flat import flat  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Completion, Sampling  # noqa: E402
from limbeck.models import sampler  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks.probe import Probe  # noqa: E402
from limbeck.networks.routing import Known  # noqa: E402
from limbeck.pipeline import plan as planning  # noqa: E402
from limbeck.pipeline import recipe as recipes  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402
from limbeck.records import Verdict  # noqa: E402
from limbeck.teachers._routes import Labelled  # noqa: E402

CHATS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4+1+1", "0+5")]
WARM = Sampling(n=3, temperature=1.0, top_p=1.0, max_tokens=20, seed=5)
SETTINGS = {"k": 5, "width": 8, "blocks": 1, "steps": 40, "lr": 1e-2, "holdout": 0.5, "max_tokens": 8}


def odd(problem, trace):
    """A verifier that calls a text right by the number of its signs; one that was cut off as well."""
    trace.finish = "stop"
    return Verdict("odd", "wrong" if len(trace.reasoning + trace.answer) % 2 else "correct")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small and a large model, a router, and what its stage said."""
    small, large = (
        small_world.student(tmp_path_factory.mktemp(name), template="bare", seed=seed, **sizes)
        for name, seed, sizes in (("small", 1, {"width": 8}), ("large", 2, {"width": 32}))
    )
    said = []
    folder = tmp_path_factory.mktemp("router")
    context = Context(folder, report=lambda event: said.append(str(event.get("message", ""))))
    shards = MemoryShards([small_world.judged(12)])
    part = flat("teachers/token_router")(
        shards, student=small, large=large, verifier=odd, ctx=context, **SETTINGS
    )
    return transformers(path=small), transformers(path=large), str(part), said


def texts(model, sampling=WARM):
    return [each.text for row in model.generate(CHATS, sampling) for each in row]


def routed(made, **settings):
    small, large, part, _ = made
    return ready("decoding/routed", model=small, large=large, router=part, **settings)()


def test_the_stage_tells_what_it_labelled(made):
    counts = {kind: int(count.replace(",", "")) for count, kind in
              (each.split() for each in made[3][0].removesuffix(" tokens").split(", "))}  # fmt: skip
    assert {*counts} <= {"same", "neutral", "divergent", "unknown"}
    assert counts["neutral"]
    assert counts["divergent"]
    data = small_world.judged(12)
    lengths = [len(each.reasoning + each.answer) for each in data.kept()]
    tokens = sum(length + 1 for length in lengths if length % 2 == 0)
    assert sum(counts.values()) == tokens, "every token of the traces it calls right, their end too"
    held = Known.load(made[2])
    assert 0 < len(held.divergent_N) < tokens
    assert "router: recall" in made[3][1]


def test_all_tokens_of_the_large_model_are_its_own_samples(made):
    for by in ("router", "entropy", "random"):
        for sampling in (WARM, Sampling(n=1, temperature=0.0, max_tokens=20)):
            chosen = routed(made, by=by, rate=1.0)
            assert texts(chosen, sampling) == texts(made[1], sampling)
            assert {
                each.scores["large_rate"] for row in chosen.generate(CHATS, sampling) for each in row
            } == {1.0}


def test_none_of_them_are_the_small_models(made):
    chosen = routed(made, by="random", rate=1e-12)
    assert texts(chosen) == texts(made[0])
    small = sum(each.numel() for each in made[0]._loaded[0].parameters())
    scores = [each.scores for row in chosen.generate(CHATS, WARM) for each in row]
    assert all(each == {"large_rate": 0.0, "active": small} for each in scores)


def test_what_is_in_use_is_the_small_model_and_the_large_one_for_its_share(made):
    small, large = (sum(each.numel() for each in model._loaded[0].parameters()) for model in made[:2])
    samples = [each for row in routed(made, rate=0.5).generate(CHATS, WARM) for each in row]
    for each in samples:
        rate = each.scores["large_rate"]
        assert rate * each.tokens == pytest.approx(round(rate * each.tokens), abs=1e-6)
        assert each.scores["active"] == pytest.approx(small + rate * large)
    assert 0.0 < sum(each.scores["large_rate"] for each in samples) / len(samples) < 1.0


@pytest.mark.parametrize("by", ["router", "entropy", "random"])
def test_samples_do_not_depend_on_how_batches_are_cut(made, by, monkeypatch):
    together = texts(routed(made, by=by, rate=0.4))
    monkeypatch.setattr(sampler, "STRAGGLERS", 0.9)
    small, large, part, _ = made
    few = transformers(path=small.path, batch_tokens=40)
    alone = ready("decoding/routed", model=few, large=large, router=part, by=by, rate=0.4)()
    assert texts(alone) == together


def test_a_router_for_other_models_is_refused(made, tmp_path):
    small, large, part, _ = made
    for pair, which in (((large, large), "small"), ((small, small), "large")):
        chosen = ready("decoding/routed", model=pair[0], large=pair[1], router=part)()
        with pytest.raises(LimbeckError, match=f"one for another {which} model"):
            texts(chosen)
    with pytest.raises(LimbeckError, match="not of this process"):
        ready("decoding/routed", model=Scripted(["x"]), large=large, router=part)()


PAGE = """
title: a router
models: {{routed: {{use: decoding/routed, model: {model}, large: {large}, router: router}}}}
stages:
  some: {{use: problems/haste, n: 5, solve: careful}}
  blank: {{use: students/from_config, from: some}}
  small: {{use: training/fit, from: some, student: blank, objective: sft, steps: 1}}
  large: {{use: training/fit, from: some, student: blank, objective: sft, steps: 2}}
  router: {{use: teachers/token_router, from: some, student: small, large: large, verifier: exact}}
  scores: {{use: evaluation/accuracy, from: some, model: routed, verifier: exact}}
"""


@pytest.mark.parametrize(
    ("model", "large", "why"),
    [
        ("small", "large", ""),
        ("blank", "large", "router 'router' was taught with student 'small', and here model is 'blank'"),
        ("small", "small", "router 'router' was taught with large 'large', and here large is 'small'"),
    ],
)
def test_it_is_refused_when_the_run_is_planned(tmp_path, model, large, why):
    file = tmp_path / "page.yaml"
    file.write_text(PAGE.format(model=model, large=large))
    if not why:
        assert planning.make(recipes.load(str(file)), tmp_path / "out").steps["scores"].key
        return
    with pytest.raises(LimbeckError, match=why):
        planning.make(recipes.load(str(file)), tmp_path / "out")


def test_a_continuation_that_was_cut_off_tells_nothing(made, monkeypatch):
    """One mismatch each: right, wrong, and without an end."""
    small, large, _, _ = made
    labelled = Labelled(*(Probe.open(each.path, precision="fp32") for each in (small, large)), 5, 8)
    kinds = [Completion(text="ab"), Completion(text="abc"), Completion(text="ab", finish="length")]

    def texts_of(rows, mismatched, arrays):
        return dict(zip(mismatched, kinds, strict=False))

    def judge(problem, trace):
        return Verdict("odd", "wrong" if len(trace.answer) % 2 else "correct")

    monkeypatch.setattr(labelled, "_texts", texts_of)
    data = small_world.judged(2)
    traces = {each.id: each for each in data.traces}
    rows, _ = labelled.small.rows(data, [data.traces[0]])
    places = [(0, token) for token in range(3)]
    assert labelled._judged(rows, places, {}, data, traces, judge) == {
        (0, 0): "neutral", (0, 1): "divergent", (0, 2): "unknown",
    }  # fmt: skip
