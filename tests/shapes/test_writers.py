"""Every written shape, held against rows written down by hand, and read back where there is a reader."""

from __future__ import annotations

import weakref

import pytest
from shape_cases import HOSTILE, sample

from limbeck.errors import LimbeckError
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Pair, Problem, Trace, Verdict
from limbeck.shapes import WRITERS, Choice, export_rows, import_rows
from limbeck.tables import read_rows

CHAT = [{"role": "user", "content": "2+2?"}]
RIGHT = [{"role": "assistant", "content": "It is 4."}]
WRONG = [{"role": "assistant", "content": "It is 5."}]
ASKED = [{"from": "human", "value": "2+2?"}]
INSTRUCTION = {"instruction": "2+2?", "input": ""}
PROBLEM = {"problem_id": "p1", "reference": "4", "source": "sums", "verifier": "math"}
TRACE = {"id": "t1", **PROBLEM, "model": "m", "outcome": "correct", "verdict_by": "exact"}
PAIR = {**PROBLEM, "chosen_id": "t1", "rejected_id": "t2", "weight": 0.5} | dict.fromkeys(
    ["chosen_model", "rejected_model"], "m"
)
RESPONSE = {"question": "2+2?", "answer": "4", "response": "It is 4.", "extracted": "4", "reason": "because"}
FIRST_ROWS = {
    "messages": (2, {"messages": CHAT + RIGHT}, TRACE),
    "prompt_completion": (2, {"prompt": CHAT, "completion": RIGHT}, TRACE),
    "preference": (1, {"prompt": CHAT, "chosen": RIGHT, "rejected": WRONG}, PAIR),
    "kto": (3, {"prompt": CHAT, "completion": RIGHT, "label": True}, TRACE),
    "prompt_only": (3, {"prompt": CHAT, "solution": "4"}, PROBLEM),
    "alpaca": (2, {**INSTRUCTION, "output": "It is 4."}, TRACE),
    "alpaca_preference": (1, {**INSTRUCTION, "chosen": "It is 4.", "rejected": "It is 5."}, PAIR),
    "sharegpt": (2, {"conversations": [*ASKED, {"from": "gpt", "value": "It is 4."}]}, TRACE),
    "sharegpt_preference": (
        1,
        {
            "conversations": ASKED,
            "chosen": {"from": "gpt", "value": "It is 4."},
            "rejected": {"from": "gpt", "value": "It is 5."},
        },
        PAIR,
    ),
    "sharegpt_kto": (
        3,
        {"conversations": [*ASKED, {"from": "gpt", "value": "It is 4."}], "kto_tag": True},
        TRACE,
    ),
    "swift_preference": (1, {"messages": CHAT + RIGHT, "rejected_response": "It is 5."}, PAIR),
    "swift_kto": (3, {"messages": CHAT + RIGHT, "label": True}, TRACE),
    "swift_prompts": (3, {"messages": CHAT, "solution": "4"}, PROBLEM),
    "nemo_skills": (
        2,
        {"problem": "2+2?", "expected_answer": "4", "generation": "It is 4.", "predicted_answer": "4"},
        TRACE,
    ),
    "openai_requests": (
        3,
        {
            "custom_id": "p1",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "m", "messages": CHAT},
        },
        {},
    ),
    "lm_eval": (
        3,
        {
            "doc_id": 0,
            "doc": {"question": "2+2?", "answer": "4"},
            "target": "4",
            "arguments": {"gen_args_0": {"arg_0": "2+2?", "arg_1": {"until": [], "temperature": 1.0}}},
            "resps": [["It is 4.", "It is 5."]],
            "filtered_resps": [["4", "4"]],
            "filter": "exact",
            "metrics": ["exact_match"],
            "exact_match": 0.5,
            "doc_hash": "269a49e9bf3b5eb77149fb0b02f361decd8bc979b40f1329605c0da6b48c86c9",
            "prompt_hash": "30ad205245cd25231f697fa8934fdf8d65d0cb24040d9f0d4106fa4cfc68e4c7",
            "target_hash": "4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a",
            "outcomes": ["correct", "wrong"],
        },
        {},
    ),
    "responses": (7, {**RESPONSE, "outcome": "correct"}, TRACE),
    "verl": (
        3,
        {
            "data_source": "sums",
            "prompt": CHAT,
            "ability": "math",
            "reward_model": {"style": "rule", "ground_truth": "4"},
            "extra_info": {"index": 0, "split": "train", "problem_id": "p1", "verifier": "math"},
        },
        {},
    ),
    "openr1": (
        4,
        {
            "problem": "2+2?",
            "answer": "4",
            "source": "sums",
            "generations": ["It is 4.", "It is 5."],
            "correctness": {"limbeck": [True, False]},
            "finish_reasons": ["stop", None],
            "original_index": 0,
            "level": 2,
            "tags": ["a"],
        },
        {},
    ),
}
REFERENCES = {"answer", "expected_answer", "solution"}


