"""What every rollout keeps: rows that continue what was asked, ids of their own, the same for a seed."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import small_world
from contract_cases import entries, ready, with_options

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from transformers import AutoModelForCausalLM  # noqa: E402

from limbeck.networks.batch import collate  # noqa: E402
from limbeck.networks.masked import Masked  # noqa: E402
from limbeck.networks.opening import open_tokenizer  # noqa: E402
from limbeck.networks.policy import Network  # noqa: E402
from limbeck.networks.rows import ChatTokenizer, problem_items, trace_items  # noqa: E402
from limbeck.networks.template import check_template  # noqa: E402
from limbeck.networks.ways import grow  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402
from limbeck.training.rollout_context import RolloutContext  # noqa: E402

ROLLOUTS = entries("rollouts")
LONGEST = 6


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Student, teacher, and how both read."""
    folder = tmp_path_factory.mktemp("rollouts")
    paths = [
        small_world.student(folder / name, seed=seed) for seed, name in enumerate(("student", "teacher"))
    ]
    tokenizer = open_tokenizer(paths[0])
    networks = [Network(AutoModelForCausalLM.from_pretrained(path)).eval() for path in paths]
    return networks, ChatTokenizer(tokenizer, check_template(tokenizer))


def of_its_kind(entry, student: Network, chat_tokenizer: ChatTokenizer) -> Network:
    """The student, of another shape where a rollout is for such a one."""
    if entry.name != "denoised":
        return student
    masked = Masked(width=16, end=chat_tokenizer.template.close_id, length=LONGEST, block=3)
    return Network(grow(copy.deepcopy(student.model), masked)).eval()


def rolled(entry, parts, seed: int = 3, step: int = 0, **setting):
    """What was drawn, what became of it, and who took part."""
    (student, teacher), chat_tokenizer = parts
    student = of_its_kind(entry, student, chat_tokenizer)
    shards = MemoryShards([small_world.world(12)])
    draws = getattr(entry.load(), "DRAWS", "problems")
    items = (problem_items if draws == "problems" else trace_items)(chat_tokenizer, shards)
    context = RolloutContext(
        {"student": student, "teacher": teacher, "start": student}, chat_tokenizer, items.problems,
        seed=seed, step=step, items=items.items,
    )  # fmt: skip
    short = {name: LONGEST for name in ("max_tokens",) if name in entry.params}
    # Opened where a thought is found, which the default format finds none of.
    short |= {name: "" for name, each in entry.params.items() if each.annotation == "Part"}
    torch.manual_seed(seed)
    drawn = items.items[:8]
    return drawn, ready(entry, **short, **setting)(drawn, context), context


CASES = with_options(ROLLOUTS, {"mixture": [{"own": 1.0}]})


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_rows_continue_what_was_asked_under_ids_of_their_own(entry, setting, parts):
    drawn, made, context = rolled(entry, parts, **setting)
    assert made
    rows = [item.rows[0] for item in made]
    assert len({row.id for row in rows}) == len(rows)
    prompts = {item.rows[0].problem: item.rows[0].ids[: item.rows[0].start].tolist() for item in drawn}
    for row in rows:
        assert row.ids[: row.start].tolist() == prompts[row.problem]
        assert len(row.ids) > row.start, "something to train on"
    batch = collate(made)
    for name, column in batch.columns.items():
        assert len(column) == len(batch.target_N), name
    for name in {row.id for row in rows} & context.traces.keys():
        trace = context.traces[name]
        assert trace.problem_id in context.problems
        assert trace.finish in ("stop", "length")
        assert trace.tokens == len(context.rows[name].ids) - context.rows[name].start <= LONGEST


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_a_seed_is_a_rollout(entry, setting, parts):
    def told(seed: int) -> list:
        return [
            (item.rows[0].id, item.rows[0].ids.tolist()) for item in rolled(entry, parts, seed, **setting)[1]
        ]

    assert told(3) == told(3)


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_what_was_drawn_stays_as_it_was(entry, setting, parts):
    drawn, made, _ = rolled(entry, parts, **setting)
    again, *_ = rolled(entry, parts, **setting)
    for item, fresh in zip(drawn, again, strict=True):
        assert item.rows[0].id == fresh.rows[0].id
        assert np.array_equal(item.rows[0].ids, fresh.rows[0].ids)
    assert {item.weight for item in made} == {1.0}


@pytest.mark.parametrize("entry", ROLLOUTS)
def test_values_that_it_promises_are_there(entry, parts):
    promised = getattr(entry.load(), "VALUES", ())
    assert all(name in item.rows[0].values for item in rolled(entry, parts)[1] for name in promised)
