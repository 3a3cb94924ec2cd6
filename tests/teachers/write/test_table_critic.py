"""teachers/table_critic: what stands, what is written anew, how the tree grows, replies in no form."""

from __future__ import annotations

import gzip
import json

import pytest
from flat import flat
from paths import SHARED

from limbeck.agents import table_prompts
from limbeck.agents.chains import chain_of
from limbeck.agents.frames import frame_of, steps
from limbeck.errors import LimbeckError
from limbeck.models.rehearsal.noisy_tabler import noisy_tabler
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.standings import standings
from limbeck.records import Data, Problem, Verdict
from limbeck.texts.traces import full_text

table_critic = flat("teachers/table_critic")
TABLE = {
    "columns": ["name", "team", "points"],
    "rows": [["a", "red", "3"], ["b", "blue", "5"], ["c", "red", "4"]],
}
GOLD = ["SELECT * FROM t WHERE team = 'red'", "SELECT points FROM t", "SELECT SUM(points) FROM t"]
WRONG = [GOLD[0], GOLD[1], "SELECT MAX(points) FROM t"]
PROBLEM = Problem(id="p", question="Total of red?", answer="7", meta={"table": TABLE, "chain": GOLD})


def exact(problem, trace):
    right = trace.answer == problem.answer
    return Verdict("exact", "correct" if right else "wrong", trace.answer)


def written(queries):
    return "\n".join(f"Next.\n```sql\n{query}\n```" for query in queries)


class Parts(Scripted):
    """Replies by part: ``solve``, ``judge``, ``critic``, ``refine``, ``split``, ``branch``; lists in turn."""

    def __init__(self, **replies):
        self.said = {name: [] for name in replies}
        super().__init__(lambda messages, number: self._reply(messages[-1]["content"], replies))

    def _reply(self, content, replies):
        starts = {"judge": table_prompts.JUDGE, "critic": table_prompts.CRITIC, "split": "Critiques of",
                  "branch": table_prompts.BRANCH}  # fmt: skip
        begun = [name for name, text in starts.items() if content.startswith(text.split("{")[0][:60])]
        if "judge" in begun and "critic" in begun:
            begun = ["critic" if "is wrong" in content.partition("<table-")[0] else "judge"]
        part = begun[0] if begun else "refine" if "stand as they are" in content else "solve"
        self.said[part].append(content)
        reply = replies[part]
        text = reply[min(len(self.said[part]), len(reply)) - 1] if isinstance(reply, list) else reply
        return text if isinstance(text, str) else json.dumps(text)


def mended(tmp_path, model, problems=(PROBLEM,), **settings):
    data = table_critic(
        Data([*problems]), model=model, critic=model, verifier=exact, ctx=Context(tmp_path), **settings
    )
    return data.traces


NO, YES = {"correct": False, "route": []}, {"correct": True}
LAST = {"step": 2, "critique": "takes the largest, not the sum"}


def test_the_steps_before_the_first_wrong_one_stand(tmp_path):
    model = Parts(
        solve=written(WRONG),
        judge=[NO, YES],
        critic=LAST,
        refine=written(GOLD[2:]),
        branch={"route": ["Query"]},
    )
    (trace,) = mended(tmp_path, model)
    text = full_text(trace)
    assert chain_of(text).queries == GOLD
    assert trace.answer == "7"
    learned = "".join(text[start:end] for start, end, _ in trace.weights)
    assert learned.count("<observation>") == 3
    assert "points\n3\n4" in learned
    assert "SELECT" not in learned
    told = {
        "repaired": 1.0,
        "broken": 0.0,
        "right": 1.0,
        "localised": 1.0,
        "rounds": 1.0,
        "calls": 6.0,
        "leaves": 1.0,
    }
    assert trace.scores == told
    # The refiner is shown what stands and what was said, and not the step that is to be replaced.
    assert WRONG[2] not in model.said["refine"][0]
    assert GOLD[1] in model.said["refine"][0]
    assert LAST["critique"] in model.said["refine"][0]
    assert json.loads((tmp_path / "tree.json").read_text()) == [
        {"name": "query", "critiques": [LAST["critique"]], "kinds": []}
    ]


def test_a_right_chain_that_is_called_wrong_may_be_broken(tmp_path):
    model = Parts(
        solve=written(GOLD), judge=[NO, YES], critic=LAST, refine=written(WRONG[2:]), branch={"route": []}
    )
    (trace,) = mended(tmp_path, model)
    assert (trace.scores["broken"], trace.scores["repaired"], trace.scores["right"]) == (1.0, 0.0, 0.0)
    assert "localised" not in trace.scores, "there is no wrong step to be named"
    assert trace.params["unread"] == 1, "the curator named no kind"


@pytest.mark.parametrize(
    ("replies", "calls"),
    [
        ({"judge": "Wrong, I think."}, 2),
        ({"judge": {"correct": "no"}}, 2),
        ({"judge": NO, "critic": "Step 3."}, 3),
        ({"judge": NO, "critic": {"step": 7, "critique": "x"}}, 3),
        ({"judge": NO, "critic": {"step": True, "critique": "x"}}, 3),
        ({"judge": NO, "critic": {"step": 2, "critique": ""}}, 3),
    ],
)
def test_replies_that_are_not_in_the_form_leave_a_chain_as_it_is(tmp_path, replies, calls):
    (trace,) = mended(tmp_path, Parts(solve=written(WRONG), refine=written(GOLD[2:]), **replies))
    assert (trace.answer, trace.params["unread"], trace.scores["calls"]) == ("4", 1, calls)


