"""Implicit chain of thought: what is overwritten, what is foretold, and that students of it are
students."""

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
from limbeck.networks.implicit import Coupled, Emulator, Foretelling, MindReader  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402
from limbeck.networks.policy import Network, run  # noqa: E402
from limbeck.networks.rows import ChatTokenizer, trace_items  # noqa: E402
from limbeck.networks.silent import MARK, Silent  # noqa: E402
from limbeck.networks.ways import way_of  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.registry import Bound, method  # noqa: E402
from limbeck.records import Data  # noqa: E402


def adapt(name: str, **params) -> Bound:
    return Bound(name, method(f"students/{name}").load(), params)


@pytest.fixture(scope="module")
def silenced() -> Data:
    data = small_world.world(20)
    right = Data(data.problems, [trace for trace in data.traces if not trace.marks])
    return flat("curation/silent")(right)


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("start")
    blank = small_world.student(folder / "blank", layers=2)
    return flat("students/places")(student=blank, ctx=Context(folder / "placed"))


@pytest.fixture(scope="module")
def family(tmp_path_factory, start, silenced):
    """A teacher that is the start itself; a mind reader, an emulator and both coupled, each trained for a
    bit."""
    folder = tmp_path_factory.mktemp("family")

    def train(name, student, **params):
        (folder / name).mkdir()
        return small_world.train(folder / name, student, silenced, adapt=adapt(name, **params), steps=3)

    reader, emulator = train("mind_reader", start, teacher=start), train("emulator", start, teacher=start)
    return reader, emulator, train("coupled", reader, emulator=emulator)


def batch_of(path, data):
    return collate(trace_items(ChatTokenizer.open(path), [data]).items[:6])


def test_foretelling_by_hand():
    """Of width 1, an LSTM cell without weights gives 0, so each layer is its MLP of state and mixture."""
    parts = Foretelling(layers=2, width=1, mixture=2)
    with torch.no_grad():
        for each in parts.parameters():
            each.zero_()
        parts.components.weight.copy_(torch.tensor([[1.0], [3.0]]))
        for layer in parts.mlps:
            layer[0].weight.copy_(torch.tensor([[1.0, 10.0]]).expand(4, 2))
            layer[2].weight.fill_(0.25)
        parts.out.bias.fill_(0.5)
        told, upward = parts(0, torch.tensor([[0.7]]), {})
    share = torch.tensor([0.7, 2.1]).softmax(0)
    mixed = share[0] * 1 + share[1] * 3
    assert told.item() == pytest.approx(0.7 + 10 * mixed.item(), rel=1e-5)
    assert upward.item() == pytest.approx(0.5)


def test_later_layers_depend_on_what_was_foretold_below():
    torch.manual_seed(0)
    parts, state = Foretelling(2, 8, 1), torch.randn(1, 8)
    memory, other = {}, {}
    parts(0, state, memory)
    parts(0, -state, other)
    same, changed = parts(1, state, memory)[1], parts(1, state, other)[1]
    assert not torch.allclose(same, changed, atol=1e-4)


def test_prompts_end_with_the_place(start):
    tokenizer = ChatTokenizer.open(start)
    ((ids),) = tokenizer.prompts(small_world.world(1).problems)
    mark = tokenizer.tokenizer.convert_tokens_to_ids(MARK)
    assert ids[-1] == mark == load(start).config.latent_id
    assert ids.count(mark) == 1


def test_a_mind_reader_answers_from_the_thought_that_it_does_not_read(family, silenced):
    network = Network(load(family[0])).eval()
    batch = batch_of(family[0], silenced)
    silent = Silent.of(batch)
    with torch.no_grad():
        usual = run(network, network, batch)
        other = copy.copy(batch)
        changed_BT = torch.where(silent.thought_BT, (batch.ids_BT + 1) % 10 + 3, batch.ids_BT)
        object.__setattr__(other, "ids_BT", changed_BT)
        moved = run(network, network, other)
        # Where nobody overwrites, the thought says nothing.
        way_of(network.model).prepare = lambda at_B, asked: None
        deaf, deafer = run(network, network, batch).logp_N, run(network, network, other).logp_N
    assert torch.equal(usual.batch.target_N, silent.batch.target_N)
    assert not torch.allclose(usual.logp_N, moved.logp_N, atol=1e-4)
    assert torch.equal(deaf, deafer)


def test_an_emulators_likelihood_is_the_papers_loss(family, silenced):
    model = load(family[1]).eval()
    network, batch = Network(model), batch_of(family[1], silenced)
    with torch.no_grad():
        policy = run(network, network, batch)
        goals = model.added.goals(Silent.of(batch))
        told = torch.stack(model.added.told)
    assert policy.batch.count_B.tolist() == [1.0] * len(batch.ids)
    assert torch.allclose(policy.logp_B, -((told - goals) ** 2).sum((0, 2)) / 2, rtol=1e-5)