def rows(data: Data, path, shape: str, **choice) -> list[dict]:
    export_rows(data, path, shape, Choice(**{"model": "m", **choice}))
    return list(read_rows(path))


def without_nulls(row: dict) -> dict:
    """A row less the columns that only other rows of the table fill."""
    return {name: value for name, value in row.items() if value is not None}


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("shape", list(FIRST_ROWS))
def test_the_first_row_is_as_written_by_hand(tmp_path, shape, suffix):
    count, wanted, about = FIRST_ROWS[shape]
    written = rows(sample(), tmp_path / f"rows{suffix}", shape)
    beside = {name: value for name, value in about.items() if name not in wanted}
    if REFERENCES & wanted.keys():
        beside.pop("reference", None)
    assert len(written) == count
    assert without_nulls(written[0]) == {**wanted, **beside}
    plain = rows(sample(), tmp_path / f"plain{suffix}", shape, plain=True)
    assert without_nulls(plain[0]) == wanted


def test_every_shape_has_a_row_by_hand_but_the_one_that_is_the_record():
    assert WRITERS.keys() - FIRST_ROWS.keys() == {"traces"}


@pytest.mark.parametrize("shape", list(WRITERS))
def test_what_is_written_is_read_and_written_again_the_same(tmp_path, shape):
    written = rows(sample(), tmp_path / "rows.jsonl", shape)
    back = import_rows(tmp_path / "rows.jsonl")
    again = rows(back, tmp_path / "again.jsonl", shape)
    # Who wrote a pair's sides is told to people, and read as a fact of the problem.
    lost = dict.fromkeys(["chosen_model", "rejected_model"])
    assert [without_nulls(row | lost) for row in again] == [without_nulls(row | lost) for row in written]


def test_a_wrong_trace_is_labelled_false_and_an_undecided_one_not_at_all(tmp_path):
    for shape, label in (("kto", "label"), ("swift_kto", "label"), ("sharegpt_kto", "kto_tag")):
        written = rows(sample(), tmp_path / "k.jsonl", shape)
        assert {row["id"]: row[label] for row in written} == {"t1": True, "t2": False, "t3": True}
        outcomes = {trace.id: trace.outcome for trace in import_rows(tmp_path / "k.jsonl").traces}
        assert outcomes == {"t1": "correct", "t2": "wrong", "t3": "correct"}


def test_system_and_earlier_turns_stand_where_each_shape_has_them(tmp_path):
    turns = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}]
    asked = Problem(id="p", question="2+2?", meta={"system": "Be brief.", "prior_turns": turns})
    data = Data([asked], [Trace(id="t", problem_id="p", answer="4")])
    (row,) = rows(data, tmp_path / "a.jsonl", "alpaca", plain=True)
    assert row == {**INSTRUCTION, "system": "Be brief.", "history": [["1+1?", "2"]], "output": "4"}
    (row,) = rows(data, tmp_path / "s.jsonl", "sharegpt", plain=True)
    assert [(turn["from"], turn["value"]) for turn in row["conversations"]] == [
        *[("system", "Be brief."), ("human", "1+1?"), ("gpt", "2")],
        *[("human", "2+2?"), ("gpt", "4")],
    ]


def shards() -> MemoryShards:
    parts = []
    for index in range(3):
        names = (f"{index}a", f"{index}b")
        problems = [Problem(id=name, question=name, answer="1", split="") for name in names]
        parts.append(Data(problems, [Trace(id=f"t{name}", problem_id=name, answer=name) for name in names]))
    return MemoryShards(parts)


