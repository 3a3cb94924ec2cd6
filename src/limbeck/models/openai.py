"""Any OpenAI-compatible endpoint: vLLM, SGLang, `transformers serve`, or a paid one."""

from __future__ import annotations

import asyncio
import os
import queue
import random
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._endpoint_reply import Received, read, seconds

GIVES = ("text", "logprobs", "tops")

RETRIED = {408, 409, 425, 429, 500, 502, 503, 504, 529}
"""HTTP statuses that may be gone on the next try."""

PATIENCE = 8
"""Requests that may fail to connect before anything has ever worked; then the endpoint is taken to be
down."""

Arrived = tuple[int, int, Completion]


def openai(
    *,
    model: str,
    url: str = "http://127.0.0.1:8000/v1",
    key_env: str = "OPENAI_API_KEY",
    concurrency: int = 32,
    retries: int = 5,
    timeout: float = 600.0,
    price_in: float = 0.0,
    price_out: float = 0.0,
    extra: dict[str, Any] = {},  # noqa: B006 read as configuration, never changed
) -> Model:
    """Sample over HTTP, many requests at once, one completion a request.

    Busy and failing servers (429, 5xx, dropped connections) are asked again with growing, jittered waits, or
    when they say (``Retry-After``). A request that keeps failing gives a completion with ``finish="error"``.
    At temperature 0 a prompt is asked once for all its samples.

    Args:
        model: the name the endpoint knows it by.
        key_env: the environment variable that holds the key, if one is needed.
        concurrency: requests under way at once.
        retries: further tries of a request that failed.
        timeout: seconds for one request.
        price_in: USD per million prompt tokens.
        price_out: USD per million completion tokens.
        extra: further fields of the request body, such as ``{top_k: 20}``; null leaves one of ours out
            (``{max_tokens: null, max_completion_tokens: 4096}``). ``{stream: true, stream_options:
            {include_usage: true}}`` is for endpoints that only stream.

    Raises:
        LimbeckError: while sampling, when the endpoint is down, refuses the key or the model, or sends no
            log-probabilities though asked to. What arrived before has been handed over.
    """
    return Endpoint(
        model,
        url.rstrip("/"),
        os.environ.get(key_env, ""),
        concurrency,
        retries,
        timeout,
        extra,
        key_env=key_env,
        prices=(price_in, price_out),
    )