def test_a_refinement_without_a_query_leaves_the_chain(tmp_path):
    (trace,) = mended(tmp_path, Parts(solve=written(WRONG), judge=NO, critic=LAST, refine="I give up."))
    assert (trace.answer, trace.scores["rounds"]) == ("4", 0.0)


def test_rounds_end(tmp_path):
    model = Parts(solve=written(WRONG), judge=NO, critic=LAST, refine=written(WRONG[2:]))
    (trace,) = mended(tmp_path, model, rounds=2)
    assert (trace.scores["rounds"], len(model.said["judge"])) == (2.0, 3)
    assert not trace.params["accepted"]
    model = Parts(solve=written(WRONG))
    (trace,) = mended(tmp_path, model, rounds=0)
    assert trace.scores["calls"] == 1


def test_a_leaf_is_split_and_its_critiques_are_shown(tmp_path):
    path = tmp_path / "begun.json"
    path.write_text(json.dumps([{"name": "query", "critiques": ["an old one"]}]))
    model = Parts(
        solve=written(WRONG), judge=[{"correct": False, "route": ["Query"]}, YES], critic=LAST,
        refine=written(GOLD[2:]), split={"split": True, "former": "old", "new": "Aggregate"},
    )  # fmt: skip
    (trace,) = mended(tmp_path, model, tree=str(path))
    assert "- an old one" in model.said["critic"][0]
    kinds = json.loads((tmp_path / "tree.json").read_text())[0]["kinds"]
    assert [(kind["name"], kind["critiques"]) for kind in kinds] == [
        ("old", ["an old one"]), ("aggregate", [LAST["critique"]]),
    ]  # fmt: skip
    assert trace.scores["leaves"] == 2
    # Without growing the file's tree is read and stays.
    model = Parts(solve=written(WRONG), judge=[NO, YES], critic=LAST, refine=written(GOLD[2:]))
    (trace,) = mended(tmp_path, model, tree=str(path), grow=False)
    assert trace.scores["leaves"] == 1


def test_a_query_that_fails_is_seen_and_gives_no_answer(tmp_path):
    (trace,) = mended(tmp_path, Parts(solve=written([GOLD[0], "SELECT year FROM t", GOLD[2]]), judge=YES))
    assert trace.answer == ""
    assert "no such column: year" in full_text(trace)
    assert "not run" in full_text(trace)


def test_problems_without_a_table_are_marked_and_all_of_them_are_an_error(tmp_path):
    model = Parts(solve=["nothing", written(GOLD)], judge=YES)
    bare = Problem(id="q", question="?", answer="1")
    traces = mended(tmp_path, model, [PROBLEM, bare])
    assert [trace.marks for trace in traces] == [["no_steps"], ["no_table"]]
    with pytest.raises(LimbeckError, match=r"none of 1 problems has a table: meta\['table'\]"):
        mended(tmp_path, model, [bare])


def test_a_critic_who_never_answers_is_one_error(tmp_path):
    model = Parts(solve=written(WRONG), judge=YES)
    silent = Scripted({"*": {"text": "", "finish": "error", "error": "401 wrong key"}})
    for problems, asked in (([PROBLEM], 1), (standings(n=60).problems, 16)):
        with pytest.raises(LimbeckError, match=f"all {asked} requests to the critic failed; the first: 401"):
            table_critic(Data(problems), model=model, critic=silent, verifier=exact, ctx=Context(tmp_path))


def test_the_order_of_the_data_does_not_matter(tmp_path):
    data = standings(n=24, split="test")
    trees, answers = [], []
    for order in (1, -1):
        traces = mended(tmp_path, noisy_tabler(), data.problems[::order], batch=4)
        trees.append((tmp_path / "tree.json").read_text())
        answers.append({trace.problem_id: full_text(trace) for trace in traces})
    assert trees[0] == trees[1]
    assert answers[0] == answers[1]


def test_the_tree_ends_with_a_leaf_for_each_planted_kind(tmp_path):
    traces = mended(tmp_path, noisy_tabler(slip=0.9), standings(n=40, split="test").problems, batch=4)
    kinds = json.loads((tmp_path / "tree.json").read_text())
    leaves = [each for kind in kinds for each in (kind["kinds"] or [kind])]
    assert sorted(each["name"] for each in leaves) == ["column", "query", "row"]
    for each in leaves:
        assert any(f"{each['name']} error" in critique for critique in each["critiques"])
    assert sum(trace.scores["repaired"] for trace in traces) > sum(trace.scores["broken"] for trace in traces)


def test_gold_chains_of_the_world_give_its_answers():
    for problem in standings(n=30, split="test").problems:
        results, why = steps(frame_of(problem.meta["table"]), problem.meta["chain"], 5.0).result()
        assert not why
        assert str(results[-1].rows[0][0]) == problem.answer


@pytest.mark.parametrize(
    ("file", "query", "cells"),
    [
        ("tabfact_test.jsonl.gz", "SELECT COUNT(*) FROM t WHERE \"us viewers (millions)\" > 7", 1),
        ("wikitq_tables.json.gz", "SELECT Surface, COUNT(*) FROM t GROUP BY Surface", 2),
    ],
)  # fmt: skip
def test_real_tables_are_read_and_queried(file, query, cells):
    path = SHARED / "tables" / file
    if not path.is_file():
        pytest.skip(f"{file} is not beside this checkout")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        table = (
            json.loads(lines.readline())["table"]
            if "jsonl" in file
            else next(iter(json.load(lines).values()))
        )
    frame = frame_of(table)
    (result,), why = steps(frame, [query], 5.0).result()
    assert not why
    assert len(result.columns) == cells
    assert len(frame.rows) == len(table) - 1
