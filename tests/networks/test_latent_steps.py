"""Latent steps and their shortcuts: against the same by hand, trained, kept, sampled and counted."""

from __future__ import annotations

import copy

import pytest
import small_world
from flat import flat

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks.batch import collate  # noqa: E402
from limbeck.networks.latent_steps import LatentSteps, normed  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402
from limbeck.networks.policy import Network, run  # noqa: E402
from limbeck.networks.rows import ChatTokenizer, trace_items  # noqa: E402
from limbeck.networks.shortcuts import Shortcuts  # noqa: E402
from limbeck.networks.silent import Silent  # noqa: E402
from limbeck.networks.ways import way_of  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.registry import Bound, method  # noqa: E402
from limbeck.records import Data, Problem  # noqa: E402

PLACES = 2
TERMS = [("1+2+0", "1+2=3;3+0=3;", "3"), ("4+0+5", "4+0=4;4+5=9;", "9"), ("0+2+2", "0+2=2;2+2=4;", "4")]


def adapt(name: str, **params) -> Bound:
    return Bound(name, method(f"students/{name}").load(), params)


@pytest.fixture(scope="module")
def taught(tmp_path_factory) -> Data:
    data = Data()
    for index, (question, steps, answer) in enumerate(TERMS):
        data.problems.append(Problem(id=f"p{index}", question=question, answer=answer))
        data.traces.append(small_world.trace(f"p{index}/t", f"p{index}", steps, answer, format="lines"))
    context = Context(tmp_path_factory.mktemp("c"))
    return flat("curation/silent")(flat("curation/critical_steps")(data, ctx=context))


@pytest.fixture(scope="module")
def start(tmp_path_factory, taught) -> str:
    folder = tmp_path_factory.mktemp("start")
    blank = small_world.student(folder / "blank", taught, layers=2, template="bare")
    return flat("students/places")(student=blank, n=PLACES, ctx=Context(folder / "placed"))


@pytest.fixture(scope="module")
def latent(tmp_path_factory, start, taught) -> str:
    folder = tmp_path_factory.mktemp("latent")
    use = adapt("latent_steps", teacher=start)
    return small_world.train(folder, start, taught, adapt=use, steps=4)


@pytest.fixture(scope="module")
def short(tmp_path_factory, latent, taught) -> str:
    folder = tmp_path_factory.mktemp("short")
    return small_world.train(folder, latent, taught, adapt=adapt("shortcuts"), steps=4)


def batch_of(path, data):
    return collate(trace_items(ChatTokenizer.open(path), [data]).items)


def by_hand(network, prompt: list[int], written: list[int]):
    """Logits behind what was written: places grow one by one, nothing is cached or padded."""
    body, words = network.base_model, network.get_input_embeddings()
    inputs = words(torch.tensor([prompt[:-PLACES]]))
    for _ in range(PLACES):
        last = body(inputs_embeds=inputs, use_cache=False).last_hidden_state[:, -1:]
        inputs = torch.cat([inputs, last], 1)
    inputs = torch.cat([inputs, words(torch.tensor([written], dtype=torch.long))], 1)
    return network.lm_head(body(inputs_embeds=inputs, use_cache=False).last_hidden_state[0, -1])


