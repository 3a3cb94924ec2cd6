"""Tree search: which node is gone on from, what it is worth, what the traces say of the tree."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from flat import flat
from msgspec import to_builtins

from limbeck.errors import LimbeckError
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.teachers._growing import Branch, Growth
from limbeck.texts.traces import full_text
from limbeck.trees import ROLLOUT, UNFINISHED, trees

tree_search = flat("teachers/tree_search")
OPENINGS = {"careful": ";", "hasty": "!"}
GOES_ON = {";": "2;4", "!": "9", ";2;": "4", ";2!": "8"}
"""What a small model writes behind each beginning: a careful first line leads to 4, a hasty one never."""


def problems(*names: str) -> Data:
    return Data([Problem(id=name, question=f"2+2 of {name}", answer="4") for name in names])


def exact(problem: Problem, trace: Trace) -> Verdict:
    right = trace.answer.strip() == problem.answer
    return Verdict("exact", "correct" if right else "wrong", trace.answer)


def context(heard: list | None = None) -> Context:
    return Context(Path("."), report=heard.append if heard is not None else lambda event: None)


def notes(heard: list) -> str:
    return " ".join(event["message"] for event in heard if event["kind"] == "log")


def small(messages, number) -> str:
    return GOES_ON[messages[-1]["content"]]


def grown(data: Data, model=None, **more) -> Data:
    settings = {
        "simulations": 10, "openings": OPENINGS, "separator": "[;!]", "format": "lines", "verifier": exact,
        "ctx": context(), **more,
    }  # fmt: skip
    return tree_search(data, model=model or Scripted(small), **settings)


class Batched(Scripted):
    """Writes down how many prompts are asked at once."""

    def __init__(self, replies) -> None:
        super().__init__(replies)
        self.sizes: list[int] = []

    def stream_some(self, prompts, wanted, sampling):
        self.sizes.append(len(prompts))
        return super().stream_some(prompts, wanted, sampling)


def test_values_are_the_outcomes_below_and_a_tree_that_is_known_is_not_asked_again():
    model = Scripted(small)
    made = grown(problems("p"), model)
    assert model.asked == 4, "two types at the root, two behind ;2, and nothing is left to try"
    (root,) = trees(made)["p"]
    nodes = {(node.text, node.thought): node for node in root.walk()}
    assert set(nodes) == {
        ("", ""), (";2", "careful"), ("!9", "hasty"), (";2;4", ROLLOUT), (";2;4", "careful"),
        (";2!8", "hasty"),
    }  # fmt: skip
    first = nodes[";2", "careful"]
    assert (first.value, first.visits) == (pytest.approx(2 / 3), 3)  # right, right, wrong
    assert (nodes["!9", "hasty"].value, nodes["!9", "hasty"].visits) == (0.0, 1)
    assert first.unfinished
    assert [leaf.outcome for leaf in root.leaves()].count("correct") == 2
    assert nodes[";2!8", "hasty"].thoughts() == [";2", "!8"]
    assert nodes[";2!8", "hasty"].parent is first


def test_inner_nodes_are_no_attempts_and_leaves_are():
    made = grown(problems("p"))
    inner = [trace for trace in made.traces if UNFINISHED in trace.marks]
    assert [full_text(trace) for trace in inner] == [";2"]
    assert inner[0].finish == "length", "training appends no end"
    assert not inner[0].verdicts
    assert {trace.answer for trace in made.kept()} == {"4", "9", "8"}


@pytest.mark.parametrize(("exploration", "expected"), [(0.0, "liked"), (1.4, "seldom")])
def test_uct_weighs_what_looks_good_against_what_is_little_known(exploration, expected):
    """0.8 against 0.6 + 1.4 sqrt(ln 11): the once tried child gains 2.17, the ten times tried one 0.69."""
    growth = Growth(problems("p").problems[0], ["a", "b"], (), 1, 5, 0)
    liked = growth.add(growth.root, "l", ("l",), expands=True)
    seldom = growth.add(growth.root, "s", ("s",), expands=True)
    growth.root.tries, growth.root.visits = 2, 11
    liked.visits, liked.total, seldom.visits, seldom.total = 10, 8.0, 1, 0.6
    assert growth.root.uct(seldom, 1.4) == pytest.approx(0.6 + 1.4 * math.sqrt(math.log(11)))
    assert growth.select(exploration).text == expected[0]


def test_a_node_that_no_try_could_be_judged_of_is_tried_first():
    root = Branch(visits=3)
    assert root.uct(Branch(), 1.4) == math.inf


def test_all_problems_are_asked_at_once_and_none_depends_on_the_others():
    model = Batched(small)
    together = grown(problems("p", "q", "r"), model)
    assert model.sizes == [3, 3, 3, 3]
    alone = grown(problems("q"))
    of_q = [trace for trace in together.traces if trace.problem_id == "q"]
    assert to_builtins(of_q) == to_builtins(alone.traces)


def test_the_order_of_types_belongs_to_the_seed_and_the_problem():
    def order(name: str, seed: int) -> list[str]:
        growth = Growth(problems(name).problems[0], list("abcdef"), (), 1, 5, seed)
        return growth.root.order

    assert order("p", 0) == order("p", 0)
    assert len({tuple(order(name, seed)) for name in "pq" for seed in (0, 1)}) == 4


def test_tokens_are_a_budget_of_each_problem():
    replies = {";": {"text": "2;4", "tokens": 5}, "!": {"text": "9", "tokens": 5}}
    model = Scripted(lambda messages, number: replies[messages[-1]["content"]])
    grown(problems("p", "q"), model, most_tokens=6)
    assert model.asked == 4, "two requests of 5 tokens each, for either"


def reasoned(messages, number) -> str:
    """A chat model: a conclusion of 4 where the thoughts so far name it, else of 5."""
    content = messages[-1]["content"]
    thoughts = content.partition("Thoughts so far:\n")[2]
    if "Finish the solution" in content:
        return "4" if "it is four" in thoughts else "5"
    if "Take the next step" in content:
        return "<think>hm</think>it is four"
    return "<think>hm</think>let me see"


def test_a_chat_model_is_asked_by_type_and_then_for_a_conclusion():
    asked = []

    def model(messages, number):
        asked.append(messages)
        return reasoned(messages, number)

    made = grown(
        problems("p"), Scripted(model), openings={}, format="think", simulations=2, system="Be brief.",
        types=("solve_step", "clarify"),
    )  # fmt: skip
    assert len(asked) == 4
    assert all(messages[0] == {"role": "system", "content": "Be brief."} for messages in asked)
    assert all("2+2 of p" in messages[1]["content"] for messages in asked)
    assert all("(none yet)" in messages[1]["content"] for messages in asked[::2])
    (root,) = trees(made)["p"]
    by_thought = {node.thought: node for node in root.children}
    assert by_thought["solve_step"].text == "<think>it is four", "what it thought before it spoke is not kept"
    assert (by_thought["solve_step"].value, by_thought["clarify"].value) == (1.0, 0.0)
    (leaf,) = by_thought["solve_step"].children
    assert (leaf.text, leaf.outcome) == ("<think>it is four\n</think>\n\n4", "correct")
    assert (leaf.trace.answer, leaf.thought) == ("\n\n4", "conclude")


def test_nothing_reflects_before_there_is_a_thought():
    made = grown(problems("p"), Scripted(reasoned), openings={}, format="think", simulations=3)
    (root,) = trees(made)["p"]
    assert {node.thought for node in root.children} <= {"clarify", "sub_question", "solve_step"}


def test_a_second_search_of_the_same_problem_gets_ids_of_its_own():
    once = grown(problems("p"))
    twice = grown(once)
    assert len({trace.id for trace in twice.traces}) == len(twice.traces) == 2 * len(once.traces)


def test_failed_requests_are_marked_and_worth_nothing():
    made = grown(problems("p", "q"), Scripted(small, fail_every=4))
    failed = [trace for trace in made.traces if trace.finish == "error"]
    assert failed
    assert all(trace.marks == ["error"] and "value" not in trace.scores for trace in failed)


def test_trees_that_teach_nothing_are_counted():
    heard: list = []
    grown(problems("p", "q"), Scripted(lambda messages, number: "9"), ctx=context(heard))
    assert "2 trees have no attempt that is verified as right" in notes(heard)
    heard = []
    grown(problems("p"), verifier=lambda problem, trace: Verdict("v", "unknown"), ctx=context(heard))
    assert "1 trees have no attempt that could be judged" in notes(heard)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"simulations": 0}, "simulations must be at least 1"),
        ({"types": ("carefull",)}, "carefull.*careful"),
        ({"openings": {}, "types": ("solve",)}, "solve.*solve_step"),
        ({"openings": {}, "ending": "end"}, "unknown thought type 'end'"),
        ({"openings": {}, "types": ("conclude",)}, "nothing but what ends a chain"),
        ({"openings": {}, "prompts": {"mine": "Go on: {thoughts}"}}, r"'mine'.*\{question\}"),
        ({"prompts": {"mine": "{question} {thoughts}"}}, "prompts: or openings:"),
        ({"most_tokens": -1}, "most_tokens"),
        ({"separator": "("}, "no regular expression"),
    ],
)
def test_wrong_settings_cost_no_request(wrong, told):
    model = Scripted(small)
    with pytest.raises(LimbeckError, match=told):
        grown(problems("p"), model, **wrong)
    assert model.asked == 0
