"""Solutions written in chunks: a writer and one who says when it is finished, in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from limbeck.drawing import Prompting
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.records import Finish, Problem
from limbeck.texts.messages import in_context
from limbeck.texts.stopping import TEMPLATE, stops
from limbeck.texts.templates import fill
from limbeck.types import Count, CountOrNone, Settings


class Stopping(Settings, frozen=True):
    """Who says that a solution is finished.

    Args:
        stop: a model that is asked behind each chunk, greedily; none leaves it to the writer's own end. So
            does a reply with neither word.
        stop_template: what it is asked, with ``{question}`` and ``{partial}``; empty takes
            `limbeck.texts.stopping.TEMPLATE`.
        stop_word, go_word: what it replies; the one that comes last counts.
        stop_tokens: most new tokens of its reply.
    """

    stop: Model | None = None
    stop_template: str = ""
    stop_word: str = "finished"
    go_word: str = "continue"
    stop_tokens: Count = 16


class Chunking(Settings, frozen=True):
    """How a solution is cut into turns.

    Args:
        chunk_tokens: most new tokens of a chunk.
        most_chunks: a solution that is not finished by then is marked ``truncated``.
        branches: other chunks drawn at each place, and written to their end, to learn from; 0 for none.
    """

    chunk_tokens: Count = 160
    most_chunks: Count = 20
    branches: CountOrNone = 1


@dataclass
class Draft:
    """A solution in the making; ``places`` are where its chunks begin, ``ended`` whether each chunk was the
    writer's last word."""

    problem: Problem
    text: str = ""
    places: list[int] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)
    finish: Finish = "unknown"
    tokens: int = 0
    error: str = ""

    def add(self, completion: Completion) -> None:
        """A chunk behind what is written."""
        self.tokens += completion.tokens or 0
        if completion.finish == "error":
            self.finish, self.error = "error", completion.error
            return
        self.places.append(len(self.text))
        self.ended.append(completion.finish == "stop")
        self.text += completion.text

    def chunk(self, at: int) -> str:
        """All up to the end of a chunk."""
        return self.text[: self.places[at + 1]] if at + 1 < len(self.places) else self.text

    def branch(self, at: int) -> Draft:
        """As it stood before a chunk."""
        return Draft(self.problem, self.text[: self.places[at]], self.places[:at], self.ended[:at])

    def completion(self) -> Completion:
        error = self.error if self.finish == "error" else ""
        return Completion(text=self.text, finish=self.finish, tokens=self.tokens, error=error)


@dataclass
class Flow:
    """Writer and stopper in turn, for many drafts at once; decisions are counted, and those not read."""

    model: Model
    stopping: Stopping
    chunking: Chunking
    sampling: Sampling
    prompting: Prompting
    decisions: int = 0
    unread: int = 0

    def run(self, drafts: Sequence[Draft], number: int) -> None:
        """Write drafts to their end, with samples of this number."""
        while open_ := [draft for draft in drafts if draft.finish == "unknown"]:
            self.write(open_, number)
            self.decide([draft for draft in open_ if draft.finish == "unknown"])

    def write(self, drafts: Sequence[Draft], number: int) -> None:
        """A chunk more of each."""
        prompts = [self.prompting.messages(draft.problem, draft.text) for draft in drafts]
        most = min(self.chunking.chunk_tokens, self.sampling.max_tokens)
        sampling = replace(self.sampling, max_tokens=most)
        for index, _, completion in self.model.stream_some(prompts, [[number]] * len(prompts), sampling):
            drafts[index].add(completion)

    def decide(self, drafts: Sequence[Draft]) -> None:
        """Which of them are finished, or have used up their chunks or tokens."""
        stops = self._stops(drafts)
        for draft, stop in zip(drafts, stops, strict=True):
            used = len(draft.places) >= self.chunking.most_chunks or draft.tokens >= self.sampling.max_tokens
            draft.finish = "stop" if stop else "length" if used else "unknown"

    def _stops(self, drafts: Sequence[Draft]) -> list[bool]:
        ends = [draft.ended[-1] for draft in drafts]
        stopper = self.stopping.stop
        if stopper is None or not drafts:
            return ends
        sampling = Sampling(temperature=0.0, max_tokens=self.stopping.stop_tokens)
        replies = stopper.generate([self._asked(draft) for draft in drafts], sampling)
        words = self.stopping.stop_word, self.stopping.go_word
        heard = [stops(completions[0].text, *words) for completions in replies]
        self.decisions += len(heard)
        self.unread += heard.count(None)
        return [end if stop is None else stop for stop, end in zip(heard, ends, strict=True)]

    def _asked(self, draft: Draft) -> Messages:
        template = self.stopping.stop_template or TEMPLATE
        return in_context(draft.problem, fill(template, question=draft.problem.question, partial=draft.text))