def test_numbers_go_on_from_shard_to_shard(tmp_path):
    export_rows(shards(), tmp_path / "v.jsonl", "verl")
    assert [row["extra_info"]["index"] for row in read_rows(tmp_path / "v.jsonl")] == [0, 1, 2, 3, 4, 5]
    export_rows(shards(), tmp_path / "o.jsonl", "openr1")
    assert [row["original_index"] for row in read_rows(tmp_path / "o.jsonl")] == [0, 1, 2, 3, 4, 5]


def test_limit_only_and_split_choose(tmp_path):
    assert [row["id"] for row in rows(sample(), tmp_path / "r.jsonl", "responses", limit=2)] == ["t1", "t2"]
    kept = rows(sample(), tmp_path / "o.jsonl", "responses", only="wrong")
    assert [row["id"] for row in kept] == ["t2", "t5"]
    with pytest.raises(LimbeckError, match="unmarked pairs are wanted"):
        rows(sample(), tmp_path / "p.jsonl", "preference", only="correct")
    data = sample()
    data.problems[1].split = "test"
    assert [row["id"] for row in rows(data, tmp_path / "s.jsonl", "messages", split="test")] == ["t3"]
    # A problem without a split is in train.
    assert [row["problem_id"] for row in rows(data, tmp_path / "t.jsonl", "prompt_only", split="train")] == [
        "p1",
        "p4",
    ]


@pytest.mark.parametrize(
    ("shape", "choice", "message"),
    [
        ("message", {}, "unknown shape 'message'; did you mean 'messages'"),
        ("messages", {"only": "corect"}, "unknown outcome 'corect'; did you mean 'correct'"),
        ("messages", {"split": "trian"}, "no problem has the split 'trian'; did you mean 'train'"),
        ("openai_requests", {"model": ""}, "--model"),
    ],
)
def test_mistakes_are_named(tmp_path, shape, choice, message):
    with pytest.raises(LimbeckError, match=message):
        rows(sample(), tmp_path / "x.jsonl", shape, **choice)
    assert not list(tmp_path.iterdir())


def test_a_trace_that_cannot_be_written_is_left_out(tmp_path):
    data = sample()
    data.traces[0].format = "no_such_format"
    assert [row["id"] for row in rows(data, tmp_path / "m.jsonl", "messages")] == ["t3"]
    data.traces[2].format = "no_such_format"
    with pytest.raises(LimbeckError, match="2 rows could not be used"):
        rows(data, tmp_path / "n.jsonl", "messages")


def test_licences_and_scores_are_columns_where_there_are_some(tmp_path):
    data = Data(
        [Problem(id="p", question="q", meta={"licence": "MIT"}), Problem(id="o", question="o")],
        [
            Trace(id="t", problem_id="p", answer="a", verdicts=[Verdict("judge", "correct", score=0.75)]),
            Trace(id="u", problem_id="o", answer=HOSTILE),
        ],
        [Pair(problem_id="p", chosen="t", rejected="t")],
    )
    first, second = rows(data, tmp_path / "m.parquet", "messages")
    assert (first["license"], first["score"], first["verdict_by"]) == ("MIT", 0.75, "judge")
    assert (second["license"], second["score"], second["outcome"]) == ("", None, "")
    assert second["messages"][-1]["content"] == HOSTILE
    assert rows(data, tmp_path / "p.jsonl", "preference")[0]["license"] == "MIT"


def test_shards_are_let_go_one_by_one(tmp_path):
    alive: list[weakref.ref[Data]] = []
    most = []

    class Watched(MemoryShards):
        def __iter__(self):
            for number in range(20):
                data = Data([Problem(id=f"p{number}", question="q")])
                data.traces.append(Trace(id=f"t{number}", problem_id=f"p{number}", answer="a"))
                alive.append(weakref.ref(data))
                yield data
                most.append(sum(shard() is not None for shard in alive))

    assert export_rows(Watched([]), tmp_path / "m.jsonl", "messages") == 20
    # The one being written, and the part of it that was chosen.
    assert max(most) <= 2
