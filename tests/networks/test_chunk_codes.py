"""Codes for chunks of thoughts: read, moved, restored; put in place of text; written by a student that has
them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import small_world
from flat import flat

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.batch import Item  # noqa: E402
from limbeck.networks.chunk_codes import (  # noqa: E402
    CLOSE,
    DECAY,
    OPEN,
    ChunkCodes,
    Chunked,
    perplexity,
    thought_tokens,
    word,
)
from limbeck.networks.opening import load, open_tokenizer  # noqa: E402
from limbeck.networks.rows import ChatTokenizer, trace_items  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402
from limbeck.records import Data, Problem  # noqa: E402
from limbeck.rollouts.assorted import assorted  # noqa: E402
from limbeck.texts.traces import split_text  # noqa: E402
from limbeck.training.rollout_context import RolloutContext  # noqa: E402


@pytest.fixture(scope="module")
def sums() -> Data:
    data = flat("problems/operands")(n=60, low=3, high=4, solve="steps", seed=101)
    return Data(
        [Problem(id=each.id, question=each.question, answer=each.answer) for each in data.problems],
        data.traces,
    )


@pytest.fixture(scope="module")
def student(tmp_path_factory, sums) -> str:
    return small_world.student(tmp_path_factory.mktemp("s"), sums, template="bare")


@pytest.fixture(scope="module")
def learned(tmp_path_factory, sums, student) -> tuple[str, list[str]]:
    folder, said = tmp_path_factory.mktemp("codes"), []
    context = Context(
        folder, report=lambda event: said.append(event["message"]) if event["kind"] == "log" else None
    )
    learn = flat("teachers/chunk_codes")
    part = learn(
        MemoryShards([sums]), student=student, chunk=6, codes=16, width=32, steps=30, batch=32, ctx=context
    )
    return part, said


@pytest.fixture(scope="module")
def coded(tmp_path_factory, student, learned) -> str:
    return flat("students/coded")(
        student=student, codes=learned[0], ctx=Context(tmp_path_factory.mktemp("coded"))
    )


def rolled(coded, sums, part, **settings):
    chat = ChatTokenizer.open(coded)
    items = trace_items(chat, [sums])
    context = RolloutContext({}, chat, items.problems, seed=settings.pop("seed", 3), items=items.items)
    return items.items, assorted(items.items, context, codes=part, format="lines", **settings), chat.tokenizer


def test_perplexity_by_hand():
    assert perplexity([5, 5, 5, 5]) == pytest.approx(4.0)
    assert perplexity([7, 0, 0]) == pytest.approx(1.0)
    assert perplexity([3, 1]) == pytest.approx(4 / 3**0.75)


def test_rows_are_cut_into_whole_chunks():
    rows = Chunked.of([([1, 2], [3, 4, 5, 6, 7]), ([8], [9])], 2)
    assert rows.chunk_BCS.tolist() == [[[3, 4], [5, 6]], [[0, 0], [0, 0]]]
    assert rows.has_BC.tolist() == [[True, True], [False, False]]
    assert rows.prompt_BP.tolist() == [[1, 2], [8, 0]]


def test_codes_move_to_what_they_stand_for():
    """Two vectors are nearest to code 0: its moving sum and share take them in, and it is their ratio."""
    made = ChunkCodes(vocab=4, size=1, codes=2, width=4, longest=2)
    with torch.no_grad():
        made.book_VD.copy_(torch.tensor([[1.0, 0, 0, 0], [0, 1.0, 0, 0]]))
        made.sum_VD.copy_(made.book_VD)
        made.share_V.fill_(1.0)
    vectors = torch.tensor([[2.0, 0, 0, 0], [4.0, 0, 0, 0]])
    code = made.nearest(vectors[None])[0]
    assert code.tolist() == [0, 0]
    made._move(vectors, code)
    assert made.share_V.tolist() == pytest.approx([DECAY + (1 - DECAY) * 2, DECAY])
    assert made.book_VD[0, 0].item() == pytest.approx((DECAY + (1 - DECAY) * 6) / (DECAY + (1 - DECAY) * 2))
    assert made.book_VD[1].tolist() == pytest.approx([0, 1, 0, 0])
    made.share_V[1] = 0.01
    made._move(vectors, code)
    assert made.book_VD[1].tolist() in vectors.tolist()


def test_a_codebook_is_learned_noted_and_kept(learned, sums, student):
    part, said = learned
    assert any("perplexity" in line and "of 16" in line for line in said)
    book = ChunkCodes.open(part)
    items = trace_items(ChatTokenizer.open(student), [sums]).items[:9]
    pairs = [
        (item.rows[0].ids[: item.rows[0].start], item.rows[0].ids[item.rows[0].start : -2]) for item in items
    ]
    # In a batch, padded, as alone.
    with torch.no_grad():
        rows = Chunked.of(pairs, 6)
        together = book.nearest(book.read(rows))
    for place, (prompt, thought) in enumerate(pairs):
        alone = book.codes(prompt, thought)
        assert alone == together[place][rows.has_BC[place]].tolist()
        assert len(alone) == len(thought) // 6


def test_a_code_does_not_foretell_what_comes_later(learned):
    book = ChunkCodes.open(learned[0])
    prompt, thought = [1, 2, 3], list(range(3, 15))
    with torch.no_grad():
        whole = book.read(Chunked.of([(prompt, thought)], 6))
        other = book.read(Chunked.of([(prompt, thought[:6] + [4] * 6)], 6))
    assert torch.allclose(whole[0, 0], other[0, 0], atol=1e-5)
    assert not torch.allclose(whole[0, 1], other[0, 1], atol=1e-3)


def test_a_thoughts_tokens_are_told_by_the_format(student, sums):
    chat = ChatTokenizer.open(student)
    for item in trace_items(chat, [sums]).items[:5]:
        (row,) = item.rows
        count = thought_tokens(chat.tokenizer, row, lambda text: split_text(text, "lines")[1])
        text = chat.tokenizer.decode(row.ids[row.start : row.start + count].tolist())
        assert text.endswith(";")
        assert len(row.ids) - row.start - count == 2, "the answer and the end"
        assert thought_tokens(chat.tokenizer, row, lambda text: text) == 0


def test_codes_stand_in_for_the_first_chunks_and_the_rest_is_text(coded, sums, learned):
    before, made, tokenizer = rolled(coded, sums, learned[0], chunks=(2,))
    for old, new in zip(before, made, strict=True):
        (was,), (row,) = old.rows, new.rows
        told = tokenizer.decode(row.ids[row.start :].tolist())
        text = tokenizer.decode(was.ids[was.start :].tolist())
        codes = ChunkCodes.open(learned[0]).codes(was.ids[: was.start], was.ids[was.start : -2])[:2]
        assert told == OPEN + "".join(map(word, codes)) + CLOSE + text[12:]
        assert row.id == f"{was.id}~2"
        assert len(row.ids) == len(was.ids) - 12 + 4
    _, same, _ = rolled(coded, sums, learned[0], chunks=(0,))
    assert [item.rows[0].id for item in same] == [item.rows[0].id for item in before]


def test_how_many_is_drawn_anew(coded, sums, learned):
    counts = Counter()
    for seed in (1, 2):
        _, made, _ = rolled(coded, sums, learned[0], chunks=(0, 1, 2), seed=seed)
        drawn = [item.rows[0].id.rpartition("~")[2] if "~" in item.rows[0].id else "0" for item in made]
        counts.update(drawn)
        _, again, _ = rolled(coded, sums, learned[0], chunks=(0, 1, 2), seed=seed)
        assert [item.rows[0].id for item in again] == [item.rows[0].id for item in made]
    assert set(counts) == {"0", "1", "2"}
    assert min(counts.values()) > 20


def test_weights_go_along(coded, sums, learned):
    chat = ChatTokenizer.open(coded)
    (item, *_) = trace_items(chat, [sums]).items
    (row,) = item.rows
    weighed = Item((replace(row, columns={"weight": np.arange(len(row.ids) - row.start, dtype=np.float32)}),))
    context = RolloutContext({}, chat, {}, seed=1)
    ((made,),) = (
        each.rows for each in assorted([weighed], context, codes=learned[0], chunks=(1,), format="lines")
    )
    assert made.columns["weight"].tolist()[:4] == [0, 0, 0, 6]
    assert len(made.columns["weight"]) == len(made.ids) - made.start


def test_a_coded_student_reads_codes_as_single_tokens(coded, student):
    tokenizer, model = open_tokenizer(coded), load(coded)
    text = f"{OPEN}{word(3)}{word(15)}{CLOSE};1"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert len(ids) == 6
    assert tokenizer.decode(ids) == text
    old = load(student).get_input_embeddings().weight
    table = model.get_input_embeddings().weight
    assert len(table) == len(old) + 18
    assert torch.equal(table[: len(old)], old)
    assert torch.allclose(table[len(old) :].mean(), old.mean(), atol=0.02)
    assert len({tuple(each) for each in table[len(old) :].tolist()}) == 18


def test_what_does_not_fit_is_named(tmp_path, student, coded, sums, learned):
    part = learned[0]
    with pytest.raises(
        LimbeckError, match="the student has no token '<|codes|>'; see students/coded".replace("|", r"\|")
    ):
        rolled(student, sums, part, chunks=(1,))
    with pytest.raises(LimbeckError, match="at least one number"):
        rolled(coded, sums, part, chunks=())
    with pytest.raises(LimbeckError, match="is a token of this tokenizer already"):
        flat("students/coded")(student=coded, codes=part, ctx=Context(tmp_path))
    learn = flat("teachers/chunk_codes")
    with pytest.raises(LimbeckError, match="width=6 must be a multiple of 4"):
        learn(MemoryShards([sums]), student=student, width=6, ctx=Context(tmp_path))
    with pytest.raises(LimbeckError, match="has a thought of 99 tokens"):
        learn(MemoryShards([sums]), student=student, chunk=99, ctx=Context(tmp_path))
