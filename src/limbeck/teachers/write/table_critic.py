"""Chains of table operations that are judged, criticised and refined, with critiques that grow in a tree."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.agents.critiques import Tree, load_tree
from limbeck.agents.frames import frame_of, steps
from limbeck.agents.refining import Case, Critiquing, Panel
from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model
from limbeck.pipeline.atomic import write_atomic
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Trace
from limbeck.teachers.ops import Writer, check
from limbeck.texts.templates import check_fields
from limbeck.types import InputFile, Verifier
from limbeck.verifiers.ops import judge

TREE = "tree.json"


def table_critic(
    data: Data,
    *,
    model: Model,
    critic: Model,
    verifier: Verifier,
    critiquing: Critiquing = Critiquing(),
    tree: InputFile = "",  # type: ignore[assignment]
    drawing: Drawing = Drawing(temperature=0.0, top_p=1.0, max_tokens=2048),
    system: str = "",
    ctx: Context,
) -> Data:
    """Have chains of queries about tables written, judged, criticised and refined (Table-Critic).

    ArXiv 2502.11799. The model writes a chain of SELECTs, which are run. A judge accepts its answer or names
    the kind of error; a critic, shown critiques of that kind, names the first wrong step; the steps before it
    stand, and the model writes the rest anew; and so on until the judge accepts or ``rounds`` are over. Of
    each chain that was refined and then accepted a curator keeps the critique: in its leaf, in one of two
    that the leaf is split into, or on a new branch. Problems go in batches, in an order that their ids
    decide: a batch sees the tree that those before it left, and the order of the data does not matter.

    Args:
        model: writes and refines chains.
        critic: judges, criticises and curates.
        verifier: says at the end what was repaired and broken; nobody in the loop hears of it.
        tree: a file ``tree.json`` of an earlier stage's folder to begin with.
        system: a system turn for the model, in place of a problem's own.

    Returns:
        A trace of format ``agent`` for each unmarked problem, weight 0 over what queries gave, and
        ``tree.json`` in the stage's folder. ``scores``: ``repaired`` (wrong first, right at the end),
        ``broken``, ``right``, ``calls`` to both models, ``rounds`` of refinement, ``leaves`` of the tree at
        the end; ``localised``, whether the first critique named the step at which the results of the gold
        queries ``meta["chain"]`` are left, of a first chain that was wrong.
        A reply that is not in the form asked for leaves a chain as it is (``params["unread"]``). Marked are a
        problem without ``meta["table"]`` (``no_table``) and a reply without a query (``no_steps``).

    Raises:
        LimbeckError: no problem has a table, a file that is no tree, settings out of range, or every request
            failed.
    """
    sampling = drawing.sampling(1)
    check(Prompting(), sampling)
    writer = Writer(model, "agent", sampling, data)
    panel = Panel(model, critic, critiquing, sampling, load_tree(tree) if tree else Tree())
    cases = _cases(data, system)
    open_ = sorted((case for case in cases if case.frame), key=lambda case: _place(case.problem))
    with ctx.progress(len(open_)) as bar:
        for begin in range(0, len(open_), critiquing.batch):
            batch = open_[begin : begin + critiquing.batch]
            panel.work(batch)
            write_atomic(ctx.dir / TREE, panel.tree.dump())
            bar.advance(len(batch))
    panel.check()
    traces = _judged([(case, _trace(case, writer, critiquing)) for case in cases], verifier)
    leaves = float(len(panel.tree.leaves()))
    made = [replace(trace, scores={**trace.scores, "leaves": leaves}) for trace in traces]
    writer.close(ctx)
    ctx.log(f"{leaves:.0f} kinds of errors in {TREE}; {sum(case.unread for case in cases):,} replies unread")
    return Data(data.problems, [*data.traces, *made], data.pairs)


def _cases(data: Data, system: str) -> list[Case]:
    """A case for each unmarked problem, in the data's order.

    Raises:
        LimbeckError: not one of them has a table.
    """
    cases = []
    for problem in data.problems:
        if problem.marks:
            continue
        try:
            frame = frame_of(problem.meta.get("table"), "meta['table']")
            cases.append(Case(problem, frame, system=system))
        except ValueError as error:
            cases.append(Case(problem, None, odd=str(error)))
    if cases and not any(case.frame for case in cases):
        raise LimbeckError(f"none of {len(cases):,} problems has a table: {cases[0].odd}")
    return cases


def _place(problem: Problem) -> bytes:
    return hashlib.sha256(problem.id.encode("utf-8", "surrogatepass")).digest()


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    check(Prompting(), Drawing.of(given).sampling())
    for name, needed in (
        ("solve", ("table", "question")),
        ("judge", ("table", "question", "chain", "routes")),
        ("criticise", ("table", "question", "chain", "shots")),
        ("refine", ("solve", "chain", "critique")),
    ):
        if given[name]:
            check_fields(given[name], needed, f"teachers/table_critic: {name}")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most a chain and so many refinements, each judged and criticised, and one question of
    the curator."""
    problems, rounds, most = counts["problems"], params["rounds"], params["max_tokens"]
    each = prompt(counts, params["system"], more=most)
    looked = asked(problems * (2 * rounds + 1 + bool(rounds)), each, most)
    return {
        "traces": counts.get("traces", 0) + problems,
        "asks": {"critic": looked},
        **asked(problems * (1 + rounds), each, most),
    }