def test_which_steps_are_critical(taught):
    told = [[trace.scores[f"critical/{step}"] for step in (0, 1)] for trace in taught.traces]
    assert told == [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    with pytest.raises(LimbeckError, match="must be texts"):
        flat("curation/critical_steps")(taught, separator="", ctx=Context("."))


def test_sampling_is_the_loop_by_hand(latent):
    model = transformers(path=latent, dtype="float32")
    chats = [[{"role": "user", "content": text}] for text in ("1+2", "4+0+5+2+2", "9")]
    drawn = {index: made for index, _, made in model.stream(chats, Sampling(max_tokens=4, temperature=0))}
    network = model._loaded[0]
    for index, chat in enumerate(chats):
        (prompt,) = model._prompt_ids([chat])
        for place, token in enumerate(drawn[index].ids):
            with torch.no_grad():
                assert by_hand(network, prompt, drawn[index].ids[:place]).argmax().item() == token


def test_rows_with_places_and_without_do_not_disturb_each_other(latent):
    network = load(latent).eval()
    mark = network.added.mark
    having, lacking = [5, 6, *[mark] * PLACES, 7], [5, 6, 7, 8, mark]
    with torch.no_grad():
        both = network(torch.tensor([having, lacking])).logits
        for place, ids in enumerate((having, lacking)):
            assert torch.allclose(both[place], network(torch.tensor([ids])).logits[0], atol=1e-5)


def test_states_are_led_to_those_that_tell_what_steps_come_to(latent, taught):
    network = Network(load(latent)).eval()
    batch, way = batch_of(latent, taught), way_of(network.model)
    silent = Silent.of(batch)
    goals = way.goals(silent)
    with torch.no_grad():
        read = way.reader(input_ids=batch.ids_BT, output_hidden_states=True).hidden_states[1:]
    # A completion is ``1+2=3;3+0=3;3``: what its steps come to is told at places 3 and 9.
    for row in range(len(TERMS)):
        start = int(silent.start_B[row]) + 1
        for place, end in enumerate((3, 9)):
            assert torch.allclose(goals[-1][row, place], normed(read[-1][row, start + end]), atol=1e-5)
    with torch.no_grad():
        policy = run(network, network, batch)
        gap_B = (normed(torch.stack(way.states)) - goals).square().mean((0, 3)).sum(1)
        way.weight = 0.0
        bare = run(network, network, batch)
    assert torch.allclose(bare.logp_B - policy.logp_B, gap_B, atol=1e-4)
    assert policy.batch.count_B.tolist() == [2.0] * len(TERMS)


def test_shut_shortcuts_are_the_latent_student(latent, tmp_path, taught):
    folder = tmp_path / "s"
    folder.mkdir()
    unused = small_world.train(folder, latent, taught, adapt=adapt("shortcuts"), steps=1, lr=0.0)
    batch = batch_of(latent, taught)
    with torch.no_grad():
        plain, short = (Network(load(path)).eval() for path in (latent, unused))
        way_of(plain.model).weight = 0.0
        before = run(plain, plain, batch).logp_N
        way = way_of(short.model)
        way.reproduce = way.route = 0.0
        assert torch.allclose(run(short, short, batch).logp_N, before, atol=1e-5)
        assert way.layers_run().tolist() == [[2.0] * PLACES] * len(TERMS)
        # All open: a step takes adapters for layers, and the state of the step before.
        for each in (*way.depth, *way.step):
            each[2].bias.fill_(9.0)
        run(short, short, batch)
        assert way.layers_run().tolist() == [[0.0] * PLACES] * len(TERMS)
        assert torch.allclose(way.states[-1][:, 0], way.states[-1][:, 1], atol=1e-5)
        # Handed over before layer 1 alone: what lies below that of the second step counts for nothing.
        for each in (*way.depth, way.step[0]):
            each[2].bias.fill_(-9.0)
        run(short, short, batch)
        assert way.layers_run().tolist() == [[2.0, 1.0]] * len(TERMS)


def test_stage_two_trains_routers_and_adapters_alone_and_is_kept(latent, short):
    before, after = load(latent), load(short)
    assert isinstance(way_of(before), LatentSteps)
    assert isinstance(way_of(after), Shortcuts)
    theirs = before.state_dict()
    moved = {
        name.split(".")[1] if name.startswith("added") else name
        for name, value in after.state_dict().items()
        if name not in theirs or not torch.equal(value, theirs[name])
    }
    assert moved == {"adapters", "depth", "step"}
    biases = [each[2].bias.item() for each in way_of(after).depth]
    assert any(abs(bias + 3.0) > 1e-3 for bias in biases)
    drawn = transformers(path=short, dtype="float32").generate(
        [[{"role": "user", "content": "1+2"}]], Sampling(max_tokens=3, temperature=0)
    )
    assert len(drawn[0][0].ids) == 3 or drawn[0][0].finish == "stop"


def test_layers_are_counted_by_question(tmp_path, start, latent, short, taught):
    count = flat("evaluation/layers_run")
    whole = count(taught, model=latent, ctx=Context(tmp_path))
    assert {each.metric: each.value for each in whole.results} == {"score@layers": 2.0, "score@deeper": 0.0}
    assert all(
        0 <= each.scores["layers"] <= 2
        for each in count(taught, model=short, ctx=Context(tmp_path)).data.traces
    )
    (plain, *_) = count(taught, model=start, ctx=Context(tmp_path)).results
    assert (plain.metric, plain.value) == ("score@layers", 2.0)
    from limbeck.evaluation.measures.layers_run import scores

    assert scores([4.0, 1.0, 3.0], {"critical/0": 1.0, "critical/1": 0.0, "critical/2": 1.0}) == {
        "layers": pytest.approx(8 / 3), "deeper": 2.5,
    }  # fmt: skip
    assert scores([4.0], {}) == {"layers": 4.0}


def test_what_does_not_fit_is_named(tmp_path, start, latent, short, taught):
    for name, student, params, message in (
        ("latent_steps", start, {"teacher": start, "separator": "=3"}, "separator '=3' is 2 tokens"),
        ("shortcuts", start, {}, "the student is a plain network; see students/latent_steps"),
        ("shortcuts", short, {}, "of the kind 'shortcuts'; see"),
    ):
        with pytest.raises(LimbeckError, match=message):
            getattr(method(f"students/{name}").load(), name)(load(student), **params)
    with pytest.raises(LimbeckError, match="no question to think about"):
        flat("evaluation/layers_run")(Data(), model=latent, ctx=Context(tmp_path))
    unlabelled = Data(taught.problems, [copy.copy(trace) for trace in taught.traces])
    for trace in unlabelled.traces:
        trace.scores = {}
    with pytest.raises(LimbeckError, match="no number 'critical/0'; curation/critical_steps"):
        small_world.train(tmp_path, latent, unlabelled, adapt=adapt("shortcuts"), steps=1)
    odd = Data(taught.problems, [copy.copy(trace) for trace in taught.traces])
    for trace in odd.traces:
        trace.reasoning, trace.format = trace.reasoning.replace(";", "+"), "plain"
    silent, use = flat("curation/silent")(odd), adapt("latent_steps", teacher=start)
    with pytest.raises(LimbeckError, match="no step that ends with the separator"):
        small_world.train(tmp_path / "o", start, silent, adapt=use, steps=1)
