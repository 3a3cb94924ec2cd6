"""Solutions written chunk by chunk, until another model says they are finished; and pairs to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Pair, Trace, Verdict
from limbeck.teachers._chunks import Chunking, Draft, Flow, Stopping
from limbeck.teachers.ops import Writer, check
from limbeck.texts.stopping import TEMPLATE
from limbeck.texts.templates import check_fields
from limbeck.types import Verifier
from limbeck.verifiers.ops import judge

MAKES_PAIRS = True
MODEL_WANTS = ("prefix",)


def incremental(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    stopping: Stopping = Stopping(),
    chunking: Chunking = Chunking(),
    drawing: Drawing = Drawing(),
    format: str = "think",
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Write a solution per problem chunk by chunk; pair chunks of which exactly one leads to the answer.

    Flow-DPO, arXiv 2410.22304. At each place another chunk is drawn and the flow goes on behind it to the
    end: where one of the two ends is correct and the other wrong, their chunks are a pair behind one prefix.
    What stopping and going on lead to is kept for each place; `curation/stop_tasks` makes pairs of it for the
    model that stops, or a first one of it. All problems share a round.

    Args:
        verifier: judges ends.
        drawing: of chunks; ``max_tokens`` bounds a whole solution.
        format: in which reasoning and answer are joined.

    Returns:
        The data with a judged solution per problem and, marked ``branch``, both sides of each pair, cut
        behind their chunk. ``params["stops"]`` of a solution lists its places: characters written, and the
        outcomes of stopping there and of going on.

    Raises:
        LimbeckError: a setting out of range, words or a template without meaning, an unknown format, or every
            request failed.
    """
    sampling = drawing.sampling()
    _check(stopping, prompting, sampling)
    writer = Writer(model, format, sampling, data)
    flow = Flow(model, stopping, chunking, sampling, prompting)
    drafts = [Draft(problem) for problem in data.problems if not problem.marks]
    with ctx.progress(len(drafts)) as bar:
        flow.run(drafts, number=0)
        traces = _judged(verifier, writer, drafts, number=0)
        bar.advance(len(drafts))
    made = _Branches(flow, verifier, writer, chunking.branches)
    told = writer.made, list(writer.failures)
    branches, pairs = made.pairs(drafts, traces)
    stops = made.stops(drafts, traces)
    # A branch that failed is none; whether all requests failed is a matter of the solutions.
    writer.made, writer.failures = told
    writer.close(ctx)
    right = sum(trace.outcome == "correct" for trace in traces)
    if drafts:
        ctx.log(f"{right:,} of {len(traces):,} solutions correct; {len(pairs):,} pairs of chunks")
    if flow.unread:
        ctx.log(
            f"{flow.unread:,} of {flow.decisions:,} decisions were left to the writer: the stop model failed "
            "or used neither word"
        )
    if chunking.branches:
        traces = [_with(trace, stops.get(trace.id, [])) for trace in traces]
    return Data(data.problems, [*data.traces, *traces, *branches], [*data.pairs, *pairs])


def _with(trace: Trace, stops: list[list[Any]]) -> Trace:
    return replace(trace, params={**trace.params, "stops": stops})


def _judged(verifier: Verifier, writer: Writer, drafts: Sequence[Draft], number: int) -> list[Trace]:
    """Drafts as traces, each with the verifier's word on it."""
    traces = [writer.trace(draft.problem, number, draft.completion()) for draft in drafts]
    pairs = zip(drafts, traces, strict=True)
    asked_of = [draft.problem if trace.finish == "stop" else _unended(trace) for draft, trace in pairs]
    items = zip(traces, asked_of, traces, strict=True)
    return [replace(trace, verdicts=[verdict]) for trace, verdict in judge(verifier, items)]


def _unended(trace: Trace) -> Verdict:
    """What was never finished is not wrong."""
    return Verdict("incremental", "unparsed" if trace.finish == "length" else "unknown", reason=trace.finish)


