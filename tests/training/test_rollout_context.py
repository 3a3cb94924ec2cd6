"""What rollouts ask of their context: continuations that differ, end where the template says and are told
to the teacher."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.generation import Completion, Sampling  # noqa: E402
from limbeck.models.local import Local  # noqa: E402
from limbeck.networks.batch import Item, Row  # noqa: E402
from limbeck.networks.policy import Network  # noqa: E402
from limbeck.networks.rows import ChatTokenizer  # noqa: E402
from limbeck.objectives.ops import token_mean  # noqa: E402
from limbeck.pipeline.registry import Bound, method  # noqa: E402
from limbeck.records import Group, Problem, Trace  # noqa: E402
from limbeck.rollouts.ops import written_items  # noqa: E402
from limbeck.training.rollout_context import RolloutContext  # noqa: E402


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    return small_world.student(tmp_path_factory.mktemp("start"))


def test_rollouts_end_where_the_template_closes_a_turn(start):
    """A base model's own end token may be another one than that of its chat template."""

    class Noting(Local):
        def continue_ids(self, prompts, wanted, sampling):
            self.asked = sampling
            yield 0, 0, Completion(text="", ids=[1], logprobs=[0.0])

        def sync(self, student):
            pass

    noting = Noting("x")
    context = RolloutContext(
        {"student": torch.nn.Linear(1, 1)},
        SimpleNamespace(controls={7, 9, None}, tokenizer=None),
        {},
        sampler=noting,
    )
    context.networks["student"].model = None
    context.write([[1, 2]])
    assert noting.asked.ends == (7, 9)
    local = Local(start)
    plain = Sampling(temperature=0.0, max_tokens=6)
    ((_, _, free),) = local.continue_ids([[5, 6, 7]], [[0]], plain)
    assert len(free.ids) > 1
    until = Sampling(temperature=0.0, max_tokens=6, ends=(free.ids[1],))
    ((_, _, ended),) = local.continue_ids([[5, 6, 7]], [[0]], until)
    stop = free.ids.index(free.ids[1]) + 1
    assert (ended.ids, ended.finish) == (free.ids[:stop], "stop")


def test_a_prompt_that_comes_twice_in_a_step_is_continued_in_two_ways(start):
    """Traces of one problem are drawn together; equal rollouts of equal names would be one, weighed twice."""

    model, tokenizer = Local(start)._loaded
    context = RolloutContext(
        {"student": Network(model)}, SimpleNamespace(controls={None}, tokenizer=tokenizer), {}, seed=3
    )
    asked = [[5, 6, 7], [5, 6, 8], [5, 6, 7]]
    first, other, again = context.write(asked, n=2, max_tokens=12)
    alone = context.write(asked[:2], n=2, max_tokens=12)
    assert [first, other] == alone  # what comes once does not depend on what else is asked
    texts = [tuple(each.ids) for each in (*first, *again)]
    assert len(set(texts)) == 4
    context.rank = (1, 2)
    assert tuple(context.write(asked[:1], n=2, max_tokens=12)[0][0].ids) not in texts[:2]
    context.rank = (0, 1)
    drawn = [Item((Row("t", np.array(ids, dtype=np.int32), 3, "p"),)) for ids in asked]
    items = written_items(drawn, [first, other, again], context, "plain")
    assert len({item.rows[0].id for item in items}) == len(context.traces) == 6


def test_a_rollout_that_the_teachers_tokens_cannot_say_is_left_out_and_counted(tmp_path, start, monkeypatch):

    other = small_world.student(tmp_path / "other", tokenizer="bpe", vocab=300)
    whole, calls = ChatTokenizer.row, []

    def odd(self, name, *args):
        calls.append(name)
        return "unknown_token" if "#student" in name and len(calls) % 3 == 0 else whole(self, name, *args)

    monkeypatch.setattr(ChatTokenizer, "row", odd)

    def both(batch, policy, signal):
        return token_mean(-policy.logp_N, batch)

    module = ModuleType("both")
    vars(module).update(both=both, NEEDS=("traces", "teacher_text"))
    own = Bound("mixture", method("rollouts/mixture").load(), {"own": 1.0})
    small_world.train(
        tmp_path / "run", start, use=Bound("both", module, {}), teacher=other, rollout=own, steps=2
    )  # fmt: skip
    assert all(row["untold"] > 0 for row in small_world.curve(tmp_path / "run"))


@pytest.mark.parametrize("format", ["think", "plain", "lines"])
def test_the_answer_alone_is_scored_behind_the_reasoning_of_any_format(start, format):
    chat_tokenizer = ChatTokenizer.open(start)
    context = RolloutContext({}, chat_tokenizer, {})
    rows = []

    def logps(role, asked):
        rows.extend(asked)
        return [np.zeros(len(row.ids) - row.start) for row in asked]

    context.logps = logps
    trace = Trace(id="t", problem_id="p", reasoning="2 and 3 make ", answer="7", format=format)
    context.answer_logp(Group(Problem(id="p", question="2+3", answer="5"), [trace]))
    scored, before = rows[0].ids[rows[0].start :], rows[0].ids[: rows[0].start]
    assert chat_tokenizer.tokenizer.decode(scored).strip() == "5"
    assert "2 and 3 make" in chat_tokenizer.tokenizer.decode(before)
