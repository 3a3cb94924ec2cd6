"""One small data set that every curation can look at, and examples for those that read what another wrote."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from contract_cases import ready
from flat import with_settings
from msgspec.structs import replace

from limbeck import vectors
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import methods
from limbeck.pipeline.signature import Method
from limbeck.records import Data, Pair, Problem, Trace, Verdict


def _trace(problem: Problem, number: int, answer: str, outcome: str, **more: Any) -> Trace:
    values = {"value/start": 0.9, "value/0": 0.8, "value/1": 0.8 if outcome == "correct" else 0.0}
    verdicts = [Verdict("math", outcome, answer), Verdict("deductive", outcome, answer)]
    return Trace(
        id=f"{problem.id}#{number}", problem_id=problem.id, reasoning=f"first {number}\nthen {answer}\n",
        answer=answer, model=f"model-{number % 3}", finish="stop", tokens=20 + number, verdicts=verdicts,
        scores={**values, "value": 0.7 if outcome == "correct" else 0.3}, **more,
    )  # fmt: skip


def small_data(name: str = "p", n: int = 7) -> Data:
    """Problems with right, wrong, undecided, cut-off and doubled traces, of three models, some marked."""
    data = Data()
    for index in range(n):
        gold = str(index + 3)
        problem = Problem(
            id=f"{name}{index}", question=f"What is {index} plus 3 in set {name}?", answer=gold,
            source=("even", "odd")[index % 2], split="train", marks=["seen"] if index == 5 else [],
            meta={
                "label": [1, 0, 1, 0, 1], "well_posed": ["", "", "task"][: 1 + index % 3],
                "valid": index != 2, "operations": index,
            },
        )  # fmt: skip
        data.problems.append(problem)
        data.traces += [
            _trace(problem, 0, gold, "correct"),
            _trace(problem, 1, "99", "wrong", marks=["wrong"]),
            _trace(problem, 2, gold, "correct"),
            _trace(problem, 3, "98", "wrong", marks=["wrong"]),
            _trace(problem, 4, "?", "unknown", marks=["kept_out"]),
        ]
        data.pairs.append(Pair(problem_id=problem.id, chosen=f"{problem.id}#0", rejected=f"{problem.id}#1"))
    return data


def _comparisons() -> list[Data]:
    return [ready(methods("curation")["comparison_tasks"])(small_data())]


def _judged() -> list[Data]:
    compared = _comparisons()[0]
    answers = [
        Trace(
            id=f"{problem.id}#a", problem_id=problem.id, answer="1", verdicts=[Verdict("exact", outcome, "1")]
        )
        for problem, outcome in zip(compared.problems, cycle(["correct", "wrong", "wrong"]), strict=False)
    ]
    return [Data(compared.problems, answers)]


def _planted() -> list[Data]:
    """Steps planted by a sneaky writer, and a critic's answers about them."""
    tasks = ready(methods("curation")["sneaky_tasks"])(small_data()).problems
    steps = [
        Trace(id=f"{each.id}#s", problem_id=each.id, answer=f"then {at}") for at, each in enumerate(tasks)
    ]
    planted = Data(tasks, steps)
    asked = ready(methods("curation")["critic_tasks"])(planted).problems
    verdicts = [
        Trace(
            id=f"{each.id}#c", problem_id=each.id, answer="wrong", verdicts=[Verdict("exact", "wrong", "x")]
        )
        for each in asked
    ]
    return [planted, Data(asked, verdicts)]


def _written_in_chunks() -> list[Data]:
    """Solutions that say what stopping in their midst leads to."""
    data = small_data()
    stops = [[1, "unparsed", "correct"], [2, "correct", "wrong"]]
    thought = [replace(each, reasoning="so", params={**each.params, "stops": stops}) for each in data.traces]
    return [Data(data.problems, thought, data.pairs)]


def _rationales() -> list[Data]:
    data = small_data()
    thought = [replace(each, reasoning=f"first <BOT>for {each.id}<EOT> then ") for each in data.traces]
    return [Data(data.problems, thought, data.pairs)]


