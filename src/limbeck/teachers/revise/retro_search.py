"""Correct traces revised: thoughts that were left for others are gone on with, and shorter ways kept."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import STEPS, Counts
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.teachers.ops import Writer, check
from limbeck.texts.steps import Cutting, ends
from limbeck.texts.traces import full_text
from limbeck.types import Count, Settings, Verifier
from limbeck.verifiers.ops import judge

MODEL_WANTS = ("prefix",)
SWITCHES = ("Alternatively", "Wait", "But", "However", "Hmm", "Hold on", "Another", "Actually", "Let me try")
GAMMA = 0.9
"""The paper's. No setting: with a reward of 0 or 1, every discount below 1 keeps the same tails."""


class Revising(Settings, frozen=True):
    """What is revised.

    Args:
        switches: a step that begins with one of these begins another thought. Upper and lower case count
            alike; a word counts as a whole (``But``, not ``Butter``).
        places: ``all`` switches, one after the other, those of a new tail too, or only ``one`` of each trace,
            drawn at random: one continuation a trace.
        tries: so often a thought is gone on with at most until the first new step begins no other thought.
            Drawing anew is the same as forbidding the words there, and every model can do it.
    """

    switches: tuple[str, ...] = SWITCHES
    places: Literal["all", "one"] = "all"
    tries: Count = 3


