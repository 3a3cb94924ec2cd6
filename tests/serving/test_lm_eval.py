"""lm_eval's own clients against a served student: a multiple-choice task by log-likelihoods, and a chat.

It runs where lm_eval is installed, or with ``LM_EVAL_PYTHON=…``, an interpreter that has ``lm-eval[api]`` and
transformers.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest
import small_world

torch = pytest.importorskip("torch")
pytest.importorskip("starlette", reason="limbeck[serve] is not installed")
PYTHON = os.environ.get("LM_EVAL_PYTHON", sys.executable)
if "LM_EVAL_PYTHON" not in os.environ and importlib.util.find_spec("lm_eval") is None:
    pytest.skip("lm_eval is not installed, and LM_EVAL_PYTHON is not set", allow_module_level=True)

from serving_kit import serving  # noqa: E402

from limbeck.models.shared import GIVES, Shared  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.serving.served import Served  # noqa: E402
from limbeck.shapes import export_rows, import_rows  # noqa: E402
from limbeck.tables import read_rows  # noqa: E402

SUMS = [(1, 2), (3, 4), (5, 1), (2, 6), (4, 4)]
CHOICES = """
task: sums
dataset_path: json
dataset_kwargs: {data_files: {test: "DATA"}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_target: answer
doc_to_choice: "{{choices}}"
target_delimiter: "="
metric_list: [{metric: acc}]
"""
CHAT = """
task: sums_chat
dataset_path: json
dataset_kwargs: {data_files: {test: "DATA"}}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{choices[answer]}}"
generation_kwargs: {until: ["9"], max_gen_toks: 8}
metric_list: [{metric: exact_match}]
"""


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    torch.manual_seed(0)
    return small_world.student(tmp_path_factory.mktemp("student"), template="bare")


@pytest.fixture
def tasks(tmp_path):
    rows = [{"question": f"{a}+{b}", "choices": [str(a + b), str(a)], "answer": 0} for a, b in SUMS]
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "sums.yaml").write_text(CHOICES.replace("DATA", str(data)))
    (tmp_path / "chat.yaml").write_text(CHAT.replace("DATA", str(data)))
    return tmp_path


def evaluated(tasks, *words: str) -> tuple[dict, list[dict]]:
    """A task's results, and the samples that lm_eval kept."""
    out = tasks / "out"
    command = [PYTHON, "-m", "lm_eval", "run", "--include_path", str(tasks), "--output_path", str(out)]
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tasks / "cache")}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*command, "--log_samples", *words], capture_output=True, text=True, env=kept | offline
    )
    assert done.returncode == 0, done.stderr[-3000:]
    results = json.loads(next(out.rglob("results_*.json")).read_text())["results"]
    lines = next(out.rglob("samples_*.jsonl")).read_text().splitlines()
    return results, sorted(map(json.loads, lines), key=lambda row: row["doc_id"])


def test_log_likelihoods_of_choices_are_the_models_own(student, tasks):
    shared = Shared(transformers(path=student))
    with serving(Served("student", shared, set(GIVES))) as client:
        url = f"{client.url}/completions"
        args = f"model=student,base_url={url},tokenizer={student},num_concurrent=2,max_retries=1"
        results, rows = evaluated(
            tasks,
            "--model",
            "local-completions",
            "--model_args",
            args,
            "--tasks",
            "sums",
            "--batch_size",
            "2",
        )
    right = 0
    for row, (a, b) in zip(rows, SUMS, strict=True):
        told = [float(reply[0][0]) for reply in row["resps"]]
        there = [sum(shared.read([shared.encode(f"{a}+{b}={x}")], 0)[0].logps[3 - 1 :]) for x in (a + b, a)]
        assert told == pytest.approx(there, abs=1e-3)
        right += there[0] > there[1]
    assert results["sums"]["acc,none"] == pytest.approx(right / len(SUMS))


def test_chats_are_what_the_model_says(student, tasks):
    shared = Shared(transformers(path=student))
    with serving(Served("student", shared, set(GIVES))) as client:
        args = f"model=student,base_url={client.url}/chat/completions,num_concurrent=2,max_retries=1"
        words = ["--model", "local-chat-completions", "--model_args", args, "--tasks", "sums_chat"]
        _, rows = evaluated(tasks, *words, "--apply_chat_template")
        for row, (a, b) in zip(rows, SUMS, strict=True):
            body = {"temperature": 0, "max_tokens": 8, "stop": ["9"]}
            asked = {**body, "messages": [{"role": "user", "content": f"{a}+{b}"}]}
            assert row["resps"][0][0] == client.ask(asked)[1]["choices"][0]["message"]["content"]


def test_a_student_is_a_model_of_theirs_and_its_samples_are_rows_of_ours(student, tasks):
    """The harness opens a student's folder itself, and what it logs has the shape that we write."""
    words = ["--model", "hf", "--model_args", f"pretrained={student},dtype=float32", "--tasks", "sums_chat"]
    results, rows = evaluated(tasks, *words, "--apply_chat_template", "--batch_size", "2", "--device", "cpu")
    (samples,) = (tasks / "out").rglob("samples_*.jsonl")
    data = import_rows(samples)
    assert [trace.outcome for trace in data.traces] == [
        "wrong" if not row["exact_match"] else "correct" for row in rows
    ]
    for row, trace, (a, b) in zip(rows, data.traces, SUMS, strict=True):
        assert data.problem_by_id()[trace.problem_id].question == f"{a}+{b}"
        assert trace.reasoning + trace.answer == row["resps"][0][0]
    right = sum(row["exact_match"] for row in rows)
    assert results["sums_chat"]["exact_match,none"] == pytest.approx(right / len(SUMS))
    export_rows(data, tasks / "ours.jsonl", "lm_eval")
    (ours, *_) = read_rows(tasks / "ours.jsonl")
    assert {*rows[0]} - {*ours} == set()