def _feedback() -> list[Data]:
    data = small_data()
    for trace in data.traces[2::5]:
        trace.params["tailored_to"] = f"{trace.problem_id}#1"
    return [data]


def _divided() -> list[Data]:
    """Questions with their sub-questions."""
    data = small_data()
    parts = [
        replace(each, format="plain", reasoning="", answer=f"1. What is {each.id}?") for each in data.traces
    ]
    return [Data(data.problems, parts, data.pairs)]


def _scored() -> list[Data]:
    """Problems that a model has read."""
    data = small_data()
    read = [
        replace(each, meta={**each.meta, "perplexity": 2.0 + at}) for at, each in enumerate(data.problems)
    ]
    return [Data(read, data.traces, data.pairs)]


def _trees() -> list[Data]:
    """A search whose thoughts begin with a or b, of which the one leads to the right answer."""
    data = small_data()
    gold = {problem.question: problem.answer for problem in data.problems}

    def goes_on(messages: Any, number: int) -> str:
        good = messages[-1]["content"].startswith("a")
        return f"\n\nso\n\n{gold[messages[0]['content']] if good else 99}"

    settings = {
        "openings": {"good": "a", "bad": "b"},
        "by": "paragraphs",
        "format": "plain",
        "simulations": 4,
    }
    search = with_settings(
        "teachers/tree_search", model=Scripted(goes_on), verifier=ready(methods("verifiers")["exact"]),
        ctx=Context(Path(".")), **settings,
    )  # fmt: skip
    return [search(data)]


def _told_in_sentences() -> list[Data]:
    """Questions that hang on sentences with numbers."""
    data = small_data()
    told = [
        replace(each, question=f"Ann has {at} figs. She gets some. {each.question}?")
        for at, each in enumerate(data.problems)
    ]
    return [Data(told, data.traces, data.pairs)]


def _approached() -> list[Data]:
    """Traces cut into approaches, of which each line begins one."""
    data = small_data()
    context = Context(Path("."))
    return [with_settings("curation/segmented", by="lines", cues={"method": "then"}, ctx=context)(data)]


def _proven() -> list[Data]:
    """Questions with gold proofs, some of them marked."""
    proof = {
        "statements": ["a>c", "a>x", "a"],
        "goal": "c",
        "proof": [([0, 2], "c")],
        "astray": [([1, 2], "x")],
    }
    data = small_data()
    return [
        Data([replace(each, meta={**each.meta, **proof}) for each in data.problems], data.traces, data.pairs)
    ]


def _searched() -> list[Data]:
    """Traces that are searches of a maze."""
    data = small_data()
    search = "create 0 0 c0 h1\nclose 0 0 c0 h1\ncreate 0 1 c1 h0"
    return [Data(data.problems, [replace(each, reasoning=search) for each in data.traces], data.pairs)]


EXAMPLES = {
    "tree_pairs": _trees, "tree_traces": _trees,
    "bias_tasks": _judged, "biased_twins": _comparisons, "critic_tasks": lambda: _planted()[:1],
    "sneaky_reward": _planted, "helpful_rationales": _rationales, "stop_tasks": _written_in_chunks,
    "turns": _approached, "feedback_tasks": _feedback, "solver_tasks": _divided, "outliers": _scored,
    "missing_premise": _told_in_sentences, "proof_tasks": _proven, "search_dropping": _searched,
}  # fmt: skip
"""Inputs of the curations that read what another method wrote."""


def curated(entry: Method) -> list[Data]:
    """Examples for all inputs of a curation: other problems for the second one."""
    if entry.name in EXAMPLES:
        return EXAMPLES[entry.name]()
    return [small_data(name) for name, _ in zip("pqr", entry.inputs, strict=False)]


def taught(entry: Method) -> Data:
    """What a teacher is given."""
    if entry.name == "table_critic":
        return _tables()
    return _planted()[0] if entry.name == "step_harm" else small_data()


