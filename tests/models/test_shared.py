"""A local model that many ask at once: what each gets is what it would get alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import small_world
from loopback import ask

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models._mixed import Mixed  # noqa: E402
from limbeck.models.shared import CALLER, Caller, Left, Shared  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402

KINDS = [
    Sampling(n=2, temperature=1.0, top_p=1.0, max_tokens=40, seed=5, logprobs=True),
    Sampling(n=3, temperature=0.8, top_p=0.9, max_tokens=24, seed=6),
    Sampling(n=2, temperature=0.0, max_tokens=16),
    Sampling(n=1, temperature=1.0, top_p=1.0, max_tokens=50, seed=7, stop=("4", "12")),
]
QUESTIONS = ["1+2", "3+4", "5+5+5+5+5+5+5", "0+1+1", "9"]


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    torch.manual_seed(0)
    return transformers(path=small_world.student(tmp_path_factory.mktemp("student"), template="bare"))


@pytest.fixture
def shared(local):
    return Shared(local)


def told(completions) -> list[tuple]:
    return [(each.text, each.finish, each.tokens, each.prompt_tokens, each.ids) for each in completions]


@pytest.mark.parametrize(("tokens", "joinable"), [(65536, True), (300, True), (300, False)])
def test_calls_of_any_settings_share_a_batch_and_get_what_they_would_get_alone(
    local, shared, monkeypatch, tokens, joinable
):
    if not joinable:
        monkeypatch.setattr(Mixed, "joinable", False)
    shared.engine.tokens = tokens
    together, all_there, calls = [], threading.Event(), []
    step, enter = Mixed.step, shared.engine.ask

    def counted(batch):
        assert all_there.wait(60)  # nobody is ahead of the others
        together.append(len({row.call for row in batch.rows}))
        return step(batch)

    monkeypatch.setattr(Mixed, "step", counted)
    asked = [(question, kind) for kind in KINDS for question in QUESTIONS]

    def entered(rows):
        enter(rows)
        calls.append(rows)
        if len(calls) == len(asked):
            all_there.set()

    monkeypatch.setattr(shared.engine, "ask", entered)
    with ThreadPoolExecutor(len(asked)) as pool:
        pending = [pool.submit(shared.generate, ask(question), kind) for question, kind in asked]
        done = [each.result()[0] for each in pending]
    assert max(together) > (len(asked) / 2 if tokens > 300 else 1)
    for (question, kind), completions in zip(asked, done, strict=True):
        alone = local.generate(ask(question), kind)[0]
        assert told(completions) == told(alone), (question, kind)
        for mine, theirs in zip(completions, alone, strict=True):
            assert mine.logprobs == (theirs.logprobs and pytest.approx(theirs.logprobs, abs=1e-4))


def test_what_a_caller_hears_of_is_the_beginning_of_what_it_gets(shared):
    heard: dict[int, list[str]] = {}
    CALLER.set(Caller(told=lambda asked, number, text: heard.setdefault(number, []).append(text)))
    try:
        stops = Sampling(n=3, temperature=1.0, top_p=1.0, max_tokens=80, seed=3, stop=("123",))
        done = shared.generate(ask("1+2"), stops)[0]
    finally:
        CALLER.set(None)
    assert sum(map(len, heard.values())) > 10
    for number, completion in enumerate(done):
        assert all(completion.text.startswith(text) for text in heard[number])
        assert heard[number][-1], "something is heard before the end"


def test_alternatives_are_the_likeliest_and_agree_with_the_log_probabilities(local, shared):
    sampling = Sampling(temperature=0.0, max_tokens=12, logprobs=True, top=3)
    done = shared.generate(ask("1+2"), sampling)[0][0]
    assert len(done.tops) == done.tokens
    for (token, others), logp in zip(done.tops, done.logprobs, strict=True):
        assert len(others) == 3
        assert max(others, key=others.__getitem__) == token, "greedy takes the likeliest"
        assert others[token] == pytest.approx(logp, abs=1e-5)


def test_who_leaves_costs_nobody_else_anything(local, shared):
    endless = Sampling(n=4, temperature=1.0, top_p=1.0, max_tokens=100_000, seed=1, ends=())
    caller, begun, outcome = Caller(), threading.Event(), []
    caller.told = lambda *_: begun.set()

    def ask_and_leave():
        CALLER.set(caller)
        try:
            shared.generate(ask("1+1"), endless)
        except Left:
            outcome.append("left")

    shared.engine.ends = set()  # nothing ends by itself
    thread = threading.Thread(target=ask_and_leave)
    thread.start()
    assert begun.wait(30)
    caller.left.set()
    thread.join(30)
    assert outcome == ["left"]
    shared.engine.ends = set(shared._ends)
    assert told(shared.generate(ask("9"), KINDS[0])[0]) == told(local.generate(ask("9"), KINDS[0])[0])
    assert shared.engine.batch is None or len(shared.engine.batch.rows) <= 2


def test_who_reads_no_further_frees_its_rows(shared):
    reading = shared.stream(ask("1+2"), Sampling(n=8, temperature=1.0, top_p=1.0, max_tokens=1500, seed=2))
    next(reading)
    reading.close()
    shared.generate(ask("9"), KINDS[0])
    assert shared.engine.load[0] <= 2


def test_a_failure_is_told_to_all_who_wait_and_the_next_call_works(local, shared, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(Mixed, "step", lambda batch: (_ for _ in ()).throw(RuntimeError("out of memory")))
        with pytest.raises(RuntimeError, match="out of memory"):
            shared.generate(ask("1+2"), KINDS[0])
    assert told(shared.generate(ask("9"), KINDS[0])[0]) == told(local.generate(ask("9"), KINDS[0])[0])


def test_a_prompt_that_is_too_long_is_refused_with_both_numbers(shared):
    with pytest.raises(LimbeckError, match=r"the prompt has \d{4} tokens, .* takes 1 to"):
        shared.generate(ask("1+" * 3000), KINDS[0])


def test_a_batch_that_is_always_joined_does_not_grow_for_ever(shared, monkeypatch):
    widths = []
    monkeypatch.setattr(shared.engine, "ends", set())
    join = Mixed.join

    def watched(batch, other):
        join(batch, other)
        widths.append(batch.width)

    monkeypatch.setattr(Mixed, "join", watched)

    def call(number):  # of many lengths, so that those under way did not begin together
        shared.generate(ask("1"), Sampling(temperature=1.0, top_p=1.0, max_tokens=8 + number * 7 % 32))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(call, range(30)))
    assert len(widths) > 10
    assert sum(8 + number * 7 % 32 for number in range(30)) / 3 > 200
    assert max(widths) < 60, "40 tokens and a prompt, however long the batch has run"
