"""What a strategy tells of a completion becomes its trace's scores, and a journal keeps it."""

from __future__ import annotations

from limbeck.generation import Completion, Sampling
from limbeck.models.journal import Journal
from limbeck.models.scripted import Scripted
from limbeck.records import Data, Problem
from limbeck.teachers.ops import Writer

TOLD = Completion(text="a;7", tokens=2, scores={"confidence": 0.5})
CHAT = [[{"role": "user", "content": "?"}]]


def test_scores_of_a_completion_are_its_traces():
    problem = Problem(id="p", question="?")
    writer = Writer(Scripted([TOLD]), "lines", Sampling(), Data())
    first, second = writer.trace(problem, 0, TOLD), writer.trace(problem, 1, TOLD)
    assert first.scores == {"confidence": 0.5}
    first.scores["value"] = 1.0
    assert second.scores == TOLD.scores == {"confidence": 0.5}, "a trace's scores are its alone"
    assert writer.trace(problem, 2, Completion(text="b;8")).scores == {}


def test_a_journal_keeps_them(tmp_path):
    asked = Journal(Scripted([TOLD]), tmp_path / "journal.jsonl").generate(CHAT, Sampling())
    read = Journal(Scripted(["never asked"]), tmp_path / "journal.jsonl").generate(CHAT, Sampling())
    assert asked[0][0].scores == read[0][0].scores == {"confidence": 0.5}