@dataclass
class _Branches:
    """Other ways at each place of solutions, and what they lead to."""

    flow: Flow
    verifier: Verifier
    writer: Writer
    count: int

    def pairs(self, drafts: list[Draft], traces: list[Trace]) -> tuple[list[Trace], list[Pair]]:
        """Chunks of which exactly one leads to a correct end, the other to a wrong one."""
        made: list[Trace] = []
        pairs: list[Pair] = []
        both = list(zip(drafts, traces, strict=True))
        known = [(draft, trace) for draft, trace in both if trace.outcome in ("correct", "wrong")]
        for number in range(1, self.count + 1):
            places = [(draft, trace, at) for draft, trace in known for at in range(len(draft.places))]
            others = [draft.branch(at) for draft, _, at in places]
            self.flow.write(others, number)
            both_ways = zip(others, places, strict=True)
            # The same chunk again would lead to nothing else.
            new = [other.text != draft.chunk(at) for other, (draft, _, at) in both_ways]
            written = [fresh and other.finish == "unknown" for fresh, other in zip(new, others, strict=True)]
            others, places = list(compress(others, written)), list(compress(places, written))
            self.flow.decide(others)
            self.flow.run(others, number)
            ends = _judged(self.verifier, self.writer, others, number)
            for other, end, (draft, trace, at) in zip(others, ends, places, strict=True):
                if {end.outcome, trace.outcome} == {"correct", "wrong"}:
                    mine, theirs = self._side(draft, trace, at, 0), self._side(other, trace, at, number)
                    made += [mine, theirs]
                    chosen, rejected = (mine, theirs) if trace.outcome == "correct" else (theirs, mine)
                    pairs.append(Pair(problem_id=trace.problem_id, chosen=chosen.id, rejected=rejected.id))
        return list({trace.id: trace for trace in made}.values()), pairs

    def _side(self, draft: Draft, trace: Trace, at: int, number: int) -> Trace:
        """A solution up to the end of one chunk; ``finish`` says whether the writer ended there, for only
        then its end is learned."""
        cut = Completion(text=draft.chunk(at), finish="stop" if draft.ended[at] else "length")
        side = self.writer.trace(draft.problem, number, cut)
        return replace(
            side,
            id=f"{trace.id}/{at}-{number}",
            marks=["branch"],
            tokens=None,
            parents=[trace.id],
            params={**side.params, "prefix": draft.places[at]},
        )

    def stops(self, drafts: list[Draft], traces: list[Trace]) -> dict[str, list[list[Any]]]:
        """By trace, its places: how much is written, and the outcomes of stopping and of going on."""
        if not self.count:
            return {}
        both = list(zip(drafts, traces, strict=True))
        known = [(draft, trace) for draft, trace in both if trace.finish == "stop"]
        early = [(draft, trace, at) for draft, trace in known for at in range(len(draft.places) - 1)]
        stopped = _judged(self.verifier, self.writer, [_stopped(draft, at) for draft, _, at in early], 0)
        further = [Draft(d.problem, d.text, [*d.places], [*d.ended]) for d, _ in known]
        self.flow.run(further, 0)
        gone_on = _judged(self.verifier, self.writer, further, 0)
        made: dict[str, list[list[Any]]] = {trace.id: [] for _, trace in known}
        for (draft, trace, at), stop in zip(early, stopped, strict=True):
            made[trace.id].append([len(draft.chunk(at)), stop.outcome, trace.outcome])
        for (draft, trace), on in zip(known, gone_on, strict=True):
            made[trace.id].append([len(draft.text), trace.outcome, on.outcome])
        return made


def _stopped(draft: Draft, at: int) -> Draft:
    """As it would be, had the flow stopped behind a chunk."""
    return Draft(draft.problem, draft.chunk(at), finish="stop")


def _check(stopping: Stopping, prompting: Prompting, sampling: Sampling) -> None:
    check(prompting, sampling)
    check_fields(
        stopping.stop_template or TEMPLATE, ("question", "partial"), "teachers/incremental, stop_template"
    )
    stop, go = stopping.stop_word, stopping.go_word
    if not stop.strip() or not go.strip() or stop in go or go in stop:
        raise LimbeckError(
            f"teachers/incremental: stop_word={stop!r}, go_word={go!r}: give two words of which none holds "
            "the other"
        )


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(Stopping.of(given), Prompting.of(given), Drawing.of(given).sampling())


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: the chunks of each problem, and a branch behind each of them that is as long again."""
    chunks, most = params["most_chunks"], params["chunk_tokens"]
    samples = counts["problems"] * chunks * (1 + params["branches"] * (chunks + 1) // 2)
    each = prompt(counts, params["template"], params["system"], more=most * chunks / 2)
    new = {"traces": counts.get("traces", 0) + counts["problems"], "trace_tokens": most * chunks}
    return {**new, **asked(samples, each, most)}
