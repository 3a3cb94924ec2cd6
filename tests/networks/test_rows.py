"""What is trained on: the generation prompt, the exact text of the trace, the end of turn, and nothing
else."""

from __future__ import annotations

import itertools
import string

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
from small_world import trace
from transformers import AutoTokenizer

from limbeck.errors import LimbeckError
from limbeck.networks import cutting
from limbeck.networks.batch import Item, Row, order
from limbeck.networks.cutting import cut
from limbeck.networks.rows import SAME, ChatTokenizer, pair_items, trace_items
from limbeck.networks.template import check_template, prompt_text
from limbeck.records import Data, Pair, Problem
from limbeck.students.ops import CHATML

STRIPS = CHATML.replace("message['content'] +", "message['content'].split('</think>')[-1].lstrip('\\n') +", 1)
ASKED = [{"role": "user", "content": "1+1"}]
OPENS = STRIPS.replace("assistant\\n' }}", "assistant\\n<think>\\n' }}")


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> str:
    letters = Data([Problem(id="letters", question=string.ascii_lowercase + string.digits + "+ ?\n")])
    return small_world.student(tmp_path_factory.mktemp("rows"), letters)


@pytest.fixture
def tokenizer(path):
    return AutoTokenizer.from_pretrained(path)


def data(*traces, pairs=()) -> Data:
    return Data([Problem(id="p", question="1+1")], list(traces), list(pairs))


def text_of(tokenizer, row, part=slice(None)) -> str:
    return tokenizer.decode(row.ids[part].tolist())


def test_the_trained_tokens_are_the_trace_and_the_end_of_turn(tokenizer):
    items = trace_items(
        ChatTokenizer(tokenizer, check_template(tokenizer)), [data(trace("a", "p", "one and one ", "2"))]
    )
    (row,) = items.items[0].rows
    assert text_of(tokenizer, row, slice(row.start)) == prompt_text(tokenizer, ASKED)
    assert text_of(tokenizer, row, slice(row.start, None)) == "one and one 2<|im_end|>"


def test_a_trace_cut_off_while_generating_is_not_taught_to_end(tokenizer):
    cut_off = data(trace("a", "p", "one and ", "", finish="length"))
    (row,) = trace_items(ChatTokenizer(tokenizer, check_template(tokenizer)), [cut_off]).items[0].rows
    assert row.ids[-1] != tokenizer.eos_token_id


def test_overlong_rows_are_counted_or_cut_without_an_end(tokenizer):
    long, short = trace("long", "p", "x" * 100, "2"), trace("short", "p", "x", "2")
    limit = len(tokenizer(prompt_text(tokenizer, ASKED))["input_ids"]) + 20
    skipping = trace_items(ChatTokenizer(tokenizer, check_template(tokenizer), limit), [data(long, short)])
    assert [item.rows[0].id for item in skipping.items] == ["short"]
    assert skipping.skipped == {"too_long": 1}
    cutting = trace_items(
        ChatTokenizer(tokenizer, check_template(tokenizer), limit, "truncate"), [data(long, short)]
    )
    row = cutting.items[0].rows[0]
    assert len(row.ids) == limit
    assert text_of(tokenizer, row, slice(row.start, None)) == "x" * 20


def test_bad_rows_are_counted_by_reason_and_the_others_stay(tokenizer):
    bad = data(
        trace("good", "p", "one ", "2"),
        trace("orphan", "nobody", "one ", "2"),
        trace("form", "p", "one ", "2", format="no_such_format"),
        trace("empty", "p", "", ""),
        trace("control", "p", "one <|im_end|> ", "2"),
        trace("strange", "p", "one ÷ ", "2"),
        trace("weightless", "p", "one ", "2", scores={"weight": 0.0}),
        trace("unweighable", "p", "one ", "2", scores={"weight": float("nan")}),
        trace("heavy", "p", "one ", "2", scores={"weight": 2.5}),
        trace("marked", "p", "one ", "2", marks=["wrong"]),
    )
    items = trace_items(ChatTokenizer(tokenizer, check_template(tokenizer)), [bad])
    assert [(item.rows[0].id, item.weight) for item in items.items] == [("good", 1.0), ("heavy", 2.5)]
    assert items.skipped == {
        "no_problem": 1, "unknown_format_no_such_format": 1, "empty": 1, "control_token": 1,
        "unknown_token": 1,
        "no_weight": 2,
    }  # fmt: skip