def retro_search(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    revising: Revising = Revising(),
    cutting: Cutting = Cutting(by="paragraphs"),
    drawing: Drawing = Drawing(),
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Continue each thought of a correct trace where it switched to another; keep tails that are worth more.

    Retro-Search, arXiv 2504.04383. Before each switch the model goes on with the thought; the first new step
    may not switch, what follows is free. A tail from step i to the last, N, is worth γ^(N-i) if the verifier
    calls the answer correct, else 0. Where the new tail is worth strictly more it takes the old one's place,
    and the search goes on in it. All traces share a round.

    Args:
        data: traces that a verifier called correct and nothing marks are revised.
        verifier: judges every new tail.
        cutting: what a step is; the paper's steps end with blank lines.
        prompting: the same as the traces were written with, for the model goes on in their midst. An endpoint
            must honour ``continue_final_message`` (vLLM and SGLang do).

    Returns:
        The data with the revised traces added, verified. Each has the one it was made of as parent, which
        keeps its place with the mark ``revised``; ``params["edits"]`` lists for every tail that was replaced
        its first step (from 0) and what the old and the new tail are worth, ``["edited"]`` how the last was
        drawn. Their ``tokens`` are unknown: two models may have written them.

    Raises:
        LimbeckError: no switches, a setting out of range, or every request failed.
    """
    _check(revising, cutting, prompting, drawing)
    search = _Search(model, verifier, revising, cutting, drawing, prompting, data)
    search.run(ctx)
    by_parent = {draft.origin.id: draft for draft in search.drafts if draft.edits}
    kept = [_marked(trace) if trace.id in by_parent else trace for trace in data.traces]
    return Data(data.problems, [*kept, *(draft.result() for draft in by_parent.values())], data.pairs)


def _marked(trace: Trace) -> Trace:
    return replace(trace, marks=[*trace.marks, "revised"])


@dataclass
class _Draft:
    """A trace under revision: what it is, where its steps end, and before which of them it is continued."""

    origin: Trace
    problem: Problem
    number: int
    trace: Trace
    text: str
    cuts: list[int]
    place: int = 0
    edits: list[dict[str, float]] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        """All before the step at which the trace switches."""
        return self.text[: self.cuts[self.place - 1]]

    def seek(self, begins: re.Pattern[str]) -> bool:
        """Go to the next switch; whether there is one."""
        later = [place for place in self.switches(begins) if place > self.place]
        self.place = later[0] if later else self.place
        return bool(later)

    def switches(self, begins: re.Pattern[str]) -> list[int]:
        """The steps that begin another thought; the first step has none before it."""
        return [at for at in range(1, len(self.cuts)) if begins.match(self.text, self.cuts[at - 1])]

    def improve(self, trace: Trace, verdict: Verdict, cutting: Cutting) -> None:
        """Take a new tail that is worth more."""
        text, cuts = _steps(trace, cutting)
        old, new = len(self.cuts) - self.place, sum(cut > len(self.prefix) for cut in cuts)
        if verdict.outcome == "correct" and trace.finish == "stop" and new < old:
            self.edits.append({"step": self.place, "before": GAMMA**old, "after": GAMMA**new})
            self.trace, self.text = replace(trace, verdicts=[verdict]), text
            # What lies before is as it was, however a cut of the whole would now see it.
            kept = self.cuts[: self.place]
            self.cuts = [*kept, *(cut for cut in cuts if cut > kept[-1])]

    def result(self) -> Trace:
        """The revised trace."""
        params = {**self.origin.params, "edits": self.edits, "edited": self.trace.params}
        return replace(self.trace, params=params, tokens=None, parents=[self.origin.id])


@dataclass
class _Search:
    """The rounds of a search over all traces, and what is counted on the way."""

    model: Model
    verifier: Verifier
    revising: Revising
    cutting: Cutting
    drawing: Drawing
    prompting: Prompting
    data: Data

    def __post_init__(self) -> None:
        words = "|".join(re.escape(word) + r"\b" * word[-1].isalnum() for word in self.revising.switches)
        self.begins = re.compile(rf"\s*(?:{words})", re.IGNORECASE)
        sampling = self.drawing.sampling()
        formats = dict.fromkeys(trace.format for trace in self.data.traces)
        self.writers = {name: Writer(self.model, name, sampling, Data()) for name in formats}
        self.left: Counter[str] = Counter()
        self.switched = self.passed = 0
        self.drafts = list(self._drafts())

    def _drafts(self) -> list[_Draft]:
        """The traces that can be revised; of the others, why not."""
        problems, drafts = self.data.problem_by_id(), []
        numbers: Counter[str] = Counter()
        taken = {trace.id for trace in self.data.traces}
        for trace in self.data.traces:
            problem = problems.get(trace.problem_id)
            reason = _unfit(trace, problem)
            text, cuts = ("", []) if reason else _steps(trace, self.cutting)
            if reason or not cuts:
                self.left[reason or "without steps"] += 1
                continue
            assert problem is not None
            while f"{problem.id}#{self.model.name}-{numbers[problem.id]}" in taken:
                numbers[problem.id] += 1
            draft = _Draft(trace, problem, numbers[problem.id], trace, text, cuts)
            numbers[problem.id] += 1
            if draft.switches(self.begins):
                drafts.append(draft)
            else:
                self.left["without a switch"] += 1
        return drafts

    def run(self, ctx: Context) -> None:
        """Round after round, until no trace has a place left."""
        with ctx.progress(len(self.drafts)) as bar:
            open_ = [draft for draft in self.drafts if self._first(draft)]
            while open_:
                self._round(open_)
                again = self.revising.places == "all"
                still = [draft for draft in open_ if again and draft.seek(self.begins)]
                bar.advance(len(open_) - len(still))
                open_ = still
        for writer in self.writers.values():
            writer.close(ctx)
        self._tell(ctx)

    def _first(self, draft: _Draft) -> bool:
        if self.revising.places == "all":
            return draft.seek(self.begins)
        draws = random.Random(f"{self.drawing.seed}/{draft.origin.id}")
        draft.place = draws.choice(draft.switches(self.begins))
        return True

    def _round(self, drafts: list[_Draft]) -> None:
        """Every draft is continued at its place, again where it switches at once, and judged."""
        made: list[tuple[_Draft, Trace]] = []
        # Greedy draws are all the same one.
        for turn in range(self.revising.tries if self.drawing.temperature else 1):
            switching = []
            for draft, trace in self._written(drafts, turn):
                if self.begins.match(full_text(trace), len(draft.prefix)):
                    switching.append(draft)
                elif trace.finish != "error":
                    made.append((draft, trace))
            self.switched += len(switching)
            drafts = switching
        self.passed += len(drafts)
        asked = (((draft, trace), draft.problem, trace) for draft, trace in made)
        for (draft, trace), verdict in judge(self.verifier, asked):
            draft.improve(trace, verdict, self.cutting)

    def _written(self, drafts: list[_Draft], turn: int) -> list[tuple[_Draft, Trace]]:
        """A continuation of each draft. Drafts at the same place get different samples."""
        places: dict[tuple[str, str], list[_Draft]] = defaultdict(list)
        for draft in drafts:
            places[draft.problem.id, draft.prefix].append(draft)
        groups = list(places.values())
        prompts = [self.prompting.messages(group[0].problem, group[0].prefix) for group in groups]
        sampling = replace(self.drawing.sampling(), seed=self.drawing.seed + turn)
        stream = self.model.stream_some(prompts, [range(len(group)) for group in groups], sampling)
        made = [(groups[index][number], completion) for index, number, completion in stream]
        return [(draft, self._trace(draft, completion)) for draft, completion in made]

    def _trace(self, draft: _Draft, completion: Completion) -> Trace:
        # A journal hands out its own copy, a script may hand out one completion twice.
        whole = replace(completion, text=draft.prefix + completion.text)
        return self.writers[draft.origin.format].trace(draft.problem, draft.number, whole)

    def _tell(self, ctx: Context) -> None:
        revised = [draft for draft in self.drafts if draft.edits]
        before = sum(len(_steps(draft.origin, self.cutting)[1]) for draft in revised)
        after = sum(len(draft.cuts) for draft in revised)
        edits = sum(len(draft.edits) for draft in revised)
        ctx.log(
            f"{len(revised):,} of {len(self.drafts):,} traces revised by {edits:,} tails, from {before:,} "
            f"steps to {after:,}; {self.switched:,} continuations switched at once, {self.passed:,} places "
            "passed over for it"
        )
        if self.left:
            told = ", ".join(f"{count:,} {reason}" for reason, count in self.left.most_common())
            ctx.log(f"not revised: {told}")


def _unfit(trace: Trace, problem: Problem | None) -> str:
    """Why a trace is not revised; empty where it is."""
    if problem is None or problem.marks or trace.marks:
        return "marked"
    return "" if trace.outcome == "correct" else "not called correct by a verifier"


def _steps(trace: Trace, cutting: Cutting) -> tuple[str, list[int]]:
    """The whole text, and where each step of its reasoning ends in it, the last where the reasoning does: a
    tail that only answers has no step."""
    text, body = full_text(trace), trace.reasoning or trace.answer
    return text, [max(text.find(body), 0) + end for end in ends(body, cutting)]


def _check(revising: Revising, cutting: Cutting, prompting: Prompting, drawing: Drawing) -> None:
    check(prompting, drawing.sampling())
    ends("", cutting)
    if not revising.switches or not all(map(str.strip, revising.switches)):
        raise LimbeckError(
            f"teachers/retro_search: switches={list(revising.switches)}: give the words that begin another "
            "thought, such as Wait; without one there is nothing to revise"
        )


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(Revising.of(given), Cutting.of(given), Prompting.of(given), Drawing.of(given))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: so many continuations as there are switches."""
    return {"unknown": STEPS}
