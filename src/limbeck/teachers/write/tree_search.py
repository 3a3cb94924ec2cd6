"""Monte-Carlo tree search: chains of typed thoughts, valued by the verified outcomes they lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Trace
from limbeck.teachers._growing import Branch, Growth
from limbeck.teachers._steps import JUDGED
from limbeck.teachers._thoughts import LATER, PROMPTS, Continuing, Prompted, Start, Thoughts, Written
from limbeck.teachers._verdicts import settled
from limbeck.teachers.ops import Writer, check
from limbeck.texts.steps import Cutting
from limbeck.texts.traces import format_named
from limbeck.trees import UNFINISHED
from limbeck.types import Count, CountOrNone, Settings, Verifier, Weight
from limbeck.verifiers.ops import judge


class Searching(Settings, frozen=True):
    """How much is searched, and where.

    Args:
        simulations: expansions of each problem's tree; each adds a thought and an attempt from it on.
        most_tokens: of the teacher, for each problem; what is under way when they are spent is finished. 0
            for any.
        exploration: c of UCT; larger tries more of what looked bad.
        per_type: how often a node is expanded by each type.
        depth: most thoughts before a chain is concluded.
    """

    simulations: Count = 16
    most_tokens: CountOrNone = 0
    exploration: Weight = 1.4
    per_type: Count = 1
    depth: Count = 8


def tree_search(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    searching: Searching = Searching(),
    thoughts: Thoughts = Thoughts(),
    cutting: Cutting = Cutting(),
    drawing: Drawing = Drawing(temperature=0.7, max_tokens=2048),
    format: str = "think",
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Search each problem for chains of thoughts; a thought's value is the share of right answers behind it.

    One simulation goes down the tree by UCT to a node that has not been expanded by every type of thought,
    adds a thought of the next type, has the chain concluded and judged, and adds the outcome to all nodes
    above (Marco-o1 v2, arXiv 2503.01461, section 3; AlphaLLM-CPL, arXiv 2410.06508, section 3). All problems
    take a simulation at once, so that requests go out in batches; what a problem's tree becomes depends on
    the seed and the problem alone.

    Args:
        cutting: with ``openings``, where the first step of what the model writes ends.
        prompting: with ``openings``, how the question is put; ``system`` goes with prompts too.
        format: of the attempts; thoughts are its reasoning, the conclusion its answer.

    Returns:
        The data with every node of every tree as a trace (`limbeck.trees`): attempts with their verdict, and
        inner nodes, marked ``unfinished``. `curation/tree_pairs` and `curation/tree_traces` read them.

    Raises:
        LimbeckError: an unknown type of thought, a prompt without its fields, settings out of range, an
            unknown format, or when every request failed.
    """
    search = _Search(model, verifier, searching, thoughts, cutting, drawing, format, prompting, data)
    types = [*thoughts.chosen()]
    later = () if thoughts.openings else LATER
    problems = [problem for problem in data.problems if not problem.marks]
    much = searching.per_type, searching.depth, drawing.seed
    growths = [Growth(problem, types, later, *much) for problem in problems]
    with ctx.progress(len(problems) * searching.simulations) as bar:
        for _ in range(searching.simulations):
            open_ = [each for each in growths if not (each.root.closed or search.spent(each))]
            if not open_:
                break
            search.simulate(open_)
            bar.advance(len(open_), search.writer.rate())
    search.writer.close(ctx)
    for line in _told(growths):
        ctx.log(line)
    return Data(data.problems, [*data.traces, *_traces(growths)], data.pairs)