def test_pairs_share_rows_and_miss_traces(tokenizer):
    pairs = [
        Pair(problem_id="p", chosen="a", rejected="b", weight=2.0),
        Pair(problem_id="p", chosen="a", rejected="c"),
        Pair(problem_id="p", chosen="a", rejected="gone"),
        Pair(problem_id="p", chosen="a", rejected="b", marks=["too_long"]),
    ]
    traces = [trace("a", "p", "one ", "2"), *(trace(name, "p", name, "3", ["wrong"]) for name in "bc")]
    items = pair_items(ChatTokenizer(tokenizer, check_template(tokenizer)), [data(*traces, pairs=pairs)])
    assert [[row.id for row in item.rows] for item in items.items] == [["a", "b"], ["a", "c"]]
    assert items.items[0].rows[0] is items.items[1].rows[0]
    assert [item.weight for item in items.items] == [2.0, 1.0]
    assert items.skipped == {"no_trace": 1}


def test_pairs_of_the_same_tokens_are_left_out_and_counted_also_where_they_differ_behind_the_cut(tokenizer):
    traces = [
        trace("a", "p", "one ", "2"), trace("twin", "p", "one ", "2", ["wrong"]),
        trace("long", "p", "x" * 40, "2"), trace("other", "p", "x" * 40, "3", ["wrong"]),
    ]  # fmt: skip
    equal, cut = (
        Pair(problem_id="p", chosen=chosen, rejected=rejected)
        for chosen, rejected in [("a", "twin"), ("long", "other")]
    )
    limit = len(tokenizer(prompt_text(tokenizer, ASKED))["input_ids"]) + 20
    whole = pair_items(
        ChatTokenizer(tokenizer, check_template(tokenizer)), [data(*traces, pairs=[equal, cut])]
    )
    assert [item.rows[1].id for item in whole.items] == ["other"]
    assert whole.skipped == {SAME: 1}
    short = ChatTokenizer(tokenizer, check_template(tokenizer), limit, "truncate")
    with pytest.raises(LimbeckError, match=f"no pairs left to train on: 2 {SAME}"):
        pair_items(short, [data(*traces, pairs=[equal, cut])])


def test_nothing_to_train_on_says_why(tokenizer):
    chat_tokenizer = ChatTokenizer(tokenizer, check_template(tokenizer), 3)
    with pytest.raises(LimbeckError, match="1 prompt_too_long"):
        trace_items(chat_tokenizer, [data(trace("a", "p", "one ", "2"))])
    with pytest.raises(LimbeckError, match="needs pairs"):
        pair_items(chat_tokenizer, [data(trace("a", "p", "one ", "2"))])


def test_a_template_that_strips_the_reasoning_is_noted_and_the_reasoning_trained(tokenizer):
    tokenizer.chat_template = STRIPS
    template = check_template(tokenizer)
    assert any("removes" in note for note in template.notes)
    thought = data(trace("a", "p", "<think>\none and one\n</think>\n", "2"))
    (row,) = trace_items(ChatTokenizer(tokenizer, template), [thought]).items[0].rows
    assert text_of(tokenizer, row, slice(row.start, None)) == "<think>\none and one\n</think>\n2<|im_end|>"