def _tables() -> Data:
    """Problems with tables, but for the last one."""
    data = small_data()
    table = {"columns": ["name", "points"], "rows": [["a", "3"], ["b", "5"]]}
    problems = [replace(each, meta={**each.meta, "table": table}) for each in data.problems[:-1]]
    return Data([*problems, data.problems[-1]], data.traces, data.pairs)


def evaluated(entry: Method) -> Data:
    """What an evaluation measures."""
    if entry.name == "biases":
        twins = ready(methods("curation")["biased_twins"])(_comparisons()[0]).problems
        outcomes = cycle(["correct", "correct", "wrong"])
        traces = [_trace(each, 0, "1", outcome) for each, outcome in zip(twins, outcomes, strict=False)]
        return Data(twins, traces)
    if entry.name == "mimicked":
        return ready(methods("problems")["risks"], n=200, cases=100)()
    if entry.name == "flagged":
        data = small_data()
        flaws = cycle(["", "loop"])
        return Data(data.problems, [replace(each, params={"flaw": next(flaws)}) for each in data.traces])
    if entry.name == "caught":
        data = small_data()
        faults = cycle(["slip", ""])
        noted = [
            replace(each, meta={**each.meta, "fault": fault})
            for each, fault in zip(data.problems, faults, strict=False)
        ]
        return Data(noted, data.traces, data.pairs)
    if entry.name == "graded":
        return _pointed()
    if entry.name in ("step_criteria", "drops"):
        return _spoiled()
    if entry.name == "judge_agreement":
        data = small_data()
        return Data(data.problems, [replace(each, params={"gold": each.tokens % 4}) for each in data.traces])
    if entry.name == "continual":
        data = small_data()
        alike = [replace(each, source="task", split="test") for each in data.problems]
        return Data(alike, [replace(each, model="student") for each in data.traces])
    if entry.name == "pseudo_labels":
        return ready(methods("curation")["agreed"], ctx=Context(Path(".")))(small_data())
    return small_data()


def _pointed() -> Data:
    """Solutions with the points that they earn and those that they were given."""
    data = small_data()
    rubric = [{"text": "says so"}, {"text": "shows it"}]
    problems = [replace(each, meta={**each.meta, "rubric": rubric}) for each in data.problems]
    earned = cycle([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    given = {"points": 1.0, "points/0": 1.0, "points/1": 0.0}
    traces = [replace(each, params={"gold": next(earned)}, scores=given) for each in data.traces]
    return Data(problems, traces, data.pairs)


def _spoiled() -> Data:
    """Traces, some with a defect in a step, of which something was scored."""
    data = small_data()
    kinds, traces = cycle(["", "sum", "order"]), list[Trace]()
    for trace in data.traces:
        kind = next(kinds)
        params = {"defect": kind, "defect_step": 1 if kind else -1}
        scores = {"rating": 3.0 + len(traces) % 4, "fault/0": 0.0, "fault/1": float(bool(kind))}
        traces.append(
            replace(trace, params=params, scores=scores, parents=[data.traces[0].id] if kind else [])
        )
    return Data(data.problems, traces, data.pairs)


def curation_inputs(entry: Method, folder: Path) -> dict[str, Any]:
    """What is no setting: the stage's surroundings, and a model with a fixed reply."""
    supplied = {"ctx": Context(folder), "model": Scripted({"*": REPLIES.get(entry.name, "1")})}
    given = {name: value for name, value in supplied.items() if name in entry.params}
    return {**given, **vectors_of(entry, folder, curated(entry)[0])}


def vectors_of(entry: Method, folder: Path, data: Data) -> dict[str, str]:
    """A file of vectors for each parameter that names one: of the traces, one direction a trace."""
    names = [name for name, each in entry.params.items() if each.annotation == "Index"]
    values = np.random.default_rng(0).normal(size=(len(data.traces), 4))
    for name in names:
        vectors.write(folder / name, 0, [trace.id for trace in data.traces], values)
    return {name: str(folder / name) for name in names}


REPLIES = {"well_posed": '{"valid": true}', "compare": '{"better": "1"}'}
"""What a model says to a method that asks one."""