class _Search:
    """What all trees have in common, and one simulation of many."""

    def __init__(
        self, model: Model, verifier: Verifier, searching: Searching, thoughts: Thoughts, cutting: Cutting,
        drawing: Drawing, format: str, prompting: Prompting, data: Data,
    ) -> None:  # fmt: skip
        _check(searching)
        self.model, self.verifier, self.searching = model, verifier, searching
        self.sampling: Sampling = drawing.sampling()
        check(prompting, self.sampling)
        chosen = thoughts.chosen()
        self.ending = "" if thoughts.openings else thoughts.ending
        self.asks: Continuing | Prompted
        if thoughts.openings:
            self.asks = Continuing(chosen, cutting, prompting)
        else:
            prompts = {**chosen, self.ending: {**PROMPTS, **thoughts.prompts}[self.ending]}
            self.asks = Prompted(prompts, self.ending, format, prompting.system)
        self.writer = Writer(model, format, self.sampling, data)

    def spent(self, growth: Growth) -> bool:
        """Whether a problem's tokens are used up."""
        return 0 < self.searching.most_tokens <= growth.tokens

    def simulate(self, growths: list[Growth]) -> None:
        """One simulation of each tree: a batch of thoughts, a batch of conclusions where these are asked for
        apart, a batch of verdicts."""
        nodes = [growth.select(self.searching.exploration) for growth in growths]
        tries = [growth.expand(node) for growth, node in zip(growths, nodes, strict=True)]
        starts = [growth.start(node) for growth, node in zip(growths, nodes, strict=True)]
        made = self._ask(growths, starts, tries)
        leaves: list[tuple[Growth, Branch, Written]] = []
        waiting: list[tuple[Growth, Branch]] = []
        for growth, node, (thought, _), written in zip(growths, nodes, tries, made, strict=True):
            at = node
            if written.inner is not None:
                at, new = growth.child(node, written.inner, written.thoughts)
                if new:
                    at.trace = self._inner(growth, at, thought)
            if written.leaf is None:
                waiting.append((growth, at))
            else:
                leaves.append((growth, at, written))
        concluded: list[Written] = []
        if waiting:
            starts = [growth.start(at) for growth, at in waiting]
            numbers = [(self.ending, at.attempts) for _, at in waiting]
            concluded = self._ask([growth for growth, _ in waiting], starts, numbers)
        leaves += [(*both, written) for both, written in zip(waiting, concluded, strict=True)]
        self._judge(leaves)
        for growth, node in zip(growths, nodes, strict=True):
            growth.settle(node)

    def _ask(
        self, growths: Sequence[Growth], starts: list[Start], tries: list[tuple[str, int]]
    ) -> list[Written]:
        """What the model writes of each type, as the sample of each number."""
        asks = [(start, *each) for start, each in zip(starts, tries, strict=True)]
        chats = [self.asks.messages(start, thought) for start, thought, _ in asks]
        replies: dict[int, Completion] = {}
        for index, _, reply in self.model.stream_some(chats, [(each[-1],) for each in asks], self.sampling):
            replies[index] = reply
            growths[index].tokens += reply.tokens or 0
            self.writer.count(reply)
        return [self.asks.written(start, name, replies[at]) for at, (start, name, _) in enumerate(asks)]

    def _inner(self, growth: Growth, at: Branch, thought: str) -> Trace:
        trace = self.writer.built(growth.problem, len(growth.nodes) - 1, Completion(text=at.text))
        beginning = replace(
            trace, reasoning="", answer=at.text, format="plain", finish="length", marks=[UNFINISHED]
        )
        return _placed(beginning, at, thought)

    def _judge(self, leaves: list[tuple[Growth, Branch, Written]]) -> None:
        """Add the attempts as leaves, have them judged, and add their outcomes to what lies above."""
        items = []
        for growth, at, written in leaves:
            assert written.leaf is not None, "those without were concluded"
            at.attempts += 1
            leaf = growth.add(at, written.leaf.text, written.thoughts, expands=False)
            trace = self.writer.built(growth.problem, len(growth.nodes) - 1, written.leaf)
            leaf.trace = _placed(trace, leaf, written.thought)
            if trace.finish != "error":
                items.append(((growth, leaf), growth.problem, leaf.trace))
        for (growth, leaf), verdict in judge(self.verifier, items):
            assert leaf.trace is not None, "it was judged"
            verdict = settled(verdict, leaf.trace)
            leaf.trace.verdicts = [verdict]
            growth.back_up(leaf, JUDGED.get(verdict.outcome))


def _placed(trace: Trace, at: Branch, thought: str) -> Trace:
    """A node's trace with its place in the tree."""
    assert at.parent is not None, "only the root has none"
    parent = at.parent.trace
    params = {**trace.params, "thought": thought, "begins": len(at.parent.text)}
    return replace(trace, params=params, parents=[parent.id] if parent else [])


def _traces(growths: list[Growth]) -> list[Trace]:
    """All nodes in the order they were written, with what they are worth."""
    traces = []
    for node in (node for growth in growths for node in growth.nodes):
        assert node.trace is not None, "every node is written"
        value = {"value": node.total / node.visits} if node.visits else {}
        scores = {**node.trace.scores, **value, "visits": float(node.visits)}
        traces.append(replace(node.trace, scores=scores))
    return traces


def _told(growths: list[Growth]) -> list[str]:
    """What was grown, and which trees teach nothing."""
    nodes = sum(len(growth.nodes) for growth in growths)
    lines = [f"{nodes:,} nodes in {len(growths):,} trees"] if growths else []
    unjudged = sum(not growth.root.visits for growth in growths)
    barren = sum(growth.root.visits > 0 and not growth.root.total for growth in growths)
    if barren:
        lines.append(f"{barren:,} trees have no attempt that is verified as right: they give no pairs")
    if unjudged:
        lines.append(f"{unjudged:,} trees have no attempt that could be judged: they have no values")
    return lines


def _check(searching: Searching) -> None:
    for name in ("simulations", "per_type", "depth"):
        if getattr(searching, name) < 1:
            raise LimbeckError(
                f"teachers/tree_search: {name} must be at least 1, got {getattr(searching, name)}"
            )
    for name in ("most_tokens", "exploration"):
        if not getattr(searching, name) >= 0:
            raise LimbeckError(f"teachers/tree_search: {name} cannot be {getattr(searching, name)}")


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(Searching.of(given))
    Thoughts.of(given).chosen()
    check(Prompting.of(given), Drawing.of(given).sampling())
    format_named(given["format"], "a teacher's format")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most so many nodes, samples and tokens."""
    tries, most = counts["problems"] * params["simulations"], params["max_tokens"]
    # Half of the chain, on the mean, has been written when the next thought is asked for.
    before = params["depth"] * most / 2
    around = [params["system"]]
    around.append(params["template"] if params["openings"] else max(PROMPTS.values(), key=len))
    each = prompt(counts, *around, more=before)
    samples = asked(tries * (1 if params["openings"] else 2), each, most)
    return {"traces": counts.get("traces", 0) + 2 * tries, "trace_tokens": most, **samples}