def _trace(case: Case, writer: Writer, critiquing: Critiquing) -> Trace:
    """The last chain as a trace, with what was counted."""
    parts = case.chain.parts(critiquing.rows, critiquing.longest)
    text = "".join(text for text, _ in parts)
    last = case.written[0] if case.written else Completion(text="")
    tokens = [reply.tokens for reply in case.written if reply.tokens is not None]
    whole = Completion(
        text=text or last.text, finish=last.finish, error=last.error, tokens=sum(tokens) if tokens else None
    )
    trace = writer.trace(case.problem, 0, whole)
    writer.made -= not case.written  # nothing was asked
    spans, place = [], 0
    for piece, by_model in parts:
        if not by_model:
            spans.append((place, place + len(piece), 0.0))
        place += len(piece)
    marks = ["no_table"] if not case.frame else ["no_steps"] if not case.chain.steps else []
    params = {**trace.params, "unread": case.unread, "accepted": case.accepted, "route": list(case.route)}
    return replace(
        trace,
        marks=[*trace.marks, *marks],
        weights=spans,
        params={**params, "why": case.odd} if case.odd else params,
        scores={"rounds": float(case.rounds), "calls": float(case.calls)},
    )


def _judged(pairs: Sequence[tuple[Case, Trace]], verifier: Verifier) -> list[Trace]:
    """Traces with their verdict, and what became of the first answers."""
    looked = [(case, trace) for case, trace in pairs if case.first is not None and not trace.marks]
    before = [(trace.id, case.problem, replace(trace, answer=_first(case))) for case, trace in looked]
    first = dict(judge(verifier, before))
    last = dict(judge(verifier, [(trace.id, case.problem, trace) for case, trace in looked]))
    made = []
    for case, trace in pairs:
        if trace.id in last:
            was, is_ = (verdicts[trace.id].outcome == "correct" for verdicts in (first, last))
            scores = {"right": is_, "repaired": is_ and not was, "broken": was and not is_}
            if not was and (named := _localised(case)) is not None:
                scores["localised"] = named
            told = {name: float(value) for name, value in scores.items()}
            trace = replace(
                trace, scores={**trace.scores, **told}, verdicts=[*trace.verdicts, last[trace.id]]
            )
        made.append(trace)
    return made


def _first(case: Case) -> str:
    return case.first.answer if case.first else ""


def _localised(case: Case) -> bool | None:
    """Whether the first critique named the first step whose result is not the gold chain's; None where there
    was no critique, or nobody knows."""
    gold = case.problem.meta.get("chain")
    if case.named is None or case.first is None or case.frame is None or not isinstance(gold, list):
        return None
    results, why = steps(case.frame, [str(query) for query in gold], 10.0).result()
    if why:
        return None
    rows = [frame.rows for frame in case.first.frames]
    right = [frame.rows for frame in results]
    same = [shown == wanted for shown, wanted in zip(rows, right, strict=False)]
    return case.named == (same.index(False) if False in same else len(same))