def test_a_prompt_that_opens_the_thought_is_not_followed_by_a_second_opening(tokenizer):
    tokenizer.chat_template = OPENS
    template = check_template(tokenizer)
    assert template.opening == "<think>\n"
    thought = data(trace("a", "p", "<think>\none and one\n</think>\n", "2"))
    (row,) = trace_items(ChatTokenizer(tokenizer, template), [thought]).items[0].rows
    whole = text_of(tokenizer, row)
    assert whole == prompt_text(tokenizer, ASKED) + "one and one\n</think>\n2<|im_end|>"
    assert whole.count("<think>") == 1


def test_bad_templates_are_refused(tokenizer):
    tokenizer.chat_template = CHATML.replace("'<|im_start|>assistant\\n'", "'<|im_start|>bot\\n'")
    with pytest.raises(LimbeckError, match="asks one way and trains another"):
        check_template(tokenizer)
    tokenizer.chat_template = CHATML.replace("+ message['content'] +", "+ message['content'][:9] +")
    with pytest.raises(LimbeckError, match="loses"):
        check_template(tokenizer)
    tokenizer.chat_template = None
    with pytest.raises(LimbeckError, match="no chat template"):
        check_template(tokenizer)


def test_the_end_of_turn_is_the_templates_own(tokenizer):
    tokenizer.eos_token = "<|endoftext|>"
    template = check_template(tokenizer)
    assert template.close_id == tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert any("both will stop" in note for note in template.notes)
    tokenizer.chat_template = CHATML.replace("+ '<|im_end|>' + '\\n'", "")
    assert check_template(tokenizer).close_id == tokenizer.eos_token_id


def test_the_order_is_a_new_permutation_each_epoch_and_can_be_entered_anywhere():
    whole = order(7, 3, 0, 21).tolist()
    assert all(sorted(whole[k : k + 7]) == list(range(7)) for k in (0, 7, 14))
    assert whole[:7] != whole[7:14]
    assert all(
        order(7, 3, a, b).tolist() == whole[a:b] for a, b in [(0, 1), (5, 9), (6, 21), (14, 14), (13, 15)]
    )
    assert order(7, 4, 0, 21).tolist() != whole


@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize("closely", [False, True])
@pytest.mark.parametrize("rows", [1, 2])
def test_cutting_loses_nothing_and_fills_ranks_with_weight_zero(ranks, rows, closely):
    import numpy as np

    items = [
        Item(tuple(Row(f"{n}.{k}", np.zeros(n, dtype=np.int32), 1) for k in range(rows)))
        for n in (3, 9, 4, 4, 30, 7)
    ]
    shares = [cut(items, 16, rank, ranks, closely) for rank in range(ranks)]
    assert len({len(share) for share in shares}) == 1
    real = [item.rows[0].id for share in shares for part in share for item in part if item.weight]
    assert sorted(real) == sorted(item.rows[0].id for item in items)
    for part in (part for share in shares for part in share):
        assert len(part) == 1 or sum(len(item.rows) for item in part) * max(item.width for item in part) <= 16


def test_a_close_cut_costs_least_of_all(monkeypatch):
    """Of every way to cut six rows, by trying all."""
    import numpy as np

    monkeypatch.setattr(cutting, "PART", 3)
    items = [Item((Row(str(n), np.zeros(n, dtype=np.int32), 1),)) for n in (4, 11, 2, 7, 8, 3)]
    widths = sorted((item.width for item in items), reverse=True)

    def cost(sizes: list[list[int]]) -> int:
        return sum(len(part) * part[0] + 3 for part in sizes)

    ways = []
    for walls in itertools.product([False, True], repeat=5):
        edges = [0, *(place + 1 for place, wall in enumerate(walls) if wall), 6]
        sizes = [widths[a:b] for a, b in itertools.pairwise(edges)]
        if all(len(part) == 1 or len(part) * part[0] <= 24 for part in sizes):
            ways.append(cost(sizes))
    closely, usual = (
        [[item.width for item in part] for part in cut(items, 24, closely=how)] for how in (True, False)
    )
    assert cost(closely) == min(ways) < cost(usual)
    assert [width for part in closely for width in part] == widths