def test_a_coupled_student_is_asked_as_any_and_writes_as_it_reads(family):
    """Cached sampling of rows of different lengths gives what one uncached pass over each row gives."""
    model = transformers(path=family[2], dtype="float32")
    chats = [[{"role": "user", "content": text}] for text in ("1+2", "7 and 5 and 4+1", "9")]
    drawn = {index: made for index, _, made in model.stream(chats, Sampling(max_tokens=5, temperature=0))}
    network, tokenizer = model._loaded
    assert isinstance(network.added, Coupled)
    for index, chat in enumerate(chats):
        (ids,) = model._prompt_ids([chat])
        for token in drawn[index].ids:
            with torch.no_grad():
                logits = network(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
            assert logits.argmax().item() == token
            ids = [*ids, token]
    del tokenizer


def test_folders_give_back_what_was_trained(family, start):
    for path, kind in zip(family, (MindReader, Emulator, Coupled), strict=True):
        assert isinstance(way_of(load(path)), kind)
    reader = load(family[0])
    theirs = load(start).base_model.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in reader.added.reader.state_dict().items())
    assert not any(each.requires_grad for each in reader.added.reader.parameters())
    ids = torch.tensor([[5, 6, reader.added.mark, 7]])
    whole = load(family[2]).eval()
    with torch.no_grad():
        assert torch.equal(load(family[2]).eval()(ids).logits, whole(ids).logits)
        before = whole(ids).logits[0, :2]
        assert torch.equal(copy.deepcopy(whole)(ids).logits[0, :2], before)
        whole.added.mlps[0][2].bias.add_(1.0)
        # Only from the place for the thought on is anything another.
        assert torch.equal(whole(ids).logits[0, :2], before)


def test_rows_with_a_place_and_without_do_not_disturb_each_other(family):
    network = load(family[2]).eval()
    mark = network.added.mark
    having, lacking = [5, 6, mark, 7], [5, 6, 7, 8]
    with torch.no_grad():
        both = network(torch.tensor([having, lacking])).logits
        for place, ids in enumerate((having, lacking)):
            assert torch.allclose(both[place], network(torch.tensor([ids])).logits[0], atol=1e-5)


@pytest.mark.parametrize("at", [0, 1])
def test_what_cannot_be_asked_says_so(family, at):
    model = transformers(path=family[at])
    with pytest.raises(LimbeckError, match="students/coupled"):
        list(model.stream([[{"role": "user", "content": "1+2"}]], Sampling(max_tokens=2)))


def test_what_does_not_fit_is_named(family, start, tmp_path, silenced):
    plain = small_world.student(tmp_path / "plain", layers=2)
    cases = [
        ("mind_reader", plain, {"teacher": start}, "students/mind_reader: .* no place for a thought"),
        (
            "emulator",
            start,
            {"teacher": small_world.student(tmp_path / "w", layers=1)},
            "1 layers of width 16, the",
        ),
        ("coupled", start, {"emulator": family[1]}, "the student is a plain network, not a mind reader"),
        ("coupled", family[0], {"emulator": start}, "is a plain network; see students/emulator"),
        ("mind_reader", family[2], {"teacher": start}, "of the kind 'coupled' already"),
    ]
    for name, student, params, message in cases:
        with pytest.raises(LimbeckError, match=message):
            method(f"students/{name}").load().__dict__[name](load(student), **params)
    bare = Data(silenced.problems, [copy.copy(trace) for trace in silenced.traces])
    for trace in bare.traces:
        trace.weights = []
    with pytest.raises(LimbeckError, match="no trace has a thought that weighs nothing"):
        small_world.train(tmp_path, family[0], bare, steps=1)


def test_reciting_is_greedy_writing(tmp_path, family, silenced, start):
    """What a plain model is said to recite is what it writes at temperature 0; a mind reader is shown
    thoughts."""
    (tmp_path / "s").mkdir()
    tiny = Data(silenced.problems[:3], [copy.copy(trace) for trace in silenced.traces[:3]])
    for trace in tiny.traces:
        trace.reasoning, trace.weights = "", []
    learnt = small_world.train(tmp_path / "s", start, tiny, steps=40, lr=3e-2)
    said = flat("evaluation/recited")(tiny, model=learnt, ctx=Context(tmp_path)).data
    model = transformers(path=learnt, dtype="float32")
    chats = [[{"role": "user", "content": problem.question}] for problem in tiny.problems]
    texts = [made[0].text for made in model.generate(chats, Sampling(max_tokens=8, temperature=0))]
    right = [text == trace.answer for text, trace in zip(texts, tiny.traces, strict=True)]
    assert [trace.outcome == "correct" for trace in said.traces] == right
    assert any(right)
    shown = flat("evaluation/recited")(silenced, model=family[0], ctx=Context(tmp_path))
    assert 0 <= shown.results[0].value <= 1
    with pytest.raises(LimbeckError, match="nothing to recite"):
        flat("evaluation/recited")(Data(), model=learnt, ctx=Context(tmp_path))
