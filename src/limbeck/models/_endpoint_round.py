"""All requests of one call to an endpoint: workers that ask, wait, ask again and hand over what came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from limbeck import secrets
from limbeck.budget import CHARACTERS, UNASKED
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Sampling
from limbeck.models._endpoint_faults import Kind, kind
from limbeck.models._endpoint_pace import LONGEST, told
from limbeck.models._endpoint_reply import Received, read
from limbeck.models._endpoint_wire import LARGEST, Broken, Line, Lines, Reply

if TYPE_CHECKING:
    from limbeck.models.openai import Endpoint

PATIENCE = 8
"""Requests that may fail to connect before anything has ever worked; then the endpoint is taken to be
down."""

PER_ALTERNATIVE = 320
"""Bytes that a token's entry among the log-probabilities may take."""

AT_200: dict[Kind, Kind] = {"refused": "moderated", "limit": "passing"}
"""What an error in a reply of status 200 means instead: it is one provider's behind a gateway, which has
others, and stops or pauses nobody for ever."""

KEPT = "what was sampled before is kept, the same command goes on from there"

Arrived = tuple[int, int, Completion]


class Round:
    """The requests for some samples of some prompts.

    What befalls every request (a wrong key, an empty account, a server that is gone) stops the round: nothing
    more is asked, what is under way comes in, then it is raised. When a budget is spent, nothing more is
    asked either; the requests that are left have failed, and the model counts them as ``unasked``.

    Args:
        jobs: prompt's index and sample's number of each request.
        hand_over: called with what came, once for all that came at about the same time: each call wakes the
            thread that reads.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        prompts: Sequence[Messages],
        sampling: Sampling,
        jobs: Iterable[tuple[int, int]],
        hand_over: Callable[[list[Arrived]], None],
    ) -> None:
        self.ready: list[Arrived] = []
        self.endpoint, self.prompts, self.sampling = endpoint, prompts, sampling
        self.waiting, self.hand_over = iter(jobs), hand_over
        self.pace, self.clock = endpoint.pace, endpoint.clock
        self.over, self.lacking, self.spent = False, 0, ""
        self.landed, self.under_way = asyncio.Event(), 0
        self.error: Exception | None = None
        self.turned_away: list[tuple[int, int]] = []
        self.asking: set[asyncio.Task[Any] | None] = set()
        self.workers: list[asyncio.Task[None]] = []
        alternatives = sampling.max_tokens * (1 + sampling.top) if sampling.logprobs or sampling.top else 0
        self.most = LARGEST + alternatives * PER_ALTERNATIVE

    async def run(self, workers: int) -> None:
        """Ask for everything.

        Raises:
            LimbeckError: what befell every request.
        """
        lines = Lines(self.endpoint.place, self.endpoint.transport.proxy)
        self.workers = [asyncio.ensure_future(self._work(lines.open())) for _ in range(workers)]
        try:
            await asyncio.gather(*self.workers, return_exceptions=True)
        finally:
            for worker in self.workers:
                worker.cancel()
            await asyncio.gather(*self.workers, return_exceptions=True)
            self._leave_the_rest()
            self._flush()
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        """Ask nothing more; what is under way comes in."""
        self.over = True
        for worker in self.workers:
            if worker not in self.asking:
                worker.cancel()

    def _flush(self) -> None:
        if self.ready:
            self.hand_over(self.ready)
            self.ready = []

    def _leave_the_rest(self) -> None:
        """Hand over what a spent budget leaves unasked."""
        if self.spent and not self.over:
            left = [*self.turned_away, *self.waiting]
            self.endpoint.failed += len(left)
            self.endpoint.unasked += len(left)
            why = f"{UNASKED}{self.spent}"
            self.ready += [(*job, Completion(text="", finish="error", error=why)) for job in left]

    async def _room(self, content: bytes) -> bool:
        """Wait until the budget has room for a request; False when it is spent."""
        account = self.endpoint.account
        while not (why := account.reached()):
            if account.begin(len(content), self.sampling.max_tokens, self.under_way):
                self.under_way += 1
                return True
            await self.landed.wait()
        self.spent = why
        return False

    def _land(self) -> None:
        self.under_way -= 1
        self.endpoint.account.end()
        self.landed.set()
        self.landed = asyncio.Event()

    async def _work(self, line: Line) -> None:
        try:
            for index, sample in self.waiting:
                if self.over:
                    break
                body = self.endpoint.body(self.prompts[index], self.sampling, sample)
                content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
                if not await self._room(content):
                    self.turned_away.append((index, sample))
                    break
                try:
                    answer = await self._complete(line, content)
                finally:
                    self._land()
                self.ready.append((index, sample, answer))
                if len(self.ready) == 1:
                    asyncio.get_running_loop().call_soon(self._flush)
        except Exception as error:
            self.error = self.error or error
            self.stop()
        finally:
            await line.close()

    async def _post(self, line: Line, content: bytes) -> Reply:
        """One request, begun and ended within the time it has.

        Raises:
            Broken: no whole reply came.
        """
        task = asyncio.current_task()
        self.asking.add(task)
        try:
            async with self.clock.limit(self.endpoint.asking.timeout):
                return await line.post(content, self.most)
        except TimeoutError:
            raise Broken(f"timeout: no whole reply within {self.endpoint.asking.timeout:g} s") from None
        finally:
            self.asking.discard(task)

    async def _complete(self, line: Line, content: bytes) -> Completion:
        """One completion, asked for as often as needed."""
        endpoint, tries, begun = self.endpoint, 0, self.clock.now()
        while True:
            self._go_on()
            expected = await self.pace.turn(len(content), self.sampling.max_tokens)
            self._go_on()
            sent = self.clock.now()
            try:
                reply = await self._post(line, content)
                endpoint.answered = self.clock.now()
                got = read(reply.status, reply.headers, reply.body, self.sampling)
                clear(got.completion)
                self._pay(got.completion, reply.status, content)
                if self._settled(got, reply, sent):
                    return self._counted(got, reply, sent, expected)
                if reply.status == 429:
                    continue
                problem = got.completion.error
            except Broken as error:
                if error.stale:
                    continue  # on a new connection, which cannot be stale
                problem = str(error)
                if error.unreached:
                    self._note_unreached(problem, tries == endpoint.asking.retries, begun)
            tries += 1
            if tries > endpoint.asking.retries:
                endpoint.failed += 1
                return Completion(
                    text="", finish="error", error=secrets.redacted(f"{problem}, {tries} attempts")
                )
            self._go_on()
            await self.clock.sleep(endpoint.backoff(tries))

    def _go_on(self) -> None:
        """End the worker when nothing more is to be asked."""
        if self.over:
            raise asyncio.CancelledError

    def _pay(self, got: Completion, status: int, content: bytes) -> None:
        """Note what a reply cost, one that will be asked for again too. An endpoint that counts no tokens is
        taken at its characters."""
        if not 200 <= status < 300:
            return
        new = len(got.text) / CHARACTERS if got.tokens is None else got.tokens
        prompt = 0 if got.finish == "error" else len(content) / CHARACTERS
        self.endpoint.account.pay(prompt if got.prompt_tokens is None else got.prompt_tokens, new)

    def _counted(self, got: Received, reply: Reply, sent: float, expected: float) -> Completion:
        """What came, noted in the pace and, if it was answered, in what was spent."""
        if not 200 <= reply.status < 300:
            return got.completion
        spent = (got.completion.prompt_tokens or 0) + (got.completion.tokens or 0)
        self.pace.answered(sent, expected, spent or expected)
        return self.endpoint._counted(got.completion)

    def _settled(self, got: Received, reply: Reply, sent: float) -> bool:
        """Whether a request with that reply is over; if it will be asked again, the pause that the server
        wants is noted.

        Raises:
            LimbeckError: what will befall every other request too.
        """
        problem = got.completion.error
        if 200 <= got.status < 300:
            self._note_lack(got)
            return not got.again
        fault, endpoint = kind(got.status, reply.body), self.endpoint
        if reply.status == 200:
            fault = AT_200.get(fault, fault)
        wait = told(reply.headers, reply.text, self.clock.date())
        if fault == "limit":
            refused = self.pace.pause(sent, wait)
            if refused > LONGEST or (wait or 0) > LONGEST:
                asked = f" and asks to wait {wait / 60:,.0f} minutes" if wait else " and nothing else"
                raise LimbeckError(f"{endpoint.where} answers {problem}{asked}; {KEPT}")
        elif fault == "passing" and wait:
            self.pace.pause(sent, min(wait, LONGEST))
        elif fault == "unpaid":
            raise LimbeckError(f"{endpoint.where} wants to be paid: {problem}; {KEPT}")
        elif fault == "moved":
            raise LimbeckError(f"{endpoint.where} answers {problem}; ask it there")
        elif fault == "refused" or (fault == "moderated" and not endpoint.usage["requests"]):
            raise LimbeckError(endpoint.refusal(got.status, problem))
        return fault in ("settled", "moderated")

    def _note_lack(self, got: Received) -> None:
        """Raise when an endpoint never sends the log-probabilities it is asked for."""
        self.lacking = self.lacking + 1 if got.lacks else 0
        if self.lacking >= PATIENCE:
            where, problem = self.endpoint.where, got.completion.error
            raise LimbeckError(f"{where}, {self.lacking} times in a row: {problem}; {KEPT}")

    def _note_unreached(self, problem: str, last: bool, begun: float) -> None:
        """Raise when the endpoint is down: never there, or silent since before this request."""
        endpoint = self.endpoint
        endpoint.unreached += 1
        never = endpoint.answered == float("-inf")
        certain = "certificate" in problem.lower()
        if certain or (last and endpoint.answered < begun) or (never and endpoint.unreached >= PATIENCE):
            raise LimbeckError(
                f"nothing answers at {endpoint.place.shown} ({problem}); is the server up? {KEPT}"
            )


def clear(answer: Completion) -> None:
    """Take out the secrets that a server repeated."""
    answer.text = _plain(answer.text)
    answer.error = secrets.redacted(answer.error)
    if answer.tops is not None:
        answer.tops = [(_plain(token), _alternatives(rest)) for token, rest in answer.tops]


def _alternatives(rest: dict[str, float]) -> dict[str, float]:
    return {_plain(token): logprob for token, logprob in rest.items()}


def _plain(text: str) -> str:
    return secrets.redacted(text, addresses=False)
