"""The rounds of a table critic: judge, critic, refiner and curator, a batch of questions at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from limbeck.agents import frames, table_prompts
from limbeck.agents.chains import Chain, chain_of
from limbeck.agents.critiques import Route, Tree, named
from limbeck.agents.frames import Frame
from limbeck.answers.json_text import last_value
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.judging.replies import fence
from limbeck.records import Problem
from limbeck.texts.messages import in_context
from limbeck.texts.templates import fill
from limbeck.types import Count, CountOrNone, Positive, Settings

_SHOWN = 20
"""Critiques of a leaf that a curator is shown, the latest."""
_PATIENCE = 8
"""Failed requests to a critic that never answered before a run is stopped."""


class Critiquing(Settings, frozen=True):
    """How chains are judged and mended.

    Args:
        rounds: most refinements of a chain; 0 leaves the first chains as they are.
        batch: questions that are worked on side by side and see one state of the tree.
        shots: critiques that the critic is shown of the kind that the judge names.
        grow: keep critiques in the tree; without, the critic is shown none but those of the file.
        seconds: wall clock of one chain's queries.
        rows: of a table or a result that are shown.
        longest: characters of one result that are shown.
        solve, judge, criticise, refine: templates of what is asked, with the fields of those in
            `limbeck.agents.table_prompts`; empty takes these.
    """

    rounds: CountOrNone = 3
    batch: Count = 16
    shots: CountOrNone = 3
    grow: bool = True
    seconds: Positive = 10.0
    rows: Count = 30
    longest: Count = 2000
    solve: str = ""
    judge: str = ""
    criticise: str = ""
    refine: str = ""


@dataclass
class Case:
    """A question on its way: its table, its first and its latest chain, and what was said of it.

    ``frame`` is None where the problem has no table, and ``odd`` says why. ``named`` is the step that the
    first critique named.
    """

    problem: Problem
    frame: Frame | None
    odd: str = ""
    system: str = ""
    first: Chain | None = None
    chain: Chain = field(default_factory=lambda: Chain([], []))
    written: list[Completion] = field(default_factory=list)
    route: Route = ()
    step: int = 0
    critique: str = ""
    named: int | None = None
    rounds: int = 0
    calls: int = 0
    unread: int = 0
    accepted: bool = False

    def values(self, critiquing: Critiquing) -> dict[str, str]:
        """What templates are filled with."""
        assert self.frame is not None
        table = self.frame.shown(critiquing.rows)
        chain = self.chain.shown(critiquing.rows, critiquing.longest)
        code = fence(self.problem.question, table, chain, self.critique)
        return {
            "fence": code,
            "table": table,
            "question": self.problem.question,
            "chain": chain,
            "answer": self.chain.answer or f"none ({self.chain.why or 'no result'})",
        }


@dataclass
class Panel:
    """The models and the tree that they grow."""

    model: Model
    critic: Model
    critiquing: Critiquing
    sampling: Sampling
    tree: Tree
    answered: int = 0
    failed: list[str] = field(default_factory=list)

    def work(self, batch: Sequence[Case]) -> None:
        """Bring a batch to its end, and let the tree grow by what was repaired."""
        self._solve(batch)
        waiting = [case for case in batch if case.chain.steps]
        for turn in range(self.critiquing.rounds + bool(self.critiquing.rounds)):
            waiting = self._judge(waiting)
            if turn == self.critiquing.rounds or not waiting:
                break
            waiting = self._refine(self._criticise(waiting))
        if self.critiquing.grow:
            for case in batch:
                if case.accepted and case.rounds:
                    self._curate(case)

    def _solve(self, batch: Sequence[Case]) -> None:
        chats = [in_context(case.problem, self._task(case), case.system) for case in batch]
        for case, reply in zip(batch, self._ask(self.model, batch, chats), strict=True):
            case.written.append(reply)
            case.chain = chain_of(reply.text) if reply.finish != "error" else Chain([], [])
        self._run(batch)
        for case in batch:
            case.first = case.chain

    def _task(self, case: Case) -> str:
        return fill(self.critiquing.solve or table_prompts.SOLVE, **case.values(self.critiquing))

    def _judge(self, waiting: Sequence[Case]) -> list[Case]:
        """Those whose answer is called wrong."""
        template = self.critiquing.judge or table_prompts.JUDGE
        routes = self.tree.shown()
        chats = [_user(fill(template, routes=routes, **case.values(self.critiquing))) for case in waiting]
        wrong = []
        for case, reply in zip(waiting, self._ask(self.critic, waiting, chats), strict=True):
            told = _read(reply)
            correct, route = told.get("correct"), told.get("route", [])
            if not isinstance(correct, bool):
                case.unread += 1
                continue
            case.accepted = correct
            if not correct:  # an accepted chain keeps the kind that it was mended of
                listed = route if isinstance(route, list) else [route]
                case.route = tuple(named(str(each)) for each in listed)
                wrong.append(case)
        return wrong

    def _criticise(self, wrong: Sequence[Case]) -> list[Case]:
        """Those of which the critic names a step that is there."""
        template = self.critiquing.criticise or table_prompts.CRITIC
        chats = []
        for case in wrong:
            leaf = self.tree.leaf(case.route)
            draw = f"{self.sampling.seed}/{case.problem.id}/{case.rounds}"
            shots = self.tree.shots(leaf, self.critiquing.shots, draw) if leaf else []
            listed = "\n".join(f"- {shot}" for shot in shots) or "(none yet)"
            chats.append(_user(fill(template, shots=listed, **case.values(self.critiquing))))
        told_of = []
        for case, reply in zip(wrong, self._ask(self.critic, wrong, chats), strict=True):
            told = _read(reply)
            step, critique = told.get("step"), told.get("critique")
            count = len(case.chain.steps)
            is_step = isinstance(step, int) and not isinstance(step, bool) and 0 <= step < count
            if not (is_step and isinstance(critique, str) and critique.strip()):
                case.unread += 1
                continue
            case.step, case.critique = int(step or 0), " ".join(critique.split())
            case.named = case.step if case.named is None else case.named
            told_of.append(case)
        return told_of

    def _refine(self, told_of: Sequence[Case]) -> list[Case]:
        """Those whose tail was written anew; one that was cut off or holds no step leaves the chain."""
        template = self.critiquing.refine or table_prompts.REFINE
        chats = []
        for case in told_of:
            whole, kept = case.chain, Chain(case.chain.steps[: case.step], case.chain.queries[: case.step])
            case.chain = Chain(kept.steps, kept.queries, whole.frames[: case.step])
            values = {**case.values(self.critiquing), "critique": case.critique, "solve": self._task(case)}
            case.chain = whole
            chats.append(in_context(case.problem, fill(template, **values), case.system))
        refined = []
        for case, reply in zip(told_of, self._ask(self.model, told_of, chats), strict=True):
            case.written.append(reply)
            tail = chain_of(reply.text) if reply.finish not in ("error", "length") else Chain([], [])
            if tail.steps:
                case.rounds += 1
                kept = case.chain
                case.chain = Chain(
                    [*kept.steps[: case.step], *tail.steps], [*kept.queries[: case.step], *tail.queries]
                )
                refined.append(case)
        self._run(refined)
        return refined

    def _run(self, cases: Sequence[Case]) -> None:
        """Carry out chains' queries, all at once in workers."""
        seconds = self.critiquing.seconds
        runs = [(case, frames.steps(case.frame, case.chain.queries, seconds)) for case in cases if case.frame]
        for case, run in runs:
            try:
                results, why = run.result()
            except TimeoutError:
                results, why = [], "stopped: too slow"
            except Exception as error:  # a table or a query that kills its worker costs this chain alone
                results, why = [], f"{type(error).__name__}: {error}"
            case.chain = Chain(case.chain.steps, case.chain.queries, results, why)

    def _curate(self, case: Case) -> None:
        """Keep a critique that led to an accepted answer: in its leaf, a part of it, or on a new branch."""
        leaf = self.tree.leaf(case.route)
        values = {"critique": case.critique, "routes": self.tree.shown()}
        if leaf is None:
            told = self._one(case, fill(table_prompts.BRANCH, **values))
            route = told.get("route")
            self._grown(case, lambda: self.tree.branch([*map(str, route or [])], case.critique))
            return
        if case.critique in leaf.critiques:
            return
        listed = "\n".join(f"- {critique}" for critique in leaf.critiques[-_SHOWN:])
        told = self._one(
            case, fill(table_prompts.SPLIT, route=" > ".join(case.route), critiques=listed, **values)
        )
        if told.get("split") is True:
            names = str(told.get("former", "")), str(told.get("new", ""))
            self._grown(case, lambda: self.tree.split(leaf, *names, case.critique))
        elif told.get("split") is False:
            leaf.critiques.append(case.critique)
        else:
            case.unread += 1

    def _grown(self, case: Case, grow: Callable[[], Any]) -> None:
        try:
            grow()
        except ValueError:
            case.unread += 1

    def _one(self, case: Case, content: str) -> dict[str, Any]:
        return _read(self._ask(self.critic, [case], [_user(content)])[0])

    def _ask(self, model: Model, cases: Sequence[Case], chats: list[Messages]) -> list[Completion]:
        for case in cases:
            case.calls += 1
        replies = [completions[0] for completions in model.generate(chats, self.sampling)]
        if model is self.critic:
            failed = [reply.error for reply in replies if reply.finish == "error"]
            self.answered += len(replies) - len(failed)
            self.failed += failed
            if len(self.failed) >= _PATIENCE:
                self.check()
        return replies

    def check(self) -> None:
        """Raise where the critic has never answered: its chains would stand, and all be paid for.

        Raises:
            LimbeckError: every request to the critic failed.
        """
        if self.failed and not self.answered:
            first = self.failed[0] or "no reason given"
            raise LimbeckError(f"all {len(self.failed):,} requests to the critic failed; the first: {first}")


def _user(content: str) -> Messages:
    return [{"role": "user", "content": content}]


def _read(reply: Completion) -> dict[str, Any]:
    """The JSON that ends a reply; empty where there is none, or it was cut off or failed."""
    told = last_value(reply.text, dict) if reply.finish not in ("error", "length") else None
    return told if isinstance(told, dict) else {}
