"""Import and export of other tools' rows, and the files they come in."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from paths import TESTS

from limbeck.errors import LimbeckError
from limbeck.problems.files.imported import imported
from limbeck.records import Data, Pair, Problem, Trace, Verdict
from limbeck.shapes import SHAPES, detect, export_rows, import_rows
from limbeck.tables import BadRows, read_rows, write_rows
from limbeck.texts.traces import full_text

FIXTURE = TESTS / "fixtures" / "openr1.jsonl"
HOSTILE = '<script>alert("1")</script> \u202e "quoted" \\ π\n\ttab'


def trace(name: str, problem: str, text: str, outcome: str, **more) -> Trace:
    verdicts = [Verdict("exact", outcome, "4", "because")]  # type: ignore[arg-type]
    marks = [] if outcome == "correct" else [outcome]
    given = {
        "id": name,
        "problem_id": problem,
        "answer": text,
        "verdicts": verdicts,
        "marks": marks,
        "model": "m",
    }
    return Trace(**{**given, **more})


def sample() -> Data:
    problems = [
        Problem(
            id="p1",
            question="2+2?",
            answer="4",
            source="sums",
            split="train",
            meta={"level": 2, "tags": ["a"]},
        ),
        Problem(
            id="p2",
            question=HOSTILE,
            answer="0",
            source="odd",
            verifier="exact",
            meta={"system": "Be brief."},
        ),
        Problem(id="p3", question="dropped", answer="1", marks=["contaminated"]),
        Problem(id="p4", question="no traces", answer="1"),
    ]
    traces = [
        trace(
            "t1",
            "p1",
            "It is 4.",
            "correct",
            scores={"s": 0.5},
            params={"temperature": 1.0},
            tokens=3,
            finish="stop",
        ),
        trace("t2", "p1", "It is 5.", "wrong"),
        trace("t3", "p2", HOSTILE, "correct", parents=["t1"]),
        trace("t4", "p2", "cut", "unparsed", finish="length"),
        trace("t5", "p2", "twice", "wrong", marks=["wrong", "duplicate"]),
        trace("t6", "p3", "1", "correct"),
        trace("t7", "p2", "again", "correct", marks=["duplicate"]),
    ]
    pairs = [
        Pair(problem_id="p1", chosen="t1", rejected="t2", weight=0.5),
        Pair(problem_id="p2", chosen="t3", rejected="t4", marks=["long_chosen"]),
    ]
    return Data(problems, traces, pairs)


def texts(data: Data) -> list[tuple[str, str]]:
    asked = data.problem_by_id()
    return [(asked[one.problem_id].question, full_text(one)) for one in data.traces]


WRITTEN = {
    "messages": 2,
    "prompt_completion": 2,
    "preference": 1,
    "kto": 3,
    "openr1": 4,
    "verl": 3,
    "traces": 8,
} | {
    "sharegpt": 2,
    "responses": 7,
}


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
@pytest.mark.parametrize("shape", list(SHAPES))
def test_a_round_trip_is_told_by_its_columns_and_loses_nothing_the_shape_holds(tmp_path, shape, suffix):
    path = tmp_path / f"rows{suffix}"
    assert export_rows(sample(), path, shape) == WRITTEN[shape]
    back = import_rows(path)
    again = tmp_path / f"again{suffix}"
    export_rows(back, again, shape)
    assert list(read_rows(again)) == list(read_rows(path))
    assert imported(path=str(path)) == back  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", ["messages", "sharegpt", "prompt_completion", "kto", "preference"])
def test_questions_texts_references_and_ids_come_back(tmp_path, shape):
    path = tmp_path / "rows.jsonl"
    export_rows(sample(), path, shape)
    back = import_rows(path, shape)
    wanted = {"t1": ("2+2?", "It is 4.")}
    wanted |= {"t3": (HOSTILE, HOSTILE)} if shape != "preference" else {}
    wanted |= {"t2": ("2+2?", "It is 5.")} if shape in ("kto", "preference") else {}
    assert dict(zip([one.id for one in back.traces], texts(back), strict=True)) == wanted
    assert next((p.id, p.answer, p.source) for p in back.problems) == ("p1", "4", "sums")
    if shape == "preference":
        assert back.pairs == [Pair(problem_id="p1", chosen="t1", rejected="t2", weight=0.5)]
    if shape != "preference":
        assert back.problems[1].meta == {"system": "Be brief."}
    if shape in ("kto", "preference"):
        assert {one.id: (one.outcome, one.marks) for one in back.traces if one.id != "t3"} == {
            "t1": ("correct", []),
            "t2": ("wrong", ["wrong"]),
        }


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_own_rows_keep_every_field(tmp_path, suffix):
    data = sample()
    export_rows(data, tmp_path / f"t{suffix}", "traces")
    back = import_rows(tmp_path / f"t{suffix}")
    assert back.problems == data.problems
    assert sorted(back.traces, key=lambda one: one.id) == data.traces


def test_openr1_rows_come_back_as_they_were(tmp_path):
    data = import_rows(FIXTURE, "openr1")
    export_rows(data, tmp_path / "rows.jsonl", "openr1")
    for row, back in zip(read_rows(FIXTURE), read_rows(tmp_path / "rows.jsonl"), strict=True):
        assert back["generations"] == (row["generations"] or [])
        assert back["problem"] == row["problem"]
        flat = {**back, **back["correctness"]}
        assert all(flat[name] == labels for name, labels in row["correctness"].items())


def test_verl_rows_have_the_columns_verl_reads(tmp_path):
    export_rows(sample(), tmp_path / "v.parquet", "verl")
    row = next(read_rows(tmp_path / "v.parquet"))
    assert row["prompt"] == [{"role": "user", "content": "2+2?"}]
    assert (row["data_source"], row["ability"]) == ("sums", "math")
    assert row["reward_model"] == {"style": "rule", "ground_truth": "4"}
    assert row["extra_info"]["index"] == 0


def test_think_texts_are_split_and_joined_exactly(tmp_path):
    text = "<think>\nhm\n</think>\n\n\\boxed{4}"
    write_rows(tmp_path / "m.jsonl", [{"prompt": "2+2?", "completion": text, "answer": 4, "level": 3}])
    data = import_rows(tmp_path / "m.jsonl", verifier="exact")
    assert "\\boxed" in data.traces[0].answer
    assert "hm" in data.traces[0].reasoning
    assert full_text(data.traces[0]) == text
    assert (data.problems[0].answer, data.problems[0].verifier, data.problems[0].meta) == (
        "4",
        "exact",
        {"level": 3},
    )


@pytest.mark.parametrize(
    "row",
    [
        {"question": "2+2?", "answer": "4", "response": "It is 4."},
        {"problem": "2+2?", "answer": 4.0, "generation": "It is 4."},
        {"instruction": "2+2?", "input": "", "output": "It is 4.", "answer": "4"},
        {"prompt": [{"role": "user", "content": "2+2?"}], "response": "It is 4.", "answer": "4"},
        {
            "conversations": [{"from": "human", "value": "2+2?"}, {"from": "gpt", "value": "It is 4."}],
            "answer": "4",
        },
    ],
)
def test_rows_under_the_names_people_give_them(tmp_path, row):
    write_rows(tmp_path / "r.jsonl", [row])
    data = import_rows(tmp_path / "r.jsonl")
    assert texts(data) == [("2+2?", "It is 4.")]
    assert (data.problems[0].answer, data.problems[0].meta) == ("4", {})


def test_checked_rows_bring_their_verdicts_and_equal_texts_stay_two_traces(tmp_path):
    row = {"question": "2+2?", "answer": "4", "response": "5"}
    rows = [{**row, "outcome": "wrong", "reason": "5 is not 4"}, {**row, "correct": False}, row]
    write_rows(
        tmp_path / "r.jsonl", [*rows, {**row, "response": "It is", "outcome": "unparsed", "correct": False}]
    )
    data = import_rows(tmp_path / "r.jsonl")
    assert [one.outcome for one in data.traces] == ["wrong", "wrong", "unknown", "unparsed"]
    assert [one.marks for one in data.traces] == [["wrong"], ["wrong"], [], []]
    assert data.traces[0].verdicts[0].reason == "5 is not 4"


def test_instructions_come_with_their_input(tmp_path):
    write_rows(tmp_path / "r.jsonl", [{"instruction": "Add.", "input": "2 and 2", "output": "4"}])
    assert texts(import_rows(tmp_path / "r.jsonl")) == [("Add.\n\n2 and 2", "4")]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_in_a_field_of_its_own_is_the_trace_s_reasoning(tmp_path, field):
    def chat(**turn):
        return {"messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", **turn}]}

    rows = [
        chat(content="4", **{field: "hm"}),
        chat(content=None, **{field: "cut"}),
        chat(content="4", **{field: None}),
    ]
    write_rows(tmp_path / "m.jsonl", [*rows, chat(content=None)])
    data = import_rows(tmp_path / "m.jsonl")
    assert [full_text(one) for one in data.traces] == ["<think>hm</think>4", "<think>cut", "4"]
    assert [one.format for one in data.traces] == ["think", "think", "plain"]
    assert data.traces[0].reasoning == "hm"
    flat = {"question": "2+2?", "response": "4", field: "hm"}
    write_rows(tmp_path / "f.jsonl", [flat])
    assert texts(import_rows(tmp_path / "f.jsonl")) == [("2+2?", "<think>hm</think>4")]


def test_preference_rows_of_the_paper_hold_the_question_in_the_chats(tmp_path):
    def chat(text):
        return [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": text}]

    rows = [
        {"prompt": "2+2?", "chosen": chat("4"), "rejected": chat("5")},
        {"chosen": chat("4"), "rejected": chat("6")},
    ]
    write_rows(tmp_path / "r.jsonl", rows)
    data = import_rows(tmp_path / "r.jsonl")
    assert len(data.problems) == 1
    assert [full_text(one) for one in data.traces] == ["4", "5", "6"], "a text that comes twice is one trace"
    assert [pair.chosen for pair in data.pairs] == [data.traces[0].id] * 2


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (["prompt", "complettion"], "nearest is 'prompt_completion', which also wants completion"),
        (["prompt", "completion", "problem", "generations"], "prompt_completion and openr1"),
        (["x", "y"], "columns: x, y"),
        (["problem", "answer"], "nearest is 'responses', which also wants response"),
    ],
)
def test_columns_that_tell_no_shape_are_an_error(columns, said):
    with pytest.raises(LimbeckError, match=said):
        detect(columns)


def test_the_wider_shape_wins():
    assert detect(["prompt", "completion", "label", "more"]) == "kto"
    assert detect(["prompt", "completion"]) == "prompt_completion"
    assert detect(["messages", "problem", "generations"]) == "openr1"
    assert detect(["messages", "prompt", "chosen", "rejected"]) == "preference"


def test_bad_rows_are_counted_and_the_rest_is_read(tmp_path, caplog):
    good = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    bad = [
        {"messages": None},
        {"messages": good["messages"][:1]},
        {"messages": [good["messages"][0], *good["messages"]]},
    ]
    write_rows(tmp_path / "m.jsonl", [good, *bad])
    assert texts(import_rows(tmp_path / "m.jsonl")) == [("q", "a")]
    assert "3 rows could not be used" in caplog.text
    write_rows(tmp_path / "k.jsonl", [{"prompt": "q", "completion": "a", "label": "yes"}])
    with pytest.raises(LimbeckError, match="label is true or false"):
        import_rows(tmp_path / "k.jsonl")


def test_mistakes_are_named(tmp_path):
    with pytest.raises(LimbeckError, match="did you mean 'messages'"):
        import_rows(FIXTURE, "mesages")
    with pytest.raises(LimbeckError, match="unknown shape 'ktoo'"):
        export_rows(sample(), tmp_path / "x.jsonl", "ktoo")
    with pytest.raises(LimbeckError, match="unmarked pairs are wanted"):
        export_rows(Data(), tmp_path / "x.jsonl", "preference")
    with pytest.raises(LimbeckError, match=r"unknown file type '\.xml'"):
        export_rows(sample(), tmp_path / "x.xml")
    assert not list(tmp_path.iterdir()), "nothing half-written stays"


def test_a_writer_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_rows(path, [{"a": 1}])

    def rows():
        yield {"a": 2}
        raise LimbeckError("the source broke")

    with pytest.raises(LimbeckError, match="the source broke"):
        write_rows(path, rows())
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.jsonl"]
    assert list(read_rows(path)) == [{"a": 1}]


def test_parquet_of_many_chunks_and_late_columns(tmp_path):
    rows = [{"n": i, "empty": {}} for i in range(1500)] + [{"n": 1500, "late": "x"}]
    assert write_rows(tmp_path / "r.parquet", rows) == 1501
    back = list(read_rows(tmp_path / "r.parquet"))
    assert [row["n"] for row in back] == list(range(1501))
    assert (back[0]["late"], back[1500]["late"]) == (None, "x")


def test_every_kind_of_file_is_read(tmp_path):
    rows = [{"q": "one, two", "a": "1"}, {"q": "π", "a": "3"}]
    (tmp_path / "a.csv").write_text('\ufeffq,a\n"one, two",1\nπ,3\n', encoding="utf-8")
    (tmp_path / "a.tsv").write_text("q\ta\none, two\t1\nπ\t3\n", encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    (tmp_path / "b.json").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress("\n\n".join(map(json.dumps, rows)).encode()))
    for path in tmp_path.iterdir():
        assert list(read_rows(path)) == rows, path.name
    assert len(list(read_rows(tmp_path / "*.json"))) == 4


def test_wrong_utf8_costs_only_its_row(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"q,a\nfine,1\nb\xff,2\nshort\n")
    table = pa.table({"q": pa.array([b"fine", b"b\xff"]).view(pa.string())})
    pq.write_table(table, tmp_path / "a.parquet")
    for name, count in (("a.csv", 2), ("a.parquet", 1)):
        bad = BadRows()
        assert [row["q"] for row in read_rows(tmp_path / name, bad)] == ["fine"]
        assert bad.count == count