class Endpoint(Model):
    """The model behind `openai`. ``usage`` counts what was answered in this process: requests, tokens and
    USD."""

    def __init__(
        self,
        model: str,
        url: str,
        key: str,
        concurrency: int = 32,
        retries: int = 5,
        timeout: float = 600.0,
        extra: dict[str, Any] | None = None,
        *,
        key_env: str = "",
        prices: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self.name = self.model = model
        self.url, self.key, self.key_env = url, key, key_env
        self.concurrency, self.retries, self.timeout, self.extra = concurrency, retries, timeout, extra or {}
        self.price_in, self.price_out = prices
        self.usage: dict[str, float] = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0, "usd": 0.0}
        self.answered = float("-inf")
        self.refused = self.lacking = 0

    def stream(self, prompts: Sequence[Messages], sampling: Sampling) -> Iterator[Arrived]:
        """Completions in the order they arrive."""
        return self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[Arrived]:
        """The wanted samples in the order they arrive. The requests run in a thread of their own."""
        once = sampling.temperature == 0
        drawn = [sorted(numbers)[:1] if once else sorted(numbers) for numbers in wanted]
        jobs = [(index, sample) for index, numbers in enumerate(drawn) for sample in numbers]
        arrived: queue.Queue[Arrived | BaseException | None] = queue.Queue()
        loop = asyncio.new_event_loop()
        task = loop.create_task(self._all(prompts, jobs, sampling, arrived))

        def work() -> None:
            try:
                loop.run_until_complete(task)
                arrived.put(None)
            except BaseException as error:  # handed to the caller's thread, which raises it
                arrived.put(error)
            finally:
                loop.close()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            while (item := arrived.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                index, sample, completion = item
                for number in wanted[index] if once else [sample]:
                    yield index, number, completion
        finally:
            if thread.is_alive() and not task.done():
                loop.call_soon_threadsafe(task.cancel)
            thread.join(timeout=5)

    async def _all(
        self, prompts: Sequence[Messages], jobs: list[tuple[int, int]], sampling: Sampling, arrived: Any
    ) -> None:
        import httpx2

        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        limits = httpx2.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency)
        waiting = iter(jobs)
        async with httpx2.AsyncClient(headers=headers, timeout=self.timeout, limits=limits) as client:

            async def worker() -> None:
                for index, sample in waiting:
                    body = self._body(prompts[index], sampling, sample)
                    arrived.put((index, sample, await self._complete(client, body, sampling)))

            workers = [asyncio.ensure_future(worker()) for _ in range(min(self.concurrency, len(jobs)))]
            try:
                await asyncio.gather(*workers)
            finally:
                for each in workers:
                    each.cancel()
                await asyncio.gather(*workers, return_exceptions=True)

    def _body(self, messages: Messages, sampling: Sampling, sample: int) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": messages,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": (sampling.seed * 1_000_003 + sample) % 2**63,
        }
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if sampling.logprobs or sampling.top:
            body["logprobs"] = True
        if sampling.top:
            body["top_logprobs"] = sampling.top
        if messages[-1]["role"] == "assistant":
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        return {name: value for name, value in {**body, **self.extra}.items() if value is not None}

    async def _complete(self, client: Any, body: dict[str, Any], sampling: Sampling) -> Completion:
        """One completion, asked for as often as needed."""
        import httpx2

        problem, wait, begun = "", 0.0, time.monotonic()
        for attempt in range(self.retries + 1):
            if attempt:
                await asyncio.sleep(wait or min(30.0, 0.5 * 2**attempt) * random.uniform(0.5, 1.5))
            wait = 0.0
            try:
                response = await client.post(f"{self.url}/chat/completions", json=body)
            except httpx2.HTTPError as error:
                problem = f"{type(error).__name__}: {error}".rstrip(": ")
                if isinstance(
                    error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.UnsupportedProtocol
                ):
                    self._note_refusal(problem, last=attempt == self.retries, begun=begun)
                continue
            except httpx2.InvalidURL as error:
                raise LimbeckError(f"{self.url!r} is no address of an endpoint: {error}") from error
            self.answered = time.monotonic()
            got = read(response.status_code, response.headers, response.content, sampling)
            if response.is_success:
                self._counted(got.completion)
            if not (got.again or got.status in RETRIED):
                self._check(got)
                return got.completion
            problem, wait = got.completion.error, seconds(response.headers.get("retry-after"))
        return Completion(text="", finish="error", error=f"{problem}, {self.retries + 1} attempts")

    def _check(self, got: Received) -> None:
        """Raise what will befall every other request too."""
        problem = got.completion.error
        if got.status in (401, 403, 404):
            hint = f"; the key is read from ${self.key_env}" if got.status != 404 and self.key_env else ""
            raise LimbeckError(f"{self.url} answers for model {self.model!r}: {problem}{hint}")
        self.lacking = self.lacking + 1 if got.lacks else 0
        if self.lacking >= PATIENCE:
            raise LimbeckError(f"{self.url}, model {self.model!r}, {self.lacking} times in a row: {problem}")

    def _note_refusal(self, problem: str, last: bool, begun: float) -> None:
        """Raise when the endpoint is down: never there, or silent since before this request."""
        self.refused += 1
        never = self.answered == float("-inf")
        if (last and self.answered < begun) or (never and self.refused >= PATIENCE):
            raise LimbeckError(
                f"nothing answers at {self.url} ({problem}); is the server up? What was sampled before is "
                "kept"
            )

    def _counted(self, completion: Completion) -> Completion:
        prompt, new = completion.prompt_tokens or 0, completion.tokens or 0
        self.usage["requests"] += 1
        self.usage["prompt_tokens"] += prompt
        self.usage["completion_tokens"] += new
        self.usage["usd"] += (prompt * self.price_in + new * self.price_out) / 1e6
        return completion

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "url": self.url, "extra": self.extra, "usage": dict(self.usage)}
